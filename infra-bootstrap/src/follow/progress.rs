//! How far a run is, by tier. Pure: events in, a picture out.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use shared::model::{Address, Tier};
use shared::plan::{Action, Part, Plan};
use shared::tier::{Act, SITE};

use super::history::Event;

/// States of the machines that are worth a word.
const PHASES: [(&str, &str); 14] = [
    ("Admit", "opening the run"),
    ("Survey", "looking at what stands"),
    ("Plan", "making the plan"),
    ("Preflight", "looking whether the account has room"),
    ("Approval", "waiting for `terrace approve`"),
    ("Resume", "approved: going on"),
    ("Clear", "clearing the way"),
    ("Settle", "waiting until all of it is ready"),
    ("Retire", "taking down what is not wanted"),
    ("Verify", "looking again"),
    ("Publish", "writing down what stands"),
    ("Recover", "something failed: deciding what to do"),
    ("Cool down", "going back, once all that is under way has ended"),
    ("Report failure", "writing down what failed"),
];

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Progress {
    phase: &'static str,
    /// Behind whom the run waits, in the control plane's words.
    queued: String,
    pub tiers: BTreeMap<Tier, TierProgress>,
    stack: String,
    run: String,
    planned: bool,
    plan_known: bool,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct TierProgress {
    pub standing: Standing,
    /// Addresses of the plan's steps that change something.
    planned: BTreeSet<Address>,
    changed: BTreeSet<Address>,
    pub waiting: String,
    /// All of it stands that does not wait for what takes longest.
    calm: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Standing {
    #[default]
    Waiting,
    Building,
    /// Others can build on it.
    Usable,
    Ready,
}

impl Progress {
    pub fn take(&mut self, event: &Event) {
        match event {
            Event::Entered(name) => self.enter(name),
            Event::Exited(name, output) => self.exit(name, output),
            Event::Answered(answer) => {
                // Of all functions, only tiers at work answer with how far they are.
                if let Ok(act) = serde_json::from_value::<Act>(answer.clone()) {
                    self.tiers.entry(act.tier).or_default().pass(act);
                }
            }
            Event::Failed(error, said) if error == "Busy" => self.queued.clone_from(said),
            Event::Failed(..) => (),
        }
    }

    /// What the run is doing.
    pub fn phase(&self) -> &str {
        if self.queued.is_empty() { self.phase } else { &self.queued }
    }

    /// The listeners are open and instances are in service behind them.
    pub fn is_site_usable(&self) -> bool {
        let serves = [Tier::Edge, Tier::Compute].iter().all(|it| self.tiers.contains_key(it));
        let mut site = SITE.iter().filter_map(|it| self.tiers.get(it));
        serves && site.all(|it| it.calm)
    }

    /// The stack and the run, once it is admitted.
    pub fn run(&self) -> (&str, &str) {
        (&self.stack, &self.run)
    }

    /// The plan lies in the ledger and was not read yet.
    pub fn wants_plan(&self) -> bool {
        self.planned && !self.plan_known
    }

    /// Takes the plan: what each tier has to do.
    pub fn know(&mut self, plan: &Plan) {
        self.plan_known = true;
        for step in plan.steps(Part::Build).iter().chain(plan.steps(Part::Retire)) {
            let tier = self.tiers.entry(step.address.tier()).or_default();
            match step.action {
                Action::Create | Action::Update(_) | Action::Delete => {
                    tier.planned.insert(step.address.clone());
                }
                Action::Wait => (),
            }
        }
    }

    fn enter(&mut self, name: &str) {
        if let Some((_, phase)) = PHASES.iter().find(|(state, _)| *state == name) {
            self.phase = phase;
        }
        if ["Resume", "Cool down"].contains(&name) {
            // From here on another plan is carried out.
            (self.planned, self.plan_known) = (false, false);
            self.tiers.clear();
        }
        for tier in tiers(name) {
            self.phase = "building";
            let tier = self.tiers.entry(tier).or_default();
            if tier.standing == Standing::Waiting {
                tier.standing = Standing::Building;
            }
        }
        if name == "Publish" {
            // A look has tiers with plans and none at work.
            let at_work = self.tiers.values_mut().filter(|it| it.standing != Standing::Waiting);
            at_work.for_each(TierProgress::complete);
        }
    }

    fn exit(&mut self, name: &str, output: &Value) {
        match name {
            "Admit" => {
                self.queued.clear();
                let text = |field: &str| output[field].as_str().unwrap_or_default().to_owned();
                (self.stack, self.run) = (text("stack"), text("run"));
            }
            "Plan" => self.planned = true,
            _ => (),
        }
    }
}

/// The tiers that a state is about: `Keys`, or `Database, edge and compute`.
fn tiers(state: &str) -> Vec<Tier> {
    let state = state.to_lowercase().replace(" and ", ", ");
    let names: Vec<&str> = state.split(", ").collect();
    let named: Vec<Tier> = Tier::ALL.into_iter().filter(|it| names.contains(&it.name())).collect();
    if named.len() == names.len() { named } else { Vec::new() }
}

impl TierProgress {
    fn pass(&mut self, act: Act) {
        self.calm |= act.is_calm();
        self.changed.extend(act.changed.into_iter().map(|it| it.address));
        self.standing = match (act.done, act.usable) {
            (true, _) => Standing::Ready,
            (false, true) => Standing::Usable,
            (false, false) => Standing::Building,
        };
        self.waiting = act.waiting;
    }

    fn complete(&mut self) {
        self.standing = Standing::Ready;
        self.changed.extend(std::mem::take(&mut self.planned));
        self.waiting.clear();
    }

    /// `12 of 16 changed, usable; waiting for …`, without what does not apply.
    pub fn describe(&self) -> String {
        let standing = match self.standing {
            Standing::Waiting => "not begun",
            Standing::Building => "building",
            Standing::Usable => "usable",
            Standing::Ready => "ready",
        };
        let of = match (self.changed.len(), self.planned.union(&self.changed).count()) {
            (0, 0) => String::new(),
            (done, all) if done == all => format!(", {done} changed"),
            (done, all) => format!(", {done} of {all} changed"),
        };
        let waiting =
            if self.waiting.is_empty() { String::new() } else { format!("; {}", self.waiting) };
        format!("{standing}{of}{waiting}")
    }
}

#[cfg(test)]
mod tests;

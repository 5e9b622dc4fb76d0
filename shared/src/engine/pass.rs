//! One pass over the steps of one tier.

use std::collections::{BTreeMap, BTreeSet};

use futures::{StreamExt, stream};
use serde::{Deserialize, Serialize};
use tracing::{info, warn};

use super::attempt::{Attempt, Call, attempt};
use super::board::{Board, Waiting};
use crate::model::{Address, Live, Node, Status};
use crate::plan::Step;
use crate::world::{CloudError, World};

/// Calls of one tier under way at once: well below EC2's buckets of 50 for mutating calls.
const CALLS_AT_ONCE: usize = 8;

/// Calls for one resource in one pass before the pass lets go of it.
const CALLS_MAX: u32 = 3;

/// When a pass runs. `expired` says whether the pass may still start calls.
pub struct Pass<E: Fn() -> bool> {
    /// Unix seconds.
    pub now: i64,
    pub expired: E,
}

/// What a pass did and what is left.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    pub changed: Vec<Changed>,
    /// Steps that cannot be done before another; by address, why.
    pub blocked: BTreeMap<Address, String>,
    /// Steps that AWS asks patience for.
    pub pending: BTreeMap<Address, String>,
    pub failed: Vec<Failure>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Changed {
    pub address: Address,
    /// `create`, `update` or `delete`.
    pub action: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    pub address: Address,
    pub text: String,
    /// Past its deadline, rather than refused.
    pub stuck: bool,
}

impl Outcome {
    /// Nothing left to do or to wait for.
    pub fn is_done(&self) -> bool {
        self.blocked.is_empty() && self.pending.is_empty() && self.failed.is_empty()
    }
}

/// Does whatever of `steps` is not blocked, until nothing more can be done now.
pub async fn pass<W: World, E: Fn() -> bool>(
    world: &W,
    steps: &[&Step],
    board: &mut Board,
    pass: &Pass<E>,
) -> Result<Outcome, CloudError> {
    let mut work = Work { world, steps, board, pass, calls: BTreeMap::new(), outcome: Outcome::default() };
    work.look().await?;
    let mut patient = BTreeMap::new();
    loop {
        let ready = work.sort(&patient);
        if ready.is_empty() {
            break;
        }
        if (pass.expired)() {
            work.leave(&ready);
            break;
        }
        patient.extend(work.act(ready).await?);
    }
    work.keep_time();
    Ok(work.outcome)
}

/// Steps that asked for patience in this pass, and why.
type Patient = BTreeMap<Address, String>;

/// A pass under way.
struct Work<'a, W, E: Fn() -> bool> {
    world: &'a W,
    steps: &'a [&'a Step],
    board: &'a mut Board,
    pass: &'a Pass<E>,
    /// Calls made for each step.
    calls: BTreeMap<Address, u32>,
    outcome: Outcome,
}

impl<'a, W: World, E: Fn() -> bool> Work<'a, W, E> {
    /// Looks at every kind that has a step: the board may be minutes old.
    async fn look(&mut self) -> Result<(), CloudError> {
        let kinds: BTreeSet<&str> = self.steps.iter().map(|step| step.kind.as_str()).collect();
        for kind in kinds {
            self.board.relist(kind, self.world.list(kind).await?, self.pass.now);
        }
        Ok(())
    }

    /// Which steps can be done now; the others are noted in the outcome.
    fn sort(&mut self, patient: &Patient) -> Vec<(&'a Step, Box<Call>)> {
        self.outcome.blocked.clear();
        self.outcome.pending.clear();
        let mut ready = Vec::new();
        for step in self.steps {
            let address = &step.address;
            if self.outcome.failed.iter().any(|it| it.address == *address) {
                continue;
            }
            let attempt = match patient.get(address) {
                Some(why) => Attempt::Pending(why.clone()),
                None => attempt(step, self.board),
            };
            match attempt {
                Attempt::Done => (),
                Attempt::Blocked(why) => _ = self.outcome.blocked.insert(address.clone(), why),
                Attempt::Pending(why) => self.put_off(address, &why),
                Attempt::Hopeless(why) => self.fail(address, why),
                Attempt::Call(_) if self.calls.get(address) >= Some(&CALLS_MAX) => {
                    self.put_off(address, "it does not read back as written yet");
                }
                Attempt::Call(call) => ready.push((*step, call)),
            }
        }
        ready
    }

    /// Makes the calls and looks at what they touched; gives the steps that AWS asks patience for.
    async fn act(&mut self, ready: Vec<(&'a Step, Box<Call>)>) -> Result<Patient, CloudError> {
        let (mut patient, mut touched) = (Patient::new(), BTreeSet::new());
        let (world, expired) = (self.world, &self.pass.expired);
        let mut results = stream::iter(ready)
            .take_while(|_| std::future::ready(!expired()))
            .map(|(step, call)| async move { (step, perform(world, step, *call).await) })
            .buffer_unordered(CALLS_AT_ONCE);
        let mut done = Vec::new();
        while let Some(result) = results.next().await {
            done.push(result);
        }
        drop(results);
        for (step, result) in done {
            touched.insert(step.kind.as_str());
            *self.calls.entry(step.address.clone()).or_default() += 1;
            match result {
                Ok(done) => self.note(done),
                Err(CloudError::NotYet { code, message }) => {
                    patient.insert(step.address.clone(), format!("{message} ({code})"));
                }
                Err(error @ (CloudError::Refused { .. } | CloudError::Incomplete(_))) => {
                    warn!(address = %step.address, %error, "change refused");
                    self.fail(&step.address, error.to_string());
                }
            }
        }
        for kind in touched {
            match self.world.list(kind).await {
                Ok(live) => self.board.relist(kind, live, self.pass.now),
                // What was made must not be forgotten because AWS is tired of being asked.
                Err(CloudError::NotYet { code, message }) => {
                    let of_kind = self.steps.iter().filter(|step| step.kind == kind);
                    let why = format!("{message} ({code})");
                    patient.extend(of_kind.map(|step| (step.address.clone(), why.clone())));
                }
                Err(error) => return Err(error),
            }
        }
        Ok(patient)
    }

    fn note(&mut self, done: Done) {
        match done.made {
            Some(live) if self.board.is_strange(&live) => {
                let id = live.id().unwrap_or_default();
                let text = format!("`{id}` stood here before and is not ours: remove it, or give the stack another name");
                self.fail(&live.address, text);
                return;
            }
            Some(live) => self.board.made(live, self.pass.now),
            None => (),
        }
        self.outcome.changed.push(done.changed);
    }

    fn put_off(&mut self, address: &Address, why: &str) {
        self.outcome.pending.insert(address.clone(), why.to_owned());
    }

    fn fail(&mut self, address: &Address, text: String) {
        self.outcome.failed.push(Failure { address: address.clone(), text, stuck: false });
    }

    /// The pass ran out of time: what it could have done is left to the next one.
    fn leave(&mut self, ready: &[(&Step, Box<Call>)]) {
        for (step, _) in ready {
            self.put_off(&step.address, "left to the next pass");
        }
    }

    /// Remembers since when each step waits, and gives up what is past the deadline of its kind.
    ///
    /// What waits for another step is no fault of its own and has no deadline; how long it waits
    /// still says how soon to ask again.
    fn keep_time(&mut self) {
        let before = std::mem::take(&mut self.board.own().waiting);
        let now = self.pass.now;
        let mut waiting = BTreeMap::new();
        for (blocked, steps) in [(true, &self.outcome.blocked), (false, &self.outcome.pending)] {
            for (address, why) in steps {
                let known = before.get(address).filter(|it| it.blocked == blocked);
                let since = known.map_or(now, |it| it.since);
                waiting.insert(address.clone(), Waiting { since, blocked, why: why.clone() });
            }
        }
        for step in self.steps {
            let Some(it) = waiting.get(&step.address).filter(|it| !it.blocked) else { continue };
            let deadline = self.board.rules(&step.kind).deadline_seconds;
            let waited = now - it.since;
            if deadline > 0 && waited > i64::try_from(deadline).unwrap_or(i64::MAX) {
                let text = format!("still not done after {waited} s: {}", it.why);
                let address = step.address.clone();
                waiting.remove(&address);
                self.outcome.pending.remove(&address);
                self.outcome.failed.push(Failure { address, text, stuck: true });
            }
        }
        self.board.own().waiting = waiting;
    }
}

struct Done {
    changed: Changed,
    made: Option<Live>,
}

async fn perform(world: &impl World, step: &Step, call: Call) -> Result<Done, CloudError> {
    let (action, made) = match call {
        Call::Create(node) => {
            let facts = world.create(&node).await?;
            let Node { address, kind, spec, .. } = node;
            ("create", Some(Live { address, kind, spec, facts, status: Status::Pending }))
        }
        Call::Update(node, live) => {
            world.update(&node, &live).await?;
            ("update", None)
        }
        Call::Delete(live) => {
            world.delete(&live).await?;
            ("delete", None)
        }
    };
    info!(address = %step.address, action, "changed");
    let changed = Changed { address: step.address.clone(), action: action.to_owned() };
    Ok(Done { changed, made })
}

//! Does what the state machine does: observe, plan, write the intent, clear, build, retire,
//! settle; until a plan has no steps.

use std::collections::BTreeMap;

use shared::engine::{Board, Failure, Outcome, Pass, TierPart, pass};
use shared::memory::{Memory, Pace};
use shared::model::{Live, Rules, Stack, Tier};
use shared::plan::{Inventory, Observed, Options, Part, Plan, Step, intend, settle};
use shared::world::World;

use super::stacks::kinds;

/// Rounds of planning in one run, before the machine gives up.
const ROUNDS_MAX: usize = 6;

/// Looks at all tiers in one part of a plan, before it counts as waiting for itself.
const SWEEPS_MAX: usize = 100;

/// Runs that a person starts before losing patience.
const RUNS_MAX: usize = 10;

/// Between two looks.
const SWEEP_SECONDS: i64 = 5;

/// What outlives a process.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    pub inventory: Inventory,
    pub parts: BTreeMap<Tier, TierPart>,
    pub options: Options,
    /// Seconds; the runs' only clock.
    pub now: i64,
    pub after_a_crash: Recovery,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Recovery {
    /// A new run, with nothing but the inventory.
    #[default]
    Anew,
    /// The same run goes on: the machine repeats the call that was cut off.
    Resume,
}

#[derive(Debug)]
pub enum End {
    /// The plans that had steps, as people read them.
    Done(Vec<String>),
    Refused(Plan),
    #[expect(dead_code, reason = "read by people, when a law is broken")]
    Failed(Vec<Failure>),
    Crashed,
}

pub fn cloud(pace: Pace) -> Memory {
    Memory::new(kinds(), pace)
}

pub fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().expect("a runtime").block_on(future)
}

/// Deploys, again and again if need be, until it is done.
pub async fn deploy(cloud: &Memory, stack: &Stack, ledger: &mut Ledger) {
    let mut ends = Vec::new();
    for _ in 0..RUNS_MAX {
        match run(cloud, stack, ledger).await {
            End::Done(_) => return,
            end @ (End::Refused(_) | End::Failed(_) | End::Crashed) => ends.push(end),
        }
    }
    panic!("not done after {RUNS_MAX} runs: {ends:#?}");
}

/// Deploys to a fresh cloud.
pub async fn deployed(stacks: &[&Stack], pace: Pace) -> (Memory, Ledger) {
    let (cloud, mut ledger) = (cloud(pace), Ledger::default());
    for stack in stacks {
        deploy(&cloud, stack, &mut ledger).await;
    }
    (cloud, ledger)
}

/// The cloud holds what a fresh one holds after deploying `stack`, and nothing else of ours.
pub async fn assert_holds(cloud: &Memory, stack: &Stack) {
    let (fresh, _) = deployed(&[stack], Pace::default()).await;
    let (here, there) = (cloud.shape(), fresh.shape());
    let missing: Vec<_> = there.iter().filter(|it| !here.contains(it)).collect();
    let mut extra = here.clone();
    for it in &there {
        if let Some(at) = extra.iter().position(|here| here == it) {
            extra.remove(at);
        }
    }
    assert!(here == there, "here: {extra:#?}\nthere: {missing:#?}");
}

/// One survey: every kind is listed once, and each tier keeps what is its own.
pub async fn observe(cloud: &Memory, ledger: &mut Ledger) -> Option<Observed> {
    let mut observed = Observed { rules: rules(), ..Observed::default() };
    for kind in kinds() {
        observed.live.extend(patiently(cloud, kind.name).await?);
    }
    for tier in Tier::ALL {
        let part = ledger.parts.entry(tier).or_default();
        let own = observed.live.iter().filter(|live| live.address.tier() == tier);
        (part.live, part.rules) = (own.cloned().collect(), rules());
    }
    Some(observed)
}

/// The machine repeats what is throttled; `None` when the process has ended.
async fn patiently(cloud: &Memory, kind: &str) -> Option<Vec<Live>> {
    loop {
        match cloud.list(kind).await {
            Ok(live) => return Some(live),
            Err(_) if cloud.is_cut_off() => return None,
            Err(_) => (),
        }
    }
}

pub async fn plan(cloud: &Memory, stack: &Stack, ledger: &mut Ledger) -> Plan {
    let observed = observe(cloud, ledger).await.expect("no fault is due");
    Plan::between(stack, &observed, &ledger.inventory, &ledger.options)
}

/// One run of the state machine.
pub async fn run(cloud: &Memory, stack: &Stack, ledger: &mut Ledger) -> End {
    if cloud.is_cut_off() {
        cloud.reconnect();
    }
    // Parts belong to a run.
    ledger.parts.clear();
    let mut plans = Vec::new();
    while plans.len() < ROUNDS_MAX {
        let Some(observed) = observe(cloud, ledger).await else { return End::Crashed };
        let plan = Plan::between(stack, &observed, &ledger.inventory, &ledger.options);
        let plan = through_json(&plan);
        if !plan.refused.is_empty() {
            return End::Refused(plan);
        }
        ledger.inventory = intend(&ledger.inventory, stack, &observed, &plan);
        for part in [Part::Clear, Part::Build, Part::Retire] {
            match perform(cloud, &plan, part, ledger).await {
                Walk::Done => (),
                Walk::Crashed => return End::Crashed,
                Walk::Failed(failures) => return End::Failed(failures),
            }
        }
        if plan.is_empty() {
            ledger.inventory = settle(&ledger.inventory, stack, &observed);
            return End::Done(plans);
        }
        plans.push(plan.to_string());
    }
    panic!("still planning after {ROUNDS_MAX} rounds: {plans:#?}");
}

enum Walk {
    Done,
    Crashed,
    Failed(Vec<Failure>),
}

/// Sweeps over the tiers until each has done its steps of one part.
async fn perform(cloud: &Memory, plan: &Plan, part: Part, ledger: &mut Ledger) -> Walk {
    let mut tiers = plan.tiers(part);
    if part != Part::Build {
        tiers.reverse();
    }
    let mut last = Vec::new();
    for _ in 0..SWEEPS_MAX {
        last.clear();
        let (mut is_done, mut is_moving, mut failed) = (true, false, Vec::new());
        let mut blocked = Vec::new();
        for tier in &tiers {
            let Some(outcome) = step_tier(cloud, plan, part, *tier, ledger).await else {
                return Walk::Crashed;
            };
            is_done &= outcome.is_done();
            is_moving |= !outcome.changed.is_empty() || !outcome.pending.is_empty();
            failed.extend(outcome.failed);
            blocked.extend(outcome.blocked);
            last.push((outcome.changed, outcome.pending));
        }
        ledger.now += SWEEP_SECONDS;
        if !failed.is_empty() {
            return Walk::Failed(failed);
        }
        if is_done {
            return Walk::Done;
        }
        assert!(is_moving, "{part:?} waits for itself: {blocked:#?}\n{plan}");
    }
    panic!("{part:?} does not end: {last:#?}\n{plan}");
}

/// One invocation of a tier's Lambda, repeated when AWS did not answer; `None` when the process
/// ended and a new run has to begin.
async fn step_tier(
    cloud: &Memory,
    plan: &Plan,
    part: Part,
    tier: Tier,
    ledger: &mut Ledger,
) -> Option<Outcome> {
    let steps: Vec<&Step> =
        plan.steps(part).iter().filter(|step| step.address.tier() == tier).collect();
    loop {
        let mut parts = ledger.parts.clone();
        if part == Part::Build {
            parts.retain(|other, known| *other == tier || is_usable(plan, *other, known, ledger));
        }
        let mut board = Board::new(tier, parts, ledger.inventory.clone());
        let clock = Pass { now: ledger.now, expired: || false };
        let result = pass(cloud, &steps, &mut board, &clock).await;
        if cloud.is_cut_off() {
            // The process took its board with it.
            if ledger.after_a_crash != Recovery::Resume {
                return None;
            }
            cloud.reconnect();
            continue;
        }
        let Ok(outcome) = result else { continue };
        ledger.parts.insert(tier, through_json(&board.into_own()));
        return Some(outcome);
    }
}

/// All that other tiers refer to is there.
fn is_usable(plan: &Plan, tier: Tier, part: &TierPart, ledger: &Ledger) -> bool {
    let board = Board::new(tier, [(tier, part.clone())].into(), ledger.inventory.clone());
    let mut exports = plan.exports.get(&tier).into_iter().flatten();
    exports.all(|it| board.live(&it.address).is_some_and(|live| live.facts.contains_key(&it.fact)))
}

fn rules() -> BTreeMap<String, Rules> {
    kinds().into_iter().map(|kind| (kind.name.to_owned(), kind.rules)).collect()
}

/// Everything crosses the state machine as JSON.
fn through_json<T>(value: &T) -> T
where
    T: serde::Serialize + serde::de::DeserializeOwned + PartialEq + std::fmt::Debug,
{
    let text = serde_json::to_string(value).expect("it is data");
    let back = serde_json::from_str(&text).expect("it reads its own writing");
    assert_eq!(*value, back);
    back
}

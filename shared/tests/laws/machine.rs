//! Does what the state machine does: observe, plan, write the intent, clear, build tier by tier,
//! settle, retire, verify; until a plan has no steps.

use std::collections::{BTreeMap, BTreeSet};

use shared::engine::{Board, Failure, Outcome, Pass, TierPart, pass};
use shared::memory::Memory;
use shared::model::{Node, Rules, Stack, Tier};
use shared::plan::{Inventory, Observed, Options, Part, Plan, Step, intend, settle};
use shared::world::World;

/// Plans with steps in one run, before the machine gives up.
const ROUNDS_MAX: usize = 3;

/// Looks at all tiers in one part of a plan, before it counts as waiting for itself.
const SWEEPS_MAX: usize = 200;

/// Runs that a person starts before losing patience.
const RUNS_MAX: usize = 10;

/// Between two looks.
const SWEEP_SECONDS: i64 = 5;

/// The tiers as the machine builds them: one stage after another, as soon as it is usable.
const STAGES: [&[Tier]; 7] = [
    &[Tier::Keys],
    &[Tier::Storage],
    &[Tier::Access],
    &[Tier::Network],
    &[Tier::Firewall],
    &[Tier::Database, Tier::Edge, Tier::Compute],
    &[Tier::Monitoring],
];

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
#[expect(dead_code, reason = "some of it is read only by people, when a law is broken")]
pub enum End {
    /// The plans that had steps, as people read them.
    Done(Vec<String>),
    Refused(Plan),
    Failed(Vec<Failure>),
    Crashed,
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

/// `cloud` holds what `fresh` holds, a cloud in which nothing ever went wrong, and nothing else
/// of ours.
pub fn assert_same(cloud: &Memory, fresh: &Memory) {
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
    let rules = rules(cloud);
    let mut live = Vec::new();
    for kind in rules.keys() {
        live.extend(patiently(cloud, kind).await?);
    }
    for tier in Tier::ALL {
        let part = ledger.parts.entry(tier).or_default();
        part.live = live.iter().filter(|live| live.address.tier() == tier).cloned().collect();
    }
    Some(Observed { live, rules })
}

/// The machine repeats what is throttled; `None` when the process has ended.
async fn patiently(cloud: &Memory, kind: &str) -> Option<Vec<shared::model::Live>> {
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
    // Parts and client tokens belong to a run.
    cloud.begin_run();
    ledger.parts.clear();
    let mut plans = Vec::new();
    loop {
        let Some(observed) = observe(cloud, ledger).await else { return End::Crashed };
        let plan = Plan::between(stack, &observed, &ledger.inventory, &ledger.options);
        let plan = through_json(&plan);
        if !plan.refused.is_empty() {
            return End::Refused(plan);
        }
        ledger.inventory = intend(&ledger.inventory, stack, &observed, &plan);
        if plan.is_empty() {
            ledger.inventory = settle(&ledger.inventory, stack, &observed);
            return End::Done(plans);
        }
        plans.push(plan.to_string());
        assert!(plans.len() <= ROUNDS_MAX, "does not converge: {}", plans.join("\nand then\n"));
        for part in [Part::Clear, Part::Build, Part::Retire] {
            match perform(cloud, &plan, part, ledger).await {
                Walk::Done => (),
                Walk::Crashed => return End::Crashed,
                Walk::Failed(failures) => return End::Failed(failures),
            }
        }
    }
}

enum Walk {
    Done,
    Crashed,
    Failed(Vec<Failure>),
}

/// One part of a plan: to be built, tiers are begun one stage after another, and settled in the
/// end; in the other parts all tiers are at work at once.
async fn perform(cloud: &Memory, plan: &Plan, part: Part, ledger: &mut Ledger) -> Walk {
    let concerned = plan.tiers(part);
    if part == Part::Build {
        for stage in STAGES {
            match sweep(cloud, plan, part, stage, Until::Usable, ledger).await {
                Walk::Done => (),
                end @ (Walk::Crashed | Walk::Failed(_)) => return end,
            }
        }
        return sweep(cloud, plan, part, &concerned, Until::Done, ledger).await;
    }
    let backwards: Vec<Tier> = concerned.into_iter().rev().collect();
    sweep(cloud, plan, part, &backwards, Until::Done, ledger).await
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Until {
    Usable,
    Done,
}

/// Invokes tiers in turn until each is as far as it has to be.
async fn sweep(
    cloud: &Memory,
    plan: &Plan,
    part: Part,
    tiers: &[Tier],
    until: Until,
    ledger: &mut Ledger,
) -> Walk {
    let (mut left, mut last) = (tiers.to_vec(), Vec::new());
    for _ in 0..SWEEPS_MAX {
        let (mut is_moving, mut failed) = (false, Vec::new());
        last.clear();
        for tier in left.clone() {
            let Some((outcome, is_usable)) = step_tier(cloud, plan, part, tier, ledger).await
            else {
                return Walk::Crashed;
            };
            if outcome.is_done() || until == Until::Usable && is_usable {
                left.retain(|it| *it != tier);
            }
            is_moving |= !outcome.changed.is_empty() || !outcome.pending.is_empty();
            failed.extend(outcome.failed);
            last.extend([outcome.blocked, outcome.pending]);
        }
        ledger.now += SWEEP_SECONDS;
        if !failed.is_empty() {
            return Walk::Failed(failed);
        }
        if left.is_empty() {
            return Walk::Done;
        }
        assert!(is_moving, "{part:?} waits for itself: {last:#?}\n{plan}");
    }
    panic!("{part:?} does not end: {last:#?}\n{plan}");
}

/// One invocation of a tier's Lambda, repeated when AWS did not answer, and whether the tier is
/// usable; `None` when the process ended and a new run has to begin.
async fn step_tier(
    cloud: &Memory,
    plan: &Plan,
    part: Part,
    tier: Tier,
    ledger: &mut Ledger,
) -> Option<(Outcome, bool)> {
    let steps: Vec<&Step> =
        plan.steps(part).iter().filter(|step| step.address.tier() == tier).collect();
    if steps.is_empty() {
        return Some((Outcome::default(), true));
    }
    let rules = rules(cloud);
    loop {
        let mut parts = neighbours(&steps, ledger);
        let mut own = ledger.parts.get(&tier).cloned().unwrap_or_default();
        own.rules.clone_from(&rules);
        parts.insert(tier, own);
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
        let is_usable = outcome.is_usable(plan.exports.get(&tier), &board);
        ledger
            .parts
            .insert(tier, through_json(&TierPart { rules: BTreeMap::new(), ..board.into_own() }));
        return Some((outcome, is_usable));
    }
}

/// What the other tiers say that these steps have to do with, as it is in their records.
fn neighbours(steps: &[&Step], ledger: &Ledger) -> BTreeMap<Tier, TierPart> {
    let named = steps.iter().flat_map(|step| {
        let needs = step.node.iter().flat_map(Node::needs);
        needs.chain(step.holders.iter().cloned()).collect::<Vec<_>>()
    });
    let tiers: BTreeSet<Tier> = named.map(|address| address.tier()).collect();
    let parts = ledger.parts.iter().filter(|(tier, _)| tiers.contains(tier));
    parts.map(|(tier, part)| (*tier, part.clone())).collect()
}

fn rules(cloud: &Memory) -> BTreeMap<String, Rules> {
    cloud.kinds().into_iter().map(|kind| (kind.name.to_owned(), kind.rules)).collect()
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

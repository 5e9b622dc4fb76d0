//! The verbs of a tier Lambda.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use futures::future::try_join_all;
use futures::{StreamExt, TryStreamExt, stream};
use tracing::{Instrument, info_span};

use super::{Act, Answer, Definition, Request};
use crate::aws::{Cx, TierWorld};
use crate::engine::{Board, Outcome, Pass, TierPart, pass};
use crate::lambda::{self, Failure, Home, Invocation};
use crate::ledger::{Key, Lease, LeaseError, MARGIN_SECONDS, Mode, Run, StackRecord, TierRecord};
use crate::model::{Address, Live, Node, Reference, Stack, Tier};
use crate::plan::{Inventory, Observed, Options, Part, Plan, Step};
use crate::revision::Revision;
use crate::world::World;

pub use lambda::Error;

/// Lists of one tier under way at once.
const LISTS_AT_ONCE: usize = 6;

/// Runs the Lambda of a tier.
pub async fn serve(definition: &'static Definition) -> Result<(), Error> {
    lambda::serve(move |home, request: Request, invocation| {
        // Boxed: the types of unboxed futures nest deeper than the compiler follows.
        Box::pin(answer(definition, home, request, invocation))
    })
    .await
}

async fn answer(
    definition: &'static Definition,
    home: Arc<Home>,
    request: Request,
    invocation: Invocation,
) -> Result<Answer, Failure> {
    let (stack, run) = match &request {
        Request::Survey { stack, run }
        | Request::Act { stack, run, .. }
        | Request::Heal { stack, run, .. }
        | Request::Respond { stack, run, .. } => (stack.clone(), run.clone()),
    };
    let span = info_span!("tier", %stack, %run, tier = %definition.tier);
    let cx = Cx { scope: invocation.scope(&stack), run, aws: home.aws.clone() };
    // What earlier invocations left behind is not this one's.
    (_, _) = (home.aws.take_calls(), home.ledger.take_calls());
    let desk = Desk { definition, home: &home, cx: &cx, invocation: &invocation };
    let work = async {
        match request {
            Request::Survey { .. } => desk.survey().await,
            Request::Act { part, .. } => desk.act(part).await.map(Answer::Act),
            Request::Heal { addresses, .. } => desk.heal(addresses).await.map(Answer::Act),
            Request::Respond { action, .. } => desk.respond(&action).await,
        }
    };
    work.instrument(span).await
}

/// One invocation at work.
struct Desk<'a> {
    definition: &'static Definition,
    home: &'a Home,
    cx: &'a Cx,
    invocation: &'a Invocation,
}

impl Desk<'_> {
    async fn survey(&self) -> Result<Answer, Failure> {
        let run: Run = self.home.ledger.need(&self.run_key()).await?;
        let wish = match run.mode {
            Mode::Deploy | Mode::Drift => self.wish(&run.revision),
            Mode::Destroy => Vec::new(),
        };
        let observed = self.observe(None).await?;
        let live = observed.live.len();
        let before: TierRecord =
            self.home.ledger.read(&self.tier_key(self.definition.tier)).await?.unwrap_or_default();
        let part = TierPart { live: observed.live, rules: observed.rules, ..before.part };
        self.write(TierRecord { wish, part, ..before }).await?;
        Ok(Answer::Survey { tier: self.definition.tier, live })
    }

    async fn act(&self, part: Part) -> Result<Act, Failure> {
        let now = unix_seconds();
        let lease = Lease::hold(&self.home.ledger, &self.cx.scope.stack, &self.cx.run, now).await;
        let lease = lease.map_err(lease_failure)?;
        let (stack, run) = (&self.cx.scope.stack, &self.cx.run);
        let plan: Plan = self.home.ledger.need(&Key::Plan(stack, run)).await?;
        let mut records = self.records(run, self.neighbours(&plan, part)).await?;
        let own = records.remove(&self.definition.tier).unwrap_or_default();
        let steps: Vec<&Step> = self.own_steps(plan.steps(part)).collect();
        let mut parts: BTreeMap<Tier, TierPart> =
            records.into_iter().map(|(tier, record)| (tier, record.part)).collect();
        parts.insert(self.definition.tier, own.part.clone());
        let inventory = self.inventory().await?;
        let mut board = Board::new(self.definition.tier, parts, inventory);
        let seconds = lease.expires - MARGIN_SECONDS - now;
        let outcome = self.pass(&steps, &mut board, seconds, now).await?;
        let exports = plan.exports.get(&self.definition.tier);
        let act = self.say(&outcome, exports, &board, now);
        self.write(TierRecord { part: board.into_own(), ..own }).await?;
        fail(&outcome)?;
        Ok(act)
    }

    /// Works on the known-good revision, with the facts of the last run that went through.
    async fn heal(&self, addresses: BTreeSet<Address>) -> Result<Act, Failure> {
        let (ledger, stack) = (&self.home.ledger, &self.cx.scope.stack);
        let record: StackRecord = ledger.need(&Key::Record(stack)).await?;
        let revision: Revision = ledger.need(&Key::KnownGood(stack)).await?;
        let wish = self.wish(&revision);
        let only = with_dependents(&wish, addresses);
        let kinds: BTreeSet<&str> = wish
            .iter()
            .filter(|node| only.contains(&node.address))
            .map(|node| node.kind.as_str())
            .collect();
        let run = record.facts_run.unwrap_or(record.run);
        let tiers = wish.iter().flat_map(Node::needs).map(|it| it.tier()).collect();
        let mut records = self.records(&run, tiers).await?;
        let observed = self.observe(Some(&kinds)).await?;
        let mut own = records.remove(&self.definition.tier).unwrap_or_default().part;
        own.live.retain(|live| !kinds.contains(live.kind.as_str()));
        own.live.extend(observed.live);
        own.rules = observed.rules;
        let mut parts: BTreeMap<Tier, TierPart> =
            records.into_iter().map(|(tier, record)| (tier, record.part)).collect();
        let all = parts.values().chain([&own]).flat_map(|part| part.live.clone()).collect();
        let seen = Observed { live: all, rules: own.rules.clone() };
        let inventory = self.inventory().await?;
        let options = Options { include_data: false, only: Some(only) };
        let plan = Plan::between(&standing(&wish, &seen)?, &seen, &inventory, &options);
        parts.insert(self.definition.tier, own);
        let mut board = Board::new(self.definition.tier, parts, inventory);
        let steps: Vec<&Step> = self.own_steps(&plan.build).collect();
        let now = unix_seconds();
        let outcome = self.pass(&steps, &mut board, i64::MAX, now).await?;
        fail(&outcome)?;
        Ok(self.say(&outcome, None, &board, now))
    }

    async fn respond(&self, action: &str) -> Result<Answer, Failure> {
        let known = self.definition.responses.iter().find(|(name, _)| *name == action);
        let (_, respond) = known.ok_or_else(|| {
            let tier = self.definition.tier;
            Failure::BadRequest(format!("the {tier} tier has no response `{action}`"))
        })?;
        let result = respond(self.cx.clone()).await?;
        Ok(Answer::Respond { tier: self.definition.tier, result })
    }

    fn wish(&self, revision: &Revision) -> Vec<Node> {
        (self.definition.wish)(revision, &self.cx.scope)
    }

    fn world(&self) -> TierWorld {
        TierWorld { kinds: self.definition.kinds, cx: self.cx.clone() }
    }

    /// Lists the tier's kinds, or only some of them.
    async fn observe(&self, only: Option<&BTreeSet<&str>>) -> Result<Observed, Failure> {
        let world = self.world();
        let kinds = self.definition.kinds.iter();
        let kinds: Vec<_> =
            kinds.filter(|kind| only.is_none_or(|only| only.contains(kind.name))).collect();
        let lists: Vec<_> = stream::iter(&kinds)
            .map(|kind| world.list(kind.name))
            .buffered(LISTS_AT_ONCE)
            .try_collect()
            .await?;
        let rules = kinds.iter().map(|kind| (kind.name.to_owned(), kind.rules())).collect();
        // Other tiers may have resources of the kind too (Elastic IPs): theirs to look after.
        let own = |it: &Live| it.address.tier() == self.definition.tier;
        Ok(Observed { live: lists.into_iter().flatten().filter(own).collect(), rules })
    }

    async fn pass(
        &self,
        steps: &[&Step],
        board: &mut Board,
        seconds: i64,
        now: i64,
    ) -> Result<Outcome, Failure> {
        let started = Instant::now();
        let most = self.invocation.remaining();
        let leased = u64::try_from(seconds).unwrap_or_default();
        let expired = || started.elapsed() >= most || started.elapsed().as_secs() >= leased;
        Ok(pass(&self.world(), steps, board, &Pass { now, expired }).await?)
    }

    fn own_steps<'s>(&self, steps: &'s [Step]) -> impl Iterator<Item = &'s Step> {
        let tier = self.definition.tier;
        steps.iter().filter(move |step| step.address.tier() == tier)
    }

    /// The tiers whose records the pass has to read.
    fn neighbours(&self, plan: &Plan, part: Part) -> BTreeSet<Tier> {
        let steps = self.own_steps(plan.steps(part));
        let named = steps.flat_map(|step| {
            let needs = step.node.iter().flat_map(Node::needs);
            needs.chain(step.holders.iter().cloned()).collect::<Vec<_>>()
        });
        named.map(|address| address.tier()).chain([self.definition.tier]).collect()
    }

    async fn records(
        &self,
        run: &str,
        tiers: BTreeSet<Tier>,
    ) -> Result<BTreeMap<Tier, TierRecord>, Failure> {
        let reads = tiers.into_iter().map(|tier| async move {
            let key = Key::Tier(&self.cx.scope.stack, run, tier);
            Ok::<_, Failure>((tier, self.home.ledger.read(&key).await?.unwrap_or_default()))
        });
        Ok(try_join_all(reads).await?.into_iter().collect())
    }

    async fn inventory(&self) -> Result<Inventory, Failure> {
        let found = self.home.ledger.read(&Key::Inventory(&self.cx.scope.stack)).await?;
        Ok(found.unwrap_or_default())
    }

    /// Writes the tier's record with the calls of this invocation added.
    async fn write(&self, mut record: TierRecord) -> Result<(), Failure> {
        record.calls.add(&self.home.aws.take_calls());
        record.ledger_calls.add(&self.home.ledger.take_calls());
        Ok(self.home.ledger.write(&self.tier_key(self.definition.tier), &record).await?)
    }

    fn say(
        &self,
        outcome: &Outcome,
        exports: Option<&BTreeSet<Reference>>,
        board: &Board,
        now: i64,
    ) -> Act {
        let tier = self.definition.tier;
        let is_there = |it: &&Reference| {
            board.live(&it.address).is_some_and(|live| live.facts.contains_key(&it.fact))
        };
        let missing = exports.into_iter().flatten().filter(|it| !is_there(it));
        // What waits for another tier is done when that tier is: no reason to stay here.
        let usable = missing.clone().all(|it| outcome.blocked.contains_key(&it.address))
            && outcome.pending.keys().all(|it| !missing.clone().any(|lack| lack.address == *it));
        let waits = outcome.pending.iter().chain(&outcome.blocked);
        let waiting: Vec<String> = waits.take(3).map(|(at, why)| format!("{at}: {why}")).collect();
        Act {
            tier,
            usable,
            done: outcome.is_done(),
            wait_seconds: patience(board.longest_wait(now)),
            changed: outcome.changed.clone(),
            waiting: waiting.join("; "),
        }
    }

    fn run_key(&self) -> Key<'_> {
        Key::Run(&self.cx.scope.stack, &self.cx.run)
    }

    fn tier_key(&self, tier: Tier) -> Key<'_> {
        Key::Tier(&self.cx.scope.stack, &self.cx.run, tier)
    }
}

/// The chosen addresses and every node of the tier that hangs on one of them: a group's rules.
fn with_dependents(wish: &[Node], mut chosen: BTreeSet<Address>) -> BTreeSet<Address> {
    let hangs = |node: &&Node| node.needs().iter().any(|it| chosen.contains(it));
    let dependents: Vec<_> = wish.iter().filter(hangs).map(|node| node.address.clone()).collect();
    chosen.extend(dependents);
    chosen
}

/// The tier's nodes as a stack of their own: what they need of other tiers stands already, and
/// is filled in.
fn standing(wish: &[Node], seen: &Observed) -> Result<Stack, Failure> {
    let facts: BTreeMap<Address, _> =
        seen.live.iter().map(|live| (live.address.clone(), live.facts.clone())).collect();
    let own: BTreeSet<&Address> = wish.iter().map(|node| &node.address).collect();
    let resolved = wish.iter().map(|node| {
        let mut node = node.resolve(&facts);
        node.after.retain(|it| own.contains(it));
        node
    });
    Stack::new(resolved.collect()).map_err(|error| {
        Failure::Refused(format!("cannot heal while another tier is incomplete: {error}"))
    })
}

/// Asks again soon at first, then every 30 s: few state transitions for a slow database.
fn patience(waited_seconds: i64) -> i64 {
    (waited_seconds / 6).clamp(2, 30)
}

fn fail(outcome: &Outcome) -> Result<(), Failure> {
    if outcome.failed.is_empty() {
        return Ok(());
    }
    let texts = outcome.failed.iter().map(|it| format!("`{}`: {}", it.address, it.text));
    let text = texts.collect::<Vec<_>>().join("; ");
    let stuck = outcome.failed.iter().all(|it| it.stuck);
    Err(if stuck { Failure::Stuck(text) } else { Failure::Refused(text) })
}

fn lease_failure(error: LeaseError) -> Failure {
    match error {
        LeaseError::Held { .. } | LeaseError::CoolingDown { .. } | LeaseError::Lost { .. } => {
            Failure::Busy(error.to_string())
        }
        LeaseError::Ledger(error) => error.into(),
    }
}

/// The clock, in Unix seconds.
pub(crate) fn unix_seconds() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}

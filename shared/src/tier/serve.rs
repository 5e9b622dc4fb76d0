//! The verbs of a tier Lambda.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::future::try_join_all;
use futures::{StreamExt, TryStreamExt, stream};
use tracing::{Instrument, info_span};

use super::{Answer, Definition, Request};
use crate::aws::{Cx, TierWorld};
use crate::clock::unix_seconds;
use crate::engine::{Board, Outcome, Pass, TierPart, pass};
use crate::lambda::{self, Failure, Home, Invocation};
use crate::ledger::{Key, Mode, Run, TierRecord};
use crate::model::{Live, Node, Tier};
use crate::plan::{Inventory, Observed, Step};
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
    let scope = invocation.scope(&stack);
    let (started, aws) = (unix_seconds(), home.aws.clone());
    let cx = Cx { scope, run, started, leaving: false, aws };
    // What earlier invocations left behind is not this one's.
    (_, _) = (home.aws.take_calls(), home.ledger.take_calls());
    let desk = Desk { definition, home: &home, cx: &cx, invocation: &invocation };
    let work = async {
        match request {
            Request::Survey { .. } => desk.survey().await,
            Request::Act { part, waited_seconds, .. } => {
                desk.act(part, waited_seconds).await.map(Answer::Act)
            }
            Request::Heal { addresses, .. } => desk.heal(addresses).await.map(Answer::Act),
            Request::Respond { action, .. } => desk.respond(&action).await,
        }
    };
    work.instrument(span).await
}

/// One invocation at work.
pub(super) struct Desk<'a> {
    pub(super) definition: &'static Definition,
    pub(super) home: &'a Home,
    pub(super) cx: &'a Cx,
    pub(super) invocation: &'a Invocation,
}

impl Desk<'_> {
    async fn survey(&self) -> Result<Answer, Failure> {
        let run: Run = self.home.ledger.need(&self.run_key()).await?;
        let (wish, leaving) = match run.mode {
            Mode::Deploy | Mode::Drift => (self.wish(&run.revision), false),
            Mode::Destroy => (Vec::new(), true),
        };
        let cx = Cx { leaving, ..self.cx.clone() };
        let observed = Desk { cx: &cx, ..*self }.observe(None).await?;
        let live = observed.live.len();
        let before: TierRecord =
            self.home.ledger.read(&self.tier_key(self.definition.tier)).await?.unwrap_or_default();
        let part = TierPart { live: observed.live, rules: observed.rules, ..before.part };
        self.write(TierRecord { wish, part, started: run.started, ..before }).await?;
        Ok(Answer::Survey { tier: self.definition.tier, live })
    }

    pub(super) fn wish(&self, revision: &Revision) -> Vec<Node> {
        (self.definition.wish)(revision, &self.cx.scope)
    }

    fn world(&self) -> TierWorld {
        TierWorld { kinds: self.definition.kinds, cx: self.cx.clone() }
    }

    /// Lists the tier's kinds, or only some of them.
    pub(super) async fn observe(&self, only: Option<&BTreeSet<&str>>) -> Result<Observed, Failure> {
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

    pub(super) async fn pass(
        &self,
        steps: &[&Step],
        board: &mut Board,
        leased: Duration,
        now: i64,
    ) -> Result<Outcome, Failure> {
        let started = Instant::now();
        let most = self.invocation.remaining().min(leased);
        let expired = || started.elapsed() >= most;
        Ok(pass(&self.world(), steps, board, &Pass { now, expired }).await?)
    }

    pub(super) fn own_steps<'s>(&self, steps: &'s [Step]) -> impl Iterator<Item = &'s Step> {
        let tier = self.definition.tier;
        steps.iter().filter(move |step| step.address.tier() == tier)
    }

    pub(super) async fn records(
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

    pub(super) async fn inventory(&self) -> Result<Inventory, Failure> {
        let found = self.home.ledger.read(&Key::Inventory(&self.cx.scope.stack)).await?;
        Ok(found.unwrap_or_default())
    }

    /// Writes the tier's record with the calls of this invocation added.
    pub(super) async fn write(&self, mut record: TierRecord) -> Result<(), Failure> {
        record.calls.add(&self.home.aws.take_calls());
        record.ledger_calls.add(&self.home.ledger.take_calls());
        Ok(self.home.ledger.write(&self.tier_key(self.definition.tier), &record).await?)
    }

    fn run_key(&self) -> Key<'_> {
        Key::Run(&self.cx.scope.stack, &self.cx.run)
    }

    fn tier_key(&self, tier: Tier) -> Key<'_> {
        Key::Tier(&self.cx.scope.stack, &self.cx.run, tier)
    }
}

//! The verb `act`: one pass over the tier's part of the plan, and what is left of it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use super::Act;
use super::patience::Waits;
use super::serve::Desk;
use crate::aws::Cx;
use crate::clock::unix_seconds;
use crate::engine::{Board, Outcome, TierPart};
use crate::lambda::Failure;
use crate::ledger::{Key, Lease, TERMS, TierRecord};
use crate::model::{Node, Reference, Tier};
use crate::plan::{Part, Plan, Step};

impl Desk<'_> {
    pub(super) async fn act(&self, part: Part, waited_seconds: i64) -> Result<Act, Failure> {
        // The lease's seconds count from before the clock was read.
        let (started, now) = (Instant::now(), unix_seconds());
        let (stack, run) = (&self.cx.scope.stack, &self.cx.run);
        let lease = Lease::hold(&self.home.ledger, stack, run, now).await?;
        let plan: Plan = self.home.ledger.need(&Key::Plan(stack, run)).await?;
        let mut records = self.records(run, self.neighbours(&plan, part)).await?;
        let own = records.remove(&self.definition.tier).unwrap_or_default();
        let steps: Vec<&Step> = self.own_steps(plan.steps(part)).collect();
        let mut parts: BTreeMap<Tier, TierPart> =
            records.into_iter().map(|(tier, record)| (tier, record.part)).collect();
        parts.insert(self.definition.tier, own.part.clone());
        let inventory = self.inventory().await?;
        let mut board = Board::new(self.definition.tier, parts, inventory);
        board.waited(waited_seconds);
        let leased = Duration::from_secs(TERMS.work(&lease, now).try_into().unwrap_or_default());
        let leased = leased.saturating_sub(started.elapsed());
        // What is named after the run has the same name in each of its passes.
        let cx = Cx { started: own.started, ..self.cx.clone() };
        let desk = Desk { cx: &cx, ..*self };
        let outcome = desk.pass(&steps, &mut board, leased, now);
        let outcome = outcome.await?;
        let exports = plan.exports.get(&self.definition.tier);
        let act = self.say(&outcome, exports, &mut board, now);
        self.write(TierRecord { part: board.into_own(), ..own }).await?;
        fail(&outcome)?;
        Ok(act)
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

    /// Where the tier stands, and when to ask again.
    pub(super) fn say(
        &self,
        outcome: &Outcome,
        exports: Option<&BTreeSet<Reference>>,
        board: &mut Board,
        now: i64,
    ) -> Act {
        let tier = self.definition.tier;
        let waits = outcome.pending.iter().chain(&outcome.blocked);
        let waiting: Vec<String> = waits.take(3).map(|(at, why)| format!("{at}: {why}")).collect();
        let answered = unix_seconds();
        let patience = Waits::of(board, answered);
        let wait_seconds = patience.seconds();
        board.own().due = answered + wait_seconds;
        let (done, idle) = (outcome.is_done(), !outcome.is_done() && patience.are_idle());
        board.own().idle = idle;
        if done || idle {
            board.own().calm_since.get_or_insert(now);
        }
        Act {
            tier,
            usable: outcome.is_usable(exports, board),
            done,
            wait_seconds,
            idle,
            changed: outcome.changed.clone(),
            waiting: waiting.join("; "),
            ids: BTreeMap::new(),
        }
    }
}

pub(super) fn fail(outcome: &Outcome) -> Result<(), Failure> {
    if outcome.failed.is_empty() {
        return Ok(());
    }
    let texts = outcome.failed.iter().map(|it| format!("`{}`: {}", it.address, it.text));
    let text = texts.collect::<Vec<_>>().join("; ");
    let stuck = outcome.failed.iter().all(|it| it.stuck);
    Err(if stuck { Failure::Stuck(text) } else { Failure::Refused(text) })
}

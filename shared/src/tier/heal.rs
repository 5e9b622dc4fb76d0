//! The verbs `heal` and `respond`: what an event asks for, without a plan of the whole stack.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::act::fail;
use super::serve::Desk;
use super::{Act, Answer};
use crate::clock::unix_seconds;
use crate::engine::{Board, TierPart};
use crate::lambda::Failure;
use crate::ledger::{Key, StackRecord};
use crate::model::{Address, Node, Stack, Tier};
use crate::plan::{Observed, Options, Plan, Step};
use crate::revision::Revision;

impl Desk<'_> {
    /// Works on the known-good revision, with the facts of the last run that went through.
    pub(super) async fn heal(&self, addresses: BTreeSet<Address>) -> Result<Act, Failure> {
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
        let announced: BTreeSet<String> = inventory
            .values()
            .flat_map(|it| it.announced.iter().flat_map(|it| it.split(' ')))
            .map(str::to_owned)
            .collect();
        let options = Options { include_data: false, only: Some(only.clone()) };
        let plan = Plan::between(&standing(&wish, &seen)?, &seen, &inventory, &options);
        parts.insert(self.definition.tier, own);
        let mut board = Board::new(self.definition.tier, parts, inventory);
        let steps: Vec<&Step> = self.own_steps(&plan.build).collect();
        let now = unix_seconds();
        let outcome = self.pass(&steps, &mut board, Duration::MAX, now).await?;
        fail(&outcome)?;
        let act = self.say(&outcome, None, &mut board, now);
        let healed = board.own().live.iter().filter(|live| only.contains(&live.address));
        let ids = healed.flat_map(|live| live.part_ids().map(|id| (id, &live.address)));
        let new = ids.filter(|(id, _)| !announced.contains(*id));
        let ids = new.map(|(id, address)| (id.to_owned(), address.clone())).collect();
        Ok(Act { ids, ..act })
    }

    pub(super) async fn respond(&self, action: &str) -> Result<Answer, Failure> {
        let known = self.definition.responses.iter().find(|(name, _)| *name == action);
        let (_, respond) = known.ok_or_else(|| {
            let tier = self.definition.tier;
            Failure::BadRequest(format!("the {tier} tier has no response `{action}`"))
        })?;
        let result = respond(self.cx.clone()).await?;
        Ok(Answer::Respond { tier: self.definition.tier, result })
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

//! How a plan is found.
//!
//! First the planner decides what each wished node needs and what has to make way for it; one
//! calls for the other, so both are repeated until nothing is added. Then the decisions are
//! written down as steps.

use std::cell::OnceCell;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use super::decide::Decisions;
use super::uses::Uses;
use super::verdict::Verdict;
use super::{Action, Inventory, Note, Observed, Options, Owned, Plan, Step};
use crate::model::{Address, Live, Node, Reference, Stack, Tier};

impl Plan {
    /// The steps from what is observed to what is wanted.
    pub fn between(
        stack: &Stack,
        observed: &Observed,
        inventory: &Inventory,
        options: &Options,
    ) -> Plan {
        let planner = Planner::new(stack, observed, inventory, options);
        let decisions = planner.decide();
        let (clear, refused) = planner.clear(&decisions);
        let (retire, notes) = planner.retire(&decisions);
        let build = planner.build(&decisions);
        let exports = exports(&build);
        Plan { clear, build, retire, refused, notes, exports }
    }
}

/// What a plan is made from.
pub(super) struct Planner<'a> {
    pub stack: &'a Stack,
    pub observed: &'a Observed,
    pub inventory: &'a Inventory,
    pub options: &'a Options,
    /// Each live resource once, in order.
    pub everything: Vec<&'a Live>,
    /// What counts at each address.
    pub live: BTreeMap<Address, &'a Live>,
    uses: OnceCell<Uses<'a>>,
}

impl<'a> Planner<'a> {
    fn new(
        stack: &'a Stack,
        observed: &'a Observed,
        inventory: &'a Inventory,
        options: &'a Options,
    ) -> Self {
        let (live, _) = observed.by_address(inventory);
        let everything = observed.distinct();
        Self { stack, observed, inventory, options, everything, live, uses: OnceCell::new() }
    }

    /// Who uses whom. Found once it is asked for: most plans delete nothing.
    pub fn uses(&self) -> &Uses<'a> {
        self.uses.get_or_init(|| Uses::among(&self.everything))
    }

    pub fn is_chosen(&self, address: &Address) -> bool {
        self.options.only.as_ref().is_none_or(|only| only.contains(address))
    }

    /// Whether it is the one that counts at its address.
    pub fn counts(&self, live: &Live) -> bool {
        self.live.get(&live.address).is_some_and(|it| it.is_same(live))
    }

    /// Tag and ledger agree.
    pub fn is_ours(&self, live: &Live) -> bool {
        self.inventory.get(&live.address).is_some_and(|owned| owned.is_ours(live))
    }

    /// Whether the person has forbidden its end. Where a node is wanted the wish says so, else
    /// the last wish that had it.
    pub fn is_protected(&self, live: &Live) -> bool {
        let protected = match self.stack.get(&live.address) {
            Some(node) => node.protected,
            None => self.inventory.get(&live.address).is_some_and(|owned: &Owned| owned.protected),
        };
        protected && self.counts(live) && !self.options.include_data
    }

    /// What goes first because something wanted cannot stand beside it.
    fn clear(&self, decisions: &Decisions<'a>) -> (Vec<Step>, Vec<Note>) {
        let (mut going, mut refused) = (Vec::new(), Vec::new());
        for (live, why) in decisions.doomed.values() {
            let text = if !self.is_ours(live) {
                let id = live.id().unwrap_or_default();
                format!("would have to go ({why}), but `{id}` is not ours")
            } else if self.is_protected(live) {
                format!("would be replaced ({why}), but it holds data and is protected")
            } else {
                going.push((*live, why.clone()));
                continue;
            };
            refused.push(Note { address: live.address.clone(), text });
        }
        (self.deletions(going), refused)
    }

    fn build(&self, decisions: &Decisions<'a>) -> Vec<Step> {
        let waiting = decisions.waiting();
        let steps = self.stack.nodes().iter().filter_map(|node| {
            let verdict = decisions.verdicts.get(&node.address)?;
            let (action, reason) = self.action(node, verdict, decisions)?;
            Some(Step {
                address: node.address.clone(),
                kind: node.kind.clone(),
                node: Some(after_all(node, &waiting)),
                action,
                reason,
                id: None,
                holders: BTreeSet::new(),
            })
        });
        steps.collect()
    }

    fn action(
        &self,
        node: &Node,
        verdict: &Verdict,
        decisions: &Decisions<'a>,
    ) -> Option<(Action, String)> {
        let doom = self.live.get(&node.address).and_then(|live| decisions.doom(live));
        if let Some(why) = doom {
            return Some((Action::Create, format!("replaced: {why}")));
        }
        match verdict {
            Verdict::Keep => None,
            Verdict::Wait(why) => Some((Action::Wait, why.clone())),
            Verdict::Create | Verdict::Replace(_) => {
                Some((Action::Create, "is missing".to_owned()))
            }
            Verdict::Update(differences) => {
                let fields: Vec<_> = differences.iter().map(|it| it.field.as_str()).collect();
                let reason = format!("differs in {}", fields.join(", "));
                Some((Action::Update(differences.clone()), reason))
            }
        }
    }

    /// Deletions: what nobody uses first, what others use after them.
    pub fn deletions(&self, mut going: Vec<(&'a Live, String)>) -> Vec<Step> {
        going.sort_by_key(|(live, _)| (self.uses().weight(live), Reverse(live.identity())));
        going.into_iter().map(|(live, reason)| self.deletion(live, reason)).collect()
    }

    fn deletion(&self, live: &Live, reason: String) -> Step {
        Step {
            address: live.address.clone(),
            kind: live.kind.clone(),
            action: Action::Delete,
            reason,
            node: None,
            id: live.id().map(str::to_owned),
            holders: self.uses().holders(live),
        }
    }
}

/// The node, made to wait until all that it needs of `waiting` is ready: what is on its way may
/// be on its way out, and its facts with it.
fn after_all(node: &Node, waiting: &BTreeSet<&Address>) -> Node {
    let mut node = node.clone();
    node.after.extend(node.needs().into_iter().filter(|it| waiting.contains(it)));
    node
}

/// The facts of each tier that steps of other tiers wait for.
fn exports(build: &[Step]) -> BTreeMap<Tier, BTreeSet<Reference>> {
    let mut exports: BTreeMap<Tier, BTreeSet<Reference>> = BTreeMap::new();
    for node in build.iter().filter_map(|step| step.node.as_ref()) {
        let foreign = node.references().into_iter();
        for reference in foreign.filter(|it| it.address.tier() != node.address.tier()) {
            exports.entry(reference.address.tier()).or_default().insert(reference);
        }
    }
    exports
}

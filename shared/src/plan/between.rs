//! How a plan is found.
//!
//! First the planner decides what each wished node needs and what has to make way for it; one
//! calls for the other, so both are repeated until nothing is added. Then the decisions are
//! written down as steps.

use std::cell::OnceCell;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use super::decide::Decisions;
use super::take_back::take_back;
use super::uses::Uses;
use super::verdict::Verdict;
use super::{Action, Inventory, Note, Observed, Options, Owned, Plan, Step};
use crate::diff::diff;
use crate::model::{Address, Live, Node, Reference, Stack, Status, Tier};

impl Plan {
    /// The steps from what is observed to what is wanted.
    pub fn between(
        stack: &Stack,
        observed: &Observed,
        inventory: &Inventory,
        options: &Options,
    ) -> Plan {
        let inventory = take_back(inventory, stack, observed);
        let planner = Planner::new(stack, observed, &inventory, options);
        let decisions = planner.decide();
        let (clear, mut refused) = planner.clear(&decisions);
        let (retire, notes) = planner.retire(&decisions);
        refused.extend(planner.occupied(&decisions, clear.iter().chain(&retire)));
        refused.extend(planner.backwards(&decisions));
        refused.extend(planner.held(clear.iter().chain(&retire)));
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

    /// Whether another takes the place of `live`, or has taken it.
    pub fn is_replaced(&self, live: &Live) -> bool {
        self.inventory.get(&live.address).is_some_and(|owned| owned.is_replaced(live))
    }

    /// Whether something stands at `address` in whose place another comes.
    pub fn has_replaced(&self, address: &Address) -> bool {
        self.everything.iter().any(|live| live.address == *address && self.is_replaced(live))
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
            match self.refusal(live, why) {
                Some(text) => refused.push(Note { address: live.address.clone(), text }),
                None => going.push((*live, why.clone())),
            }
        }
        (self.deletions(going), refused)
    }

    fn build(&self, decisions: &Decisions<'a>) -> Vec<Step> {
        let unsettled = self.unsettled(decisions);
        let steps = self.stack.nodes().iter().filter_map(|node| {
            let verdict = decisions.verdicts.get(&node.address)?;
            let (action, reason) = self.action(node, verdict, decisions)?;
            let replaced = self.live.get(&node.address);
            let replaced = replaced.filter(|live| decisions.successor(live).is_some());
            Some(Step {
                consequences: self.consequences(node, &action, decisions),
                replaces: replaced.and_then(|live| live.id()).map(str::to_owned),
                address: node.address.clone(),
                kind: node.kind.clone(),
                node: Some(after_all(node, &unsettled)),
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
        let live = self.live.get(&node.address);
        if let Some(why) = live.and_then(|live| decisions.doom(live)) {
            return Some((Action::Create, format!("replaced: {why}")));
        }
        if let Some(why) = live.and_then(|live| decisions.successor(live)) {
            return Some((Action::Create, format!("replaced, the new one first: {why}")));
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

    /// What it means to people that a step is done, besides that it is done.
    fn consequences(&self, node: &Node, action: &Action, decisions: &Decisions) -> Vec<String> {
        match action {
            Action::Update(differences) => {
                let rules = self.observed.rules(&node.kind);
                let outages = differences.iter().filter_map(|it| rules.outage(&it.field));
                outages.map(str::to_owned).collect::<BTreeSet<_>>().into_iter().collect()
            }
            Action::Create => {
                let live = self.live.get(&node.address);
                live.map(|live| self.consequences_of_another(node, live, decisions))
                    .unwrap_or_default()
            }
            Action::Wait | Action::Delete => Vec::new(),
        }
    }

    /// ... when the node is made in the place of `live`.
    fn consequences_of_another(
        &self,
        node: &Node,
        live: &Live,
        decisions: &Decisions,
    ) -> Vec<String> {
        if decisions.doom(live).is_some() {
            let away = (live.status == Status::Ready).then(|| REPLACED.to_owned());
            return away.into_iter().chain(loss(live)).collect();
        }
        let rules = self.observed.rules(&node.kind);
        let differences = diff(&node.spec, &live.spec, &rules);
        let outages = differences.iter().filter_map(|it| rules.outage(&it.field));
        outages.map(str::to_owned).collect::<BTreeSet<_>>().into_iter().collect()
    }

    /// Nodes whose facts are not to be built on before they are ready: what is on its way may be
    /// on its way out, and what is replaced has not let its users move over yet.
    fn unsettled(&self, decisions: &Decisions<'a>) -> BTreeSet<&'a Address> {
        let mut unsettled = decisions.waiting();
        let addresses = self.stack.nodes().iter().map(|node| &node.address);
        unsettled.extend(addresses.filter(|address| {
            let live = self.live.get(address);
            live.is_some_and(|live| decisions.successor(live).is_some())
                || self.has_replaced(address)
        }));
        unsettled
    }

    /// Deletions: what nobody uses first, what others use after them.
    pub fn deletions(&self, mut going: Vec<(&'a Live, String)>) -> Vec<Step> {
        going.sort_by_key(|(live, _)| (self.uses().weight(live), Reverse(live.identity())));
        let leaving: Vec<&Live> = going.iter().map(|(live, _)| *live).collect();
        going.into_iter().map(|(live, reason)| self.deletion(live, reason, &leaving)).collect()
    }

    fn deletion(&self, live: &Live, reason: String, leaving: &[&Live]) -> Step {
        let mut holders = self.uses().holders(live);
        // Who writes to it and stays would hold it for ever.
        let writers = leaving.iter().filter(|it| !it.is_same(live) && it.holds(live));
        holders.extend(writers.filter(|it| !it.uses(live)).map(|it| it.address.clone()));
        Step {
            address: live.address.clone(),
            kind: live.kind.clone(),
            action: Action::Delete,
            reason,
            consequences: loss(live).into_iter().collect(),
            replaces: None,
            node: None,
            id: live.id().map(str::to_owned),
            holders,
        }
    }
}

/// The fact that says what becomes of the data when its bearer goes, for people.
const LOSS: &str = "loss";

fn loss(live: &Live) -> Option<String> {
    live.facts.get(LOSS).cloned()
}

/// What is replaced the ordinary way.
pub const REPLACED: &str = "it does not stand until the new one does";

/// The node, made to wait until all that it needs of `unsettled` is ready.
fn after_all(node: &Node, unsettled: &BTreeSet<&Address>) -> Node {
    let mut node = node.clone();
    node.after.extend(node.needs().into_iter().filter(|it| unsettled.contains(it)));
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

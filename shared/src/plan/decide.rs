//! What each wished node needs, and all that has to make way for it.

use std::collections::{BTreeMap, BTreeSet};

use super::between::Planner;
use super::verdict::Verdict;
use crate::model::{Address, Facts, Identity, Live, Node};

#[derive(Default)]
pub(super) struct Decisions<'a> {
    /// On every node that the plan looks at.
    pub verdicts: BTreeMap<&'a Address, Verdict>,
    /// What has to go before anything is built, and why.
    pub doomed: BTreeMap<Identity, (&'a Live, String)>,
    /// Nodes that the plan looks at though nobody chose them.
    drawn_in: BTreeSet<&'a Address>,
}

impl<'a> Decisions<'a> {
    pub fn doom(&self, live: &Live) -> Option<&str> {
        self.doomed.get(&live.identity()).map(|(_, why)| why.as_str())
    }

    /// Nodes that stand, but of which nobody knows yet whether they stay.
    pub fn waiting(&self) -> BTreeSet<&'a Address> {
        let waiting = self.verdicts.iter().filter(|(_, it)| matches!(it, Verdict::Wait(_)));
        waiting.map(|(address, _)| *address).collect()
    }

    fn size(&self) -> (usize, usize) {
        (self.doomed.len(), self.drawn_in.len())
    }

    fn condemn(&mut self, live: &'a Live, why: String) {
        self.doomed.entry(live.identity()).or_insert((live, why));
    }
}

impl<'a> Planner<'a> {
    /// Each round can only add to what the last one found, so this ends.
    pub fn decide(&self) -> Decisions<'a> {
        let mut decisions = Decisions::default();
        loop {
            let before = decisions.size();
            self.judge(&mut decisions);
            self.make_way(&mut decisions);
            self.take_down_users(&mut decisions);
            self.draw_in(&mut decisions);
            if decisions.size() == before {
                return decisions;
            }
        }
    }

    fn judge(&self, decisions: &mut Decisions<'a>) {
        let facts = self.lasting_facts(decisions);
        for node in self.stack.nodes() {
            if self.is_chosen(&node.address) || decisions.drawn_in.contains(&node.address) {
                decisions.verdicts.insert(&node.address, self.verdict(node, &facts));
            }
        }
    }

    /// The facts of what stays. Those of what goes are not known before it is made again.
    fn lasting_facts(&self, decisions: &Decisions<'a>) -> BTreeMap<Address, Facts> {
        let lasting = self.live.iter().filter(|(_, live)| decisions.doom(live).is_none());
        lasting.map(|(address, live)| (address.clone(), live.facts.clone())).collect()
    }

    /// Condemns what is replaced, and what has the name that a wished node is to have.
    fn make_way(&self, decisions: &mut Decisions<'a>) {
        let facts = self.lasting_facts(decisions);
        let mut condemned = Vec::new();
        for node in self.stack.nodes() {
            match decisions.verdicts.get(&node.address) {
                None | Some(Verdict::Keep | Verdict::Wait(_)) => continue,
                Some(Verdict::Create | Verdict::Update(_)) => (),
                Some(Verdict::Replace(why)) => {
                    condemned.extend(self.live.get(&node.address).map(|live| (*live, why.clone())));
                }
            }
            condemned.extend(self.in_the_way_of(&node.resolve(&facts)));
        }
        for (live, why) in condemned {
            decisions.condemn(live, why);
        }
    }

    /// What AWS would not let `want` stand beside: another address, or a duplicate.
    fn in_the_way_of(&self, want: &Node) -> impl Iterator<Item = (&'a Live, String)> {
        let rules = self.observed.rules(&want.kind);
        let holds = |live: &&&Live| {
            let is_itself = live.address == want.address && self.counts(live);
            live.kind == want.kind && !is_itself && rules.collide(&want.spec, &live.spec)
        };
        let why = format!("`{}` takes its {}", want.address, rules.unique.join(" and "));
        let holders: Vec<_> = self.everything.iter().filter(holds).copied().collect();
        holders.into_iter().map(move |live| (live, why.clone()))
    }

    /// What is replaced takes down all that uses it, orphans and duplicates included: so
    /// deletions only ever wait for deletions, and a plan cannot wait for itself.
    fn take_down_users(&self, decisions: &mut Decisions<'a>) {
        let mut todo: Vec<&'a Live> = decisions.doomed.values().map(|(live, _)| *live).collect();
        while let Some(used) = todo.pop() {
            for user in self.uses().users(used) {
                if decisions.doom(user).is_none() {
                    decisions.condemn(user, format!("`{}` is replaced", used.address));
                    todo.push(user);
                }
            }
        }
    }

    /// What was taken down has to be made again, and what is made needs what it refers to, even
    /// where the person chose neither.
    fn draw_in(&self, decisions: &mut Decisions<'a>) {
        let taken_down = decisions.doomed.values().map(|(live, _)| &live.address);
        let mut drawn_in: Vec<&Address> = taken_down.collect();
        let missing = |at: &Address| !self.live.contains_key(at);
        for node in self.stack.nodes() {
            match decisions.verdicts.get(&node.address) {
                None | Some(Verdict::Keep | Verdict::Wait(_)) => (),
                Some(Verdict::Create | Verdict::Update(_) | Verdict::Replace(_)) => {
                    let needs = node.needs();
                    let others = self.stack.nodes().iter().map(|it| &it.address);
                    drawn_in.extend(others.filter(|at| needs.contains(at) && missing(at)));
                }
            }
        }
        drawn_in.retain(|it| !self.is_chosen(it) && self.stack.get(it).is_some());
        decisions.drawn_in.extend(drawn_in);
    }
}

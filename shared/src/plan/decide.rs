//! What each wished node needs, and all that has to make way for it.

use std::collections::{BTreeMap, BTreeSet};

use super::between::Planner;
use super::verdict::Verdict;
use crate::model::{Address, Facts, Identity, Live, Node, Reference, Status};

#[derive(Default)]
pub(super) struct Decisions<'a> {
    /// On every node that the plan looks at.
    pub verdicts: BTreeMap<&'a Address, Verdict>,
    /// What has to go before anything is built, and why.
    pub doomed: BTreeMap<Identity, (&'a Live, String)>,
    /// What goes after the one that takes its place stands and is used, and why.
    pub superseded: BTreeMap<Identity, (&'a Live, String)>,
    /// Nodes that the plan looks at though nobody chose them.
    drawn_in: BTreeSet<&'a Address>,
}

impl<'a> Decisions<'a> {
    pub fn doom(&self, live: &Live) -> Option<&str> {
        self.doomed.get(&live.identity()).map(|(_, why)| why.as_str())
    }

    /// Why another one is made before `live` goes.
    pub fn successor(&self, live: &Live) -> Option<&str> {
        let found = self.superseded.get(&live.identity()).map(|(_, why)| why.as_str());
        found.filter(|_| self.doom(live).is_none())
    }

    /// Nodes that stand, but of which nobody knows yet whether they stay.
    pub fn waiting(&self) -> BTreeSet<&'a Address> {
        let addresses = self.verdicts.keys().copied();
        addresses.filter(|address| self.is_waiting(address)).collect()
    }

    pub fn is_waiting(&self, address: &Address) -> bool {
        matches!(self.verdicts.get(address), Some(Verdict::Wait(_)))
    }

    fn size(&self) -> (usize, usize, usize) {
        (self.doomed.len(), self.superseded.len(), self.drawn_in.len())
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
        let goes =
            |live: &Live| decisions.doom(live).is_some() || decisions.successor(live).is_some();
        let lasting = self.live.iter().filter(|(_, live)| !goes(live));
        lasting.map(|(address, live)| (address.clone(), live.facts.clone())).collect()
    }

    /// Condemns what is replaced, and what a wished node cannot be made or changed beside.
    fn make_way(&self, decisions: &mut Decisions<'a>) {
        let facts = self.lasting_facts(decisions);
        let (mut condemned, mut superseded) = (Vec::new(), Vec::new());
        for node in self.stack.nodes() {
            let want = || node.resolve(&facts);
            match decisions.verdicts.get(&node.address) {
                None | Some(Verdict::Keep | Verdict::Wait(_)) => continue,
                Some(Verdict::Update(_)) => (),
                Some(Verdict::Create) => condemned.extend(self.spare(&node.address)),
                Some(Verdict::Replace(why)) => {
                    if let Some(live) = self.live.get(&node.address) {
                        let goes_last = self.may_stand_beside(&want(), live);
                        let list = if goes_last { &mut superseded } else { &mut condemned };
                        list.push((*live, why.clone()));
                    }
                    condemned.extend(self.spare(&node.address));
                }
            }
            condemned.extend(self.in_the_way_of(&want()));
        }
        for (live, why) in condemned {
            decisions.condemn(live, why);
        }
        for (live, why) in superseded {
            decisions.superseded.entry(live.identity()).or_insert((live, why));
        }
    }

    /// Whether `live` may stay until `want`, which takes its place, stands and is used. What has
    /// failed is of no use to anybody.
    fn may_stand_beside(&self, want: &Node, live: &Live) -> bool {
        let rules = self.observed.rules(&want.kind);
        rules.make_before_break
            && live.kind == want.kind
            && live.status == Status::Ready
            && !self.is_protected(live)
            && !rules.collide(&want.spec, &live.spec)
    }

    /// Duplicates at `address`: asked again with the same token, AWS would answer with one of them.
    fn spare(&self, address: &Address) -> impl Iterator<Item = (&'a Live, String)> {
        let claims = self.everything.iter().filter(move |live| live.address == *address);
        let is_spare =
            |live: &&&Live| !self.counts(live) && self.is_ours(live) && !self.is_replaced(live);
        let spare = claims.filter(is_spare);
        spare.map(|live| (*live, "is a duplicate".to_owned())).collect::<Vec<_>>().into_iter()
    }

    /// What AWS would not let `want` stand beside: at another address, or a duplicate.
    fn in_the_way_of(&self, want: &Node) -> Vec<(&'a Live, String)> {
        let rules = self.observed.rules(&want.kind);
        let holds = |live: &&&Live| {
            let is_itself = live.address == want.address && self.counts(live);
            live.kind == want.kind && !is_itself && rules.collide(&want.spec, &live.spec)
        };
        let why = format!("`{}` takes its {}", want.address, rules.unique.join(" and "));
        self.everything.iter().filter(holds).map(|live| (*live, why.clone())).collect()
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
        let taken_down = decisions.doomed.values().map(|(live, _)| live.address.clone());
        let mut needed: BTreeSet<Address> = taken_down.collect();
        for node in self.stack.nodes() {
            match decisions.verdicts.get(&node.address) {
                None | Some(Verdict::Keep) => (),
                Some(
                    Verdict::Wait(_) | Verdict::Create | Verdict::Update(_) | Verdict::Replace(_),
                ) => needed.extend(self.missing(node)),
            }
        }
        let addresses = self.stack.nodes().iter().map(|node| &node.address);
        let drawn_in = addresses.filter(|it| needed.contains(it) && !self.is_chosen(it));
        decisions.drawn_in.extend(drawn_in);
    }

    /// What `node` needs and what is not there, or not as it has to be.
    fn missing(&self, node: &Node) -> BTreeSet<Address> {
        let ready = |at: &Address| self.live.get(at).filter(|it| it.status == Status::Ready);
        let has = |it: &Reference| {
            ready(&it.address).is_some_and(|live| live.facts.contains_key(&it.fact))
        };
        let without = node.references().into_iter().filter(|it| !has(it)).map(|it| it.address);
        without.chain(node.after.iter().filter(|it| ready(it).is_none()).cloned()).collect()
    }
}

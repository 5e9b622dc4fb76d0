//! What is no longer wanted, and what of it stays all the same.

use std::collections::BTreeMap;

use super::between::Planner;
use super::decide::Decisions;
use super::{Note, Step};
use crate::model::{Address, Identity, Live};

/// The fact of what is left of something that is gone, such as a final snapshot: why it stays and
/// how a person gets rid of it. No plan makes or deletes such a thing.
const RELIC: &str = "relic";

/// The fact that names, by their ids or ARNs with spaces between, what is still needed when its
/// bearer is gone, because something is left of it.
const BEQUEATHS: &str = "bequeaths";

/// Why something unwanted stays.
struct Stay<'a> {
    live: &'a Live,
    why: String,
}

impl<'a> Planner<'a> {
    /// Orphans and duplicates go, but not what is protected, what the ledger does not know, and
    /// what something uses that stays.
    pub fn retire(&self, decisions: &Decisions<'a>) -> (Vec<Step>, Vec<Note>) {
        let unwanted: Vec<&'a Live> = self
            .everything
            .iter()
            .filter(|live| {
                let is_wanted = self.stack.get(&live.address).is_some() && self.counts(live);
                !is_wanted || decisions.successor(live).is_some()
            })
            .filter(|live| decisions.doom(live).is_none())
            .copied()
            .collect();
        let staying = self.staying(&unwanted, decisions);
        let goes = |live: &&&Live| !staying.contains_key(&live.identity());
        let going = unwanted.iter().filter(goes).map(|live| (*live, self.farewell(live)));
        let notes = staying.values().filter(|stay| self.is_chosen(&stay.live.address));
        let notes = notes.map(|it| Note { address: it.live.address.clone(), text: it.why.clone() });
        (self.deletions(going.collect()), notes.collect())
    }

    fn farewell(&self, live: &Live) -> String {
        if self.stack.get(&live.address).is_none() {
            "is no longer wanted".to_owned()
        } else if self.counts(live) || self.is_replaced(live) {
            "was replaced by a new one".to_owned()
        } else {
            "is a duplicate".to_owned()
        }
    }

    fn staying(
        &self,
        unwanted: &[&'a Live],
        decisions: &Decisions<'a>,
    ) -> BTreeMap<Identity, Stay<'a>> {
        let reason = |live| self.reason_to_stay(live).or_else(|| self.lingerer(live, decisions));
        let reasons = unwanted.iter().filter_map(|live| Some((*live, reason(live)?)));
        let mut staying: BTreeMap<Identity, Stay> =
            reasons.map(|(live, why)| (live.identity(), Stay { live, why })).collect();
        let mut todo: Vec<&Live> = staying.values().map(|stay| stay.live).collect();
        while let Some(user) = todo.pop() {
            for live in unwanted.iter().filter(|it| !it.is_same(user) && user.holds(it)) {
                staying.entry(live.identity()).or_insert_with(|| {
                    todo.push(live);
                    Stay { live, why: format!("`{}` uses it; it stays", user.address) }
                });
            }
        }
        staying
    }

    /// Why `live` stays for its own sake, or for that of something wanted.
    fn reason_to_stay(&self, live: &Live) -> Option<String> {
        if let Some(why) = live.facts.get(RELIC) {
            return Some(why.clone());
        }
        let id = live.id().unwrap_or_default();
        if !self.is_ours(live) {
            let owned = self.inventory.get(&live.address);
            let has_another = owned.is_some_and(|owned| owned.id.is_some());
            let why = if has_another { "knows another here" } else { "does not know it" };
            return Some(format!(
                "`{id}` carries our tags, but the ledger {why}; it is left alone"
            ));
        }
        if self.is_protected(live) {
            return Some("holds data and is protected; it stays".to_owned());
        }
        if !self.is_chosen(&live.address) {
            return Some("was not chosen; it stays".to_owned());
        }
        let legator = self.legator(live);
        let legacy =
            legator.map(|it| format!("what is left of `{}` needs it; it stays", it.address));
        legacy.or_else(|| {
            self.keeper(live).map(|address| format!("`{address}` still uses it; it stays"))
        })
    }

    /// What still needs `live` when it is gone.
    fn legator(&self, live: &Live) -> Option<&'a Live> {
        let names = |it: &&&Live| {
            let mut heirlooms = it.facts.get(BEQUEATHS).into_iter().flat_map(|it| it.split(' '));
            heirlooms.any(|id| live.is_named_in(&serde_json::Value::from(id)))
        };
        self.everything.iter().find(names).copied()
    }

    /// Something wanted that uses `live`, and of which nobody knows yet whether this plan makes it
    /// let go: the next one will.
    fn lingerer(&self, live: &Live, decisions: &Decisions<'a>) -> Option<String> {
        let mut users = self.uses().users(live).iter();
        let user = users.find(|user| self.counts(user) && decisions.is_waiting(&user.address))?;
        Some(format!("`{}` uses it until it is ready; it goes after that", user.address))
    }

    /// A wanted node that goes on using `live`: by its literal id, or because it was not chosen
    /// and is not touched.
    fn keeper(&self, live: &Live) -> Option<&Address> {
        let mut nodes = self.stack.nodes().iter();
        let by_literal = nodes.find(|node| live.is_named_in(&node.spec)).map(|node| &node.address);
        let untouched = || {
            let mut users = self.uses().users(live).iter().map(|user| &user.address);
            users.find(|address| !self.is_chosen(address))
        };
        by_literal.or_else(untouched)
    }
}

//! What the ledger calls ours.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::take_back::take_back;
use super::{Action, Observed, Plan};
use crate::model::{Address, Live, Stack};

/// What we have made or meant to make. Tags are an index, not an authority: whoever may tag
/// could offer us a stranger's database, so only what is in here too is ours to keep or delete.
pub type Inventory = BTreeMap<Address, Owned>;

/// What is ours at one address.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owned {
    /// Of the one that counts. `None`: not made yet, or its answer was lost.
    #[serde(default)]
    pub id: Option<String>,
    /// We meant to make something here, so what turns up is ours: answers may have been lost,
    /// and a new object may be hidden from lists for minutes.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_open: bool,
    /// Ids that were made for this address when answers were lost, and have to go.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub duplicates: BTreeSet<String>,
    /// Ids that claimed this address before we meant to make something here: not ours.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub strangers: BTreeSet<String>,
    /// Ids in whose place a new one comes, or has come: they go when nothing uses them any more.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub replaced: BTreeSet<String>,
    #[serde(default)]
    pub protected: bool,
    /// The ids by which events find this address, its parts' included, joined by blanks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub announced: Option<String>,
}

impl Owned {
    /// Whether we made `live`, as far as the ledger can tell.
    pub fn is_ours(&self, live: &Live) -> bool {
        let id = live.id().unwrap_or_default();
        self.may_count(live)
            || self.duplicates.contains(id)
            || self.is_replaced(live)
            || self.may_have_turned_up(id)
    }

    /// Whether another takes the place of `live`, or has taken it.
    pub fn is_replaced(&self, live: &Live) -> bool {
        live.id().is_some_and(|id| self.replaced.contains(id))
    }

    /// Whether this id stood here before, and is not the one that counts.
    pub fn is_spoken_for(&self, id: &str) -> bool {
        [&self.strangers, &self.duplicates, &self.replaced].iter().any(|it| it.contains(id))
    }

    fn may_have_turned_up(&self, id: &str) -> bool {
        self.is_open && !self.is_spoken_for(id)
    }

    /// Whether `live` may be the one that counts.
    pub fn may_count(&self, live: &Live) -> bool {
        let id = live.id().unwrap_or_default();
        match &self.id {
            Some(known) => known == id,
            None => self.may_have_turned_up(id),
        }
    }

    /// Writes down what was found for an intent: the one that counts, and the others.
    fn take_over(&mut self, found: Option<&Live>, others: &[&Live]) {
        let is_spare = |it: &&&Live| found.is_some() && self.is_ours(it) && !self.is_replaced(it);
        let spare = others.iter().filter(is_spare);
        let spare: BTreeSet<String> = spare.filter_map(|it| it.id()).map(str::to_owned).collect();
        self.duplicates.extend(spare);
        if self.id.is_none() {
            self.id = found.and_then(Live::id).map(str::to_owned);
        }
    }

    /// Opens the intent: what is made from now on is ours, what claims the address already is not.
    /// `going`: the ids that the plan takes away before it makes anything.
    fn open(&mut self, others: &[&Live], going: &BTreeSet<&str>) {
        let strangers = others.iter().filter(|it| !self.is_ours(it)).filter_map(|it| it.id());
        let strangers: BTreeSet<String> = strangers.map(str::to_owned).collect();
        self.strangers.extend(strangers);
        // What is gone may come again under the id that it had: its name.
        let is_listed = |id: &String| others.iter().any(|it| it.id() == Some(id));
        self.replaced.retain(is_listed);
        for former in [&mut self.duplicates, &mut self.replaced] {
            former.retain(|id| !going.contains(id.as_str()));
        }
        (self.id, self.is_open) = (None, true);
    }

    /// Closes the intent: what turns up from now on is not ours.
    fn close(&mut self) {
        if self.id.is_some() && self.duplicates.is_empty() {
            self.is_open = false;
        }
    }
}

/// The inventory after a plan was made: what it means to make is written down before it is
/// made, and what was found for an open intent is taken over. Intents are closed by a plan
/// without steps: everything was looked at, and everything stands.
///
/// What is replaced by one that is made first no longer counts from here on.
pub fn intend(inventory: &Inventory, stack: &Stack, observed: &Observed, plan: &Plan) -> Inventory {
    let mut next = take_back(inventory, stack, observed);
    let (live, others) = claims(observed, &next);
    for (address, owned) in &mut next {
        owned.take_over(live.get(address).copied(), at(&others, address));
        if plan.is_empty() {
            owned.close();
        }
    }
    for step in &plan.build {
        match step.action {
            // What is on its way now may be on its way out, and is then made again.
            Action::Create | Action::Wait => {
                let owned = next.entry(step.address.clone()).or_default();
                owned.open(at(&others, &step.address), &going(plan, &step.address));
                owned.replaced.extend(step.replaces.clone());
            }
            Action::Update(_) | Action::Delete => (),
        }
    }
    for node in stack.nodes() {
        if let Some(owned) = next.get_mut(&node.address) {
            owned.protected = node.protected;
        }
    }
    next
}

/// The ids at `address` that go before anything is built.
fn going<'p>(plan: &'p Plan, address: &Address) -> BTreeSet<&'p str> {
    let steps = plan.clear.iter().filter(|step| step.address == *address);
    steps.filter_map(|step| step.id.as_deref()).collect()
}

/// The inventory after a run: ids of what stands, and nothing of what is gone, except where an
/// intent is open.
pub fn settle(inventory: &Inventory, stack: &Stack, observed: &Observed) -> Inventory {
    let mut next = inventory.clone();
    let (live, others) = claims(observed, inventory);
    for (address, owned) in &mut next {
        let others = at(&others, address);
        owned.take_over(live.get(address).copied(), others);
        let is_listed = |id: &String| others.iter().any(|it| it.id() == Some(id));
        owned.duplicates.retain(is_listed);
        owned.replaced.retain(is_listed);
        if !owned.is_open {
            owned.strangers.retain(is_listed);
        }
    }
    next.retain(|address, owned| {
        let has_spare = !owned.duplicates.is_empty() || !owned.replaced.is_empty();
        let stands = live.contains_key(address) || has_spare;
        stands || owned.is_open || stack.get(address).is_some()
    });
    next
}

type Others<'a> = BTreeMap<Address, Vec<&'a Live>>;

/// What counts at each address, and what else claims it.
fn claims<'a>(
    observed: &'a Observed,
    inventory: &Inventory,
) -> (BTreeMap<Address, &'a Live>, Others<'a>) {
    let (live, spare) = observed.by_address(inventory);
    let mut others = Others::new();
    for it in spare {
        others.entry(it.address.clone()).or_default().push(it);
    }
    (live, others)
}

fn at<'o, 'a>(others: &'o Others<'a>, address: &Address) -> &'o [&'a Live] {
    others.get(address).map(Vec::as_slice).unwrap_or_default()
}

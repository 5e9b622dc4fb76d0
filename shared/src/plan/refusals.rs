//! What a plan will not do, and what a person can do about it.

use super::between::Planner;
use super::decide::Decisions;
use super::{Note, Step};
use crate::model::{Address, Live, Status};

/// The fact in which a resource names what it sits in without referring to it: ids with spaces
/// between. AWS chose them.
const OCCUPIES: &str = "occupies";

impl<'a> Planner<'a> {
    /// Why `live` is not taken away, though something wanted cannot be made beside it.
    pub fn refusal(&self, live: &Live, why: &str) -> Option<String> {
        if !self.is_ours(live) {
            let id = live.id().unwrap_or_default();
            return Some(format!("would have to go ({why}), but `{id}` is not ours"));
        }
        if !self.is_protected(live) {
            return None;
        }
        let rules = self.observed.rules(&live.kind);
        let lift = if rules.protection.is_empty() { "" } else { "; " };
        let lift = format!("{lift}{}", rules.protection);
        Some(match &live.status {
            Status::Failed(why) => format!(
                "failed ({why}) and is not replaced, because it holds data and is protected: \
                 repair it{lift}"
            ),
            Status::Ready | Status::Pending => {
                format!("would be replaced ({why}), but it holds data and is protected{lift}")
            }
        })
    }

    /// What `steps` would take away from under something that stays where it is.
    pub fn occupied<'s>(
        &self,
        decisions: &Decisions<'a>,
        steps: impl Iterator<Item = &'s Step>,
    ) -> Vec<Note> {
        let occupants = self.live.values().filter(|live| {
            live.facts.contains_key(OCCUPIES)
                && self.stack.get(&live.address).is_some()
                && decisions.doom(live).is_none()
        });
        let occupants: Vec<&Live> = occupants.copied().collect();
        let notes = steps.filter_map(|step| {
            let occupant = occupants.iter().find(|live| sits_in(live, step.id.as_deref()))?;
            Some(self.stays(&step.address, occupant))
        });
        notes.collect()
    }

    fn stays(&self, address: &Address, occupant: &Live) -> Note {
        let moving = self.observed.rules(&occupant.kind).moving;
        let moving = if moving.is_empty() { moving } else { format!(": {moving}") };
        let text =
            format!("would be taken away, but `{}` sits in it and stays{moving}", occupant.address);
        Note { address: address.clone(), text }
    }
}

fn sits_in(live: &Live, id: Option<&str>) -> bool {
    let mut occupied = live.facts.get(OCCUPIES).into_iter().flat_map(|it| it.split(' '));
    id.is_some_and(|id| occupied.any(|it| it == id))
}

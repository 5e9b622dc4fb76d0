//! What a plan will not do, and what a person can do about it.

use super::between::Planner;
use super::decide::Decisions;
use super::verdict::Verdict;
use super::{Note, Step};
use crate::diff::{Difference, goes_back};
use crate::model::{Address, Bound, Live, Status};

/// The fact in which a resource names what it sits in without referring to it: ids with spaces
/// between. AWS chose them.
const OCCUPIES: &str = "occupies";

/// ... and, before an id, the fact that tells people what of others' holds the one with that id.
const GUESTS: &str = "guests of ";

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

    /// What would go, but for what others have in it.
    pub fn held<'s>(&self, steps: impl Iterator<Item = &'s Step>) -> Vec<Note> {
        let notes = steps.filter_map(|step| {
            let fact = format!("{GUESTS}{}", step.id.as_deref()?);
            let guests = self.everything.iter().find_map(|live| live.facts.get(&fact))?;
            let text = format!(
                "would go, but others have something in it: {guests}; take it \
                 out, or ask whose it is, and destroy again"
            );
            Some(Note { address: step.address.clone(), text })
        });
        notes.collect()
    }

    /// What would have to become less than it is, where AWS lets it only become more.
    pub fn backwards(&self, decisions: &Decisions<'a>) -> Vec<Note> {
        let updates = decisions.verdicts.iter().filter_map(|(address, verdict)| match verdict {
            Verdict::Update(differences) => Some((*address, differences)),
            Verdict::Keep | Verdict::Wait(_) | Verdict::Create | Verdict::Replace(_) => None,
        });
        let mut notes = Vec::new();
        for (address, differences) in updates {
            // What goes anyway begins anew, with whatever is asked for.
            let stays = self.live.get(address).filter(|it| decisions.doom(it).is_none());
            let Some(live) = stays else { continue };
            let rules = self.observed.rules(&live.kind);
            let only_grows =
                |it: &&Difference| rules.bounded.get(&it.field) == Some(&Bound::AtLeast);
            let back = differences.iter().filter(only_grows).filter(|it| goes_back(it));
            notes.extend(back.map(|it| Note { address: address.clone(), text: no_way_back(it) }));
        }
        notes
    }

    fn stays(&self, address: &Address, occupant: &Live) -> Note {
        let moving = self.observed.rules(&occupant.kind).moving;
        let moving = if moving.is_empty() { moving } else { format!(": {moving}") };
        let text =
            format!("would be taken away, but `{}` sits in it and stays{moving}", occupant.address);
        Note { address: address.clone(), text }
    }
}

fn no_way_back(it: &Difference) -> String {
    let Difference { field, live, want } = it;
    let [live, want] = [live, want].map(|it| it.as_str().map_or(it.to_string(), str::to_owned));
    format!(
        "would take `{field}` back from `{live}` to `{want}`, and AWS lets it only go up: ask for \
         `{live}` or more; for less make another one and load the data into it"
    )
}

fn sits_in(live: &Live, id: Option<&str>) -> bool {
    let mut occupied = live.facts.get(OCCUPIES).into_iter().flat_map(|it| it.split(' '));
    id.is_some_and(|id| occupied.any(|it| it == id))
}

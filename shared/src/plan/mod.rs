//! The difference between what we want and what is there, as data. Pure: no cloud, no clock,
//! no environment, no randomness.

mod approved;
mod between;
mod decide;
mod inventory;
mod observed;
mod refusals;
mod render;
mod retire;
mod take_back;
mod uses;
mod verdict;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::diff::Difference;
use crate::model::{Address, Node, Reference, Tier};

pub use approved::HASH_SHORT;
pub use between::REPLACED;
pub use inventory::{Inventory, Owned, intend, settle};
pub use observed::Observed;

/// Three ordered parts: what has to make way, what is made or changed, what is no longer wanted.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    pub clear: Vec<Step>,
    pub build: Vec<Step>,
    pub retire: Vec<Step>,
    /// What the spec asks for and the plan will not do. A plan with refusals is not run.
    pub refused: Vec<Note>,
    /// What a person should know, though nothing is done about it.
    pub notes: Vec<Note>,
    /// Facts that steps of other tiers need, by the tier that has them: with these it is usable.
    pub exports: BTreeMap<Tier, BTreeSet<Reference>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Part {
    Clear,
    Build,
    Retire,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Step {
    pub address: Address,
    pub kind: String,
    pub action: Action,
    /// Why, for people.
    pub reason: String,
    /// What doing it interrupts or loses, for people.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub consequences: Vec<String>,
    /// The id of the one that stays until this one is ready and all that uses it has moved over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaces: Option<String>,
    /// The wish, with its references unresolved; `None` when the resource has to go.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node: Option<Node>,
    /// Which live resource has to go; an address may have duplicates.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Have to be gone before this can go.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub holders: BTreeSet<Address>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    Create,
    Update(Vec<Difference>),
    /// As wished, but not ready yet.
    Wait,
    Delete,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    pub address: Address,
    pub text: String,
}

/// How a plan is to be made.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Options {
    /// Protected resources may be replaced and deleted.
    #[serde(default)]
    pub include_data: bool,
    /// Only these addresses; `None` for the whole stack.
    #[serde(default)]
    pub only: Option<BTreeSet<Address>>,
}

impl Plan {
    pub fn steps(&self, part: Part) -> &[Step] {
        match part {
            Part::Clear => &self.clear,
            Part::Build => &self.build,
            Part::Retire => &self.retire,
        }
    }

    pub fn all_steps(&self) -> impl Iterator<Item = &Step> {
        self.clear.iter().chain(&self.build).chain(&self.retire)
    }

    /// Nothing to do and nothing to wait for.
    pub fn is_empty(&self) -> bool {
        self.all_steps().next().is_none()
    }

    /// Whether carrying it out changes anything.
    pub fn has_changes(&self) -> bool {
        self.all_steps().any(|step| step.action != Action::Wait)
    }

    /// Tiers with steps in a part, in tier order.
    pub fn tiers(&self, part: Part) -> Vec<Tier> {
        let tiers: BTreeSet<Tier> =
            self.steps(part).iter().map(|step| step.address.tier()).collect();
        tiers.into_iter().collect()
    }
}

/// Lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
}

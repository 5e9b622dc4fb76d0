//! What a tier Lambda is asked and what it answers.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::engine::Changed;
use crate::model::{Address, Tier};
use crate::plan::Part;

/// The tiers that a visitor of the site meets before its data: it is usable when they are calm.
pub const SITE: [Tier; 4] = [Tier::Network, Tier::Firewall, Tier::Edge, Tier::Compute];

/// What a tier Lambda is asked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "verb", rename_all = "lowercase", deny_unknown_fields)]
pub enum Request {
    /// Write down what the tier wishes and what stands.
    Survey { stack: String, run: String },
    /// Do whatever of the plan's part is not blocked.
    Act {
        stack: String,
        run: String,
        part: Part,
        /// For how long the machine has waited since the tier's last pass.
        #[serde(default)]
        waited_seconds: i64,
    },
    /// Bring these addresses, and what hangs on them, back to the known-good revision.
    Heal { stack: String, run: String, addresses: BTreeSet<Address> },
    /// Do one of the tier's own responses.
    Respond { stack: String, run: String, action: String },
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Answer {
    Survey { tier: Tier, live: usize },
    Act(Act),
    Respond { tier: Tier, result: serde_json::Value },
}

/// Where a tier stands after a pass.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Act {
    pub tier: Tier,
    /// The facts that other tiers need exist, or wait for another tier: no reason to stay here.
    pub usable: bool,
    /// Nothing left to do or to wait for.
    pub done: bool,
    /// Nothing to do until tiers that are at it are through: no need to ask before.
    #[serde(default)]
    pub idle: bool,
    /// When to ask again.
    pub wait_seconds: i64,
    pub changed: Vec<Changed>,
    /// What is waited for, in one line.
    pub waiting: String,
    /// After healing: ids of parts by which events may name what was healed, and where it is.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub ids: BTreeMap<String, Address>,
}

impl Act {
    /// All of the tier stands that does not wait for what takes longest.
    pub fn is_calm(&self) -> bool {
        self.done || self.idle
    }
}

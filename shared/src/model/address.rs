//! Where a resource sits in its stack: `tier/name`.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The tiers, in the order in which they are built.
///
/// `Database`, `Edge` and `Compute` are built side by side.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Tier {
    Keys,
    Storage,
    Access,
    Network,
    Firewall,
    Database,
    Edge,
    Compute,
    Monitoring,
}

impl Tier {
    pub const ALL: [Tier; 9] = [
        Tier::Keys,
        Tier::Storage,
        Tier::Access,
        Tier::Network,
        Tier::Firewall,
        Tier::Database,
        Tier::Edge,
        Tier::Compute,
        Tier::Monitoring,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Tier::Keys => "keys",
            Tier::Storage => "storage",
            Tier::Access => "access",
            Tier::Network => "network",
            Tier::Firewall => "firewall",
            Tier::Database => "database",
            Tier::Edge => "edge",
            Tier::Compute => "compute",
            Tier::Monitoring => "monitoring",
        }
    }
}

impl fmt::Display for Tier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// `tier/name`, e.g. `network/subnet-public-a`. The same for every deploy of a stack, whatever
/// ids AWS gives.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Address {
    tier: Tier,
    name: String,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an address: expected `tier/name`, such as `network/vpc`")]
pub struct BadAddress(String);

impl Address {
    pub fn new(tier: Tier, name: impl Into<String>) -> Self {
        Self { tier, name: name.into() }
    }

    pub fn tier(&self) -> Tier {
        self.tier
    }

    /// The part behind the tier.
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl FromStr for Address {
    type Err = BadAddress;

    fn from_str(text: &str) -> Result<Self, BadAddress> {
        let bad = || BadAddress(text.to_owned());
        let (tier, name) = text.split_once('/').ok_or_else(bad)?;
        let tier = Tier::ALL.into_iter().find(|it| it.name() == tier).ok_or_else(bad)?;
        let allowed = |c: char| c.is_ascii_alphanumeric() || "-._".contains(c);
        if name.is_empty() || !name.chars().all(allowed) {
            return Err(bad());
        }
        Ok(Self::new(tier, name))
    }
}

impl TryFrom<String> for Address {
    type Error = BadAddress;

    fn try_from(text: String) -> Result<Self, BadAddress> {
        text.parse()
    }
}

impl From<Address> for String {
    fn from(address: Address) -> Self {
        address.to_string()
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.tier.name(), self.name)
    }
}

//! The firewall tier: security groups, their rules, and the network ACLs of the subnet tiers.

mod acls;
mod cover;
mod entry;
mod groups;
mod network_acl;
mod rule;
mod security_group;
mod security_group_rules;
#[cfg(test)]
mod tests;

use shared::aws::{Kind, Scope};
use shared::model::{Address, Node, Tier, reference};
use shared::revision::Revision;
use shared::tier::Definition;

pub use entry::Entry;
pub use network_acl::NetworkAcl;
pub use rule::Rule;
pub use security_group::SecurityGroup;
pub use security_group_rules::SecurityGroupRules;

pub static TIER: Definition =
    Definition { tier: Tier::Firewall, kinds: KINDS, wish, responses: &[] };

pub const KINDS: &[Kind] =
    &[Kind::of::<SecurityGroup>(), Kind::of::<SecurityGroupRules>(), Kind::of::<NetworkAcl>()];

/// Every address on the internet.
const ANYWHERE: &str = "0.0.0.0/0";
const HTTP: u16 = 80;
const HTTPS: u16 = 443;
const SSH: u16 = 22;

/// The nodes that a revision asks of this tier.
pub fn wish(revision: &Revision, scope: &Scope) -> Vec<Node> {
    let mut nodes = groups::wish(&revision.spec, scope);
    nodes.extend(acls::wish(&revision.spec));
    nodes
}

fn at(name: impl Into<String>) -> Address {
    Address::new(Tier::Firewall, name)
}

fn vpc_id() -> String {
    reference(Tier::Network, "vpc", "id")
}

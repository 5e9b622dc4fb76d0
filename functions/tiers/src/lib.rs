//! All tiers in one place, for who looks at whole stacks. Not a function: each of those has one tier.

use shared::model::Tier;
use shared::tier::Definition;

/// In the order in which they are built.
pub fn all() -> impl Iterator<Item = &'static Definition> + Clone {
    Tier::ALL.into_iter().map(definition)
}

/// What a tier is made of.
pub fn definition(tier: Tier) -> &'static Definition {
    match tier {
        Tier::Keys => &keys::TIER,
        Tier::Storage => &storage::TIER,
        Tier::Access => &access::TIER,
        Tier::Network => &network::TIER,
        Tier::Firewall => &firewall::TIER,
        Tier::Database => &database::TIER,
        Tier::Edge => &edge::TIER,
        Tier::Compute => &compute::TIER,
        Tier::Monitoring => &monitoring::TIER,
    }
}

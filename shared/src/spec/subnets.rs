//! Where subnets lie within the VPC.

use ipnet::Ipv4Net;
use serde::{Deserialize, Serialize};

use super::{Spec, Zone};

/// A subnet that the spec asks for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PlannedSubnet {
    pub tier: SubnetTier,
    pub zone: Zone,
    /// 1, or 2 for the second subnet of its tier and zone.
    pub index: u8,
    pub cidr: Ipv4Net,
}

/// The three tiers of subnets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SubnetTier {
    /// Load balancer, NAT gateways and bastion.
    Public,
    /// The application's instances.
    Private,
    /// The database.
    Database,
}

/// The VPC is cut into 64 slots: a quarter for each tier and one left free. A tier's quarter has
/// two slots for each of the zone letters `a` to `h`.
const SLOT_BITS: u8 = 6;
const SLOTS_PER_TIER: u32 = 16;
const SLOTS_PER_ZONE: u32 = 2;

/// AWS keeps the first four addresses of a subnet and the last.
const ADDRESSES_KEPT_BY_AWS: u32 = 5;

impl PlannedSubnet {
    /// What it is called in the stack: `subnet-public-a`, and `subnet-public-a2` for the second
    /// one there.
    pub fn name(&self) -> String {
        let (tier, letter) = (self.tier.name(), self.zone.letter);
        match self.index {
            1 => format!("subnet-{tier}-{letter}"),
            index => format!("subnet-{tier}-{letter}{index}"),
        }
    }
}

impl SubnetTier {
    pub const ALL: [Self; 3] = [Self::Public, Self::Private, Self::Database];

    pub fn name(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Private => "private",
            Self::Database => "database",
        }
    }

    fn first_slot(self) -> u32 {
        match self {
            Self::Public => 0,
            Self::Private => SLOTS_PER_TIER,
            Self::Database => 2 * SLOTS_PER_TIER,
        }
    }
}

impl Spec {
    /// Every subnet of the stack, by tier, zone and index. A subnet's CIDR depends on the VPC's
    /// and on those three alone, so asking for more moves none that stands.
    pub fn subnets(&self) -> Vec<PlannedSubnet> {
        let mut subnets = Vec::new();
        for tier in SubnetTier::ALL {
            for zone in self.zones() {
                for index in 1..=self.network.subnets_per_tier {
                    let cidr = carve(self.network.cidr, tier, zone.letter, index);
                    subnets.push(PlannedSubnet { tier, zone: zone.clone(), index, cidr });
                }
            }
        }
        subnets
    }

    /// How many addresses the subnets of a tier leave to the stack.
    pub fn addresses(&self, tier: SubnetTier) -> u32 {
        let ours = |subnet: &PlannedSubnet| addresses(subnet.cidr) - ADDRESSES_KEPT_BY_AWS;
        self.subnets().iter().filter(|it| it.tier == tier).map(ours).sum()
    }
}

/// The CIDR of one subnet. `letter` is `a` to `h` and `index` 1 or 2: the types that a spec is
/// read into admit no others.
fn carve(vpc: Ipv4Net, tier: SubnetTier, letter: char, index: u8) -> Ipv4Net {
    let zone = u32::from(letter) - u32::from('a');
    let slot = tier.first_slot() + zone * SLOTS_PER_ZONE + u32::from(index) - 1;
    let prefix = vpc.prefix_len() + SLOT_BITS;
    let first = u32::from(vpc.network()) + slot * (1 << (32 - prefix));
    Ipv4Net::new_assert(first.into(), prefix)
}

fn addresses(cidr: Ipv4Net) -> u32 {
    1 << (32 - cidr.prefix_len())
}

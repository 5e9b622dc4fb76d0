//! The `network` section: the VPC, its zones and its subnets.

use ipnet::Ipv4Net;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::text::{Checked, Refusal, text};

/// The VPC and how it is divided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Network {
    /// The VPC's private IPv4 range, /16 to /21. Subnets are carved from it by tier, zone and
    /// number, so adding a zone or a second subnet moves none of the others.
    #[serde(deserialize_with = "super::formats::deserialize_vpc")]
    #[schemars(schema_with = "super::formats::vpc_network")]
    pub cidr: Ipv4Net,
    /// How many availability zones (2 or 3), or their names.
    pub zones: Zones,
    /// Subnets for each tier in each zone: 1 or 2.
    #[schemars(range(min = 1, max = 2))]
    pub subnets_per_tier: u8,
    /// How private subnets reach the internet.
    pub nat: Nat,
}

impl Default for Network {
    fn default() -> Self {
        Self {
            cidr: Ipv4Net::new_assert(std::net::Ipv4Addr::new(10, 0, 0, 0), 16),
            zones: Zones::Count(2),
            subnets_per_tier: 1,
            nat: Nat::PerZone,
        }
    }
}

/// The availability zones, by count or by name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Zones {
    /// 2 or 3: the region's first zones.
    Count(#[schemars(range(min = 2, max = 3))] u8),
    /// 2 or 3 names, such as `eu-central-1a`.
    Names(#[schemars(length(min = 2, max = 3), extend("uniqueItems" = true))] Vec<ZoneName>),
}

/// How private subnets reach the internet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Nat {
    /// One NAT gateway in each zone: a lost zone takes no other with it.
    PerZone,
    /// One NAT gateway for all zones: cheaper, and lost with its zone.
    Single,
    /// No way out.
    None,
}

text! {
    /// The name of an availability zone, such as `eu-central-1a`.
    ZoneName, "availability-zone", "eu-central-1a", check_zone
}

impl ZoneName {
    /// The region the zone is in.
    pub fn region(&self) -> &str {
        &self.as_str()[..self.as_str().len() - 1]
    }

    /// The letter that ends the name.
    pub fn letter(&self) -> char {
        self.as_str().chars().next_back().unwrap_or('a')
    }
}

/// Local and wavelength zones (`us-west-2-lax-1a`) have no NAT gateways, no Multi-AZ databases
/// and need opting in, so only a region's own zones are taken.
fn check_zone(name: &str) -> Checked {
    let refusal = Refusal::expected("an availability zone such as `eu-central-1a`");
    let Some((region, letter)) = name.char_indices().next_back().map(|(at, c)| (&name[..at], c))
    else {
        return Err(refusal);
    };
    if ('a'..='h').contains(&letter) && region.parse::<super::Region>().is_ok() {
        return Ok(());
    }
    Err(refusal)
}

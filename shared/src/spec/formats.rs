//! Every `format` that a text of a spec may have, by its name in the JSON Schema.

use ipnet::{IpNet, Ipv4Net};
use schemars::{Schema, SchemaGenerator, json_schema};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

use super::text::{Checked, Refusal, Text};
use super::{
    AlarmName, CertificateArn, DailyWindow, DatabaseClass, DatabaseName, DatabaseUser, DomainName,
    Email, EngineVersion, HealthPath, HostedZoneId, ImageSource, InstanceType, PrincipalArn,
    PublicKey, Region, SnapshotId, StackName, UserName, WeeklyWindow, ZoneName,
};

type Check = fn(&str) -> Checked;

const VPC_NETWORK: &str = "vpc-network";
const NETWORK: &str = "ip-network";

/// The check of a format; `None` for one that is only a word for editors.
pub(super) fn check_of(format: &str) -> Option<Check> {
    fn entry<T: Text>() -> (&'static str, Check) {
        (T::FORMAT, T::check)
    }
    let checks: [(&str, Check); 23] = [
        (VPC_NETWORK, check_vpc_network),
        (NETWORK, check_network),
        entry::<AlarmName>(),
        entry::<CertificateArn>(),
        entry::<DailyWindow>(),
        entry::<DatabaseClass>(),
        entry::<DatabaseName>(),
        entry::<DatabaseUser>(),
        entry::<DomainName>(),
        entry::<Email>(),
        entry::<EngineVersion>(),
        entry::<HealthPath>(),
        entry::<HostedZoneId>(),
        entry::<ImageSource>(),
        entry::<InstanceType>(),
        entry::<PrincipalArn>(),
        entry::<PublicKey>(),
        entry::<Region>(),
        entry::<SnapshotId>(),
        entry::<StackName>(),
        entry::<UserName>(),
        entry::<WeeklyWindow>(),
        entry::<ZoneName>(),
    ];
    checks.into_iter().find(|(name, _)| *name == format).map(|(_, check)| check)
}

/// The schema of an IPv4 network.
pub(super) fn vpc_network(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "string", "format": VPC_NETWORK, "examples": ["10.0.0.0/16"] })
}

/// The schema of a list of networks.
pub(super) fn networks(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "array",
        "items": { "type": "string", "format": NETWORK, "examples": ["203.0.113.0/24"] },
        // A security group takes 60 rules, and every HTTPS source needs two of them.
        "maxItems": 25,
        "uniqueItems": true
    })
}

/// The ranges AWS recommends for a VPC, with those it allows beside RFC 1918.
const VPC_RANGES: [&str; 5] =
    ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "198.18.0.0/15"];
/// A VPC is no wider than a /16. Its 64th part is a subnet, and a load balancer's subnet is no
/// narrower than a /27.
const VPC_PREFIXES: std::ops::RangeInclusive<u8> = 16..=21;

/// Refuses what subnets cannot be carved from, however a spec comes in.
pub(super) fn deserialize_vpc<'de, D: Deserializer<'de>>(from: D) -> Result<Ipv4Net, D::Error> {
    let text = String::deserialize(from)?;
    check_vpc_network(&text).map_err(D::Error::custom)?;
    text.parse().map_err(D::Error::custom)
}

fn check_vpc_network(text: &str) -> Checked {
    let block = text.parse::<Ipv4Net>().ok();
    check_block(text, block.map(IpNet::V4), "a private IPv4 block such as `10.0.0.0/16`")?;
    let Some(block) = block else { return Ok(()) };
    if !VPC_PREFIXES.contains(&block.prefix_len()) {
        let (widest, narrowest) = (VPC_PREFIXES.start(), VPC_PREFIXES.end());
        return Err(Refusal::expected(format!("a block from /{widest} to /{narrowest}")).hint(
            "AWS takes no VPC wider than a /16, and in less than a /21 the load balancer's subnets do not fit",
        ));
    }
    if VPC_RANGES.iter().any(|range| range.parse::<Ipv4Net>().is_ok_and(|it| it.contains(&block))) {
        return Ok(());
    }
    Err(Refusal::expected("a private block, such as one in `10.0.0.0/8`")
        .hint("public addresses that the VPC takes for itself cannot be reached from it"))
}

fn check_network(text: &str) -> Checked {
    check_block(text, text.parse().ok(), "a block such as `203.0.113.0/24` or `2001:db8::/48`")
}

/// One way to write a block, so that the same one is not given twice. AWS silently clears the
/// bits behind the prefix, which would then read back as drift.
fn check_block(text: &str, block: Option<IpNet>, expected: &str) -> Checked {
    let refusal = Refusal::expected(expected);
    match block {
        Some(block) if block.trunc().to_string() == text => Ok(()),
        Some(block) => Err(refusal.hint(format!("the block is `{}`", block.trunc()))),
        None => Err(match text.parse::<std::net::IpAddr>() {
            Ok(one) => refusal.hint(format!("one address alone is `{}`", IpNet::from(one))),
            Err(_) => refusal,
        }),
    }
}

//! One rule of a security group, as small as AWS can take it in or out.

use std::collections::BTreeSet;

use aws_sdk_ec2::types::{IpPermission, IpRange, Ipv6Range, PrefixListId, UserIdGroupPair};
use serde::{Deserialize, Serialize};

/// Stands for "all" among protocols, and for "none" among ports.
const NONE: i32 = -1;

/// One protocol, one range of ports, one peer.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Rule {
    /// `tcp`, `udp`, `icmp`, `icmpv6`, a protocol's number, or `-1` for all.
    pub protocol: String,
    /// The first port, or ICMP's type; -1 where there are no ports.
    pub from: i32,
    /// The last port, or ICMP's code; -1 where there are no ports.
    pub to: i32,
    /// A CIDR block or a group's id; for a stranger's rule also `account/group` or a prefix list.
    pub peer: String,
}

impl Rule {
    pub fn tcp(port: u16, peer: impl Into<String>) -> Self {
        let port = i32::from(port);
        Self { protocol: "tcp".to_owned(), from: port, to: port, peer: peer.into() }
    }

    /// AWS shows rules merged by protocol and ports; taken apart, two ways to write the same are
    /// equal.
    pub fn all_of(permissions: &[IpPermission], account: &str) -> BTreeSet<Self> {
        permissions.iter().flat_map(|it| Self::each_of(it, account)).collect()
    }

    fn each_of(permission: &IpPermission, account: &str) -> Vec<Self> {
        let protocol = permission.ip_protocol().unwrap_or("-1").to_owned();
        // With all protocols AWS ignores ports, whatever was given.
        let ports = match protocol.as_str() {
            "-1" => (NONE, NONE),
            _ => (permission.from_port().unwrap_or(NONE), permission.to_port().unwrap_or(NONE)),
        };
        let v4 = permission.ip_ranges().iter().filter_map(|it| it.cidr_ip());
        let v6 = permission.ipv6_ranges().iter().filter_map(|it| it.cidr_ipv6());
        let lists = permission.prefix_list_ids().iter().filter_map(|it| it.prefix_list_id());
        let plain = v4.chain(v6).chain(lists).map(str::to_owned);
        let groups = permission.user_id_group_pairs().iter().filter_map(|it| {
            let id = it.group_id()?;
            Some(match it.user_id().filter(|user| *user != account) {
                Some(stranger) => format!("{stranger}/{id}"),
                None => id.to_owned(),
            })
        });
        plain
            .chain(groups)
            .map(|peer| Self { protocol: protocol.clone(), from: ports.0, to: ports.1, peer })
            .collect()
    }

    pub fn permission(&self) -> IpPermission {
        let permission = IpPermission::builder().ip_protocol(&self.protocol);
        let permission = match self.protocol.as_str() {
            "-1" => permission,
            _ => permission.from_port(self.from).to_port(self.to),
        };
        let peer = self.peer.as_str();
        let permission = if let Some((user, group)) = peer.split_once("/sg-") {
            let group = UserIdGroupPair::builder().user_id(user).group_id(format!("sg-{group}"));
            permission.user_id_group_pairs(group.build())
        } else if peer.starts_with("sg-") {
            permission.user_id_group_pairs(UserIdGroupPair::builder().group_id(peer).build())
        } else if peer.starts_with("pl-") {
            permission.prefix_list_ids(PrefixListId::builder().prefix_list_id(peer).build())
        } else if peer.contains(':') {
            permission.ipv6_ranges(Ipv6Range::builder().cidr_ipv6(peer).build())
        } else {
            permission.ip_ranges(IpRange::builder().cidr_ip(peer).build())
        };
        permission.build()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const US: &str = "111122223333";

    fn rule(protocol: &str, from: i32, to: i32, peer: &str) -> Rule {
        Rule { protocol: protocol.to_owned(), from, to, peer: peer.to_owned() }
    }

    #[test]
    fn what_is_written_is_what_is_read() {
        let cases = [
            Rule::tcp(443, "0.0.0.0/0"),
            Rule::tcp(443, "::/0"),
            Rule::tcp(8080, "sg-0123"),
            rule("-1", NONE, NONE, "10.0.0.0/8"),
            rule("icmp", 8, NONE, "10.0.0.0/8"),
            rule("udp", 1, 65535, "pl-0123"),
            rule("tcp", 1, 2, "444455556666/sg-0123"),
        ];
        for case in cases {
            assert_eq!(Rule::all_of(&[case.permission()], US), BTreeSet::from([case]));
        }
    }

    #[test]
    fn merged_rules_are_taken_apart() {
        let ours = UserIdGroupPair::builder().user_id(US).group_id("sg-1").build();
        let merged = IpPermission::builder()
            .ip_protocol("tcp")
            .from_port(443)
            .to_port(443)
            .ip_ranges(IpRange::builder().cidr_ip("192.0.2.0/24").build())
            .ip_ranges(IpRange::builder().cidr_ip("198.51.100.0/24").description("office").build())
            .user_id_group_pairs(ours)
            .build();
        let peers = ["192.0.2.0/24", "198.51.100.0/24", "sg-1"].map(|peer| Rule::tcp(443, peer));
        assert_eq!(Rule::all_of(&[merged], US), BTreeSet::from(peers));
    }

    #[test]
    fn ports_mean_nothing_for_all_protocols() {
        let range = IpRange::builder().cidr_ip("0.0.0.0/0").build();
        let all = IpPermission::builder().ip_protocol("-1").ip_ranges(range);
        let with_ports = all.clone().from_port(0).to_port(65535).build();
        assert_eq!(Rule::all_of(&[all.build()], US), Rule::all_of(&[with_ports], US));
    }
}

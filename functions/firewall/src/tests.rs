//! Who may speak to whom, whatever the spec says.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use shared::aws::{Resource, Scope};
use shared::model::{Address, Node, Tier};
use shared::revision::{Pinned, Revision};
use shared::spec::Spec;

use crate::entry::place;
use crate::{Entry, NetworkAcl, Rule, SecurityGroup, SecurityGroupRules, wish};

/// AWS's quota of entries in one direction of an ACL, of rules in one direction of a group.
const ENTRIES_MAX: usize = 20;
const RULES_MAX: usize = 60;

/// The nodes of the stack with the longest name, with what `more` says of it.
fn nodes(more: Value) -> Vec<Node> {
    let mut spec = json!({"terrace": 1, "name": "a-stack-of-18-char", "region": "eu-central-1",
        "bastion": {"ssh_from": ["203.0.113.0/24"]}});
    if let (Some(spec), Value::Object(more)) = (spec.as_object_mut(), more) {
        spec.extend(more);
    }
    let spec: Spec = serde_json::from_value(spec).unwrap_or_else(|error| panic!("{error}"));
    let scope = Scope {
        stack: spec.name.to_string(),
        account: "111122223333".to_owned(),
        region: spec.region.to_string(),
    };
    wish(&Revision { number: 1, spec, pinned: Pinned::default() }, &scope)
}

fn specs() -> [Value; 6] {
    let many =
        |first: u8| (0..25).map(|it| format!("{}.2.0.0/16", first + it * 5)).collect::<Vec<_>>();
    let few =
        |first: u8| (0..25).map(|it| format!("{}.2.0.7/32", first + it * 5)).collect::<Vec<_>>();
    [
        json!({}),
        json!({"bastion": {"enabled": false}}),
        json!({"network": {"nat": "none"}}),
        json!({"network": {"nat": "none", "zones": 3, "subnets_per_tier": 2}, "bastion": {"enabled": false}}),
        json!({"ingress": {"sources": many(3)}, "bastion": {"ssh_from": few(4)}}),
        json!({"app": {"port": 80}, "ingress": {"sources": ["198.51.100.0/24"]}}),
    ]
}

fn read<R: Resource>(nodes: &[Node]) -> BTreeMap<String, R> {
    let of_kind = nodes.iter().filter(|it| it.kind == R::KIND);
    let typed = of_kind.map(|it| {
        let spec =
            serde_json::from_value(it.spec.clone()).unwrap_or_else(|error| panic!("{error}"));
        (it.address.name().to_owned(), spec)
    });
    typed.collect()
}

/// `from:port` of every rule, with the group's name for a reference to it.
fn told(rules: &BTreeSet<Rule>) -> BTreeSet<String> {
    let name = |peer: &str| {
        let inner = peer.strip_prefix("${firewall/").and_then(|it| it.strip_suffix(".id}"));
        inner.unwrap_or(peer).to_owned()
    };
    rules.iter().map(|it| format!("{}:{}", name(&it.peer), it.from)).collect()
}

#[test]
fn groups_speak_to_whom_they_must_and_to_nobody_else() {
    let all = read::<SecurityGroupRules>(&nodes(json!({})));
    let of = |group: &str| {
        let rules = &all[&format!("{group}-rules")];
        let text = |rules| told(rules).into_iter().collect::<Vec<_>>().join(" ");
        (text(&rules.ingress), text(&rules.egress))
    };
    let cases = [
        ("public-alb", "0.0.0.0/0:443 0.0.0.0/0:80 ::/0:443 ::/0:80", "private:8080"),
        ("public-bastion", "203.0.113.0/24:22", "0.0.0.0/0:443 private:22"),
        ("private", "public-alb:8080 public-bastion:22", "0.0.0.0/0:443 database:15432"),
        ("database", "private:15432", ""),
    ];
    assert_eq!(all.len(), cases.len());
    for (group, ingress, egress) in cases {
        assert_eq!(of(group), (ingress.to_owned(), egress.to_owned()), "{group}");
    }
}

#[test]
fn without_bastion_and_nat_there_is_no_trace_of_them() {
    let nodes = nodes(json!({"network": {"nat": "none"}, "bastion": {"enabled": false}}));
    let all = read::<SecurityGroupRules>(&nodes);
    assert_eq!(told(&all["private-rules"].ingress), ["public-alb:8080".to_owned()].into());
    assert_eq!(told(&all["private-rules"].egress), ["database:15432".to_owned()].into());
    assert!(!all.contains_key("public-bastion-rules"));
    for (name, acl) in read::<NetworkAcl>(&nodes) {
        assert!(acl.entries.values().all(|it| it.from != 22), "{name} lets SSH through");
        assert!(!acl.entries.contains_key("egress-400"), "{name} lets HTTPS out");
    }
}

#[test]
fn everything_fits_aws() {
    for spec in specs() {
        let nodes = nodes(spec);
        for group in read::<SecurityGroup>(&nodes).values() {
            assert!(group.name.len() <= 255 && group.description.len() <= 255);
            // https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSecurityGroup.html
            let allowed =
                |c: char| c.is_ascii_alphanumeric() || " ._-:/()#,@[]+=&;{}!$*".contains(c);
            assert!(group.description.chars().all(allowed), "{}", group.description);
        }
        for (name, rules) in read::<SecurityGroupRules>(&nodes) {
            assert!(rules.ingress.len() <= RULES_MAX && rules.egress.len() <= RULES_MAX, "{name}");
        }
        for (name, acl) in read::<NetworkAcl>(&nodes) {
            for way in ["ingress", "egress"] {
                let count = acl.entries.keys().filter(|it| it.starts_with(way)).count();
                assert!(count <= ENTRIES_MAX, "{name} has {count} entries for {way}");
            }
            assert!(acl.entries.keys().all(|key| place(key).is_some()));
        }
    }
}

/// Controls EC2.18, .19, .21, .53 and .54.
#[test]
fn nothing_but_the_web_is_open_to_the_internet() {
    for spec in specs() {
        let nodes = nodes(spec);
        for (name, rules) in read::<SecurityGroupRules>(&nodes) {
            let open = rules.ingress.iter().filter(|it| it.peer.ends_with("/0"));
            for rule in open {
                assert!(rule.from == rule.to && [80, 443].contains(&rule.from), "{name}: {rule:?}");
            }
        }
        for (name, acl) in read::<NetworkAcl>(&nodes) {
            let incoming = acl.entries.iter().filter(|(key, _)| key.starts_with("ingress"));
            for (_, entry) in incoming.filter(|(_, it)| it.cidr == "0.0.0.0/0") {
                for port in [22, 3389] {
                    let holds = (entry.from..=entry.to).contains(&port);
                    assert!(!holds, "{name} lets {port} in: {entry:?}");
                }
            }
        }
    }
}

/// A connection passes an ACL when its packets and its answers do.
#[test]
fn acls_let_through_what_groups_allow() {
    for spec in specs() {
        let nodes = nodes(spec.clone());
        let acls = read::<NetworkAcl>(&nodes);
        let passes = |tier: &str, way: &str, port: u16, peer: &str| {
            let matches = |(key, entry): (&String, &Entry)| {
                key.starts_with(way)
                    && (entry.from..=entry.to).contains(&i32::from(port))
                    && holds(&entry.cidr, peer)
            };
            acls[&format!("nacl-{tier}")].entries.iter().any(matches)
        };
        let connects = |from: (&str, &str), to: (&str, &str), port: u16| {
            let (from, from_ip) = from;
            let (to, to_ip) = to;
            let there = (from.is_empty() || passes(from, "egress", port, to_ip))
                && (to.is_empty() || passes(to, "ingress", port, from_ip));
            let back = (to.is_empty() || passes(to, "egress", 50000, from_ip))
                && (from.is_empty() || passes(from, "ingress", 50000, to_ip));
            there && back
        };
        // One address of each tier, by the default VPC's ranges.
        let (public, private, database) =
            (("public", "10.0.0.10"), ("private", "10.0.64.10"), ("database", "10.0.128.10"));
        let (client, admin, server) =
            (("", "198.51.100.9"), ("", "203.0.113.9"), ("", "192.0.2.1"));
        let app = u16::try_from(spec["app"]["port"].as_u64().unwrap_or(8080)).unwrap_or_default();
        let default_sources = spec["ingress"]["sources"].as_array().is_none_or(|it| it.len() == 1);
        let bastion = spec["bastion"]["enabled"].as_bool().unwrap_or(true);
        let default_admins = spec["bastion"]["ssh_from"].is_null();
        let nat = spec["network"]["nat"] != json!("none");

        assert!(connects(public, private, app), "load balancer to application: {spec}");
        assert!(connects(private, database, 15432), "application to database: {spec}");
        assert_eq!(
            connects(client, public, 443),
            default_sources || spec["ingress"].is_null(),
            "{spec}"
        );
        if default_admins {
            assert_eq!(connects(admin, public, 22), bastion, "{spec}");
        }
        assert_eq!(connects(public, private, 22), bastion, "{spec}");
        // To the internet a packet passes the private subnets' ACL and the NAT gateway's.
        let leaves = connects(private, server, 443) && passes("public", "ingress", 443, private.1);
        assert_eq!(leaves, nat, "{spec}");

        assert!(!connects(client, database, 15432) && !connects(public, database, 15432), "{spec}");
        assert!(!connects(database, server, 443) && !connects(client, private, 22), "{spec}");
        assert!(!connects(server, public, 3389) && !connects(server, private, 443), "{spec}");
    }
}

fn holds(cidr: &str, ip: &str) -> bool {
    let cidr: ipnet::Ipv4Net = cidr.parse().unwrap_or_else(|error| panic!("`{cidr}`: {error}"));
    ip.parse().is_ok_and(|ip: std::net::Ipv4Addr| cidr.contains(&ip))
}

#[test]
fn tiers_are_kept_apart() {
    for (zones, per_tier) in [(2, 1), (2, 2), (3, 1), (3, 2)] {
        let network = json!({"network": {"zones": zones, "subnets_per_tier": per_tier}});
        let nodes = nodes(network);
        let acls = read::<NetworkAcl>(&nodes);
        let lists = acls.values().flat_map(|acl| &acl.subnets);
        assert_eq!(lists.collect::<BTreeSet<_>>().len(), 3 * zones * per_tier);
        // The database's ACL knows one peer: the private tier's range, which holds nothing else.
        let peers: BTreeSet<&str> =
            acls["nacl-database"].entries.values().map(|it| it.cidr.as_str()).collect();
        assert_eq!(peers.len(), 1);
        let private = peers.into_iter().next().unwrap_or_default();
        assert!(
            holds(private, "10.0.64.10")
                && !holds(private, "10.0.0.10")
                && !holds(private, "10.0.128.10")
        );
    }
}

#[test]
fn addresses_are_those_that_other_tiers_know() {
    let nodes = nodes(json!({}));
    for name in [
        "public-alb",
        "public-alb-rules",
        "public-bastion",
        "public-bastion-rules",
        "private",
        "private-rules",
        "database",
        "database-rules",
        "nacl-public",
        "nacl-private",
        "nacl-database",
    ] {
        let address = Address::new(Tier::Firewall, name);
        assert!(nodes.iter().any(|it| it.address == address), "there is no `{name}`");
    }
}

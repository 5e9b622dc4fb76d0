//! The tier's nodes.

use std::collections::{BTreeMap, BTreeSet};

use shared::aws::{Scope, node};
use shared::model::{Address, Node, Tier, reference};
use shared::revision::Revision;
use shared::spec::{Nat, PlannedSubnet, Spec, SubnetTier, Zone};

use crate::{ElasticIp, FlowLog, InternetGateway, NatGateway, RouteTable, Subnet, Vpc};

/// Everywhere that no other route leads to.
const ANYWHERE: &str = "0.0.0.0/0";

/// One minute, so that an incident can be followed while it lasts; AWS's other choice is ten.
const AGGREGATION_SECONDS: i32 = 60;

/// The nodes that a revision asks of this tier.
pub fn wish(revision: &Revision, _: &Scope) -> Vec<Node> {
    let spec = &revision.spec;
    let mut nodes = vec![vpc(spec), internet_gateway()];
    nodes.extend(spec.subnets().iter().map(subnet));
    nodes.extend(nat_zones(spec).iter().flat_map(nat));
    nodes.extend(route_tables(spec));
    nodes.extend(spec.logging.flow_logs.then(flow_log));
    nodes
}

fn at(name: impl Into<String>) -> Address {
    Address::new(Tier::Network, name)
}

fn id(name: &str) -> String {
    reference(Tier::Network, name, "id")
}

fn vpc(spec: &Spec) -> Node {
    let vpc = Vpc {
        cidr: spec.network.cidr.to_string(),
        dns_support: true,
        dns_hostnames: true,
        default_group_empty: true,
        default_acl_empty: true,
    };
    node(at("vpc"), &vpc)
}

fn internet_gateway() -> Node {
    node(at("internet-gateway"), &InternetGateway { vpc_id: id("vpc") })
}

fn subnet(planned: &PlannedSubnet) -> Node {
    let subnet = Subnet {
        vpc_id: id("vpc"),
        zone: planned.zone.name.clone(),
        cidr: planned.cidr.to_string(),
        map_public_ip: false,
    };
    node(at(planned.name()), &subnet)
}

/// The zones with a NAT gateway of their own.
fn nat_zones(spec: &Spec) -> Vec<Zone> {
    let zones = spec.zones();
    match spec.network.nat {
        Nat::PerZone => zones,
        Nat::Single => zones.into_iter().take(1).collect(),
        Nat::None => Vec::new(),
    }
}

fn nat(zone: &Zone) -> [Node; 2] {
    let letter = zone.letter;
    let address = format!("nat-eip-{letter}");
    let gateway = NatGateway {
        subnet_id: id(&format!("subnet-public-{letter}")),
        allocation_id: id(&address),
    };
    let mut gateway = node(at(format!("nat-{letter}")), &gateway);
    // AWS makes no public NAT gateway in a VPC without an internet gateway.
    gateway.after.insert(at("internet-gateway"));
    [node(at(address), &ElasticIp::default()), gateway]
}

/// One table for all public subnets, one for the private subnets of each zone, and one without
/// a way out for the database's.
fn route_tables(spec: &Spec) -> Vec<Node> {
    let subnets = spec.subnets();
    let of = |tier: SubnetTier| subnets.iter().filter(move |it| it.tier == tier);
    let public = table(Some(id("internet-gateway")), of(SubnetTier::Public));
    let database = table(None, of(SubnetTier::Database));
    let mut nodes =
        vec![node(at("route-table-public"), &public), node(at("route-table-database"), &database)];
    let with_nat = nat_zones(spec);
    for zone in spec.zones() {
        let nat = with_nat.iter().find(|it| **it == zone).or(with_nat.first());
        let way_out = nat.map(|it| id(&format!("nat-{}", it.letter)));
        let private = table(way_out, of(SubnetTier::Private).filter(|it| it.zone == zone));
        nodes.push(node(at(format!("route-table-private-{}", zone.letter)), &private));
    }
    nodes
}

fn table<'a>(
    way_out: Option<String>,
    subnets: impl Iterator<Item = &'a PlannedSubnet>,
) -> RouteTable {
    let routes: BTreeMap<_, _> =
        way_out.into_iter().map(|target| (ANYWHERE.to_owned(), target)).collect();
    let subnets: BTreeSet<_> = subnets.map(|subnet| id(&subnet.name())).collect();
    RouteTable { vpc_id: id("vpc"), routes, subnets }
}

fn flow_log() -> Node {
    let log = FlowLog {
        vpc_id: id("vpc"),
        log_group: reference(Tier::Storage, "flow-logs", "name"),
        role_arn: reference(Tier::Access, "flow-logs-role", "arn"),
        traffic: "ALL".to_owned(),
        aggregation_seconds: AGGREGATION_SECONDS,
    };
    let mut node = node(at("flow-log"), &log);
    // The role writes nothing before it may.
    node.after.insert(Address::new(Tier::Access, "flow-logs-role-policy"));
    node
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use shared::revision::Pinned;

    use super::*;

    /// The nodes of a stack with this network.
    fn nodes(network: &Value) -> Vec<Node> {
        let spec = json!({"terrace": 1, "name": "a-stack-of-18-char", "region": "eu-central-1",
            "bastion": {"enabled": false}, "network": network});
        let spec: Spec = serde_json::from_value(spec).unwrap_or_else(|error| panic!("{error}"));
        let scope = Scope {
            stack: spec.name.to_string(),
            account: "111122223333".to_owned(),
            region: spec.region.to_string(),
        };
        wish(&Revision { number: 1, spec, pinned: Pinned::default() }, &scope)
    }

    fn node<'a>(nodes: &'a [Node], name: &str) -> &'a Node {
        let node = nodes.iter().find(|node| node.address == at(name));
        node.unwrap_or_else(|| panic!("there is no node `{name}`"))
    }

    fn of_kind<'a>(nodes: &'a [Node], kind: &str) -> Vec<&'a str> {
        nodes.iter().filter(|it| it.kind == kind).map(|it| it.address.name()).collect()
    }

    /// Zones, subnets for each tier and zone, NAT; then how many subnets and gateways.
    const VARIANTS: [(u8, u8, &str, usize, usize); 8] = [
        (2, 1, "per_zone", 6, 2),
        (2, 1, "single", 6, 1),
        (2, 1, "none", 6, 0),
        (2, 2, "per_zone", 12, 2),
        (3, 1, "per_zone", 9, 3),
        (3, 2, "per_zone", 18, 3),
        (3, 2, "single", 18, 1),
        (3, 2, "none", 18, 0),
    ];

    #[test]
    fn every_variant_holds_together() {
        for (zones, per_tier, nat, subnets, gateways) in VARIANTS {
            let nodes = nodes(&json!({"zones": zones, "subnets_per_tier": per_tier, "nat": nat}));
            assert_eq!(of_kind(&nodes, "AWS::EC2::Subnet").len(), subnets);
            assert_eq!(of_kind(&nodes, "AWS::EC2::NatGateway").len(), gateways);
            assert_eq!(of_kind(&nodes, "AWS::EC2::EIP").len(), gateways);
            assert_eq!(of_kind(&nodes, "AWS::EC2::RouteTable").len(), 2 + usize::from(zones));
            let names: BTreeSet<_> = nodes.iter().map(|it| &it.address).collect();
            assert_eq!(names.len(), nodes.len(), "an address is taken twice");
            for need in nodes.iter().flat_map(Node::needs) {
                assert!(need.tier() != Tier::Network || names.contains(&need), "{need} is missing");
            }
        }
    }

    #[test]
    fn every_subnet_follows_one_table() {
        for (zones, per_tier, nat, subnets, _) in VARIANTS {
            let nodes = nodes(&json!({"zones": zones, "subnets_per_tier": per_tier, "nat": nat}));
            let tables = nodes.iter().filter(|it| it.kind == "AWS::EC2::RouteTable");
            let lists = tables.filter_map(|it| it.spec["subnets"].as_array());
            let followers: Vec<&Value> = lists.flatten().collect();
            let different: BTreeSet<String> = followers.iter().map(ToString::to_string).collect();
            assert_eq!((followers.len(), different.len()), (subnets, subnets));
        }
    }

    #[test]
    fn private_subnets_leave_by_their_own_zone_if_they_can() {
        let ways_out = |nat: &str| {
            let nodes = nodes(&json!({"zones": 3, "nat": nat}));
            let tables = ["private-a", "private-b", "private-c", "database"].into_iter();
            let route =
                |table| node(&nodes, &format!("route-table-{table}")).spec["routes"].clone();
            tables.map(route).collect::<Vec<_>>()
        };
        let by = |letter: char| json!({"0.0.0.0/0": format!("${{network/nat-{letter}.id}}")});
        assert_eq!(ways_out("per_zone"), [by('a'), by('b'), by('c'), json!({})]);
        assert_eq!(ways_out("single"), [by('a'), by('a'), by('a'), json!({})]);
        assert_eq!(ways_out("none"), [json!({}), json!({}), json!({}), json!({})]);
    }

    #[test]
    fn addresses_are_those_that_other_tiers_know() {
        let nodes =
            nodes(&json!({"zones": ["eu-central-1a", "eu-central-1c"], "subnets_per_tier": 2}));
        for name in [
            "vpc",
            "internet-gateway",
            "subnet-public-a",
            "subnet-private-c2",
            "subnet-database-c",
            "nat-eip-c",
            "nat-c",
            "route-table-public",
            "route-table-private-c",
            "route-table-database",
            "flow-log",
        ] {
            node(&nodes, name);
        }
    }

    #[test]
    fn no_subnet_gives_public_addresses() {
        let nodes = nodes(&json!({"zones": 3, "subnets_per_tier": 2}));
        let subnets = nodes.iter().filter(|it| it.kind == "AWS::EC2::Subnet");
        assert!(subnets.clone().count() > 0);
        assert!(subnets.into_iter().all(|it| it.spec["map_public_ip"] == json!(false)));
    }
}

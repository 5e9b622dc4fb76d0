use shared::revision::Pinned;
use shared::spec::{Bastion, STACK_NAME_MAX, Zones};

use super::*;

const KEY: &str =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f";

fn wished(change: impl FnOnce(&mut Spec)) -> Vec<Node> {
    let bastion = Bastion { public_key: Some(KEY.parse().expect("a key")), ..Bastion::default() };
    let name = "a".repeat(STACK_NAME_MAX).parse().expect("a name");
    let mut spec = Spec::new(name, "eu-central-1".parse().expect("a region"), bastion);
    change(&mut spec);
    let scope = Scope {
        stack: spec.name.to_string(),
        account: "123456789012".to_owned(),
        region: spec.region.to_string(),
    };
    let pinned = Pinned { app_ami: "ami-1".to_owned(), bastion_ami: "ami-2".to_owned() };
    wish(&Revision { number: 1, spec, pinned }, &scope)
}

fn find<'a>(nodes: &'a [Node], name: &str) -> &'a Node {
    nodes.iter().find(|it| it.address == at(name)).expect(name)
}

fn recipes(nodes: &[Node]) -> [String; 2] {
    ["launch-template", "scaling-group"].map(|name| find(nodes, name).spec["recipe"].to_string())
}

#[test]
fn template_and_group_agree_on_the_recipe() {
    let [template, group] = recipes(&wished(|_| ()));
    assert_eq!(template, group);
}

#[test]
fn the_group_is_rolled_when_instances_would_be_made_otherwise() {
    let before = recipes(&wished(|_| ()));
    let same = recipes(&wished(|spec| spec.app.max = 9));
    assert_eq!(before, same);
    let changes: [fn(&mut Spec); 3] = [
        |spec| spec.app.volume_gib = 30,
        |spec| spec.app.instance_types.truncate(1),
        |spec| spec.app.port = 8081,
    ];
    for change in changes {
        assert_ne!(before, recipes(&wished(change)));
    }
}

#[test]
fn another_key_is_another_node() {
    let name = |key: &str| key_name(&key.parse().expect("a key"));
    assert_eq!(name(KEY), name(&format!("{KEY} ada@example.org")));
    let other = KEY.replace("HR4f", "HR4g");
    assert_ne!(name(KEY), name(&other));
}

#[test]
fn instances_are_spread_over_all_private_subnets() {
    for (zones, per_tier, count) in [(2, 1, 2), (3, 2, 6)] {
        let nodes = wished(|spec| {
            spec.network.zones = Zones::Count(zones);
            spec.network.subnets_per_tier = per_tier;
        });
        let subnets = find(&nodes, "scaling-group").spec["subnets"].clone();
        assert_eq!(subnets.as_array().map(Vec::len), Some(count), "{subnets}");
    }
}

#[test]
fn instances_wait_for_the_ways_out_that_there_are() {
    for (nat, count) in [(Nat::PerZone, 2), (Nat::Single, 1), (Nat::None, 0)] {
        let nodes = wished(|spec| spec.network.nat = nat);
        let after = &find(&nodes, "scaling-group").after;
        let gateways = after.iter().filter(|it| it.name().starts_with("nat-"));
        assert_eq!(gateways.count(), count, "{nat:?}");
    }
}

#[test]
fn replacement_waits_for_the_database_unless_the_application_does_not() {
    let after = |nodes: &[Node]| find(nodes, "scaling-group-replacement").after.len();
    assert_eq!(after(&wished(|_| ())), 4);
    assert_eq!(after(&wished(|spec| spec.app.starts_without_database = true)), 0);
}

#[test]
fn without_a_bastion_only_the_application_remains() {
    let nodes = wished(|spec| spec.bastion.enabled = false);
    assert!(nodes.iter().all(|it| !it.address.name().starts_with("bastion")));
    assert!(find(&nodes, "launch-template").spec["key_name"].is_string());
    let nodes = wished(|spec| spec.bastion = Bastion { enabled: false, ..Bastion::default() });
    assert!(find(&nodes, "launch-template").spec["key_name"].is_null());
}

#[test]
fn every_immutable_field_is_wished_for() {
    for node in wished(|_| ()) {
        let kind = crate::TIER.kinds.iter().find(|kind| kind.name == node.kind);
        let immutable = kind.map(|kind| kind.immutable).unwrap_or_default();
        let unknown: Vec<_> =
            immutable.iter().filter(|field| node.spec.get(**field).is_none()).collect();
        assert!(kind.is_some() && unknown.is_empty(), "{}: {unknown:?}", node.address);
    }
}

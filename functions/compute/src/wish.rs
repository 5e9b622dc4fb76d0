//! The tier's nodes.

use std::collections::BTreeSet;

use aws_smithy_types::base64;
use sha2::{Digest, Sha256};
use shared::aws::{Scope, node};
use shared::model::{Address, Node, Tier, reference};
use shared::plan::hex;
use shared::revision::Revision;
use shared::spec::{Nat, PublicKey, Spec, SubnetTier};

use crate::{
    BastionAddress, ElasticIp, Instance, KeyPair, LaunchTemplate, Replacement, ScalingGroup,
    ScalingPolicy, auto_scaling,
};

/// Until then an instance that does not answer is not taken for dead: booting takes one to two
/// minutes, and an application its own time.
const GRACE_SECONDS: u32 = 300;

/// Containers on an instance cannot ask its metadata service.
const METADATA_HOPS: u32 = 1;

/// The tier's nodes.
pub fn wish(revision: &Revision, _: &Scope) -> Vec<Node> {
    let spec = &revision.spec;
    let template = launch_template(revision);
    let mut nodes: Vec<Node> = spec.bastion.public_key.iter().map(key_pair).collect();
    nodes.extend([
        node(at("launch-template"), &template),
        scaling_group(spec, &template.recipe),
        replacement(spec),
        scaling_policy(spec),
    ]);
    if spec.bastion.enabled {
        nodes.extend(bastion(revision));
    }
    nodes
}

fn key_pair(key: &PublicKey) -> Node {
    node(at(key_name(key)), &KeyPair { public_key: key.bare() })
}

/// Another key is another node, and so another name.
fn key_name(key: &PublicKey) -> String {
    format!("key-pair-{}", &hex(&Sha256::digest(key.bare()))[..8])
}

fn launch_template(revision: &Revision) -> LaunchTemplate {
    let spec = &revision.spec;
    let template = LaunchTemplate {
        image: revision.pinned.app_ami.clone(),
        key_name: key(spec),
        security_groups: [reference(Tier::Firewall, "private", "id")].into(),
        instance_profile: reference(Tier::Access, "app-profile", "arn"),
        user_data: base64::encode(spec.app.start_script()),
        volume_gib: spec.app.volume_gib,
        volume_key: reference(Tier::Keys, "key", "arn"),
        metadata_tokens: true,
        metadata_hops: METADATA_HOPS,
        public_ip: false,
        recipe: String::new(),
    };
    let wished = serde_json::json!([template, instance_types(spec)]).to_string();
    LaunchTemplate { recipe: hex(&Sha256::digest(wished))[..16].to_owned(), ..template }
}

fn scaling_group(spec: &Spec, recipe: &str) -> Node {
    let subnets = spec.subnets().into_iter().filter(|it| it.tier == SubnetTier::Private);
    let wish = ScalingGroup {
        launch_template: own("launch-template", "id"),
        recipe: recipe.to_owned(),
        instance_types: instance_types(spec),
        subnets: subnets.map(|it| subnet("private", it.zone.letter, it.index)).collect(),
        target_groups: [reference(Tier::Edge, "target-group", "arn")].into(),
        min: spec.app.min,
        desired: spec.app.desired,
        max: spec.app.max,
        health_check: "ELB".to_owned(),
        grace_seconds: GRACE_SECONDS,
        suspended: BTreeSet::new(),
        metrics: true,
    };
    // An instance runs its script once: by then it may use its disk and what its role allows,
    // its packets pass, and there is a way out.
    let mut after = BTreeSet::from([
        Address::new(Tier::Keys, "key-policy"),
        Address::new(Tier::Access, "app-role-policy"),
        Address::new(Tier::Firewall, "private-rules"),
        Address::new(Tier::Firewall, "nacl-private"),
        Address::new(Tier::Firewall, "nacl-public"),
    ]);
    let network = |name: String| Address::new(Tier::Network, name);
    let letters = || spec.zones().into_iter().map(|zone| zone.letter);
    after.extend(letters().map(|letter| network(format!("route-table-private-{letter}"))));
    let gateways = match spec.network.nat {
        Nat::PerZone => usize::MAX,
        Nat::Single => 1,
        Nat::None => 0,
    };
    after.extend(letters().take(gateways).map(|letter| network(format!("nat-{letter}"))));
    Node { after, ..node(auto_scaling::address(), &wish) }
}

/// An application may need its database to answer at all: until it can find it, an instance
/// that does not answer is not replaced.
fn replacement(spec: &Spec) -> Node {
    let wish = Replacement { scaling_group: own("scaling-group", "name") };
    let found = ["endpoint", "port", "name", "secret"];
    let found = found.map(|what| Address::new(Tier::Database, format!("parameter-{what}")));
    let after = if spec.app.starts_without_database { [].into() } else { found.into() };
    Node { after, ..node(at("scaling-group-replacement"), &wish) }
}

fn scaling_policy(spec: &Spec) -> Node {
    let wish = ScalingPolicy {
        scaling_group: own("scaling-group", "name"),
        cpu_target_percent: spec.app.cpu_target_percent.into(),
        scales_in: true,
        enabled: true,
    };
    node(at("scaling-policy"), &wish)
}

/// In the first zone, or in what was the first one when it was made; its address stays when the
/// machine is another.
fn bastion(revision: &Revision) -> [Node; 3] {
    let spec = &revision.spec;
    let zones = spec.zones();
    let letter = zones.first().map_or('a', |zone| zone.letter);
    let wish = Instance {
        image: revision.pinned.bastion_ami.clone(),
        instance_type: spec.bastion.instance_type.to_string(),
        subnet_id: subnet("public", letter, 1),
        other_subnets: zones.iter().map(|zone| subnet("public", zone.letter, 1)).collect(),
        key_name: key(spec),
        volume_key: reference(Tier::Keys, "key", "arn"),
        instance_profile: reference(Tier::Access, "bastion-profile", "arn"),
        security_groups: [reference(Tier::Firewall, "public-bastion", "id")].into(),
        metadata_tokens: true,
        metadata_hops: METADATA_HOPS,
        checks_destination: true,
        running: true,
    };
    let after = [
        Address::new(Tier::Keys, "key-policy"),
        Address::new(Tier::Firewall, "public-bastion-rules"),
        Address::new(Tier::Firewall, "nacl-public"),
    ];
    let address = BastionAddress {
        allocation_id: own("bastion-eip", "id"),
        instance_id: own("bastion", "id"),
    };
    // An address can be given to what is reached through a gateway only.
    let gateway = Address::new(Tier::Network, "internet-gateway");
    [
        node(at("bastion-eip"), &ElasticIp::default()),
        Node { after: after.into(), ..node(at("bastion"), &wish) },
        Node { after: [at("bastion"), gateway].into(), ..node(at("bastion-address"), &address) },
    ]
}

fn key(spec: &Spec) -> Option<String> {
    spec.bastion.public_key.as_ref().map(|key| own(&key_name(key), "name"))
}

fn instance_types(spec: &Spec) -> Vec<String> {
    spec.app.instance_types.iter().map(ToString::to_string).collect()
}

/// The id of a subnet: `subnet-private-a`, and `subnet-private-a2` for the second one there.
fn subnet(tier: &str, letter: char, index: u8) -> String {
    let name = match index {
        1 => format!("subnet-{tier}-{letter}"),
        index => format!("subnet-{tier}-{letter}{index}"),
    };
    reference(Tier::Network, &name, "id")
}

fn own(name: &str, fact: &str) -> String {
    reference(Tier::Compute, name, fact)
}

fn at(name: impl Into<String>) -> Address {
    Address::new(Tier::Compute, name)
}

#[cfg(test)]
mod tests {
    use shared::revision::Pinned;
    use shared::spec::{Bastion, STACK_NAME_MAX, Zones};

    use super::*;

    const KEY: &str =
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f";

    fn wished(change: impl FnOnce(&mut Spec)) -> Vec<Node> {
        let bastion =
            Bastion { public_key: Some(KEY.parse().expect("a key")), ..Bastion::default() };
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
        ["launch-template", "scaling-group"]
            .map(|name| find(nodes, name).spec["recipe"].to_string())
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
}

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
mod tests;

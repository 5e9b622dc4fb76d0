//! Contracts of the firewall tier.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use firewall::{Entry, NetworkAcl, Rule, SecurityGroup, SecurityGroupRules};
use futures::FutureExt;
use serde_json::{Value, json};
use shared::aws::node;
use shared::model::{Address, Node, Tier, reference};
use support::contract::{Case, check};
use support::{Bench, Cloud};

use super::network::{subnet, vpc};
use crate::Test;

pub const TESTS: &[Test] = &[
    ("contract::firewall::security_group", |cloud| a_group(cloud).boxed_local()),
    ("contract::firewall::security_group_rules", |cloud| its_rules(cloud).boxed_local()),
    ("contract::firewall::network_acl", |cloud| an_acl(cloud).boxed_local()),
    ("contract::firewall::strangers_group", |cloud| a_strangers_group(cloud).boxed_local()),
];

async fn a_group(cloud: Arc<Cloud>) {
    // As long as a stack's name can be.
    let mut bench = Bench::new(&cloud, "ct-group-123456789");
    bench.stand(vpc("10.20.0.0/16")).await;
    let name = bench.cx.scope.name("public-bastion");
    check(&mut bench, Case::new(group("public-bastion", &name))).await;
    bench.clear().await;
}

async fn its_rules(cloud: Arc<Cloud>) {
    let mut bench = Bench::new(&cloud, "ct-rules-123456789");
    bench.stand(vpc("10.21.0.0/16")).await;
    bench.stand(group("database", "terrace-ct-rules-123456789-database")).await;
    let peer = bench.stand(group("private", "terrace-ct-rules-123456789-private")).await;
    let peer = peer.id().expect("an id").to_owned();
    let rules = SecurityGroupRules {
        group_id: id("database"),
        ingress: [Rule::tcp(15432, id("private")), Rule::tcp(22, "192.0.2.0/24")].into(),
        egress: BTreeSet::new(),
    };
    let all = Rule { protocol: "-1".to_owned(), from: -1, to: -1, peer: "0.0.0.0/0".to_owned() };
    let ping =
        Rule { protocol: "icmp".to_owned(), from: 8, to: -1, peer: "192.0.2.0/24".to_owned() };
    let range = Rule { to: 2000, ..Rule::tcp(1000, "2001:db8::/32") };
    let case = Case::new(node(at("database-rules"), &rules))
        .change("ingress", rules_of(&[Rule::tcp(22, "192.0.2.0/25"), Rule::tcp(15432, &peer)]))
        .change("ingress", rules_of(&[Rule::tcp(15433, &peer), ping, range]))
        .change("ingress", rules_of(&[]))
        .change("egress", rules_of(&[all, Rule::tcp(443, "0.0.0.0/0"), Rule::tcp(80, "::/0")]));
    // Without a rule there is nothing to list, so the one above that takes all away has another.
    let mut case = case;
    case.node.spec["egress"] = rules_of(&[Rule::tcp(443, "198.51.100.0/24")]);
    check(&mut bench, case).await;
    bench.clear().await;
}

async fn an_acl(cloud: Arc<Cloud>) {
    let mut bench = Bench::new(&cloud, "ct-acl-12345678901");
    bench.stand(vpc("10.22.0.0/16")).await;
    bench.stand(subnet("a", "10.22.0.0/24")).await;
    let other = bench.stand(subnet("b", "10.22.1.0/24")).await;
    let entries = [
        ("ingress-100", Entry::allow((443, 443), "0.0.0.0/0")),
        ("ingress-101", Entry::allow((80, 80), "0.0.0.0/0")),
        ("egress-100", Entry::allow((1024, 3388), "10.22.0.0/16")),
    ];
    let acl = NetworkAcl {
        vpc_id: reference(Tier::Network, "vpc", "id"),
        entries: entries.map(|(key, entry)| (key.to_owned(), entry)).into(),
        subnets: BTreeSet::from([reference(Tier::Network, "subnet-a", "id")]),
    };
    let swapped = BTreeMap::from([
        ("ingress-100", Entry::allow((80, 80), "0.0.0.0/0")),
        ("ingress-101", Entry::allow((443, 443), "0.0.0.0/0")),
        (
            "egress-200",
            Entry { action: "deny".to_owned(), ..Entry::allow((1, 65535), "192.0.2.0/24") },
        ),
    ]);
    let case = Case::new(node(at("nacl-private"), &acl))
        .change("entries", json!(swapped))
        .change("entries", json!({}))
        .change("subnets", json!([other.id()]))
        .change("subnets", json!([]));
    check(&mut bench, case).await;
    bench.clear().await;
}

/// A group of our name that is not ours is neither taken over nor removed.
async fn a_strangers_group(cloud: Arc<Cloud>) {
    let mut bench = Bench::new(&cloud, "ct-foreign");
    let vpc = bench.stand(vpc("10.23.0.0/16")).await;
    let client = ec2::client(&bench.cx);
    let request = client.create_security_group().vpc_id(vpc.id().expect("an id"));
    let request = request.group_name("terrace-ct-foreign-private").description("of a stranger");
    let made = request.send().await.expect("a stranger's group can be made");
    let stranger = made.group_id().expect("an id").to_owned();

    let wanted = bench.resolve(&group("private", "terrace-ct-foreign-private"));
    let error = bench.create(&wanted).await.expect_err("the name is taken").to_string();
    assert!(error.contains(&stranger) && error.contains("no tags of this stack"), "{error}");
    assert_eq!(bench.find(&wanted).await, []);

    client.delete_security_group().group_id(stranger).send().await.expect("it was left alone");
    bench.clear().await;
}

fn at(name: &str) -> Address {
    Address::new(Tier::Firewall, name)
}

fn id(name: &str) -> String {
    reference(Tier::Firewall, name, "id")
}

fn group(address: &str, name: &str) -> Node {
    let group = SecurityGroup {
        vpc_id: reference(Tier::Network, "vpc", "id"),
        name: name.to_owned(),
        description: "db_sg: of a contract test".to_owned(),
    };
    node(at(address), &group)
}

fn rules_of(rules: &[Rule]) -> Value {
    json!(rules)
}

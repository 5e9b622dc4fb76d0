//! The network and firewall tiers as a spec asks for them, from the first resource to none.

use std::sync::Arc;

use futures::FutureExt;
use serde_json::{Value, json};
use shared::model::{Node, Stack};
use shared::revision::{Pinned, Revision};
use support::{Bench, Cloud};

use crate::Test;

pub const TESTS: &[Test] =
    &[("contract::tiers::a_second_look_finds_no_difference", |cloud| looks(cloud).boxed_local())];

/// The least and the most that a spec can ask for.
async fn looks(cloud: Arc<Cloud>) {
    let small = json!({"network": {"cidr": "10.30.0.0/16", "nat": "none"}});
    let large = json!({"network": {"cidr": "10.31.0.0/16", "zones": 3, "subnets_per_tier": 2},
        "ingress": {"sources": (1..=20).map(|it| format!("198.51.100.{it}/32")).collect::<Vec<_>>()}});
    let small = stand_and_look(&cloud, "ct-small", small).await;
    let large = stand_and_look(&cloud, "ct-large", large).await;
    assert_eq!(small, large, "reading calls grow with the stack");
    assert!(small <= 15, "{small} reading calls for two tiers");
}

/// How many reading calls a look takes.
async fn stand_and_look(cloud: &Cloud, stack: &str, more: Value) -> u64 {
    let mut bench = Bench::new(cloud, stack);
    let nodes = nodes(&bench, more);
    for node in &nodes {
        bench.stand(node.clone()).await;
    }
    for node in &nodes {
        let found = bench.find(node).await;
        assert_eq!(found.len(), 1, "`{}`", node.address);
        assert_eq!(bench.differences(&bench.resolve(node), &found[0]), [], "`{}`", node.address);
    }
    let mut calls = bench.cx.aws.take_calls();
    let reads = bench.look(network::KINDS).await + bench.look(firewall::KINDS).await;
    bench.clear().await;
    for node in &nodes {
        assert_eq!(bench.find(node).await, [], "`{}` is left", node.address);
    }
    calls.add(&bench.cx.aws.take_calls());
    for (operation, _) in calls.by_operation() {
        let action = operation.replace("EC2.", "ec2:");
        assert!(granted().any(|it| it == action), "no grant of these tiers has `{action}`");
    }
    reads
}

fn granted() -> impl Iterator<Item = &'static str> {
    let kinds = network::KINDS.iter().chain(firewall::KINDS);
    kinds.flat_map(|kind| kind.grants).flat_map(|grant| grant.actions).copied()
}

/// In dependency order.
fn nodes(bench: &Bench, more: Value) -> Vec<Node> {
    // The flow log needs a log group and a role of other tiers.
    let mut spec = json!({"terrace": 1, "name": bench.cx.scope.stack, "region": bench.cx.scope.region,
        "bastion": {"ssh_from": ["203.0.113.0/24"]}, "logging": {"flow_logs": false}});
    if let (Some(spec), Value::Object(more)) = (spec.as_object_mut(), more) {
        spec.extend(more);
    }
    let spec = serde_json::from_value(spec).expect("a spec");
    let revision = Revision { number: 1, spec, pinned: Pinned::default() };
    let wish =
        [network::wish(&revision, &bench.cx.scope), firewall::wish(&revision, &bench.cx.scope)];
    Stack::new(wish.concat()).expect("a stack").nodes().to_vec()
}

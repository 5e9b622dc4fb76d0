//! A look, updates in place and back, and what is taken out of the spec.

use std::sync::Arc;

use futures::FutureExt;
use serde_json::{Value, json};
use shared::ledger::{Key, Mode, Report};
use shared::model::{Address, Tier};
use shared::plan::{Action, Plan};
use support::Cloud;

use super::stand::Stand;
use crate::Test;

pub const TESTS: &[Test] = &[
    ("pipeline::a_look_changes_nothing", |cloud| a_look(cloud).boxed_local()),
    ("pipeline::an_update_in_place_and_back", |cloud| an_update(cloud).boxed_local()),
    ("pipeline::what_leaves_the_spec_leaves_the_cloud", |cloud| removed(cloud).boxed_local()),
];

/// Fields of four tiers that change in place.
fn changed(spec: &Value) -> Value {
    let mut spec = spec.clone();
    spec["app"] = json!({ "max": 7 });
    spec["alarms"] = json!({ "thresholds": { "cpu_percent": 66 } });
    spec["logging"] = json!({ "retention_days": 400 });
    spec["ingress"] = json!({ "idle_timeout_seconds": 90 });
    spec
}

/// Addresses of a plan, and whether all it does are updates.
fn updates(plan: &Plan) -> (Vec<Address>, bool) {
    let only = plan.all_steps().all(|step| matches!(step.action, Action::Update(_)));
    (plan.all_steps().map(|step| step.address.clone()).collect(), only)
}

async fn a_look(cloud: Arc<Cloud>) {
    let stand = Stand::new(cloud, "look");
    let new = stand.by_hand("drift", json!({ "spec": stand.spec })).await;
    assert!(new.plan.build.len() > 50, "a stack that is not there is all to be made");
    assert_eq!((new.api_calls.write, new.resources.values().sum::<usize>()), (0, 0));

    let built = stand.deploy().await;
    let (before, lease) = (stand.record().await, stand.lease().await);
    let look = stand.by_hand("drift", json!({ "spec": changed(&stand.spec) })).await;
    assert_eq!(look.mode, Mode::Drift);
    assert_eq!(look.api_calls.write, 0, "{:#?}", look.api_calls.by_operation);
    let (addresses, only) = updates(&look.plan);
    assert!(only && look.plan.has_changes(), "{}", look.plan);
    for tier in [Tier::Storage, Tier::Compute, Tier::Edge, Tier::Monitoring] {
        assert!(addresses.iter().any(|it| it.tier() == tier), "{tier}: {addresses:?}");
    }
    assert_eq!((stand.record().await, stand.lease().await), (before, lease));
    let second: Option<Value> = stand.read(&Key::Revision(&stand.stack, 2)).await;
    assert_eq!(second, None, "a look makes no revision");

    let same = stand.by_hand("drift", json!({ "stack": stand.stack })).await;
    assert!(same.plan.is_empty(), "{}", same.plan);
    assert_eq!(same.resources, built.resources);
    stand.destroy().await;
}

async fn an_update(cloud: Arc<Cloud>) {
    let mut stand = Stand::new(cloud, "update");
    let plain = stand.spec.clone();
    let built = stand.deploy().await;
    stand.spec = changed(&plain);
    let there = stand.deploy().await;
    stand.spec = plain;
    let back = stand.deploy().await;
    for (report, revision) in [(&there, 2), (&back, 3)] {
        assert_eq!((report.revision, &report.resources), (revision, &built.resources));
        assert!(report.api_calls.write > 0, "{:?}", report.api_calls);
        nothing_was_made_anew(report);
    }
    let look = stand.by_hand("drift", json!({ "stack": stand.stack })).await;
    assert!(look.plan.is_empty(), "{}", look.plan);
    stand.destroy().await;
}

fn nothing_was_made_anew(report: &Report) {
    let made = report.api_calls.by_operation.by_operation().filter(|(operation, _)| {
        // A new version of the launch template, and tags, are updates.
        let is_update = ["LaunchTemplateVersion", "Tags"].iter().any(|it| operation.contains(it));
        !is_update && [".Create", ".Delete", ".Run"].iter().any(|it| operation.contains(it))
    });
    assert_eq!(made.collect::<Vec<_>>(), [], "in place");
}

async fn removed(cloud: Arc<Cloud>) {
    let mut stand = Stand::new(cloud, "removed");
    let plain = stand.spec.clone();
    stand.spec["network"] = json!({ "subnets_per_tier": 2 });
    stand.spec["alarms"] = json!({ "custom": [
        { "name": "orders-missing", "namespace": "Shop", "metric": "Orders", "threshold": 1.0 },
    ] });
    let large = stand.deploy().await;
    stand.spec = plain;
    let plain = stand.deploy().await;
    assert_eq!(large.resources[&Tier::Network] - plain.resources[&Tier::Network], 6, "subnets");
    assert_eq!(large.resources[&Tier::Monitoring] - plain.resources[&Tier::Monitoring], 1, "alarm");

    stand.spec["bastion"] = json!({ "enabled": false });
    let without = stand.deploy().await;
    assert!(without.resources[&Tier::Compute] < plain.resources[&Tier::Compute], "{without:?}");
    let left = stand.by_hand("drift", json!({ "stack": stand.stack })).await;
    assert!(left.plan.is_empty(), "{}", left.plan);
    stand.destroy().await;
}

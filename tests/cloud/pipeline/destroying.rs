//! Taking a stack down: without its data, and with it.

use std::sync::Arc;

use futures::FutureExt;
use serde_json::json;
use shared::ledger::{Binding, Key, Mode, Report, StackState};
use shared::model::Tier;
use support::Cloud;

use super::remains;
use super::stand::Stand;
use crate::Test;

pub const TESTS: &[Test] =
    &[("pipeline::destroying_leaves_only_what_is_protected_and_with_data_nothing", |cloud| {
        destroying(cloud).boxed_local()
    })];

async fn destroying(cloud: Arc<Cloud>) {
    let mut stand = Stand::new(cloud, "destroy");
    let built = stand.deploy().await;
    let all = remains::of(&stand.cx).await;
    assert!(all.len() >= 60, "the list of what remains sees what stands: {all:#?}");

    let kept = stand.by_hand("destroy", json!({ "stack": stand.stack })).await;
    assert_eq!((kept.mode, stand.record().await.state), (Mode::Destroy, StackState::Destroyed));
    let noted: Vec<String> = kept.plan.notes.iter().map(|it| it.address.to_string()).collect();
    assert_eq!(kept.resources.values().sum::<usize>(), noted.len(), "{:#?}", kept.plan.notes);
    for protected in ["database/instance", "storage/files", "keys/key"] {
        assert!(noted.iter().any(|it| it == protected), "`{protected}` stays: {noted:?}");
    }
    for tier in [Tier::Edge, Tier::Compute, Tier::Monitoring] {
        assert_eq!(kept.resources[&tier], 0, "{tier}");
    }
    let left = remains::of(&stand.cx).await;
    assert!(left.len() < all.len() / 2, "{left:#?}");
    let bound: Option<Binding> = stand.read(&Key::Binding(&stand.stack)).await;
    assert!(bound.is_some(), "what is left still belongs to its spec file");

    let again = stand.by_hand("deploy", json!({ "stack": stand.stack })).await;
    assert_eq!(again.resources, built.resources, "the stack comes back around its data");

    let input = json!({ "stack": stand.stack, "include_data": true });
    let gone = stand.by_hand("destroy", input).await;
    let [snapshot] = &stand.snapshots().await[..] else { panic!("one final snapshot") };
    let at = |address: &str| {
        let found = gone.plan.notes.iter().find(|it| it.address.to_string() == address);
        found.unwrap_or_else(|| panic!("`{address}`: {:#?}", gone.plan.notes)).text.clone()
    };
    let restore = format!("`database.restore_from: {snapshot}`");
    assert!(at(&format!("database/snapshot-{snapshot}")).contains(&restore));
    assert!(at("keys/key").contains(snapshot), "the key stays for the snapshot, and says so");
    assert_eq!(gone.plan.notes.len(), 3, "snapshot, key and alias: {:#?}", gone.plan.notes);
    let alias = format!("alias/terrace-{}", stand.stack);
    assert_eq!(remains::of(&stand.cx).await, [alias], "nothing else");

    stand.spec["database"] = json!({ "restore_from": snapshot });
    let restored = stand.deploy().await;
    let counts = |report: &Report, tier| report.resources[&tier];
    for tier in Tier::ALL {
        let snapshots = usize::from(tier == Tier::Database);
        assert_eq!(counts(&restored, tier), counts(&built, tier) + snapshots, "{tier}");
    }
    stand.spec["database"] = json!({});
    let without = stand.deploy().await;
    assert_eq!(without.api_calls.write, 0, "leaving it out later changes nothing");

    stand.destroy().await;
    let bound: Option<Binding> = stand.read(&Key::Binding(&stand.stack)).await;
    assert_eq!(bound, None);
}

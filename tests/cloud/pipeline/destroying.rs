//! Taking a stack down: without its data, and with it.

use std::sync::Arc;

use futures::FutureExt;
use serde_json::json;
use shared::ledger::{Binding, Key, Mode, StackState};
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
    let stand = Stand::new(cloud, "destroy");
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
    stand.destroy().await;
    let bound: Option<Binding> = stand.read(&Key::Binding(&stand.stack)).await;
    assert_eq!(bound, None);
}

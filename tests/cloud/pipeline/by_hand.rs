//! Machines started by hand, from the console: with what they accept and with what they do not.

use std::sync::Arc;

use aws_sdk_sfn::types::ExecutionStatus;
use futures::FutureExt;
use serde_json::json;
use shared::ledger::StackState;
use support::Cloud;

use super::stand::Stand;
use crate::Test;

pub const TESTS: &[Test] = &[
    ("pipeline::started_by_hand_with_a_spec_or_a_stack", |cloud| {
        started_by_hand(cloud).boxed_local()
    }),
    ("pipeline::started_with_nonsense_it_says_what_it_accepts", |cloud| {
        started_with_nonsense(cloud).boxed_local()
    }),
];

async fn started_by_hand(cloud: Arc<Cloud>) {
    let stand = Stand::new(cloud, "hand");
    let first = stand.by_hand("deploy", json!({ "spec": stand.spec })).await;
    assert_eq!((first.revision, stand.record().await.state), (1, StackState::Ready));
    let second = stand.by_hand("deploy", json!({ "stack": stand.stack })).await;
    assert_eq!((second.revision, second.api_calls.write), (1, 0));
    stand.destroy().await;
}

async fn started_with_nonsense(cloud: Arc<Cloud>) {
    let stand = Stand::new(cloud, "nonsense");
    let both = json!({ "spec": stand.spec, "stack": stand.stack });
    let cases = [
        ("deploy", json!({}), "{\"stack\": \"shop\"}"),
        ("deploy", json!([1, 2]), "{\"stack\": \"shop\"}"),
        ("deploy", json!("shop"), "{\"stack\": \"shop\"}"),
        ("deploy", json!({ "stak": "shop" }), "unknown field `stak`"),
        ("deploy", both, "the input is one of"),
        ("deploy", json!({ "stack": stand.stack }), "there is no stack"),
        ("deploy", json!({ "spec_key": "elsewhere/shop.yaml" }), "specs lie under `specs/`"),
        ("deploy", json!({ "spec": { "terrace": 1 } }), "the spec has"),
        ("destroy", json!({}), "{\"stack\": \"shop\""),
        ("destroy", json!({ "spec": stand.spec }), "destroying takes a stack's name"),
        ("drift", json!({}), "{\"stack\": \"shop\"}"),
    ];
    for (machine, input, expected) in cases {
        let run = stand.start(machine, &input).await;
        let ended = stand.end(&run, machine).await;
        assert_eq!(ended.status, ExecutionStatus::Failed, "{machine} {input}: {ended:?}");
        let said = ended.said.replace("\\\"", "\"");
        assert!(said.contains(expected), "{machine} {input} says: {said}");
    }
}

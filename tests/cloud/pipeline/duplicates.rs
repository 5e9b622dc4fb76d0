//! The four kinds that AWS knows by neither token nor name: an answer that is lost leaves one that
//! nobody has heard of.

use std::collections::BTreeMap;
use std::sync::Arc;

use aws_sdk_ec2::types::Filter;
use aws_sdk_kms::types::KeyState;
use futures::FutureExt;
use serde_json::{Value, json};
use shared::aws::{ADDRESS_TAG, STACK_TAG};
use support::Cloud;

use super::stand::Stand;
use crate::Test;

pub const TESTS: &[Test] = &[("pipeline::what_a_lost_answer_made_is_not_made_again", |cloud| {
    lost_answers(cloud).boxed_local()
})];

/// Service, action, and what is tagged with which address.
const MADE: [(&str, &str, &str); 4] = [
    ("kms", "CreateKey", "keys/key"),
    ("ec2", "CreateVpc", "network/vpc"),
    ("ec2", "CreateInternetGateway", "network/internet-gateway"),
    ("ec2", "AllocateAddress", "network/nat-eip-a"),
];

async fn lost_answers(cloud: Arc<Cloud>) {
    let stand = Stand::new(cloud, "lost");
    let fault = |(service, action, address): &(&str, &str, &str)| {
        json!({
            "service": service, "action": action, "resource": address, "stack": stand.stack,
            "how": "cut", "when": "after", "count": 1,
        })
    };
    let faults: Vec<Value> = MADE.iter().map(fault).collect();
    let set = stand.cloud.ask("POST", "faults", &json!(faults).to_string());
    let ids: Vec<u64> =
        set["faults"].as_array().into_iter().flatten().filter_map(|it| it["id"].as_u64()).collect();
    assert_eq!(ids.len(), MADE.len(), "{set}");
    stand.deploy().await;

    let shown = stand.cloud.ask("GET", "faults", "");
    for id in ids {
        let mut all = shown["faults"].as_array().into_iter().flatten();
        let fault = all.find(|it| it["id"] == id).expect("the fault");
        assert_eq!(fault["fired"], 1, "each answer was lost: {fault}");
        stand.cloud.ask("DELETE", &format!("faults/{id}"), "");
    }
    let standing = in_ec2(&stand).await;
    for (_, action, address) in MADE.iter().filter(|it| it.0 == "ec2") {
        assert_eq!(standing.get(*address).map(Vec::len), Some(1), "{action}: {standing:#?}");
    }
    let twice: Vec<_> = standing.iter().filter(|(_, ids)| ids.len() > 1).collect();
    assert!(twice.is_empty(), "{twice:#?}");
    assert_eq!(keys(&stand).await, 1, "one key");
    stand.destroy().await;
    assert_eq!(keys(&stand).await, 0, "no key that stays");
}

/// Ids by address, as the tags say, of what cannot linger.
async fn in_ec2(stand: &Stand) -> BTreeMap<String, Vec<String>> {
    let ec2 = stand.ec2();
    let filter = |name: &str, value: &str| Filter::builder().name(name).values(value).build();
    let ours = ec2.describe_tags().filters(filter("key", STACK_TAG));
    let ours = ours.filters(filter("value", &stand.stack)).into_paginator().items().send();
    let ours = ours.try_collect().await.expect("tags can be listed");
    let addresses = ec2.describe_tags().filters(filter("key", ADDRESS_TAG));
    let addresses = addresses.into_paginator().items().send().try_collect().await;
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for tag in addresses.expect("tags can be listed") {
        let is_ours = ours.iter().any(|it| it.resource_id() == tag.resource_id());
        if let (true, Some(id), Some(at)) = (is_ours, tag.resource_id(), tag.value())
            && !at.starts_with("compute/")
        {
            found.entry(at.to_owned()).or_default().push(id.to_owned());
        }
    }
    found
}

/// The stack's keys that are not on their way out.
async fn keys(stand: &Stand) -> usize {
    let kms = shared::client!(stand.cx, aws_sdk_kms);
    let mut pages = kms.list_keys().into_paginator().items().send();
    let mut count = 0;
    while let Some(key) = pages.next().await {
        let id = key.expect("keys can be listed").key_id.unwrap_or_default();
        let Ok(tags) = kms.list_resource_tags().key_id(&id).send().await else { continue };
        let is_ours =
            tags.tags().iter().any(|it| it.tag_key() == STACK_TAG && it.tag_value() == stand.stack);
        if !is_ours {
            continue;
        }
        let shown = kms.describe_key().key_id(&id).send().await.expect("it can be looked at");
        let state = shown.key_metadata().and_then(|it| it.key_state().cloned());
        count += usize::from(state != Some(KeyState::PendingDeletion));
    }
    count
}

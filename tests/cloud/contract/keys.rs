//! Contracts of the keys tier.

use std::sync::Arc;

use futures::FutureExt;
use keys::{Key, KeyAlias, KeyPolicy};
use serde_json::json;
use shared::aws::{Policy, node};
use shared::model::{Address, Node, Tier, reference};
use shared::spec::Trail;
use support::contract::{Case, check};
use support::{Bench, Cloud};

use crate::Test;

pub const TESTS: &[Test] = &[
    ("contract::keys::key", |cloud| key(cloud).boxed_local()),
    ("contract::keys::policy", |cloud| policy(cloud).boxed_local()),
    ("contract::keys::alias", |cloud| alias(cloud).boxed_local()),
    ("contract::keys::a_deleted_key_is_taken_back", |cloud| taken_back(cloud).boxed_local()),
    ("contract::keys::a_key_without_its_alias_is_found", |cloud| found_again(cloud).boxed_local()),
    ("contract::keys::a_strangers_alias_is_not_taken_over", |cloud| taken(cloud).boxed_local()),
    ("contract::keys::a_look_takes_six_calls", |cloud| look(cloud).boxed_local()),
];

async fn key(cloud: Arc<Cloud>) {
    let mut bench = Bench::new(&cloud, "ct-key-12345678901");
    let case = Case::new(key_node("ct-key-12345678901"))
        .change("description", json!("something else"))
        .change("enabled", json!(false))
        .change("rotation_days", json!(180))
        .change("rotation_days", json!(null))
        .change("deletion_days", json!(9));
    check(&mut bench, case).await;
    bench.stand(alias_node("ct-key-12345678901")).await;
    bench.clear().await;
}

async fn policy(cloud: Arc<Cloud>) {
    let mut bench = Bench::new(&cloud, "ct-key-policy-1234");
    bench.stand(key_node("ct-key-policy-1234")).await;
    bench.stand(alias_node("ct-key-policy-1234")).await;
    let admin = bench.role("ct-key-admin", "ec2.amazonaws.com").await;
    let policy = keys::document(&bench.cx.scope, &[admin.as_str()], Trail::Own);
    let other = keys::document(&bench.cx.scope, &[], Trail::Account);
    let wish = KeyPolicy { key_id: reference(Tier::Keys, "key", "id"), policy };
    let case = Case::new(node(at("key-policy"), &wish))
        .change("policy", text(&other))
        .constant("key_id", "it is the policy of whatever key the alias leads to");
    check(&mut bench, case).await;
    bench.clear().await;
}

async fn alias(cloud: Arc<Cloud>) {
    let mut other = Bench::new(&cloud, "ct-key-other");
    let target = other.stand(key_node("ct-key-other")).await.facts["id"].clone();
    other.stand(alias_node("ct-key-other")).await;
    let mut bench = Bench::new(&cloud, "ct-key-alias-12345");
    bench.stand(key_node("ct-key-alias-12345")).await;
    // A key names itself when it is made.
    let alias = bench.resolve(&alias_node("ct-key-alias-12345"));
    bench.remove(&alias).await;
    let case = Case::new(alias).change("target", json!(KeyAlias::target(&target)));
    check(&mut bench, case).await;
    bench.clear().await;
    other.clear().await;
}

async fn taken_back(cloud: Arc<Cloud>) {
    let mut bench = Bench::new(&cloud, "ct-key-back");
    let before = bench.stand(key_node("ct-key-back")).await;
    bench.stand(alias_node("ct-key-back")).await;
    bench.clear().await;
    let after = bench.stand(key_node("ct-key-back")).await;
    bench.stand(alias_node("ct-key-back")).await;
    assert_eq!(before, after);
    bench.clear().await;
}

async fn found_again(cloud: Arc<Cloud>) {
    let mut bench = Bench::new(&cloud, "ct-key-lost");
    let before = bench.stand(key_node("ct-key-lost")).await;
    let alias = bench.stand(alias_node("ct-key-lost")).await;
    bench.delete(&alias).await.expect("the alias can be deleted");
    let after = bench.stand(key_node("ct-key-lost")).await;
    assert_eq!(before, after);
    bench.clear().await;
}

async fn taken(cloud: Arc<Cloud>) {
    let mut stranger = Bench::new(&cloud, "ct-key-stranger");
    let target = stranger.stand(key_node("ct-key-stranger")).await.facts["id"].clone();
    stranger.stand(alias_node("ct-key-stranger")).await;
    let theirs = KeyAlias {
        name: "alias/terrace-ct-key-taken".to_owned(),
        target: KeyAlias::target(&target),
    };
    let theirs = node(at("key-alias"), &theirs);
    stranger.create(&theirs).await.expect("an alias can lead anywhere");

    let mut bench = Bench::new(&cloud, "ct-key-taken");
    assert_eq!(bench.find(&key_node("ct-key-taken")).await, []);
    let refused = bench.create(&key_node("ct-key-taken")).await.expect_err("the alias is taken");
    assert!(refused.to_string().contains(&target), "{refused}");
    bench.remove(&theirs).await;
    stranger.clear().await;
}

async fn look(cloud: Arc<Cloud>) {
    let mut bench = Bench::new(&cloud, "ct-key-look");
    bench.stand(key_node("ct-key-look")).await;
    bench.stand(alias_node("ct-key-look")).await;
    let policy = keys::document(&bench.cx.scope, &[], Trail::Account);
    let wish = KeyPolicy { key_id: reference(Tier::Keys, "key", "id"), policy };
    bench.stand(node(at("key-policy"), &wish)).await;
    assert_eq!(bench.look(keys::KINDS).await, 6);
    bench.clear().await;
}

fn key_node(stack: &str) -> Node {
    let key = Key {
        alias: format!("alias/terrace-{stack}"),
        description: "for a test".to_owned(),
        enabled: true,
        rotation_days: Some(365),
        deletion_days: 7,
    };
    node(at("key"), &key)
}

fn alias_node(stack: &str) -> Node {
    let target = KeyAlias::target(&reference(Tier::Keys, "key", "id"));
    node(at("key-alias"), &KeyAlias { name: format!("alias/terrace-{stack}"), target })
}

fn text(policy: &Policy) -> serde_json::Value {
    policy.document().clone()
}

fn at(name: &str) -> Address {
    Address::new(Tier::Keys, name)
}

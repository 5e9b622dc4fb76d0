//! Contracts of the storage tier.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures::FutureExt;
use serde_json::json;
use shared::aws::{Cx, Policy, node};
use shared::model::{Address, Facts, Node, Tier, reference};
use storage::{AccessLogs, Bucket, Encryption, Expiry, Subscription, Topic, TopicPolicy};
use support::contract::{Case, check};
use support::{Bench, Cloud};

use crate::Test;

pub const TESTS: &[Test] = &[
    ("contract::storage::bucket", |cloud| bucket(cloud).boxed_local()),
    ("contract::storage::a_full_bucket_is_emptied_first", |cloud| full_bucket(cloud).boxed_local()),
    ("contract::storage::bucket_policy", |cloud| bucket_policy(cloud).boxed_local()),
    ("contract::storage::log_group", |cloud| log_group(cloud).boxed_local()),
    ("contract::storage::topic", |cloud| topic(cloud).boxed_local()),
    ("contract::storage::topic_policy", |cloud| topic_policy(cloud).boxed_local()),
    ("contract::storage::subscription", |cloud| subscription(cloud).boxed_local()),
    ("contract::storage::a_look_takes_29_calls", |cloud| look(cloud).boxed_local()),
];

/// A key's ARN; S3 and SNS take it without asking for the key.
const KEY: &str = "arn:aws:kms:us-east-1:000000000000:key/11111111-2222-3333-4444-555555555555";

async fn bucket(cloud: Arc<Cloud>) {
    let mut bench = Bench::new(&cloud, "ct-bucket-12345678");
    for part in ["access-logs", "alb-logs"] {
        bench.stand(node(at(part), &plain(&bench.cx, part))).await;
    }
    let wish = Bucket {
        encryption: Encryption::by_key(KEY.to_owned()),
        access_logs: Some(AccessLogs {
            bucket: reference(Tier::Storage, "access-logs", "name"),
            prefix: "files/".to_owned(),
        }),
        ..plain(&bench.cx, "files")
    };
    let expiry = Expiry { objects_days: Some(30), lone_markers: false, ..expiry() };
    let case = Case::new(node(at("files"), &wish))
        .change("versioning", json!(false))
        .change("encryption", json!(Encryption::by_s3()))
        .change("encryption.bucket_key", json!(false))
        .change("blocks_public_access", json!(false))
        .change("owner_enforced", json!(false))
        .change("lifecycle", json!({ "other": expiry }))
        .change("lifecycle", json!({}))
        .change("lifecycle.expiry.enabled", json!(false))
        .change("lifecycle.expiry.prefix", json!("old/"))
        .change("lifecycle.expiry.lone_markers", json!(false))
        .change("lifecycle.expiry.old_versions_days", json!(5))
        .change("lifecycle.expiry.unfinished_uploads_days", json!(1))
        .change("encryption.key", json!(KEY.replace("1111", "9999")))
        .change("access_logs.bucket", json!(bench.cx.scope.bucket_name("alb-logs")))
        .change("access_logs.prefix", json!("elsewhere/"))
        .change("access_logs", json!(null));
    check(&mut bench, case).await;
    bench.clear().await;
}

async fn full_bucket(cloud: Arc<Cloud>) {
    let mut bench = Bench::new(&cloud, "ct-full-bucket");
    let files = bench.stand(node(at("files"), &plain(&bench.cx, "files"))).await;
    let s3 = shared::client!(bench.cx, aws_sdk_s3);
    let name = &files.facts["name"];
    for key in ["one", "two", "two", "a folder/three+ü"] {
        s3.put_object().bucket(name).key(key).send().await.expect("an object can be put");
    }
    s3.delete_object().bucket(name).key("one").send().await.expect("an object can be deleted");
    bench.clear().await;
}

async fn bucket_policy(cloud: Arc<Cloud>) {
    let mut bench = Bench::new(&cloud, "ct-bucket-policy-1");
    bench.stand(node(at("alb-logs"), &plain(&bench.cx, "alb-logs"))).await;
    let revision = wished(&bench);
    let policy = revision.into_iter().find(|node| node.address == at("alb-logs-policy"));
    let policy = policy.expect("the tier has one");
    let other = Policy::from(json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Deny",
            "Principal": "*",
            "Action": ["s3:PutObject", "s3:GetObject"],
            "Resource": format!("arn:aws:s3:::{}/*", bench.cx.scope.bucket_name("alb-logs")),
        }],
    }));
    check(&mut bench, Case::new(policy).change("policy", other.document().clone())).await;
    bench.clear().await;
}

async fn log_group(cloud: Arc<Cloud>) {
    let mut bench = Bench::new(&cloud, "ct-log-group-12345");
    let (key, other) = (bench.key_for_logs().await, bench.key_for_logs().await);
    for part in ["app-logs", "waf-logs", "database-logs-postgresql", "trail-logs-group"] {
        let wish = wished(&bench).into_iter().find(|node| node.address == at(part));
        let mut wish = wish.expect("the tier has one");
        wish.spec["key"] = json!(key);
        let case = Case::new(wish)
            .change("retention_days", json!(7))
            .change("retention_days", json!(null))
            .change("key", json!(other))
            .change("key", json!(null));
        check(&mut bench, case).await;
    }
    bench.clear().await;
}

async fn topic(cloud: Arc<Cloud>) {
    let mut bench = Bench::new(&cloud, "ct-topic-123456789");
    let case = Case::new(topic_node(&bench.cx))
        .change("key", json!(KEY.replace("1111", "9999")))
        .change("key", json!(null));
    check(&mut bench, case).await;
    // SNS refuses other tags for a topic that stands, and a later run brings its own.
    "a-later-run".clone_into(&mut bench.cx.run);
    let node = topic_node(&bench.cx);
    bench.create(&node).await.expect("a later run finds the topic of a lost answer");
    assert_eq!(bench.find(&node).await.len(), 1);
    bench.clear().await;
}

async fn topic_policy(cloud: Arc<Cloud>) {
    let mut bench = Bench::new(&cloud, "ct-topic-policy-12");
    let arn = bench.stand(topic_node(&bench.cx)).await.facts["arn"].clone();
    let wish = wished(&bench).into_iter().find(|node| node.kind == kind::<TopicPolicy>());
    let other = Policy::from(json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Principal": { "Service": "cloudwatch.amazonaws.com" },
            "Action": "sns:Publish",
            "Resource": arn,
        }],
    }));
    let case =
        Case::new(wish.expect("the tier has one")).change("policy", other.document().clone());
    let case = case.constant("topic", "a stack has one topic, and its name never changes");
    check(&mut bench, case).await;
    bench.clear().await;
}

async fn subscription(cloud: Arc<Cloud>) {
    let mut bench = Bench::new(&cloud, "ct-subscription-12");
    bench.stand(topic_node(&bench.cx)).await;
    for endpoint in ["ops@example.org", "o+ps_at_night@example.org"] {
        let wish = Subscription { protocol: "email".to_owned(), endpoint: endpoint.to_owned() };
        check(&mut bench, Case::new(node(Subscription::address(endpoint), &wish))).await;
    }
    bench.clear().await;
}

/// Of a whole tier: three buckets, five log groups, the topic and nobody who has not confirmed; then with a trail of its own.
async fn look(cloud: Arc<Cloud>) {
    let mut bench = Bench::new(&cloud, "ct-storage-look");
    let facts = Facts::from([("arn".to_owned(), bench.key_for_logs().await)]);
    let key = BTreeMap::from([(Address::new(Tier::Keys, "key"), facts)]);
    let (trail, others): (Vec<Node>, Vec<Node>) =
        wished(&bench).into_iter().partition(|node| node.address.name().starts_with("trail-logs"));
    for (wishes, reads) in [(others, 29), (trail, 34)] {
        for wish in wishes {
            bench.stand(wish.resolve(&key)).await;
        }
        assert_eq!(bench.look(storage::KINDS).await, reads);
    }
    bench.clear().await;
}

fn plain(cx: &Cx, part: &str) -> Bucket {
    Bucket {
        name: cx.scope.bucket_name(part),
        versioning: true,
        encryption: Encryption::by_s3(),
        blocks_public_access: true,
        owner_enforced: true,
        lifecycle: BTreeMap::from([("expiry".to_owned(), expiry())]),
        access_logs: None,
    }
}

fn expiry() -> Expiry {
    Expiry {
        enabled: true,
        prefix: Some(String::new()),
        objects_days: None,
        lone_markers: true,
        old_versions_days: Some(90),
        unfinished_uploads_days: Some(7),
        transitions: 0,
    }
}

fn topic_node(cx: &Cx) -> Node {
    node(at("topic"), &Topic { name: cx.scope.name("alarms"), key: Some(KEY.to_owned()) })
}

/// The tier's own nodes for the bench's stack.
fn wished(bench: &Bench) -> Vec<Node> {
    let scope = &bench.cx.scope;
    let (name, region) =
        (scope.stack.parse().expect("a name"), scope.region.parse().expect("a region"));
    let mut spec = shared::spec::Spec::new(name, region, shared::spec::Bastion::default());
    spec.logging.trail = shared::spec::Trail::Own;
    let pinned = shared::revision::Pinned::default();
    storage::wish(&shared::revision::Revision { number: 1, spec, pinned }, scope)
}

fn kind<R: shared::aws::Resource>() -> &'static str {
    R::KIND
}

fn at(name: &str) -> Address {
    Address::new(Tier::Storage, name)
}

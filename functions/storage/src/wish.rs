//! The storage tier's nodes, from the revision.

use std::collections::{BTreeMap, BTreeSet};

use shared::aws::{Policy, Scope, node};
use shared::model::{Address, Node, Tier, reference};
use shared::revision::Revision;
use shared::spec::{Spec, Trail};

use crate::{
    AccessLogs, Bucket, BucketPolicy, Encryption, Expiry, LogGroup, Subscription, Topic,
    TopicPolicy, at, documents, names,
};

/// Days after which parts of an upload that nobody finished are thrown away.
const UNFINISHED_DAYS: i32 = 7;

/// Logs are written once: an old version is one that somebody replaced, kept for a look.
const OLD_LOGS_DAYS: i32 = 30;

/// The tier's nodes.
pub fn wish(revision: &Revision, scope: &Scope) -> Vec<Node> {
    let spec = &revision.spec;
    [buckets(spec, scope), log_groups(spec, scope), people_told(spec, scope)].concat()
}

/// Log buckets stay when a stack is destroyed, as its files do unless the spec gives them up.
fn buckets(spec: &Spec, scope: &Scope) -> Vec<Node> {
    let access_logs = bucket("access-logs", scope, logs_expiry(spec));
    let alb_logs = bucket("alb-logs", scope, logs_expiry(spec));
    let files = Bucket {
        encryption: Encryption::by_key(key_arn()),
        ..bucket("files", scope, files_expiry(spec))
    };
    let protection = spec.files.protection;
    let own_trail = match spec.logging.trail {
        Trail::Account => Vec::new(),
        Trail::Own => {
            let trail_logs = bucket("trail-logs", scope, logs_expiry(spec));
            logged(with_policy(&trail_logs, "trail-logs", documents::trail_logs, scope, true))
        }
    };
    [
        with_policy(&access_logs, "access-logs", documents::access_logs, scope, true),
        logged(with_policy(&alb_logs, "alb-logs", documents::alb_logs, scope, true)),
        logged(with_policy(&files, "files", documents::files, scope, protection)),
        own_trail,
    ]
    .concat()
}

/// A private, versioned bucket. Load balancers and S3 itself deliver logs only to buckets that
/// S3 encrypts with its own keys, so that is what it starts with; a trail encrypts by itself.
fn bucket(part: &str, scope: &Scope, expiry: Expiry) -> Bucket {
    let access_logs = (part != "access-logs").then(|| AccessLogs {
        bucket: reference(Tier::Storage, "access-logs", "name"),
        prefix: format!("{part}/"),
    });
    Bucket {
        name: scope.bucket_name(part),
        versioning: true,
        encryption: Encryption::by_s3(),
        blocks_public_access: true,
        owner_enforced: true,
        lifecycle: BTreeMap::from([("expiry".to_owned(), expiry)]),
        access_logs,
    }
}

/// A bucket and its policy, which stays with it.
fn with_policy(
    bucket: &Bucket,
    part: &str,
    document: fn(&Scope, &str) -> Policy,
    scope: &Scope,
    protected: bool,
) -> Vec<Node> {
    let policy = document(scope, &bucket.name);
    let policy = BucketPolicy { bucket: reference(Tier::Storage, part, "name"), policy };
    let nodes = [node(at(part), bucket), node(at(format!("{part}-policy")), &policy)];
    nodes.map(|node| Node { protected, ..node }).into()
}

/// S3 takes a bucket for logs only when it may write to it.
fn logged(mut nodes: Vec<Node>) -> Vec<Node> {
    for node in nodes.iter_mut().filter(|node| node.kind == "AWS::S3::Bucket") {
        node.after = BTreeSet::from([at("access-logs-policy")]);
    }
    nodes
}

fn logs_expiry(spec: &Spec) -> Expiry {
    Expiry {
        objects_days: Some(retention_days(spec)),
        lone_markers: false,
        ..expiry(OLD_LOGS_DAYS)
    }
}

fn files_expiry(spec: &Spec) -> Expiry {
    expiry(days(spec.files.versions_kept_days))
}

fn expiry(old_versions_days: i32) -> Expiry {
    Expiry {
        enabled: true,
        prefix: Some(String::new()),
        objects_days: None,
        lone_markers: true,
        old_versions_days: Some(old_versions_days),
        unfinished_uploads_days: Some(UNFINISHED_DAYS),
        transitions: 0,
    }
}

fn log_groups(spec: &Spec, scope: &Scope) -> Vec<Node> {
    let flow_logs = spec
        .logging
        .flow_logs
        .then(|| ("flow-logs".to_owned(), names::log_group(scope, "flow-logs")));
    let app_logs = ("app-logs".to_owned(), names::log_group(scope, "app-logs"));
    let waf_logs = ("waf-logs".to_owned(), names::waf_log_group(scope));
    let database = spec.database.engine.log_exports().iter().map(|stream| {
        (format!("database-logs-{stream}"), names::database_log_group(scope, stream))
    });
    let trail = match spec.logging.trail {
        Trail::Account => None,
        Trail::Own => {
            let part = names::TRAIL_LOG_GROUP;
            Some((part.to_owned(), names::log_group(scope, part)))
        }
    };
    let all = flow_logs.into_iter().chain([app_logs, waf_logs]).chain(trail).chain(database);
    all.map(|(part, name)| log_group(spec, &part, name)).collect()
}

fn log_group(spec: &Spec, part: &str, name: String) -> Node {
    let group = LogGroup {
        name,
        retention_days: Some(retention_days(spec)),
        key: Some(key_arn()),
        class: "STANDARD".to_owned(),
    };
    // CloudWatch Logs tries the key when the group is made.
    Node { after: [key_policy()].into(), ..node(at(part), &group) }
}

fn people_told(spec: &Spec, scope: &Scope) -> Vec<Node> {
    let topic = Topic { name: names::topic_name(scope), key: Some(key_arn()) };
    let topic = Node { after: [key_policy()].into(), ..node(at("topic"), &topic) };
    let arn = reference(Tier::Storage, "topic", "arn");
    let policy =
        node(at("topic-policy"), &TopicPolicy { topic: arn, policy: documents::topic(scope) });
    let people = spec.alarms.emails.iter().map(|email| subscription(email.as_str()));
    [topic, policy].into_iter().chain(people).collect()
}

fn subscription(email: &str) -> Node {
    let address = Subscription::address(email);
    let wish = Subscription { protocol: "email".to_owned(), endpoint: email.to_owned() };
    Node { after: [at("topic")].into(), ..node(address, &wish) }
}

fn key_arn() -> String {
    reference(Tier::Keys, "key", "arn")
}

fn key_policy() -> Address {
    Address::new(Tier::Keys, "key-policy")
}

fn retention_days(spec: &Spec) -> i32 {
    days(spec.logging.retention_days.days())
}

/// S3 and CloudWatch Logs count days in 32 bits with a sign; the spec ends at 3,653.
fn days(count: u32) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}

use std::collections::BTreeSet;

use serde_json::{Value, json};
use shared::aws::Scope;
use shared::model::{Address, Node, Stack};
use shared::revision::{Pinned, Revision};
use shared::spec::{Bastion, Spec, Trail};

use crate::{Subscription, at, documents, names, wish};

/// The longest stack name there is.
const STACK: &str = "abcdefghijklmnopqr";

fn scope() -> Scope {
    let (account, region) = ("123456789012".to_owned(), "ap-southeast-2".to_owned());
    Scope { stack: STACK.to_owned(), account, region }
}

fn revision(change: impl FnOnce(&mut Spec)) -> Revision {
    let name = STACK.parse().expect("a stack name");
    let mut spec = Spec::new(name, "ap-southeast-2".parse().expect("a region"), Bastion::default());
    change(&mut spec);
    Revision { number: 1, spec, pinned: Pinned::default() }
}

fn nodes(change: impl FnOnce(&mut Spec)) -> Vec<Node> {
    wish(&revision(change), &scope())
}

/// With all that a stack may have.
fn largest(spec: &mut Spec) {
    spec.logging.trail = Trail::Own;
}

fn of_kind(nodes: &[Node], kind: &str) -> Vec<Node> {
    nodes.iter().filter(|node| node.kind == kind).cloned().collect()
}

fn addresses(nodes: &[Node]) -> BTreeSet<String> {
    nodes.iter().map(|node| node.address.name().to_owned()).collect()
}

#[test]
fn with_the_keys_tier_it_is_a_whole_stack() {
    let revision = revision(|spec| {
        largest(spec);
        spec.alarms.emails = ["ops@example.org", "o.ps@example.org"]
            .map(|it| it.parse().expect("an address"))
            .into();
    });
    let all = [wish(&revision, &scope()), keys::wish(&revision, &scope())].concat();
    Stack::new(all).expect("every reference leads somewhere");
}

#[test]
fn names_fit_with_the_longest_stack_name() {
    for node in of_kind(&nodes(largest), "AWS::S3::Bucket") {
        let name = node.spec["name"].as_str().expect("a name");
        assert!((3..=63).contains(&name.len()), "{name}");
    }
    for node in of_kind(&nodes(largest), "AWS::Logs::LogGroup") {
        assert!(
            node.spec["name"].as_str().is_some_and(|name| name.len() <= 512),
            "{}",
            node.address
        );
    }
    assert!(names::topic_name(&scope()).len() <= 256);
}

#[test]
fn every_log_group_is_listed_under_its_address() {
    for engine in [shared::spec::Engine::Postgres, shared::spec::Engine::Mysql] {
        for node in of_kind(
            &nodes(|spec| {
                largest(spec);
                spec.database.engine = engine;
            }),
            "AWS::Logs::LogGroup",
        ) {
            let name = node.spec["name"].as_str().expect("a name");
            assert_eq!(names::log_group_address(&scope(), name), Some(node.address.clone()));
            let listed =
                names::log_group_prefixes(&scope()).iter().any(|it| name.starts_with(it.as_str()));
            assert!(listed, "{name} is under no prefix");
        }
    }
    assert_eq!(names::log_group_address(&scope(), "/terrace/abcdefghijklmnopqr/theirs"), None);
}

/// The key's policy names log groups by patterns; were a pattern wrong, AWS would refuse the group.
#[test]
fn the_key_admits_every_log_group() {
    let document = keys::document(&scope(), &[], Trail::Own);
    let statements = document.document()["Statement"].as_array().expect("statements");
    let logs = statements.iter().find(|it| it["Sid"] == "LogGroups").expect("one for logs");
    let patterns = logs["Condition"]["ArnLike"]["kms:EncryptionContext:aws:logs:arn"].as_array();
    let patterns: Vec<&str> =
        patterns.expect("patterns").iter().filter_map(Value::as_str).collect();
    for node in of_kind(&nodes(largest), "AWS::Logs::LogGroup") {
        let arn =
            scope().arn("logs", &format!("log-group:{}", node.spec["name"].as_str().unwrap_or("")));
        let admitted =
            patterns.iter().any(|it| it.strip_suffix('*').is_some_and(|it| arn.starts_with(it)));
        assert!(admitted, "{arn} matches none of {patterns:?}");
    }
}

#[test]
fn flow_logs_have_a_group_only_when_they_are_kept() {
    assert!(addresses(&nodes(|_| ())).contains("flow-logs"));
    assert!(!addresses(&nodes(|spec| spec.logging.flow_logs = false)).contains("flow-logs"));
}

#[test]
fn a_trail_has_its_bucket_and_its_group_only_when_it_is_the_stacks_own() {
    let own = |nodes: Vec<Node>| -> Vec<String> {
        addresses(&nodes).into_iter().filter(|name| name.starts_with("trail")).collect()
    };
    assert_eq!(own(nodes(|_| ())), Vec::<String>::new());
    assert_eq!(own(nodes(largest)), ["trail-logs", "trail-logs-group", "trail-logs-policy"]);
}

/// CloudTrail writes for whoever asks it: without the trail's name any account's could.
#[test]
fn only_the_stacks_own_trail_writes_to_its_bucket() {
    let nodes = nodes(largest);
    let policy = nodes.iter().find(|node| node.address == at("trail-logs-policy"));
    let statements = policy.expect("a policy").spec["policy"]["Statement"].clone();
    let trail =
        "arn:aws:cloudtrail:ap-southeast-2:123456789012:trail/terrace-abcdefghijklmnopqr-trail";
    let cloudtrail = json!({ "Service": "cloudtrail.amazonaws.com" });
    let theirs: Vec<&Value> = statements
        .as_array()
        .expect("statements")
        .iter()
        .filter(|it| it["Principal"] == cloudtrail)
        .collect();
    assert_eq!(theirs.len(), 2);
    for statement in theirs {
        assert_eq!(statement["Condition"]["StringEquals"]["aws:SourceArn"], trail, "{statement}");
    }
}

#[test]
fn every_bucket_is_private_versioned_and_ends_things() {
    for node in of_kind(&nodes(largest), "AWS::S3::Bucket") {
        for field in ["versioning", "blocks_public_access", "owner_enforced"] {
            assert_eq!(node.spec[field], true, "{field} of {}", node.address);
        }
        assert_eq!(node.spec["lifecycle"]["expiry"]["enabled"], true, "{}", node.address);
        let logs = &node.spec["access_logs"]["bucket"];
        let expected = if node.address == at("access-logs") {
            &Value::Null
        } else {
            &json!("${storage/access-logs.name}")
        };
        assert_eq!(logs, expected, "{}", node.address);
    }
}

#[test]
fn only_files_are_encrypted_with_our_key_because_log_delivery_takes_no_other() {
    for node in of_kind(&nodes(largest), "AWS::S3::Bucket") {
        let algorithm = if node.address == at("files") { "aws:kms" } else { "AES256" };
        assert_eq!(node.spec["encryption"]["algorithm"], algorithm, "{}", node.address);
    }
}

#[test]
fn files_stay_unless_the_spec_gives_them_up_and_logs_always_do() {
    let stay = |nodes: Vec<Node>| {
        addresses(&nodes.into_iter().filter(|node| node.protected).collect::<Vec<_>>())
    };
    let logs = ["access-logs", "access-logs-policy", "alb-logs", "alb-logs-policy"];
    let logs: BTreeSet<String> = logs.map(str::to_owned).into();
    let files: BTreeSet<String> = ["files", "files-policy"].map(str::to_owned).into();
    assert_eq!(stay(nodes(|_| ())), logs.union(&files).cloned().collect());
    assert_eq!(stay(nodes(|spec| spec.files.protection = false)), logs);
    let trail: BTreeSet<String> = ["trail-logs", "trail-logs-policy"].map(str::to_owned).into();
    let all: BTreeSet<String> = logs.union(&files).chain(&trail).cloned().collect();
    assert_eq!(stay(nodes(largest)), all);
}

/// A policy that names another bucket would hold it when the stack is destroyed.
#[test]
fn a_bucket_policy_names_no_bucket_but_its_own() {
    let all = names::buckets(&scope());
    for (name, address) in &all {
        let policy = match address.name() {
            "access-logs" => documents::access_logs(&scope(), name),
            "alb-logs" => documents::alb_logs(&scope(), name),
            "trail-logs" => documents::trail_logs(&scope(), name),
            _ => documents::files(&scope(), name),
        };
        for (other, _) in all.iter().filter(|(other, _)| other != name) {
            assert!(!policy.to_string().contains(other.as_str()), "{address} names {other}");
        }
    }
}

#[test]
fn every_bucket_policy_refuses_what_is_not_encrypted_on_the_wire() {
    for node in of_kind(&nodes(largest), "AWS::S3::BucketPolicy") {
        let text = node.spec["policy"].to_string();
        assert!(text.contains(r#""aws:SecureTransport":"false""#), "{}: {text}", node.address);
    }
}

#[test]
fn addresses_of_subscriptions_differ_and_read_back() {
    let endpoints = [
        "ops@example.org",
        "ops_at_example.org",
        "a+b@example.org",
        "a_2b_b@example.org",
        "a-b@example.org",
        "a_b@example.org",
        "ärger@example.org",
    ];
    let addresses = endpoints.map(Subscription::address);
    for address in &addresses {
        assert_eq!(address.to_string().parse::<Address>().as_ref(), Ok(address));
    }
    assert_eq!(BTreeSet::from(addresses).len(), endpoints.len());
}

#[test]
fn a_topic_whose_policy_nobody_wrote_counts_as_one_without() {
    assert!(documents::is_topic_default(&documents::topic_default(&scope())));
    assert!(!documents::is_topic_default(&documents::topic(&scope())));
}

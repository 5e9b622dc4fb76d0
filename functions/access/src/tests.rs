//! The wish of the tier, without a cloud.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use shared::aws::{Policy, Scope};
use shared::model::{Address, Facts, Node, Stack, Tier};
use shared::revision::{Pinned, Revision};
use shared::spec::{self, Spec};

use crate::wish;

const LONGEST: &str = "an-eighteen-letter";

/// People of all kinds, and whatever else a spec can ask of this tier.
const PEOPLE: &str = "people: { read_only: [ada], operate: [grace], administer: [barbara.liskov] }\n\
                      logging: { trail: own }\n";

fn scope() -> Scope {
    Scope { stack: LONGEST.into(), account: "111122223333".into(), region: "ap-southeast-2".into() }
}

fn spec(more: &str) -> Spec {
    let text = format!(
        "terrace: 1\nname: {LONGEST}\nregion: ap-southeast-2\nbastion:\n  ssh_from: [203.0.113.0/24]\n  \
         public_key: ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl a@b\n{more}"
    );
    spec::read(&text, "spec.yaml").unwrap_or_else(|problems| panic!("{problems:?}"))
}

fn nodes(spec: Spec) -> Vec<Node> {
    wish(&Revision { number: 1, spec, pinned: Pinned::default() }, &scope())
}

fn names(nodes: &[Node]) -> BTreeSet<&str> {
    nodes.iter().map(|node| node.address.name()).collect()
}

/// The nodes with facts as long as AWS makes them.
fn resolved(nodes: &[Node]) -> Vec<Node> {
    let scope = scope();
    let key = scope.arn("kms", "key/12345678-1234-1234-1234-123456789012");
    let other = |address: &Address| match (address.tier(), address.name()) {
        (Tier::Keys, _) => key.clone(),
        (Tier::Access, name) => scope.arn("iam", &format!("x{}{name}", scope.iam_path())),
        (_, name) => format!("arn:aws:s3:::{}", scope.bucket_name(name)),
    };
    let facts: BTreeMap<Address, Facts> = nodes
        .iter()
        .flat_map(Node::references)
        .map(|it| {
            let arn = other(&it.address);
            let facts = ["id", "arn", "name"].map(|fact| (fact.to_owned(), arn.clone()));
            (it.address, facts.into())
        })
        .collect();
    nodes.iter().map(|node| node.resolve(&facts)).collect()
}

/// Every policy document in the nodes, by address and field.
fn documents(nodes: &[Node]) -> Vec<(String, Value)> {
    let fields = ["policy", "trust"];
    let of = |node: &Node| {
        let at = node.address.to_string();
        let found = fields.map(|field| (format!("{at} {field}"), node.spec[field].clone()));
        found.into_iter().filter(|(_, document)| !document.is_null()).collect::<Vec<_>>()
    };
    nodes.iter().flat_map(of).collect()
}

fn statements(document: &Value) -> Vec<Value> {
    match &document["Statement"] {
        Value::Array(statements) => statements.clone(),
        only => vec![only.clone()],
    }
}

fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::Array(items) => items.iter().flat_map(texts).collect(),
        Value::String(text) => vec![text.clone()],
        other => vec![other.to_string()],
    }
}

#[test]
fn machines_have_roles_and_nobody_named_makes_no_groups() {
    let expected = [
        "app-profile",
        "app-role",
        "app-role-policy",
        "bastion-profile",
        "bastion-role",
        "boundary",
        "flow-logs-role",
        "flow-logs-role-policy",
        "monitoring-role",
    ];
    assert_eq!(names(&nodes(spec(""))), expected.into());
    let own = nodes(spec("logging: { trail: own }\n"));
    let more: Vec<&str> = names(&own).difference(&expected.into()).copied().collect();
    assert_eq!(more, ["trail-role", "trail-role-policy"]);
    let mut bare = spec("logging: { flow_logs: false }\n");
    bare.bastion.enabled = false;
    let expected = ["app-profile", "app-role", "app-role-policy", "boundary", "monitoring-role"];
    assert_eq!(names(&nodes(bare)), expected.into());
}

#[test]
fn rights_add_up_and_a_group_stands_when_a_member_needs_it() {
    let readers = nodes(spec("people: { read_only: [ada] }\n"));
    assert!(names(&readers).contains("group-read-only"));
    assert!(!names(&readers).contains("group-operate"));

    let all = nodes(spec(PEOPLE));
    let groups = |name: &str| -> Vec<String> {
        let user = all.iter().find(|node| node.address.name() == name).expect(name);
        texts(&user.spec["groups"])
    };
    let named = |parts: &[&str]| parts.iter().map(|part| scope().name(part)).collect::<Vec<_>>();
    assert_eq!(groups("user-ada"), named(&["read-only"]));
    assert_eq!(groups("user-grace"), named(&["operate", "read-only"]));
    assert_eq!(groups("user-barbara.liskov"), named(&["administer", "operate", "read-only"]));
}

#[test]
fn names_fit_iams_limits() {
    let longest = "a".repeat(45);
    for node in nodes(spec(&format!("people: {{ read_only: [{longest}] }}\n"))) {
        // `CreateRole`, `CreateUser`: 64 characters; groups, policies and profiles take 128.
        let name = match node.address.name().strip_prefix("user-") {
            Some(bare) => format!("{bare}@{LONGEST}"),
            None => scope().name(node.address.name()),
        };
        assert!(name.len() <= 64, "{name}");
        assert_eq!(node.address.to_string().parse(), Ok(node.address));
    }
}

#[test]
fn documents_fit_iams_limits() {
    // IAM quotas, characters without white space: managed policy, inline policy of a group, all
    // inline policies of a role, trust policy.
    for (at, document) in documents(&resolved(&nodes(spec(PEOPLE)))) {
        let limit = match at.as_str() {
            at if at.ends_with("boundary policy") => 6144,
            at if at.contains("/group-") => 5120,
            at if at.ends_with(" trust") => 2048,
            _ => 10_240,
        };
        let length = document.to_string().len();
        assert!(length <= limit, "{at}: {length} of {limit}");
    }
}

#[test]
fn a_document_stays_in_canonical_form_when_its_facts_are_known() {
    for (at, document) in documents(&resolved(&nodes(spec(PEOPLE)))) {
        assert_eq!(Policy::from(document.clone()).document(), &document, "{at}");
    }
}

#[test]
fn no_policy_gives_a_whole_service_or_every_key() {
    for (at, document) in documents(&nodes(spec(PEOPLE))) {
        for statement in statements(&document) {
            let actions = texts(&statement["Action"]);
            assert!(!actions.iter().any(|it| it == "*" || it.ends_with(":*")), "{at}: {actions:?}");
            // Controls KMS.1 and KMS.2.
            if actions.iter().any(|it| it.starts_with("kms:")) {
                assert_eq!(texts(&statement["Resource"]), ["${keys/key.arn}"], "{at}");
            }
        }
    }
}

#[test]
fn everything_but_a_second_factor_needs_a_second_factor() {
    let allowed_without = |spec: Spec| -> BTreeSet<String> {
        let groups = documents(&nodes(spec));
        let groups = groups.iter().filter(|(at, _)| at.contains("/group-"));
        groups
            .flat_map(|(_, document)| statements(document))
            .filter(|it| it["Condition"]["Bool"]["aws:MultiFactorAuthPresent"] != "true")
            .flat_map(|it| texts(&it["Action"]))
            .filter(|action| !action.starts_with("iam:"))
            .collect()
    };
    assert_eq!(allowed_without(spec(PEOPLE)), BTreeSet::new());
    let free = PEOPLE.replace("administer:", "require_mfa: false, administer:");
    assert!(allowed_without(spec(&free)).contains("ec2:RebootInstances"));
}

#[test]
fn changes_are_limited_to_the_stack() {
    let reads = |action: &str| {
        let verb = action.split_once(':').map_or(action, |(_, verb)| verb);
        ["Describe", "Get", "List"].iter().any(|it| verb.starts_with(it))
    };
    let own = format!("terrace:stack\":\"{LONGEST}");
    for (at, document) in documents(&nodes(spec(PEOPLE))) {
        for statement in statements(&document).iter().filter(|_| at.contains("/group-")) {
            let changes = texts(&statement["Action"]).iter().any(|action| !reads(action));
            let resources = texts(&statement["Resource"]);
            // By tag; or by the name of the stack or of one of its resources; or documents and
            // sessions that are the caller's own.
            let limited = statement["Condition"].to_string().contains(&own)
                || resources.iter().all(|it| {
                    [LONGEST, "${", "::document/AWS-Start", ":mfa/*"]
                        .iter()
                        .any(|part| it.contains(part))
                })
                || statement["Condition"].to_string().contains("primaryDBInstanceArn");
            assert!(!changes || limited, "{at}: {statement}");
        }
    }
}

#[test]
fn nobody_may_give_themselves_more() {
    const ESCALATIONS: [&str; 8] = [
        "iam:Attach",
        "iam:Create",
        "iam:PassRole",
        "iam:Put",
        "iam:Update",
        "kms:PutKeyPolicy",
        "kms:CreateGrant",
        "ec2:CreateTags",
    ];
    for (at, document) in documents(&nodes(spec(PEOPLE))) {
        for action in statements(&document).iter().flat_map(|it| texts(&it["Action"])) {
            let own_device = action == "iam:CreateVirtualMFADevice";
            assert!(
                own_device || !ESCALATIONS.iter().any(|it| action.starts_with(it)),
                "{at}: {action}"
            );
        }
    }
}

#[test]
fn the_boundary_admits_what_the_roles_need() {
    for (boundary, holders) in [("boundary", "-role-policy"), ("people-boundary", "group-")] {
        let all = documents(&nodes(spec(PEOPLE)));
        let bound: BTreeSet<(String, String)> = all
            .iter()
            .filter(|(at, _)| *at == format!("access/{boundary} policy"))
            .flat_map(|(_, document)| statements(document))
            .flat_map(|it| pairs(&it))
            .collect();
        let needed = all.iter().filter(|(at, _)| at.contains(holders) && at.ends_with(" policy"));
        for (at, document) in needed {
            for pair in statements(document).iter().flat_map(pairs) {
                let anywhere = (pair.0.clone(), "*".to_owned());
                assert!(bound.contains(&pair) || bound.contains(&anywhere), "{at}: {pair:?}");
            }
        }
    }
}

fn pairs(statement: &Value) -> Vec<(String, String)> {
    let resources = texts(&statement["Resource"]);
    let actions = texts(&statement["Action"]).into_iter();
    actions.flat_map(|it| resources.iter().map(move |on| (it.clone(), on.clone()))).collect()
}

#[test]
fn nothing_in_the_tier_refers_in_circles() {
    let nodes = nodes(spec(PEOPLE));
    let own: BTreeSet<Address> = nodes.iter().map(|node| node.address.clone()).collect();
    let inner = resolved(&nodes).into_iter().zip(&nodes).map(|(resolved, node)| {
        let mut inner = resolved;
        inner.after.extend(node.needs().into_iter().filter(|it| own.contains(it)));
        inner
    });
    assert_eq!(Stack::new(inner.collect()).map(|stack| stack.nodes().len()), Ok(nodes.len()));
}

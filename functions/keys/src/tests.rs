use std::collections::BTreeMap;

use serde_json::{Value, json};
use shared::aws::{Policy, Scope};
use shared::model::{Facts, Live, Stack, Status};
use shared::revision::{Pinned, Revision};
use shared::spec::{Bastion, Spec, Trail};

use super::*;

fn scope() -> Scope {
    let (account, region) = ("123456789012".to_owned(), "eu-central-1".to_owned());
    Scope { stack: "abcdefghijklmnopqr".to_owned(), account, region }
}

fn revision() -> Revision {
    let name = "abcdefghijklmnopqr".parse().expect("a stack name");
    let spec = Spec::new(name, "eu-central-1".parse().expect("a region"), Bastion::default());
    Revision { number: 1, spec, pinned: Pinned::default() }
}

/// What the wish looks like once it stands.
fn standing() -> Vec<Live> {
    let facts = |pairs: &[(&str, &str)]| {
        pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()
    };
    let facts = |address: &Address| -> Facts {
        match address.name() {
            "key" => {
                facts(&[("id", "1234"), ("arn", "arn:aws:kms:eu-central-1:123456789012:key/1234")])
            }
            "key-alias" => facts(&[
                ("id", "alias/terrace-abcdefghijklmnopqr"),
                ("name", "alias/terrace-abcdefghijklmnopqr"),
            ]),
            _ => facts(&[("id", "1234/policy")]),
        }
    };
    let nodes = wish(&revision(), &scope());
    let known: BTreeMap<Address, Facts> =
        nodes.iter().map(|node| (node.address.clone(), facts(&node.address))).collect();
    let live = nodes.iter().map(|node| node.resolve(&known));
    live.map(|node| Live {
        facts: facts(&node.address),
        address: node.address,
        kind: node.kind,
        spec: node.spec,
        status: Status::Ready,
    })
    .collect()
}

#[test]
fn the_tier_is_a_whole_stack() {
    Stack::new(wish(&revision(), &scope())).expect("every reference leads somewhere");
}

/// The key is found by its alias: were the alias gone first, the key could not be deleted.
#[test]
fn the_policy_goes_before_the_key_and_the_alias_after_it() {
    let live = standing();
    let at = |name: &str| live.iter().find(|it| it.address.name() == name).expect("it stands");
    assert!(at("key-policy").uses(at("key")));
    assert!(at("key").uses(at("key-alias")));
    assert!(!at("key-alias").uses(at("key")));
    assert!(!at("key").uses(at("key-policy")));
}

#[test]
fn the_default_policy_counts_as_none_whatever_its_statement_is_called() {
    let theirs = json!({
        "Version": "2012-10-17",
        "Id": "key-default-1",
        "Statement": [{
            "Sid": "Enable IAM User Permissions",
            "Effect": "Allow",
            "Principal": { "AWS": "arn:aws:iam::123456789012:root" },
            "Action": "kms:*",
            "Resource": "*",
        }],
    });
    assert!(document::is_default(&scope(), &Policy::from(theirs)));
    assert!(document::is_default(&scope(), &document::default(&scope())));
    assert!(!document::is_default(&scope(), &document(&scope(), &[], Trail::Account)));
}

#[test]
fn nobody_outside_the_account_may_use_the_key() {
    let policy = document(&scope(), &["arn:aws:iam::123456789012:role/admin"], Trail::Own);
    let statements = policy.document()["Statement"].as_array().expect("statements");
    let anyone = statements.iter().filter(|it| it["Principal"] == json!({ "AWS": "*" }));
    for statement in anyone {
        assert_eq!(statement["Condition"]["StringEquals"]["aws:PrincipalAccount"], "123456789012");
        assert!(statement["Condition"]["StringEquals"]["aws:PrincipalArn"].is_string());
    }
}

#[test]
fn administrators_may_not_use_the_key() {
    let admin = "arn:aws:iam::123456789012:role/admin";
    let policy = document(&scope(), &[admin], Trail::Own);
    let statements = policy.document()["Statement"].as_array().expect("statements");
    let theirs = statements.iter().find(|it| it["Principal"]["AWS"] == admin).expect("theirs");
    let actions: Vec<&str> =
        theirs["Action"].as_array().expect("actions").iter().filter_map(Value::as_str).collect();
    assert!(
        !actions.iter().any(|it| it.contains("crypt") || it.contains("Generate") || *it == "kms:*")
    );
}

#[test]
fn cloudtrail_may_use_the_key_only_for_the_stacks_own_trail() {
    let of_trails = |whose: Trail| -> Vec<Value> {
        let policy = document(&scope(), &[], whose);
        let statements = policy.document()["Statement"].as_array().expect("statements").clone();
        let cloudtrail = json!({ "Service": "cloudtrail.amazonaws.com" });
        statements.into_iter().filter(|it| it["Principal"] == cloudtrail).collect()
    };
    assert_eq!(of_trails(Trail::Account), Vec::<Value>::new());
    let arn = "arn:aws:cloudtrail:eu-central-1:123456789012:trail/terrace-abcdefghijklmnopqr-trail";
    let own = of_trails(Trail::Own);
    assert!(
        own.iter().all(|it| it["Condition"]["StringEquals"]["aws:SourceArn"] == arn),
        "{own:?}"
    );
    let encrypts = own.iter().find(|it| it["Action"] == "kms:GenerateDataKey*").expect("encrypts");
    let context = &encrypts["Condition"]["StringLike"]["kms:EncryptionContext:aws:cloudtrail:arn"];
    assert_eq!(context, &json!(arn.replace("eu-central-1", "*")));
}

//! Contracts of the access tier.

use std::collections::BTreeMap;
use std::sync::Arc;

use access::{Group, InstanceProfile, ManagedPolicy, Role, RolePolicy, User};
use futures::FutureExt;
use serde_json::{Value, json};
use shared::aws::{Policy, node};
use shared::model::{Address, Facts, Node, Stack, Tier, reference};
use shared::revision::{Pinned, Revision};
use support::contract::{Case, check};
use support::{Bench, Cloud};

use crate::Test;

pub const TESTS: &[Test] = &[
    ("contract::access::managed_policy", |cloud| a_policy(cloud).boxed_local()),
    ("contract::access::role", |cloud| a_role(cloud).boxed_local()),
    ("contract::access::role_policy", |cloud| its_policy(cloud).boxed_local()),
    ("contract::access::instance_profile", |cloud| a_profile(cloud).boxed_local()),
    ("contract::access::group", |cloud| a_group(cloud).boxed_local()),
    ("contract::access::user", |cloud| a_user(cloud).boxed_local()),
    ("contract::access::leaving", |cloud| somebody_leaves(cloud).boxed_local()),
    ("contract::access::more_rights_than_given", |cloud| more_rights(cloud).boxed_local()),
    ("contract::access::strangers_role", |cloud| a_strangers_role(cloud).boxed_local()),
    ("contract::access::survey", |cloud| survey(cloud).boxed_local()),
];

const FOREIGN: &str = "what others add is always taken away: see `more_rights`";
const BOUNDED: &str = "a stack has one boundary for each kind of principal: see `more_rights`";

/// More versions than IAM keeps.
async fn a_policy(cloud: Arc<Cloud>) {
    let mut bench = Bench::new(&cloud, "ct-policy-12345678");
    let case = ["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:ListBucket"]
        .into_iter()
        .fold(Case::new(boundary()), |case, action| case.change("policy", rights(action)));
    check(&mut bench, case).await;
    bench.clear().await;
}

async fn a_role(cloud: Arc<Cloud>) {
    let mut bench = Bench::new(&cloud, "ct-role-1234567890");
    bench.stand(boundary()).await;
    let managed = |name: &str| format!("arn:aws:iam::aws:policy/{name}");
    let two = [managed("AmazonSSMManagedInstanceCore"), managed("CloudWatchAgentServerPolicy")];
    let case = Case::new(role("flow-logs-role"))
        .change("trust", json!(trust("rds.amazonaws.com")))
        .change("description", json!("other"))
        .change("managed_policies", json!(two))
        .change("managed_policies", json!([two[0]]))
        .constant("boundary", BOUNDED)
        .constant("foreign_policies", FOREIGN)
        .change("max_session_seconds", json!(7200));
    check(&mut bench, case).await;
    bench.clear().await;
}

async fn its_policy(cloud: Arc<Cloud>) {
    let mut bench = Bench::new(&cloud, "ct-role-policy-123");
    bench.stand(boundary()).await;
    bench.stand(role("app-role")).await;
    let wish = RolePolicy { role: name("app-role"), policy: document("s3:GetObject") };
    let case = Case::new(node(at("app-role-policy"), &wish));
    check(&mut bench, case.change("policy", rights("s3:ListBucket"))).await;
    bench.clear().await;
}

async fn a_profile(cloud: Arc<Cloud>) {
    let mut bench = Bench::new(&cloud, "ct-profile-1234567");
    bench.stand(boundary()).await;
    bench.stand(role("app-role")).await;
    let other = bench.stand(role("bastion-role")).await.facts["name"].clone();
    let profile = node(at("app-profile"), &InstanceProfile { role: name("app-role") });
    check(&mut bench, Case::new(profile).change("role", json!(other))).await;
    bench.clear().await;
}

async fn a_group(cloud: Arc<Cloud>) {
    let mut bench = Bench::new(&cloud, "ct-people-group-12");
    let case = Case::new(group("operate"))
        .change("policy", rights("s3:ListBucket"))
        .constant("foreign_policies", FOREIGN);
    check(&mut bench, case).await;
    bench.clear().await;
}

async fn a_user(cloud: Arc<Cloud>) {
    let mut bench = Bench::new(&cloud, "ct-people-user-123");
    for node in [people_boundary(), group("operate"), group("read-only")] {
        bench.stand(node).await;
    }
    let groups = ["operate", "read-only"].map(|group| bench.cx.scope.name(group));
    let case = Case::new(user("barbara.liskov", &groups))
        .change("groups", json!([groups[1]]))
        .change("groups", json!([]))
        .constant("boundary", BOUNDED);
    check(&mut bench, case).await;
    bench.clear().await;
}

/// People gather keys, passwords and devices, none of which keeps them.
async fn somebody_leaves(cloud: Arc<Cloud>) {
    let mut bench = Bench::new(&cloud, "ct-leaving");
    for node in [people_boundary(), group("operate")] {
        bench.stand(node).await;
    }
    let groups = [bench.cx.scope.name("operate")];
    let user = user("ada", &groups);
    let name = bench.stand(user.clone()).await.facts["name"].clone();
    assert_eq!(name, "ada@ct-leaving");

    let iam = shared::client!(bench.cx, aws_sdk_iam);
    let own = rights("s3:GetObject").to_string();
    iam.create_access_key().user_name(&name).send().await.expect("a key");
    iam.create_login_profile()
        .user_name(&name)
        .password("Corr3ct-horse!")
        .send()
        .await
        .expect("a password");
    iam.put_user_policy()
        .user_name(&name)
        .policy_name("own")
        .policy_document(own)
        .send()
        .await
        .expect("a policy");
    let arn = "arn:aws:iam::aws:policy/ReadOnlyAccess";
    iam.attach_user_policy().user_name(&name).policy_arn(arn).send().await.expect("another");
    bench.remove(&bench.resolve(&user)).await;
    bench.clear().await;
}

/// What somebody adds to a role or a group is a difference, and taken away again.
async fn more_rights(cloud: Arc<Cloud>) {
    let mut bench = Bench::new(&cloud, "ct-more-rights");
    bench.stand(boundary()).await;
    let role = role("bastion-role");
    let role_name = bench.stand(role.clone()).await.facts["name"].clone();
    let group = group("operate");
    let group_name = bench.stand(group.clone()).await.facts["name"].clone();
    let own = rights("s3:*").to_string();
    let admin = "arn:aws:iam::aws:policy/AdministratorAccess";

    let iam = shared::client!(bench.cx, aws_sdk_iam);
    let request = iam.put_role_policy().role_name(&role_name).policy_name("own");
    request.policy_document(&own).send().await.expect("an inline policy");
    iam.attach_role_policy().role_name(&role_name).policy_arn(admin).send().await.expect("another");
    iam.delete_role_permissions_boundary().role_name(&role_name).send().await.expect("no boundary");
    let request = iam.put_group_policy().group_name(&group_name).policy_name("own");
    request.policy_document(&own).send().await.expect("an inline policy");
    iam.attach_group_policy()
        .group_name(&group_name)
        .policy_arn(admin)
        .send()
        .await
        .expect("another");

    for (node, fields) in [
        (role, ["boundary", "foreign_policies", "managed_policies"].as_slice()),
        (group, ["foreign_policies"].as_slice()),
    ] {
        let node = bench.resolve(&node);
        let live = bench.find(&node).await.remove(0);
        let differences = bench.differences(&node, &live);
        assert_eq!(differences.iter().map(|it| it.field.as_str()).collect::<Vec<_>>(), fields);
        bench.until_as_wished(&node).await;
    }
    bench.clear().await;
}

/// A role with the name that ours would have, elsewhere: neither listed nor taken over.
async fn a_strangers_role(cloud: Arc<Cloud>) {
    let mut bench = Bench::new(&cloud, "ct-strange");
    bench.stand(boundary()).await;
    let node = bench.resolve(&role("app-role"));
    let name = bench.cx.scope.name("app-role");
    let iam = shared::client!(bench.cx, aws_sdk_iam);
    let request = iam.create_role().role_name(&name).path("/somebody/");
    let trust = trust("ec2.amazonaws.com").to_string();
    request.assume_role_policy_document(trust).send().await.expect("a role");

    assert!(bench.find(&node).await.is_empty());
    let refusal = bench.create(&node).await.expect_err("it is not ours").to_string();
    assert!(refusal.contains("`/somebody/`") && refusal.contains("hint:"), "{refusal}");
    iam.delete_role().role_name(&name).send().await.expect("can be deleted");
    bench.clear().await;
}

/// What one look at the whole tier costs, with machines alone and with people, beside each other.
async fn survey(cloud: Arc<Cloud>) {
    let people = json!({"read_only": ["ada"], "operate": ["grace"], "administer": ["barbara"]});
    let stacks = [("ct-survey", json!({}), 18), ("ct-survey-two", people, 32)];
    let mut standing = Vec::new();
    for (stack, people, reads) in stacks {
        let mut bench = Bench::new(&cloud, stack);
        let nodes = whole_tier(&bench, &people);
        for node in &nodes {
            bench.stand(node.clone()).await;
        }
        standing.push((bench, nodes, reads));
    }
    for (bench, nodes, reads) in &standing {
        for node in nodes {
            assert_eq!(bench.find(node).await.len(), 1, "{}", node.address);
        }
        assert_eq!(bench.look(access::KINDS).await, *reads);
    }
    for (mut bench, ..) in standing {
        bench.clear().await;
    }
}

/// The tier's nodes in dependency order, as if keys and storage stood.
fn whole_tier(bench: &Bench, people: &Value) -> Vec<Node> {
    let scope = &bench.cx.scope;
    let spec = json!({"terrace": 1, "name": scope.stack, "region": scope.region,
        "bastion": {"ssh_from": ["203.0.113.0/24"]}, "people": people});
    let spec = serde_json::from_value(spec).expect("a spec");
    let revision = Revision { number: 1, spec, pinned: Pinned::default() };
    let nodes = (access::TIER.wish)(&revision, scope);
    let facts: BTreeMap<Address, Facts> = nodes
        .iter()
        .flat_map(Node::references)
        .filter(|it| it.address.tier() != Tier::Access)
        .map(|it| {
            let arn = scope.arn("some", it.address.name());
            (it.address, Facts::from([("arn".to_owned(), arn)]))
        })
        .collect();
    let resolved = nodes.iter().map(|node| node.resolve(&facts)).collect();
    Stack::new(resolved).expect("a stack without holes").nodes().to_vec()
}

fn boundary() -> Node {
    node(at("boundary"), &ManagedPolicy { policy: document("s3:*Object") })
}

fn people_boundary() -> Node {
    node(at("people-boundary"), &ManagedPolicy { policy: document("s3:*Object") })
}

fn role(name: &str) -> Node {
    let wish = Role {
        trust: trust("ec2.amazonaws.com"),
        boundary: reference(Tier::Access, "boundary", "arn"),
        description: "One of a test".to_owned(),
        managed_policies: [].into(),
        foreign_policies: [].into(),
        max_session_seconds: 3600,
    };
    node(at(name), &wish)
}

fn group(rights: &str) -> Node {
    let wish = Group { policy: document("s3:GetObject"), foreign_policies: [].into() };
    node(at(&format!("group-{rights}")), &wish)
}

fn user(name: &str, groups: &[String]) -> Node {
    let wish = User {
        groups: groups.iter().cloned().collect(),
        boundary: reference(Tier::Access, "people-boundary", "arn"),
    };
    node(at(&format!("user-{name}")), &wish)
}

fn trust(service: &str) -> Policy {
    Policy::from(json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"},
    ]}))
}

fn document(action: &str) -> Policy {
    Policy::from(json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": action, "Resource": ["arn:aws:s3:::b", "arn:aws:s3:::a"]},
    ]}))
}

fn rights(action: &str) -> Value {
    document(action).document().clone()
}

fn name(role: &str) -> String {
    reference(Tier::Access, role, "name")
}

fn at(name: &str) -> Address {
    Address::new(Tier::Access, name)
}

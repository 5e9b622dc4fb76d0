//! Contracts of the database tier. What its nodes need of the other tiers stands as their own
//! code makes it.

use std::collections::BTreeSet;
use std::sync::Arc;

use futures::FutureExt;
use serde_json::{Value, json};
use shared::aws::TierWorld;
use shared::model::{Address, Live, Node, Stack, Tier};
use shared::revision::{Pinned, Revision};
use shared::world::World;
use support::contract::checked;
use support::{Bench, Cloud};

use super::stage::Stage;
use crate::Test;

pub const TESTS: &[Test] = &[
    ("contract::database::subnet_group", |cloud| subnet_group(cloud).boxed_local()),
    ("contract::database::parameter_group", |cloud| parameter_group(cloud).boxed_local()),
    ("contract::database::instance", |cloud| instance(cloud).boxed_local()),
    ("contract::database::event_subscription", |cloud| event_subscription(cloud).boxed_local()),
    ("contract::database::parameter", |cloud| parameter(cloud).boxed_local()),
    ("contract::database::stopped", |cloud| stopped(cloud).boxed_local()),
    ("contract::database::final_snapshot", |cloud| final_snapshot(cloud).boxed_local()),
    ("contract::database::restored", |cloud| restored(cloud).boxed_local()),
    ("contract::database::stranger", |cloud| stranger(cloud).boxed_local()),
    ("contract::database::survey", |cloud| survey(cloud).boxed_local()),
];

async fn subnet_group(cloud: Arc<Cloud>) {
    let mut stage = Stage::new(&cloud, "ct-dbsubnets-12345", |_| ());
    stage.stand_needs(Tier::Database, "subnet-group").await;
    let mut others = Vec::new();
    for letter in ["a", "b"] {
        let subnet = stage.stand(Tier::Network, &format!("subnet-private-{letter}")).await;
        others.extend(subnet.id().map(str::to_owned));
    }
    let changes = vec![("description", json!("other")), ("subnets", json!(others))];
    stage.keeps_contract(Tier::Database, "subnet-group", changes).await;
    stage.bench.clear().await;
}

async fn parameter_group(cloud: Arc<Cloud>) {
    let changes = [
        ("parameters", json!({})),
        ("parameters", json!({"rds.force_ssl": "0", "log_min_duration_statement": "500"})),
    ];
    keeps_contract(&cloud, "ct-dbparameters-12", "parameter-group", &changes).await;
}

async fn instance(cloud: Arc<Cloud>) {
    let mut stage = Stage::new(&cloud, "ct-dbinstance-1234", |_| ());
    stage.stand_needs(Tier::Database, "instance").await;
    let group = stage.stand(Tier::Firewall, "private").await;
    let role = stage.bench.role("ct-dbinstance-watcher", "monitoring.rds.amazonaws.com").await;
    let wish = stage.bench.resolve(&stage.node(Tier::Database, "instance")).spec;
    let rds = shared::client!(stage.bench.cx, aws_sdk_rds);
    let theirs = "ct-dbinstance-others";
    let request = rds.create_db_parameter_group().db_parameter_group_name(theirs).description("-");
    let family = stage.node(Tier::Database, "parameter-group").spec["family"].clone();
    let family = family.as_str().unwrap_or_default();
    request.db_parameter_group_family(family).send().await.expect("can be made");
    let changes = vec![
        ("backup_window", json!("01:00-01:30")),
        ("backups_days", json!(14)),
        ("certificate_authority", json!("rds-ca-rsa4096-g1")),
        ("class", json!("db.t4g.medium")),
        ("deletion_protection", json!(true)),
        ("final_snapshot", json!(true)),
        ("iam_authentication", json!(false)),
        ("log_exports", json!(["postgresql"])),
        ("maintenance_window", json!("mon:04:00-mon:04:30")),
        ("max_storage_gib", json!(200)),
        ("monitoring_role", json!(role)),
        ("parameter_group", json!(theirs)),
        ("security_groups", json!([group.id()])),
        ("storage_gib", json!(wish["storage_gib"].as_i64().map(|it| it + 10))),
        ("storage_type", json!("io1")),
        ("minor_upgrades", json!(false)),
        ("monitoring_seconds", json!(30)),
        ("port", json!(15433)),
        ("public", json!(true)),
        ("standby", json!(false)),
        ("tags_to_snapshots", json!(false)),
    ];
    let constant = vec![
        ("engine_version", "AWS raises it by itself, and it never goes back"),
        ("secret_key", "RDS takes it only with a new secret, and the database has one key"),
        ("running", "a database is never wished to stand still: see `stopped`"),
    ];
    stage.keeps_contract_but(Tier::Database, "instance", changes, constant).await;
    stage.bench.clear().await;
    let request = rds.delete_db_parameter_group().db_parameter_group_name(theirs);
    request.send().await.expect("nothing uses it any more");
}

async fn event_subscription(cloud: Arc<Cloud>) {
    let changes =
        [("categories", json!(["failure"])), ("enabled", json!(false)), ("sources", json!([]))];
    let mut stage = Stage::new(&cloud, "ct-dbevents-123456", |_| ());
    stage.stand_needs(Tier::Database, "events-parameter-group").await;
    let constant = vec![
        ("source_type", "each subscription is named after what it is about"),
        ("topic", "a stack has one topic, whose name never changes"),
    ];
    let name = "events-parameter-group";
    stage.keeps_contract_but(Tier::Database, name, changes.to_vec(), constant).await;
    stage.bench.clear().await;
}

async fn parameter(cloud: Arc<Cloud>) {
    keeps_contract(&cloud, "ct-dbvalues-123456", "parameter-port", &[("value", json!("1"))]).await;
}

/// Somebody stopped the database: it is started again, and nothing else is asked for meanwhile.
async fn stopped(cloud: Arc<Cloud>) {
    let mut bench = Bench::new(&cloud, "ct-dbstopped");
    let nodes = stand_needs(&mut bench, &["instance"]).await;
    let node = find(&nodes, "instance");
    let live = bench.stand(node.clone()).await;
    let rds = shared::client!(bench.cx, aws_sdk_rds);
    let id = live.id().unwrap_or_default();
    rds.stop_db_instance().db_instance_identifier(id).send().await.expect("can be stopped");
    let node = bench.resolve(node);
    let found = bench.find(&node).await;
    assert!(found.iter().all(|live| live.spec["running"] == false), "{found:?}");
    bench.until_as_wished(&node).await;
    bench.clear().await;
}

/// Deletion protection goes first; what went wrong then must not cost the final snapshot.
async fn final_snapshot(cloud: Arc<Cloud>) {
    let mut bench = Bench::new(&cloud, "ct-dbsnapshot");
    bench.cx.started = 1_769_860_805;
    let nodes = stand_needs(&mut bench, &["instance"]).await;
    let mut node = find(&nodes, "instance").clone();
    node.spec["final_snapshot"] = json!(true);
    let live = bench.stand(node.clone()).await;
    assert_eq!(live.spec["deletion_protection"], false);
    assert_eq!(live.facts["bequeaths"], live.spec["key"], "the key outlives the database");
    bench.remove(&bench.resolve(&node)).await;

    let name = "terrace-ct-dbsnapshot-20260131120005";
    let left = relics(&bench).await;
    let [snapshot] = &left[..] else { panic!("one snapshot: {left:#?}") };
    assert_eq!(
        (snapshot.id(), snapshot.address.name()),
        (Some(name), &*format!("snapshot-{name}"))
    );
    assert_eq!(snapshot.spec["key"], live.spec["key"]);
    assert!(snapshot.facts["relic"].contains(&format!("database.restore_from: {name}")));
    assert!(bench.create(&relic_node(name)).await.is_err(), "no plan makes one");
    assert!(bench.delete(snapshot).await.is_err(), "no plan deletes one");
    checked(Tier::Database, database::KINDS[3].name);
    forget(&bench, name).await;
    bench.clear().await;
}

/// Built from a snapshot it is the same again, with a password that RDS keeps; what the snapshot
/// cannot give is told before anything is made.
async fn restored(cloud: Arc<Cloud>) {
    let mut bench = Bench::new(&cloud, "ct-dbrestored");
    let nodes = stand_needs(&mut bench, &["instance"]).await;
    let mut node = find(&nodes, "instance").clone();
    node.spec["final_snapshot"] = json!(true);
    let first = bench.stand(node.clone()).await;
    bench.remove(&bench.resolve(&node)).await;
    let name = relics(&bench).await[0].id().expect("an id").to_owned();

    let mut again = node.clone();
    again.spec["restored_from"] = json!("terrace-ct-dbrestored-none");
    let refused = bench.create(&bench.resolve(&again)).await.expect_err("there is none");
    assert!(refused.to_string().contains("no such snapshot"), "{refused}");
    again.spec["restored_from"] = json!(name);
    for (field, value, hint) in [
        ("user", json!("somebody"), "set `database.user: terrace_owner`"),
        ("engine_version", json!("16"), "set `database.version: 17`"),
        ("key", json!("arn:aws:kms:us-east-1:000000000000:key/other"), "copy it first"),
    ] {
        let mut other = again.clone();
        other.spec[field] = value;
        let refused = bench.create(&bench.resolve(&other)).await.expect_err("does not fit");
        assert!(refused.to_string().contains(hint), "{field}: {refused}");
    }
    let live = bench.stand(again.clone()).await;
    let mut shape = live.spec.clone();
    assert_eq!(shape["restored_from"], json!(name));
    shape["restored_from"] = Value::Null;
    assert_eq!(shape, first.spec, "it is as the first one was");
    assert!(live.facts.contains_key("secret_arn"), "RDS keeps the password again");
    let without = bench.resolve(&node);
    assert_eq!(bench.differences(&without, &live), [], "leaving it out later is no change");

    bench.until_as_wished(&bench.resolve(&with(&again, "final_snapshot", false))).await;
    bench.remove(&bench.resolve(&again)).await;
    assert_eq!(relics(&bench).await.len(), 1, "the spec said that this data may go");
    forget(&bench, &name).await;
    bench.clear().await;
}

fn with(node: &Node, field: &str, value: bool) -> Node {
    let mut changed = node.clone();
    changed.spec[field] = json!(value);
    changed
}

/// The stack's snapshots.
async fn relics(bench: &Bench) -> Vec<Live> {
    let world = TierWorld { kinds: database::KINDS, cx: bench.cx.clone() };
    world.list(database::KINDS[3].name).await.expect("snapshots can be listed")
}

fn relic_node(name: &str) -> Node {
    let spec = json!({ "identifier": name, "key": "" });
    let address = Address::new(Tier::Database, format!("snapshot-{name}"));
    let kind = database::KINDS[3].name.to_owned();
    Node { address, kind, spec, after: [].into(), protected: false }
}

async fn forget(bench: &Bench, name: &str) {
    let rds = shared::client!(bench.cx, aws_sdk_rds);
    rds.delete_db_snapshot().db_snapshot_identifier(name).send().await.expect("can be deleted");
}

/// An instance of our name without our tags is neither listed nor taken over.
async fn stranger(cloud: Arc<Cloud>) {
    let mut bench = Bench::new(&cloud, "ct-dbstranger");
    let nodes = stand_needs(&mut bench, &["instance"]).await;
    let node = bench.resolve(find(&nodes, "instance"));
    let rds = shared::client!(bench.cx, aws_sdk_rds);
    let id = node.spec["identifier"].as_str().unwrap_or_default();
    let theirs = rds.create_db_instance().db_instance_identifier(id).engine("postgres");
    let theirs = theirs.db_instance_class("db.t4g.micro").allocated_storage(20);
    let theirs = theirs.master_username("somebody").manage_master_user_password(true);
    let group = node.spec["subnet_group"].as_str().unwrap_or_default();
    theirs.db_subnet_group_name(group).send().await.expect("a stranger may");

    assert!(bench.find(&node).await.is_empty());
    let refused = bench.create(&node).await.expect_err("it is not ours");
    assert!(refused.to_string().contains("somebody else's"), "{refused}");
    let delete = rds.delete_db_instance().db_instance_identifier(id).skip_final_snapshot(true);
    delete.send().await.expect("can be deleted");
    bench.clear().await;
}

/// What one look at the tier costs, whatever else the account holds.
async fn survey(cloud: Arc<Cloud>) {
    let bench = Bench::new(&cloud, "ct-dbsurvey");
    for kind in database::KINDS {
        let at = Address::new(Tier::Database, "nothing");
        let node = Node {
            address: at,
            kind: kind.name.into(),
            spec: Value::Null,
            after: [].into(),
            protected: false,
        };
        assert!(bench.find(&node).await.is_empty());
    }
    let calls = bench.cx.aws.take_calls();
    assert_eq!((calls.write(), calls.read()), (0, 8), "{calls:?}");
}

/// Puts the node `name` of a stack of its own through the contract.
async fn keeps_contract(cloud: &Cloud, stack: &str, name: &str, changes: &[(&'static str, Value)]) {
    let mut stage = Stage::new(cloud, stack, |_| ());
    stage.stand_needs(Tier::Database, name).await;
    stage.keeps_contract(Tier::Database, name, changes.to_vec()).await;
    stage.bench.clear().await;
}

/// Stands up all that the nodes `names` need, and gives the tier's nodes.
async fn stand_needs(bench: &mut Bench, names: &[&str]) -> Vec<Node> {
    let nodes = wish(bench);
    let mut needed: BTreeSet<Address> = BTreeSet::new();
    let mut todo: Vec<Address> =
        names.iter().map(|name| find(&nodes, name).address.clone()).collect();
    while let Some(address) = todo.pop() {
        let node = nodes.iter().find(|node| node.address == address);
        let node = node.unwrap_or_else(|| panic!("no tier makes `{address}`"));
        todo.extend(node.needs().into_iter().filter(|it| needed.insert(it.clone())));
    }
    let needed = nodes.iter().filter(|node| needed.contains(&node.address)).cloned().collect();
    let needed = Stack::new(needed).expect("a stack without holes");
    for node in needed.nodes() {
        bench.stand(node.clone()).await;
    }
    nodes
}

/// All nodes of a stack whose database may go without a trace.
fn wish(bench: &Bench) -> Vec<Node> {
    let scope = &bench.cx.scope;
    let spec = json!({"terrace": 1, "name": scope.stack, "region": scope.region,
        "bastion": {"enabled": false}, "database": {"protection": false, "final_snapshot": false}});
    let spec = serde_json::from_value(spec).expect("a spec");
    let revision = Revision { number: 1, spec, pinned: Pinned::default() };
    tiers::all().flat_map(|tier| (tier.wish)(&revision, scope)).collect()
}

fn find<'a>(nodes: &'a [Node], name: &str) -> &'a Node {
    let at = Address::new(Tier::Database, name);
    nodes.iter().find(|node| node.address == at).expect("a node of the tier")
}

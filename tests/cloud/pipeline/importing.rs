//! Taking over a network that somebody has built by hand.

use std::collections::BTreeSet;
use std::sync::Arc;

use aws_sdk_ec2::types::{DomainType, Filter, RouteTable, Tag};
use aws_sdk_sfn::types::ExecutionStatus;
use futures::FutureExt;
use serde_json::{Value, json};
use shared::aws::STACK_TAG;
use shared::ledger::{Key, StackState};
use shared::plan::{Action, Inventory};
use support::{Cloud, REGION};

use super::remains;
use super::stand::Stand;
use crate::Test;

pub const TESTS: &[Test] = &[
    ("pipeline::a_network_built_by_hand_is_taken_over", |cloud| taken_over(cloud).boxed_local()),
    ("pipeline::what_does_not_fit_is_not_taken_over", |cloud| refused(cloud).boxed_local()),
];

async fn taken_over(cloud: Arc<Cloud>) {
    let mut stand = Stand::new(cloud, "import");
    stand.spec["logging"] = json!({ "flow_logs": false });
    let hand = Hand::build(&stand).await;
    let file = file(&stand);
    let imported = import(&stand, &file, &hand.vpc, &hand.vpc);
    let imported = imported.unwrap_or_else(|said| panic!("{said}"));
    let ids = |field: &str| -> BTreeSet<String> {
        let things = imported[field].as_array().into_iter().flatten();
        things.map(|it| it["id"].as_str().unwrap_or_default().to_owned()).collect()
    };
    assert_eq!(ids("imported"), hand.fitting(), "{imported:#}");
    assert!(ids("left").contains(&hand.foreign), "{imported:#}");
    assert_eq!(hand.name_of(&stand, &hand.vpc).await, "by hand", "its name stays its own");
    let again = import(&stand, &file, &hand.vpc, &hand.vpc).expect("done twice, it is done once");
    assert_eq!(again["imported"], imported["imported"]);

    assert_eq!(stand.record().await.state, StackState::NotBuilt, "it is known before it is built");
    let known = stand.cloud.terrace(&["status", &stand.stack, "--json"]);
    assert_eq!(known["stacks"][0]["state"], "not_built", "{known:#}");
    let (code, _, said) =
        stand.cloud.try_terrace(&["destroy", &stand.stack, "--yes", &stand.stack, "--json"]);
    assert!(code != 0 && said.contains("only imported"), "{said}");

    let look = stand.by_hand("drift", json!({ "spec": stand.spec })).await;
    assert!(look.plan.refused.is_empty() && look.plan.clear.is_empty(), "{}", look.plan);
    let inventory: Inventory = stand.read(&Key::Inventory(&stand.stack)).await.expect("one");
    let made = look.plan.build.iter().filter(|step| step.action == Action::Create);
    let made: BTreeSet<_> = made.map(|step| step.address.clone()).collect();
    assert!(inventory.keys().all(|it| !made.contains(it)), "{}", look.plan);

    stand.deploy().await;
    let after: Inventory = stand.read(&Key::Inventory(&stand.stack)).await.expect("one");
    for (address, owned) in &inventory {
        assert_eq!(after[address].id, owned.id, "`{address}` stands as it stood");
    }
    // What was never ours has to make way before the network can go, and before anything goes.
    let built = remains::of(&stand.cx).await;
    let input = json!({ "stack": stand.stack, "include_data": true });
    let run = stand.start("destroy", &input).await;
    let held = stand.end(&run, "destroy").await;
    let names_it = held.said.contains(&hand.foreign) && held.said.contains("a subnet");
    assert!(held.status == ExecutionStatus::Failed && names_it, "{held:?}");
    assert_eq!(remains::of(&stand.cx).await, built, "nothing was removed");
    let ec2 = stand.ec2();
    ec2.delete_subnet().subnet_id(&hand.foreign).send().await.expect("theirs to delete");
    stand.destroy().await;
    assert_eq!(remains::of(&stand.cx).await, Vec::<String>::new());
}

async fn refused(cloud: Arc<Cloud>) {
    let stand = Stand::new(cloud, "noimport");
    let file = file(&stand);
    let ec2 = stand.ec2();
    let made = ec2.create_vpc().cidr_block("10.77.0.0/16").send().await.expect("a VPC");
    let vpc = made.vpc().and_then(|it| it.vpc_id()).expect("an id").to_owned();
    let said = |id: &str, yes: &str| import(&stand, &file, id, yes).expect_err("refused");
    assert!(said(&vpc, &vpc).contains("set `network.cidr: 10.77.0.0/16`"));
    assert!(said("vpc-00000000000000000", "-").contains("vpc-00000000000000000"));

    let fits = ec2.create_vpc().cidr_block("10.0.0.0/16").send().await.expect("a VPC");
    let fits = fits.vpc().and_then(|it| it.vpc_id()).expect("an id").to_owned();
    assert!(said(&fits, "vpc-other").contains("`vpc-other` is not"));
    let theirs = Tag::builder().key(STACK_TAG).value("somebody").build();
    ec2.create_tags().resources(&fits).tags(theirs).send().await.expect("a tag");
    assert!(said(&fits, &fits).contains("belongs to the stack `somebody`"));
    let inventory: Option<Inventory> = stand.read(&Key::Inventory(&stand.stack)).await;
    assert_eq!(inventory, None, "nothing was written");
    for vpc in [vpc, fits] {
        ec2.delete_vpc().vpc_id(vpc).send().await.expect("empty");
    }
    std::fs::remove_file(file).expect("the spec can be removed");
}

/// The stack's spec as a file.
fn file(stand: &Stand) -> String {
    let path = std::env::temp_dir().join(format!("{}.json", stand.stack));
    std::fs::write(&path, stand.spec.to_string()).expect("the spec can be written");
    path.to_string_lossy().into_owned()
}

fn import(stand: &Stand, file: &str, vpc: &str, yes: &str) -> Result<Value, String> {
    let arguments = ["import", &stand.stack, "--vpc", vpc, "--spec", file, "--yes", yes, "--json"];
    let (code, json, said) = stand.cloud.try_terrace(&arguments);
    if code == 0 { Ok(json) } else { Err(said) }
}

/// A network by hand: as a spec asks for it, but for one subnet too many and much that is missing.
struct Hand {
    vpc: String,
    gateway: String,
    subnets: [String; 2],
    nat: String,
    address: String,
    table: String,
    foreign: String,
}

impl Hand {
    async fn build(stand: &Stand) -> Self {
        let ec2 = stand.ec2();
        let vpc = ec2.create_vpc().cidr_block("10.0.0.0/16").send().await.expect("a VPC");
        let vpc = vpc.vpc().and_then(|it| it.vpc_id()).expect("an id").to_owned();
        let name = Tag::builder().key("Name").value("by hand").build();
        ec2.create_tags().resources(&vpc).tags(name).send().await.expect("a name");
        let made = ec2.create_internet_gateway().send().await.expect("a gateway");
        let gateway = made.internet_gateway().and_then(|it| it.internet_gateway_id());
        let gateway = gateway.expect("an id").to_owned();
        let attach = ec2.attach_internet_gateway().internet_gateway_id(&gateway).vpc_id(&vpc);
        attach.send().await.expect("attached");
        let mut subnets = Vec::new();
        for (cidr, letter) in [(range(stand, "a"), "a"), (range(stand, "b"), "b")] {
            subnets.push(subnet(stand, &vpc, &cidr, letter).await);
        }
        let foreign = subnet(stand, &vpc, "10.0.255.0/24", "a").await;
        let made = ec2.allocate_address().domain(DomainType::Vpc).send().await.expect("an address");
        let address = made.allocation_id().expect("an id").to_owned();
        let nat = ec2.create_nat_gateway().subnet_id(&subnets[0]).allocation_id(&address);
        let nat = nat.send().await.expect("a NAT gateway");
        let nat = nat.nat_gateway().and_then(|it| it.nat_gateway_id()).expect("an id").to_owned();
        let table = ec2.create_route_table().vpc_id(&vpc).send().await.expect("a table");
        let table = table.route_table().and_then(RouteTable::route_table_id).expect("an id");
        let route = ec2.create_route().route_table_id(table).destination_cidr_block("0.0.0.0/0");
        route.gateway_id(&gateway).send().await.expect("a route");
        let follow = ec2.associate_route_table().route_table_id(table).subnet_id(&subnets[0]);
        follow.send().await.expect("followed");
        let subnets = [subnets[0].clone(), subnets[1].clone()];
        Self { vpc, gateway, subnets, nat, address, table: table.to_owned(), foreign }
    }

    /// All that the spec asks for just so.
    fn fitting(&self) -> BTreeSet<String> {
        let things = [&self.vpc, &self.gateway, &self.nat, &self.address, &self.table];
        things.into_iter().chain(&self.subnets).cloned().collect()
    }

    async fn name_of(&self, stand: &Stand, id: &str) -> String {
        let filter = |name: &str, value: &str| Filter::builder().name(name).values(value).build();
        let request = stand.ec2().describe_tags().filters(filter("resource-id", id));
        let found = request.filters(filter("key", "Name")).send().await.expect("tags");
        found.tags().iter().find_map(|it| it.value()).unwrap_or_default().to_owned()
    }
}

/// The range of the public subnet of a zone, as the spec lays it out.
fn range(stand: &Stand, letter: &str) -> String {
    let spec: shared::spec::Spec = serde_json::from_value(stand.spec.clone()).expect("a spec");
    let name = format!("subnet-public-{letter}");
    let found = spec.subnets().into_iter().find(|it| it.name() == name);
    found.expect("a subnet").cidr.to_string()
}

async fn subnet(stand: &Stand, vpc: &str, cidr: &str, letter: &str) -> String {
    let request = stand.ec2().create_subnet().vpc_id(vpc).cidr_block(cidr);
    let made = request.availability_zone(format!("{REGION}{letter}")).send().await;
    let made = made.expect("a subnet");
    made.subnet().and_then(|it| it.subnet_id()).expect("an id").to_owned()
}

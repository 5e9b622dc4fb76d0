//! Contracts of the network tier.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use aws_sdk_ec2::types::{Filter, ResourceType, Tag, TagSpecification, VpcEndpointType};
use futures::FutureExt;
use network::{ElasticIp, FlowLog, InternetGateway, NatGateway, RouteTable, Subnet, Vpc};
use serde_json::json;
use shared::aws::node;
use shared::model::{Address, Node, Tier, reference};
use shared::world::CloudError;
use support::contract::{Case, check};
use support::{Bench, Cloud};

use crate::Test;

pub const TESTS: &[Test] = &[
    ("contract::network::vpc", |cloud| a_vpc(cloud).boxed_local()),
    ("contract::network::subnet", |cloud| a_subnet(cloud).boxed_local()),
    ("contract::network::internet_gateway", |cloud| an_internet_gateway(cloud).boxed_local()),
    ("contract::network::elastic_ip", |cloud| an_elastic_ip(cloud).boxed_local()),
    ("contract::network::nat_gateway", |cloud| a_nat_gateway(cloud).boxed_local()),
    ("contract::network::route_table", |cloud| a_route_table(cloud).boxed_local()),
    ("contract::network::flow_log", |cloud| a_flow_log(cloud).boxed_local()),
    ("contract::network::default_group", |cloud| the_default_group(cloud).boxed_local()),
    ("contract::network::strangers_subnet", |cloud| a_strangers_subnet(cloud).boxed_local()),
    ("contract::network::guard_duty", |cloud| guard_duty(cloud).boxed_local()),
];

async fn a_vpc(cloud: Arc<Cloud>) {
    let mut bench = Bench::new(&cloud, "ct-vpc-12345678901");
    let case = Case::new(vpc("10.10.0.0/16"))
        .change("dns_hostnames", json!(false))
        .change("dns_support", json!(false))
        .constant("default_acl_empty", "always emptied: see `the_default_group`")
        .constant("default_group_empty", "always emptied: see `the_default_group`")
        .makes_another();
    check(&mut bench, case).await;
    bench.clear().await;
}

async fn a_subnet(cloud: Arc<Cloud>) {
    let mut bench = Bench::new(&cloud, "ct-subnet-12345678");
    bench.stand(vpc("10.11.0.0/16")).await;
    let case = Case::new(subnet("a", "10.11.0.0/24")).change("map_public_ip", json!(true));
    check(&mut bench, case).await;
    bench.clear().await;
}

/// What `GuardDuty` puts into a VPC goes with it; what a stranger puts there stays, and holds it.
async fn guard_duty(cloud: Arc<Cloud>) {
    let mut bench = Bench::new(&cloud, "ct-guardduty");
    let of_vpc = bench.stand(vpc("10.29.0.0/16")).await;
    let of_subnet = bench.stand(subnet("a", "10.29.0.0/24")).await;
    let (vpc_id, subnet_id) = (of_vpc.id().expect("an id"), of_subnet.id().expect("an id"));
    let ec2 = shared::client!(bench.cx, aws_sdk_ec2);
    let tagged = |kind: ResourceType| {
        let tag = Tag::builder().key("GuardDutyManaged").value("true").build();
        TagSpecification::builder().resource_type(kind).tags(tag).build()
    };
    let endpoint = || {
        let request = ec2.create_vpc_endpoint().vpc_id(vpc_id).subnet_ids(subnet_id);
        request
            .vpc_endpoint_type(VpcEndpointType::Interface)
            .service_name("com.amazonaws.us-east-1.ssm")
    };
    let theirs = endpoint().send().await.expect("a stranger's endpoint");
    let theirs = theirs.vpc_endpoint().and_then(|it| it.vpc_endpoint_id()).expect("an id");
    let guard = endpoint().tag_specifications(tagged(ResourceType::VpcEndpoint)).send().await;
    guard.expect("GuardDuty's endpoint");
    let group = ec2.create_security_group().vpc_id(vpc_id).group_name("GuardDuty").description("-");
    let group = group.tag_specifications(tagged(ResourceType::SecurityGroup)).send().await;
    group.expect("GuardDuty's group");

    let held = bench.delete(&of_subnet).await.expect_err("something is in it");
    assert!(matches!(held, CloudError::NotYet { .. }), "{held}");
    let left = ec2.describe_vpc_endpoints().filters(of(vpc_id)).send().await.expect("endpoints");
    let left: Vec<_> = left.vpc_endpoints().iter().filter_map(|it| it.vpc_endpoint_id()).collect();
    assert_eq!(left, [theirs], "only the stranger's is left");
    let gone = ec2.delete_vpc_endpoints().vpc_endpoint_ids(theirs).send().await;
    gone.expect("theirs to delete");
    bench.clear().await;
}

fn of(vpc: &str) -> Filter {
    Filter::builder().name("vpc-id").values(vpc).build()
}

async fn an_internet_gateway(cloud: Arc<Cloud>) {
    let mut bench = Bench::new(&cloud, "ct-igw-12345678901");
    bench.stand(vpc("10.12.0.0/16")).await;
    let other = bench.stand(node(at("other-vpc"), &plain_vpc("10.13.0.0/16"))).await;
    let case = Case::new(internet_gateway()).change("vpc_id", json!(other.id())).makes_another();
    check(&mut bench, case).await;
    bench.clear().await;
}

async fn an_elastic_ip(cloud: Arc<Cloud>) {
    let mut bench = Bench::new(&cloud, "ct-eip-12345678901");
    check(&mut bench, Case::new(elastic_ip()).makes_another()).await;
    bench.clear().await;
}

async fn a_nat_gateway(cloud: Arc<Cloud>) {
    let mut bench = Bench::new(&cloud, "ct-nat-12345678901");
    for node in [vpc("10.14.0.0/16"), subnet("a", "10.14.0.0/24"), internet_gateway(), elastic_ip()]
    {
        bench.stand(node).await;
    }
    check(&mut bench, Case::new(nat_gateway())).await;
    bench.clear().await;
}

async fn a_route_table(cloud: Arc<Cloud>) {
    let mut bench = Bench::new(&cloud, "ct-routes-12345678");
    let stage =
        [vpc("10.15.0.0/16"), subnet("a", "10.15.0.0/24"), internet_gateway(), elastic_ip()];
    for node in stage {
        bench.stand(node).await;
    }
    let nat = bench.stand(nat_gateway()).await;
    let gateway = bench.stand(internet_gateway()).await;
    let other = bench.stand(subnet("b", "10.15.1.0/24")).await;
    let table = RouteTable {
        vpc_id: id("vpc"),
        routes: BTreeMap::from([("0.0.0.0/0".to_owned(), id("internet-gateway"))]),
        subnets: BTreeSet::from([id("subnet-a")]),
    };
    let case = Case::new(node(at("table"), &table))
        .change("routes", json!({"0.0.0.0/0": nat.id()}))
        .change("routes", json!({"0.0.0.0/0": gateway.id(), "192.0.2.0/24": nat.id()}))
        .change("routes", json!({}))
        .change("subnets", json!([other.id()]))
        .change("subnets", json!([]));
    check(&mut bench, case).await;
    bench.clear().await;
}

async fn a_flow_log(cloud: Arc<Cloud>) {
    let mut bench = Bench::new(&cloud, "ct-flow-1234567890");
    bench.stand(vpc("10.16.0.0/16")).await;
    let log = FlowLog {
        vpc_id: id("vpc"),
        log_group: "terrace-ct-flow-1234567890-flow-logs".to_owned(),
        role_arn: bench.role("ct-flow-writer", "vpc-flow-logs.amazonaws.com").await,
        traffic: "ALL".to_owned(),
        aggregation_seconds: 60,
    };
    check(&mut bench, Case::new(node(at("flow-log"), &log))).await;
    bench.clear().await;
}

/// What AWS makes with a VPC is emptied, and emptied again when somebody opens it.
async fn the_default_group(cloud: Arc<Cloud>) {
    let mut bench = Bench::new(&cloud, "ct-default");
    let vpc = vpc("10.18.0.0/16");
    let live = bench.stand(vpc.clone()).await;
    let client = ec2::client(&bench.cx);
    let request = client.authorize_security_group_ingress().group_id(&live.facts["default_group"]);
    let request = request.ip_protocol("-1").cidr_ip("0.0.0.0/0");
    request.send().await.expect("a stranger can open it");
    let request = client.create_network_acl_entry().network_acl_id(&live.facts["default_acl"]);
    let request = request.rule_number(100).protocol("-1").rule_action("allow".into());
    let request = request.egress(false).cidr_block("0.0.0.0/0");
    request.send().await.expect("a stranger can open it");

    let opened = bench.find(&vpc).await.remove(0);
    let fields: Vec<_> = bench.differences(&vpc, &opened).into_iter().map(|it| it.field).collect();
    assert_eq!(fields, ["default_acl_empty", "default_group_empty"]);
    bench.until_as_wished(&vpc).await;
    bench.clear().await;
}

/// What lies in the way and is not ours is neither taken over nor removed.
async fn a_strangers_subnet(cloud: Arc<Cloud>) {
    let mut bench = Bench::new(&cloud, "ct-stranger");
    let vpc = bench.stand(vpc("10.17.0.0/16")).await;
    let client = ec2::client(&bench.cx);
    let request =
        client.create_subnet().vpc_id(vpc.id().expect("an id")).cidr_block("10.17.0.0/25");
    let made = request.send().await.expect("a stranger's subnet can be made");
    let stranger = made.subnet().and_then(|it| it.subnet_id()).expect("an id").to_owned();

    let wanted = bench.resolve(&subnet("a", "10.17.0.0/24"));
    let error = bench.create(&wanted).await.expect_err("the range is taken").to_string();
    assert!(error.contains(&stranger) && error.contains("not of this stack"), "{error}");
    assert_eq!(bench.find(&wanted).await, []);

    client.delete_subnet().subnet_id(stranger).send().await.expect("it was left alone");
    bench.clear().await;
}

fn at(name: impl Into<String>) -> Address {
    Address::new(Tier::Network, name)
}

fn id(name: &str) -> String {
    reference(Tier::Network, name, "id")
}

fn plain_vpc(cidr: &str) -> Vpc {
    Vpc {
        cidr: cidr.to_owned(),
        dns_support: true,
        dns_hostnames: true,
        default_group_empty: true,
        default_acl_empty: true,
    }
}

pub fn vpc(cidr: &str) -> Node {
    node(at("vpc"), &plain_vpc(cidr))
}

pub fn subnet(letter: &str, cidr: &str) -> Node {
    let subnet = Subnet {
        vpc_id: id("vpc"),
        zone: "us-east-1a".to_owned(),
        cidr: cidr.to_owned(),
        map_public_ip: false,
    };
    node(at(format!("subnet-{letter}")), &subnet)
}

fn internet_gateway() -> Node {
    node(at("internet-gateway"), &InternetGateway { vpc_id: id("vpc") })
}

fn elastic_ip() -> Node {
    node(at("nat-eip-a"), &ElasticIp::default())
}

fn nat_gateway() -> Node {
    let gateway = NatGateway { subnet_id: id("subnet-a"), allocation_id: id("nat-eip-a") };
    node(at("nat-a"), &gateway)
}

//! What a look costs does not depend on how large the stack is, nor on who else is there.

use std::sync::Arc;

use aws_sdk_cloudwatch::types::{ComparisonOperator, Statistic};
use aws_sdk_ec2::types::{ResourceType, Tag, TagSpecification};
use futures::{FutureExt, StreamExt, stream};
use serde_json::{Value, json};
use shared::aws::{ADDRESS_TAG, STACK_TAG, Tally};
use support::Cloud;

use super::stand::Stand;
use crate::Test;

pub const TESTS: &[Test] =
    &[("pipeline::reading_calls_do_not_grow", |cloud| do_not_grow(cloud).boxed_local())];

const FOREIGN_STACKS: usize = 200;

/// The local cloud answers one at a time; more would only wait.
const AT_ONCE: usize = 8;

const NOBODY_ASSUMES: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"sts:AssumeRole"}]}"#;

async fn do_not_grow(cloud: Arc<Cloud>) {
    let mut stand = Stand::new(cloud, "reads");
    stand.deploy().await;
    let plain = reads(&stand).await;

    stand.spec["network"] = json!({ "subnets_per_tier": 2 });
    same(&stand, &plain, "twelve subnets").await;
    let sources: Vec<String> = (0..20).map(|n| format!("203.0.{n}.0/28")).collect();
    stand.spec["bastion"]["ssh_from"] = json!(sources);
    stand.spec["ingress"] = json!({ "sources": sources });
    same(&stand, &plain, "twenty more sources").await;
    let alarm = |n| json!({ "name": format!("more-{n}"), "namespace": "Shop", "metric": "Orders", "threshold": n });
    stand.spec["alarms"] = json!({ "custom": (1..=20).map(alarm).collect::<Vec<Value>>() });
    same(&stand, &plain, "twenty more alarms").await;

    let foreign = stream::iter(0..FOREIGN_STACKS).map(|n| Foreign::stand(&stand, n));
    let foreign: Vec<Foreign> = foreign.buffer_unordered(AT_ONCE).collect().await;
    let crowded = reads(&stand).await;
    stream::iter(&foreign).for_each_concurrent(AT_ONCE, |it| it.remove(&stand)).await;
    assert_eq!(crowded, plain, "{FOREIGN_STACKS} foreign stacks");
    stand.destroy().await;
}

/// Deploys the spec, and compares what a deploy without changes costs then.
async fn same(stand: &Stand, plain: &Reads, what: &str) {
    stand.deploy().await;
    assert_eq!(&reads(stand).await, plain, "{what}");
}

/// Number of looks, and which.
type Reads = (u64, Tally);

async fn reads(stand: &Stand) -> Reads {
    let report = stand.by_hand("deploy", json!({ "stack": stand.stack })).await;
    assert_eq!(report.api_calls.write, 0, "{:#?}", report.api_calls.by_operation);
    (report.api_calls.read, report.api_calls.by_operation)
}

/// A bit of somebody else's stack, tagged and named as ours are.
struct Foreign {
    vpc: String,
    subnet: String,
    group: String,
    name: String,
    stack: String,
}

impl Foreign {
    async fn stand(stand: &Stand, number: usize) -> Self {
        let (stack, ec2) = (format!("foreign-{number}"), stand.ec2());
        let name = format!("terrace-{stack}-{}", stand.stack);
        let tags = |kind: ResourceType, address: &str| {
            let tag = |key: &str, value: &str| Tag::builder().key(key).value(value).build();
            let tags = TagSpecification::builder().resource_type(kind).tags(tag(STACK_TAG, &stack));
            tags.tags(tag(ADDRESS_TAG, address)).build()
        };
        let vpc = ec2.create_vpc().cidr_block("10.99.0.0/16");
        let vpc = vpc.tag_specifications(tags(ResourceType::Vpc, "network/vpc")).send().await;
        let vpc = vpc.expect("a VPC").vpc.and_then(|it| it.vpc_id).expect("an id");
        let subnet = ec2.create_subnet().vpc_id(&vpc).cidr_block("10.99.1.0/24");
        let subnet =
            subnet.tag_specifications(tags(ResourceType::Subnet, "network/subnet-public-a"));
        let subnet = subnet.send().await.expect("a subnet").subnet.and_then(|it| it.subnet_id);
        let group =
            ec2.create_security_group().vpc_id(&vpc).group_name(&name).description("foreign");
        let group = group.tag_specifications(tags(ResourceType::SecurityGroup, "firewall/private"));
        let group = group.send().await.expect("a group").group_id.expect("an id");
        let iam = shared::client!(stand.cx, aws_sdk_iam);
        let role = iam.create_role().role_name(&name).path(format!("/terrace/{stack}/"));
        role.assume_role_policy_document(NOBODY_ASSUMES).send().await.expect("a role");
        let logs = shared::client!(stand.cx, aws_sdk_cloudwatchlogs);
        let log_group = logs.create_log_group().log_group_name(format!("/terrace/{stack}/{name}"));
        log_group.send().await.expect("a log group");
        alarm(stand, &format!("terrace-{stack}/{name}")).await;
        Self { vpc, subnet: subnet.expect("an id"), group, name, stack }
    }

    async fn remove(&self, stand: &Stand) {
        let (ec2, Self { stack, name, .. }) = (stand.ec2(), self);
        let iam = shared::client!(stand.cx, aws_sdk_iam);
        let logs = shared::client!(stand.cx, aws_sdk_cloudwatchlogs);
        let watch = shared::client!(stand.cx, aws_sdk_cloudwatch);
        let alarm = watch.delete_alarms().alarm_names(format!("terrace-{stack}/{name}"));
        alarm.send().await.expect("an alarm");
        let log_group = logs.delete_log_group().log_group_name(format!("/terrace/{stack}/{name}"));
        log_group.send().await.expect("a log group");
        iam.delete_role().role_name(name).send().await.expect("a role");
        ec2.delete_security_group().group_id(&self.group).send().await.expect("a group");
        ec2.delete_subnet().subnet_id(&self.subnet).send().await.expect("a subnet");
        ec2.delete_vpc().vpc_id(&self.vpc).send().await.expect("a VPC");
    }
}

async fn alarm(stand: &Stand, name: &str) {
    let watch = shared::client!(stand.cx, aws_sdk_cloudwatch);
    let alarm = watch.put_metric_alarm().alarm_name(name).namespace("Foreign").metric_name("Any");
    let alarm = alarm.statistic(Statistic::Sum).period(60).evaluation_periods(1).threshold(1.0);
    let alarm = alarm.comparison_operator(ComparisonOperator::GreaterThanThreshold);
    alarm.send().await.expect("an alarm");
}

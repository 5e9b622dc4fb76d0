//! Contracts of the compute tier.

use std::sync::Arc;

use compute::{Replaced, replace_unhealthy};
use futures::FutureExt;
use serde_json::json;
use shared::model::Tier;
use support::Cloud;
use support::contract::{Case, check};

use super::stage::Stage;
use crate::Test;

/// Amazon Linux 2023 for x86, as the local cloud knows it from the start.
const OTHER_IMAGE: &str = "ami-0c2023a1b2c3d4e5f";

pub const TESTS: &[Test] = &[
    ("contract::compute::key_pair", |cloud| key_pair(cloud).boxed_local()),
    ("contract::compute::launch_template", |cloud| launch_template(cloud).boxed_local()),
    ("contract::compute::scaling_group", |cloud| scaling_group(cloud).boxed_local()),
    ("contract::compute::roll_out", |cloud| roll_out(cloud).boxed_local()),
    ("contract::compute::replacement", |cloud| replacement(cloud).boxed_local()),
    ("contract::compute::scaling_policy", |cloud| scaling_policy(cloud).boxed_local()),
    ("contract::compute::bastion", |cloud| bastion(cloud).boxed_local()),
    ("contract::compute::bastion_address", |cloud| bastion_address(cloud).boxed_local()),
    ("contract::compute::replace_unhealthy", |cloud| unhealthy(cloud).boxed_local()),
    ("contract::compute::survey", |cloud| survey(cloud).boxed_local()),
];

async fn key_pair(cloud: Arc<Cloud>) {
    let mut stage = Stage::new(&cloud, "ct-key-pair-123456", |_| ());
    let name = key_pair_name(&stage);
    stage.keeps_contract(Tier::Compute, &name, Vec::new()).await;
    stage.bench.clear().await;
}

/// The only need of the launch template in its own tier.
fn key_pair_name(stage: &Stage) -> String {
    let needs = stage.node(Tier::Compute, "launch-template").needs();
    let key = needs.into_iter().find(|it| it.tier() == Tier::Compute);
    key.expect("a key pair").name().to_owned()
}

async fn launch_template(cloud: Arc<Cloud>) {
    let mut stage = Stage::new(&cloud, "ct-template-123456", |_| ());
    stage.stand_needs(Tier::Compute, "launch-template").await;
    let group = stage.stand(Tier::Firewall, "public-bastion").await;
    let profile = stage.stand(Tier::Access, "bastion-profile").await;
    let key = stage.stand(Tier::Keys, "key").await;
    let changes = vec![
        ("key_name", json!(null)),
        ("security_groups", json!([group.id()])),
        ("user_data", json!("aGk=")),
        ("volume_gib", json!(30)),
        ("metadata_tokens", json!(false)),
        ("metadata_hops", json!(2)),
        ("public_ip", json!(true)),
        ("recipe", json!("another")),
        ("image", json!(OTHER_IMAGE)),
        ("instance_profile", json!(profile.facts["arn"])),
        ("volume_key", json!(key.facts["arn"].replace("key/", "key/0"))),
    ];
    stage.keeps_contract(Tier::Compute, "launch-template", changes).await;
    stage.bench.clear().await;
}

async fn scaling_group(cloud: Arc<Cloud>) {
    let mut stage = Stage::new(&cloud, "ct-scaling-1234567", |_| ());
    stage.stand_needs(Tier::Compute, "scaling-group").await;
    let subnet = stage.stand(Tier::Network, "subnet-private-a").await;
    let changes = vec![
        ("instance_types", json!(["t4g.medium", "t4g.large"])),
        ("subnets", json!([subnet.id()])),
        ("target_groups", json!([])),
        ("min", json!(1)),
        ("max", json!(6)),
        ("health_check", json!("EC2")),
        ("grace_seconds", json!(60)),
        ("suspended", json!(["AZRebalance"])),
        ("metrics", json!(false)),
    ];
    let constant = vec![
        ("desired", "it moves between min and max by itself"),
        ("launch_template", "a stack has one, whose name never changes"),
        ("recipe", "another one rolls the instances: see `roll_out`"),
    ];
    stage.keeps_contract_but(Tier::Compute, "scaling-group", changes, constant).await;
    stage.bench.clear().await;
}

/// Another recipe replaces the instances; a version made by somebody else is never launched.
async fn roll_out(cloud: Arc<Cloud>) {
    let mut stage = Stage::new(&cloud, "ct-roll-out", |_| ());
    let group = stage.stand(Tier::Compute, "scaling-group").await;
    let name = group.facts["name"].clone();
    let auto_scaling = shared::client!(stage.bench.cx, aws_sdk_autoscaling);
    let versions = async || {
        let request = auto_scaling.describe_auto_scaling_groups();
        let answer = request.auto_scaling_group_names(&name).send().await.expect("an answer");
        let instances = answer.auto_scaling_groups()[0].instances().iter();
        let version = instances.filter_map(|it| it.launch_template()?.version().map(str::to_owned));
        version.collect::<Vec<_>>()
    };
    assert_eq!(versions().await, ["1", "1"]);

    let before = stage.bench.resolve(&stage.node(Tier::Compute, "scaling-group"));
    stage.wish(|spec| spec["app"] = json!({ "volume_gib": 30 }));
    let group = stage.bench.resolve(&stage.node(Tier::Compute, "scaling-group"));
    assert_ne!(before.spec["recipe"], group.spec["recipe"]);
    let template = stage.node(Tier::Compute, "launch-template");
    stage.bench.stand(template).await;
    stage.bench.until_as_wished(&group).await;
    assert_eq!(versions().await, ["2", "2"]);

    // Somebody points the group at another version: that differs, and is put back.
    let template = aws_sdk_autoscaling::types::LaunchTemplateSpecification::builder()
        .launch_template_id(group.spec["launch_template"].as_str().expect("an id"))
        .version("1");
    let policy = aws_sdk_autoscaling::types::MixedInstancesPolicy::builder().launch_template(
        aws_sdk_autoscaling::types::LaunchTemplate::builder()
            .launch_template_specification(template.build())
            .build(),
    );
    let request = auto_scaling.update_auto_scaling_group().auto_scaling_group_name(&name);
    request.mixed_instances_policy(policy.build()).send().await.expect("can be changed");
    let live = stage.bench.find(&group).await.remove(0);
    assert_eq!(live.spec["recipe"], "version 1");
    stage.bench.until_as_wished(&group).await;
    stage.bench.clear().await;
}

async fn replacement(cloud: Arc<Cloud>) {
    let mut stage = Stage::new(&cloud, "ct-replacement-123", |spec| {
        spec["app"] = json!({ "starts_without_database": true });
    });
    stage.stand_needs(Tier::Compute, "scaling-group-replacement").await;
    let found = stage.find(Tier::Compute, "scaling-group-replacement").await;
    assert_eq!(found, [], "a group starts with replacement suspended");
    stage.keeps_contract(Tier::Compute, "scaling-group-replacement", Vec::new()).await;
    stage.bench.clear().await;
}

async fn scaling_policy(cloud: Arc<Cloud>) {
    let mut stage = Stage::new(&cloud, "ct-policy-12345678", |_| ());
    stage.stand_needs(Tier::Compute, "scaling-policy").await;
    let changes = vec![
        ("cpu_target_percent", json!(42.5)),
        ("scales_in", json!(false)),
        ("enabled", json!(false)),
    ];
    stage.keeps_contract(Tier::Compute, "scaling-policy", changes).await;
    stage.bench.clear().await;
}

async fn bastion(cloud: Arc<Cloud>) {
    let mut stage = Stage::new(&cloud, "ct-bastion-1234567", |_| ());
    stage.stand_needs(Tier::Compute, "bastion").await;
    let group = stage.stand(Tier::Firewall, "private").await;
    let profile = stage.stand(Tier::Access, "app-profile").await;
    let changes = vec![
        ("security_groups", json!([group.id()])),
        ("instance_profile", json!(profile.facts["arn"])),
        ("metadata_tokens", json!(false)),
        ("metadata_hops", json!(3)),
        ("checks_destination", json!(false)),
        ("instance_type", json!("t4g.micro")),
    ];
    let constant = vec![
        ("running", "a bastion is never wished to stand still: see below"),
        ("other_subnets", "only says where it may sit; AWS has no such field"),
    ];
    stage.keeps_contract_but(Tier::Compute, "bastion", changes, constant).await;

    // Somebody stops it and forbids its end: it is started, and goes when it has to.
    let node = stage.bench.resolve(&stage.node(Tier::Compute, "bastion"));
    let live = stage.bench.find(&node).await.remove(0);
    let ec2 = ec2::client(&stage.bench.cx);
    let id = live.id().expect("an id");
    ec2.stop_instances().instance_ids(id).send().await.expect("can be stopped");
    stage.bench.until_as_wished(&node).await;
    let yes = aws_sdk_ec2::types::AttributeBooleanValue::builder().value(true).build();
    let request = ec2.modify_instance_attribute().instance_id(id).disable_api_termination(yes);
    request.send().await.expect("can be protected");
    stage.bench.clear().await;
}

async fn bastion_address(cloud: Arc<Cloud>) {
    let mut stage = Stage::new(&cloud, "ct-address-1234567", |_| ());
    let address = Case::new(stage.node(Tier::Compute, "bastion-eip")).makes_another();
    check(&mut stage.bench, address).await;
    stage.stand_needs(Tier::Compute, "bastion-address").await;
    stage.stand(Tier::Compute, "scaling-group").await;
    let other = instances(&stage).await.remove(0);
    let changes = vec![("instance_id", json!(other))];
    stage.keeps_contract(Tier::Compute, "bastion-address", changes).await;
    stage.bench.clear().await;
}

/// One unhealthy instance is replaced, once; else nothing is done, and it is said why.
async fn unhealthy(cloud: Arc<Cloud>) {
    let mut stage = Stage::new(&cloud, "ct-unhealthy", |spec| {
        spec["app"] = json!({ "starts_without_database": true });
    });
    let why = async |stage: &Stage| match replace_unhealthy(&stage.bench.cx).await {
        Ok(Replaced::Nothing(why)) => why,
        other => panic!("nothing was to be replaced: {other:?}"),
    };
    assert_eq!(why(&stage).await, "the stack has no scaling group");
    stage.stand(Tier::Compute, "scaling-group").await;
    assert!(why(&stage).await.contains("suspended"));
    stage.stand(Tier::Compute, "scaling-group-replacement").await;
    stage.stand(Tier::Edge, "listener-https").await;
    assert_eq!(why(&stage).await, "no instance of the group is unhealthy");

    let [one, other] = &instances(&stage).await[..] else { panic!("there are two") };
    fail(&stage, one).await;
    let replaced = replace_unhealthy(&stage.bench.cx).await.expect("an answer");
    assert_eq!(replaced, Replaced::Instance(one.clone()));
    assert_eq!(why(&stage).await, "no instance of the group is unhealthy");
    let now = instances(&stage).await;
    assert!(now.len() == 2 && now.contains(other) && !now.contains(one), "{now:?}");

    for instance in &now {
        fail(&stage, instance).await;
    }
    assert!(why(&stage).await.contains("no healthy instance remains"));
    stage.bench.clear().await;
}

/// The instances of the stack's group.
async fn instances(stage: &Stage) -> Vec<String> {
    let auto_scaling = shared::client!(stage.bench.cx, aws_sdk_autoscaling);
    let request = auto_scaling.describe_auto_scaling_groups();
    let request = request.auto_scaling_group_names(stage.bench.cx.scope.name("app"));
    let answer = request.send().await.expect("an answer");
    let instances = answer.auto_scaling_groups()[0].instances().iter();
    instances.filter_map(|it| it.instance_id.clone()).collect()
}

/// From now on the load balancer finds the instance unhealthy.
async fn fail(stage: &Stage, instance: &str) {
    let tag = aws_sdk_ec2::types::Tag::builder().key("local:target-health").value("unhealthy");
    let request = ec2::client(&stage.bench.cx).create_tags().resources(instance);
    request.tags(tag.build()).send().await.expect("can be tagged");
}

/// What one look at the tier costs.
async fn survey(cloud: Arc<Cloud>) {
    let mut stage = Stage::new(&cloud, "ct-compute-survey", |_| ());
    for name in ["scaling-policy", "bastion-address"] {
        stage.stand(Tier::Compute, name).await;
    }
    // One a kind and more for what a list leaves out; the last is the group's instance refreshes.
    assert_eq!(stage.bench.look(compute::TIER.kinds).await, 10);
    stage.bench.clear().await;
}

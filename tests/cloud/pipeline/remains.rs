//! What there is of a stack, asked of each service in its own words and not by our own survey.

use aws_sdk_ec2::types::Filter;
use shared::aws::{Cx, STACK_TAG};

/// Everything of the stack that is not yet on its way out.
pub async fn of(cx: &Cx) -> Vec<String> {
    [ec2(cx).await, iam(cx).await, data(cx).await, edge(cx).await, watching(cx).await].concat()
}

/// All that EC2 and its networks tag, and what is in the VPC.
async fn ec2(cx: &Cx) -> Vec<String> {
    let ec2 = shared::client!(cx, aws_sdk_ec2);
    let named = |name: &str, value: &str| Filter::builder().name(name).values(value).build();
    let tagged = ec2.describe_tags().filters(named("key", STACK_TAG));
    let mut pages = tagged.filters(named("value", &cx.scope.stack)).into_paginator().send();
    let mut found = Vec::new();
    while let Some(page) = pages.next().await {
        for tag in page.expect("tags can be listed").tags() {
            let id = tag.resource_id().unwrap_or_default().to_owned();
            if !is_leaving(&ec2, &id).await {
                found.push(id);
            }
        }
    }
    found
}

/// AWS shows ended instances and NAT gateways with their tags for about an hour.
async fn is_leaving(ec2: &aws_sdk_ec2::Client, id: &str) -> bool {
    use aws_sdk_ec2::types::{InstanceStateName, NatGatewayState};
    if id.starts_with("i-") {
        let found = ec2.describe_instances().instance_ids(id).send().await;
        let found = found.expect("instances can be listed");
        let states =
            found.reservations().iter().flat_map(aws_sdk_ec2::types::Reservation::instances);
        let mut states = states.filter_map(|it| it.state()?.name());
        return states.all(|it| *it == InstanceStateName::Terminated);
    }
    if id.starts_with("nat-") {
        let found = ec2.describe_nat_gateways().nat_gateway_ids(id).send().await;
        let found = found.expect("NAT gateways can be listed");
        return found.nat_gateways().iter().all(|it| it.state() == Some(&NatGatewayState::Deleted));
    }
    false
}

async fn iam(cx: &Cx) -> Vec<String> {
    let iam = shared::client!(cx, aws_sdk_iam);
    let path = cx.scope.iam_path();
    let roles = iam.list_roles().path_prefix(&path).send().await.expect("roles");
    let profiles = iam.list_instance_profiles().path_prefix(&path).send().await.expect("profiles");
    let policies = iam.list_policies().path_prefix(&path).send().await.expect("policies");
    let groups = iam.list_groups().path_prefix(&path).send().await.expect("groups");
    let users = iam.list_users().path_prefix(&path).send().await.expect("users");
    let names = roles.roles.into_iter().map(|it| it.arn);
    let names = names.chain(profiles.instance_profiles.into_iter().map(|it| it.arn));
    let names = names.chain(policies.policies.into_iter().flatten().filter_map(|it| it.arn));
    let names = names.chain(groups.groups.into_iter().map(|it| it.arn));
    names.chain(users.users.into_iter().map(|it| it.arn)).collect()
}

async fn data(cx: &Cx) -> Vec<String> {
    let scope = &cx.scope;
    let mine = |name: &str| name.starts_with(&scope.name(""));
    let s3 = shared::client!(cx, aws_sdk_s3);
    let rds = shared::client!(cx, aws_sdk_rds);
    let ssm = shared::client!(cx, aws_sdk_ssm);
    let kms = shared::client!(cx, aws_sdk_kms);
    let buckets = s3.list_buckets().send().await.expect("buckets");
    let instances = rds.describe_db_instances().send().await.expect("databases");
    let subnet_groups = rds.describe_db_subnet_groups().send().await.expect("subnet groups");
    let parameters = rds.describe_db_parameter_groups().send().await.expect("parameter groups");
    let telling = rds.describe_event_subscriptions().send().await.expect("event subscriptions");
    let stored = ssm.get_parameters_by_path().path(format!("/terrace/{}", scope.stack));
    let stored = stored.recursive(true).send().await.expect("parameters");
    let mut aliases = kms.list_aliases().into_paginator().items().send();
    let mut found = Vec::new();
    while let Some(alias) = aliases.next().await {
        found.extend(alias.expect("aliases").alias_name);
    }
    found.retain(|it| {
        it.strip_prefix("alias/")
            .is_some_and(|it| it == format!("terrace-{}", scope.stack) || mine(it))
    });
    found.extend(
        buckets.buckets.into_iter().flatten().filter_map(|it| it.name).filter(|it| mine(it)),
    );
    let rds =
        instances.db_instances.into_iter().flatten().filter_map(|it| it.db_instance_identifier);
    let names = rds.chain(
        subnet_groups
            .db_subnet_groups
            .into_iter()
            .flatten()
            .filter_map(|it| it.db_subnet_group_name),
    );
    let names = names.chain(
        parameters
            .db_parameter_groups
            .into_iter()
            .flatten()
            .filter_map(|it| it.db_parameter_group_name),
    );
    let names = names.chain(
        telling
            .event_subscriptions_list
            .into_iter()
            .flatten()
            .filter_map(|it| it.cust_subscription_id),
    );
    found.extend(names.filter(|it| mine(it)));
    found.extend(stored.parameters.into_iter().flatten().filter_map(|it| it.name));
    found
}

async fn edge(cx: &Cx) -> Vec<String> {
    let mine = |name: &str| name.starts_with(&cx.scope.name(""));
    let elb = shared::client!(cx, aws_sdk_elasticloadbalancingv2);
    let waf = shared::client!(cx, aws_sdk_wafv2);
    let scaling = shared::client!(cx, aws_sdk_autoscaling);
    let balancers = elb.describe_load_balancers().send().await.expect("load balancers");
    let targets = elb.describe_target_groups().send().await.expect("target groups");
    let regional = waf.list_web_acls().scope(aws_sdk_wafv2::types::Scope::Regional);
    let acls = regional.send().await.expect("web ACLs");
    let groups = scaling.describe_auto_scaling_groups().send().await.expect("scaling groups");
    let names =
        balancers.load_balancers.into_iter().flatten().filter_map(|it| it.load_balancer_name);
    let names = names
        .chain(targets.target_groups.into_iter().flatten().filter_map(|it| it.target_group_name));
    let names = names.chain(acls.web_acls.into_iter().flatten().filter_map(|it| it.name));
    let names = names.chain(
        groups
            .auto_scaling_groups
            .into_iter()
            .flatten()
            .filter_map(|it| it.auto_scaling_group_name),
    );
    names.filter(|it| mine(it)).collect()
}

async fn watching(cx: &Cx) -> Vec<String> {
    let scope = &cx.scope;
    let watch = shared::client!(cx, aws_sdk_cloudwatch);
    let logs = shared::client!(cx, aws_sdk_cloudwatchlogs);
    let sns = shared::client!(cx, aws_sdk_sns);
    let alarms = watch.describe_alarms().alarm_name_prefix(scope.alarm_name(""));
    let alarms = alarms.send().await.expect("alarms").metric_alarms.unwrap_or_default();
    let boards = watch.list_dashboards().dashboard_name_prefix(scope.name(""));
    let boards = boards.send().await.expect("dashboards").dashboard_entries.unwrap_or_default();
    let mut groups = logs.describe_log_groups().into_paginator().items().send();
    let mut topics = sns.list_topics().into_paginator().items().send();
    let mut found: Vec<String> = alarms.into_iter().filter_map(|it| it.alarm_name).collect();
    found.extend(boards.into_iter().filter_map(|it| it.dashboard_name));
    while let Some(group) = groups.next().await {
        let name = group.expect("log groups").log_group_name.unwrap_or_default();
        let mut parts = name.split('/').chain(name.split("aws-waf-logs-"));
        found.extend(
            parts
                .any(|it| it == scope.stack || it.starts_with(&scope.name("")))
                .then_some(name.clone()),
        );
    }
    while let Some(topic) = topics.next().await {
        let arn = topic.expect("topics").topic_arn.unwrap_or_default();
        let is_mine = arn.rsplit(':').next().is_some_and(|it| it.starts_with(&scope.name("")));
        found.extend(is_mine.then_some(arn));
    }
    found
}

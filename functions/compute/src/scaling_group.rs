//! `AWS::AutoScaling::AutoScalingGroup`: the application's instances.

use std::collections::BTreeSet;
use std::time::Duration;

use aws_sdk_autoscaling::types::{
    AutoScalingGroup, Instance, InstancesDistribution, LaunchTemplate, LaunchTemplateOverrides,
    LaunchTemplateSpecification, LifecycleState, MixedInstancesPolicy, RefreshPreferences,
    RefreshStrategy, Tag,
};
use serde::{Deserialize, Serialize};
use shared::aws::{Cx, Grant, LiveOf, OrAbsent, Resource};
use shared::model::{Address, Bound, Facts, Status};
use shared::world::CloudError;

use crate::auto_scaling::{DESCRIBE, GROUPS, REPLACE_UNHEALTHY, client, ours, unless_gone};
use crate::launch_template;
use crate::names::standing;

/// What the instances were last rolled to: `<recipe>/<version of the template>`.
const RECIPE_TAG: &str = "terrace:recipe";
const METRICS_GRANULARITY: &str = "1Minute";

/// A group of on-demand instances of several types.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ScalingGroup {
    /// Id of the launch template.
    pub launch_template: String,
    /// Of the launch template, which is rolled out when it changes.
    pub recipe: String,
    /// The most wanted first.
    pub instance_types: Vec<String>,
    pub subnets: BTreeSet<String>,
    /// ARNs of the target groups that instances join.
    pub target_groups: BTreeSet<String>,
    pub min: u32,
    pub desired: u32,
    pub max: u32,
    /// `ELB`: an instance is healthy when it answers, not only when it runs.
    pub health_check: String,
    /// How long a new instance may take until it answers.
    pub grace_seconds: u32,
    /// Processes that do not run; [`crate::Replacement`] looks after `ReplaceUnhealthy`.
    pub suspended: BTreeSet<String>,
    /// Whether CloudWatch counts the group's instances.
    pub metrics: bool,
}

impl Resource for ScalingGroup {
    const KIND: &'static str = "AWS::AutoScaling::AutoScalingGroup";
    /// A roll-out under way is cancelled before the next one starts, which waits for instances.
    const DEADLINE: Duration = Duration::from_secs(30 * 60);
    const GRANTS: &'static [Grant] = &[
        DESCRIBE,
        Grant {
            actions: &[
                "autoscaling:AttachLoadBalancerTargetGroups",
                "autoscaling:CancelInstanceRefresh",
                "autoscaling:CreateAutoScalingGroup",
                "autoscaling:CreateOrUpdateTags",
                "autoscaling:DeleteAutoScalingGroup",
                "autoscaling:DetachLoadBalancerTargetGroups",
                "autoscaling:DisableMetricsCollection",
                "autoscaling:EnableMetricsCollection",
                "autoscaling:ResumeProcesses",
                "autoscaling:StartInstanceRefresh",
                "autoscaling:SuspendProcesses",
                "autoscaling:UpdateAutoScalingGroup",
            ],
            resource: GROUPS,
            reason: "the stack's group",
        },
        Grant {
            actions: &["ec2:CreateTags", "ec2:RunInstances"],
            resource: "arn:aws:ec2:{region}:*:*/*",
            reason: "Auto Scaling asks whether its caller could launch from the template himself",
        },
        Grant {
            actions: &["iam:PassRole"],
            resource: "arn:aws:iam::{account}:role/terrace/*",
            reason: "the instances' role",
        },
        Grant {
            actions: &["iam:CreateServiceLinkedRole"],
            resource: "arn:aws:iam::{account}:role/aws-service-role/autoscaling.amazonaws.com/*",
            reason: "the account's first group brings its service-linked role",
        },
    ];

    fn bounds() -> Vec<(&'static str, Bound)> {
        let (low, high) = ("min".to_owned(), "max".to_owned());
        vec![("desired", Bound::Within { low, high })]
    }

    async fn list(cx: &Cx) -> Result<Vec<LiveOf<Self>>, CloudError> {
        let found = ours(cx).await?;
        Ok(found.iter().map(Self::live).collect())
    }

    /// The group starts with replacement suspended: an application that waits for its database
    /// would be taken for dead. [`crate::Replacement`] resumes it.
    async fn create(&self, cx: &Cx, at: &Address) -> Result<Facts, CloudError> {
        let name = cx.scope.name("app");
        let version = self.version(cx).await?;
        let tags = cx.tags(at);
        let mut tags: Vec<Tag> = tags.pairs().map(|(key, value)| tag(&name, key, value)).collect();
        tags.push(self.recipe_tag(&name, &version));
        let request = client(cx)
            .create_auto_scaling_group()
            .auto_scaling_group_name(&name)
            .mixed_instances_policy(self.policy(&version))
            .min_size(signed(self.min))
            .max_size(signed(self.max))
            .desired_capacity(signed(self.desired))
            .vpc_zone_identifier(self.subnets())
            .set_target_group_arns(Some(self.target_groups.iter().cloned().collect()))
            .health_check_type(&self.health_check)
            .health_check_grace_period(signed(self.grace_seconds))
            .set_tags(Some(tags));
        if request.send().await.or_absent(&["AlreadyExists", "AlreadyExistsFault"])?.is_none() {
            return standing::<Self>(cx, at, "the scaling group", &name).await;
        }
        let request = client(cx).suspend_processes().auto_scaling_group_name(&name);
        request.scaling_processes(REPLACE_UNHEALTHY).send().await?;
        Ok(facts(&name))
    }

    async fn update(&self, cx: &Cx, live: &LiveOf<Self>) -> Result<(), CloudError> {
        let name = &live.facts["name"];
        let version = self.version(cx).await?;
        let request = client(cx)
            .update_auto_scaling_group()
            .auto_scaling_group_name(name)
            .mixed_instances_policy(self.policy(&version))
            .min_size(signed(self.min))
            .max_size(signed(self.max))
            .desired_capacity(signed(live.spec.desired.clamp(self.min, self.max)))
            .vpc_zone_identifier(self.subnets())
            .health_check_type(&self.health_check)
            .health_check_grace_period(signed(self.grace_seconds));
        request.send().await?;
        self.join_target_groups(cx, name, &live.spec).await?;
        self.run_processes(cx, name, &live.spec).await?;
        self.collect_metrics(cx, name, &live.spec).await?;
        if self.recipe != live.spec.recipe {
            self.roll_out(cx, name, &version).await?;
        }
        Ok(())
    }

    async fn delete(cx: &Cx, live: &LiveOf<Self>) -> Result<(), CloudError> {
        let request = client(cx).delete_auto_scaling_group();
        let request = request.auto_scaling_group_name(&live.facts["name"]).force_delete(true);
        unless_gone(request.send().await)?;
        Ok(())
    }
}

impl ScalingGroup {
    /// The version of the template that holds our recipe. The group names it by number, so that
    /// a version made by somebody else is never launched.
    async fn version(&self, cx: &Cx) -> Result<String, CloudError> {
        let templates = launch_template::LaunchTemplate::list(cx).await?;
        let newest = templates.iter().find(|it| it.facts.get("id") == Some(&self.launch_template));
        let newest = newest.filter(|it| it.spec.recipe == self.recipe);
        let version = newest.and_then(|it| it.facts.get("version"));
        version.cloned().ok_or_else(|| {
            CloudError::not_yet("LaunchTemplate", "the launch template is not up to date yet")
        })
    }

    /// Replaces instances that are not of this version, a new one first. The tag is written
    /// last: until then the recipe differs, and whatever was lost is done again.
    async fn roll_out(&self, cx: &Cx, name: &str, version: &str) -> Result<(), CloudError> {
        let preferences = RefreshPreferences::builder()
            .min_healthy_percentage(100)
            .max_healthy_percentage(150)
            .skip_matching(true);
        let request = client(cx)
            .start_instance_refresh()
            .auto_scaling_group_name(name)
            .strategy(RefreshStrategy::Rolling)
            .preferences(preferences.build());
        let busy = ["InstanceRefreshInProgress", "InstanceRefreshInProgressFault"];
        if request.send().await.or_absent(&busy)?.is_none() {
            let request = client(cx).cancel_instance_refresh().auto_scaling_group_name(name);
            request.send().await?;
            let text = "the roll-out of an older version is being cancelled";
            return Err(CloudError::not_yet("InstanceRefreshInProgress", text));
        }
        let request = client(cx).create_or_update_tags();
        request.tags(self.recipe_tag(name, version)).send().await?;
        Ok(())
    }

    async fn join_target_groups(&self, cx: &Cx, name: &str, live: &Self) -> Result<(), CloudError> {
        let missing: Vec<String> =
            self.target_groups.difference(&live.target_groups).cloned().collect();
        if !missing.is_empty() {
            let request = client(cx).attach_load_balancer_target_groups();
            let request = request.auto_scaling_group_name(name);
            request.set_target_group_arns(Some(missing)).send().await?;
        }
        let spare: Vec<String> =
            live.target_groups.difference(&self.target_groups).cloned().collect();
        if !spare.is_empty() {
            let request = client(cx).detach_load_balancer_target_groups();
            let request = request.auto_scaling_group_name(name);
            request.set_target_group_arns(Some(spare)).send().await?;
        }
        Ok(())
    }

    /// A call without processes would be about all of them.
    async fn run_processes(&self, cx: &Cx, name: &str, live: &Self) -> Result<(), CloudError> {
        let resumed: Vec<String> = live.suspended.difference(&self.suspended).cloned().collect();
        if !resumed.is_empty() {
            let request = client(cx).resume_processes().auto_scaling_group_name(name);
            request.set_scaling_processes(Some(resumed)).send().await?;
        }
        let suspended: Vec<String> = self.suspended.difference(&live.suspended).cloned().collect();
        if !suspended.is_empty() {
            let request = client(cx).suspend_processes().auto_scaling_group_name(name);
            request.set_scaling_processes(Some(suspended)).send().await?;
        }
        Ok(())
    }

    async fn collect_metrics(&self, cx: &Cx, name: &str, live: &Self) -> Result<(), CloudError> {
        if self.metrics && !live.metrics {
            let request = client(cx).enable_metrics_collection().auto_scaling_group_name(name);
            request.granularity(METRICS_GRANULARITY).send().await?;
        }
        if !self.metrics && live.metrics {
            let request = client(cx).disable_metrics_collection().auto_scaling_group_name(name);
            request.send().await?;
        }
        Ok(())
    }

    fn policy(&self, version: &str) -> MixedInstancesPolicy {
        let template = LaunchTemplateSpecification::builder()
            .launch_template_id(&self.launch_template)
            .version(version);
        let types = self.instance_types.iter();
        let types = types.map(|it| LaunchTemplateOverrides::builder().instance_type(it).build());
        let template = LaunchTemplate::builder()
            .launch_template_specification(template.build())
            .set_overrides(Some(types.collect()));
        let on_demand = InstancesDistribution::builder()
            .on_demand_allocation_strategy("prioritized")
            .on_demand_base_capacity(0)
            .on_demand_percentage_above_base_capacity(100);
        MixedInstancesPolicy::builder()
            .launch_template(template.build())
            .instances_distribution(on_demand.build())
            .build()
    }

    fn subnets(&self) -> String {
        self.subnets.iter().map(String::as_str).collect::<Vec<_>>().join(",")
    }

    fn recipe_tag(&self, group: &str, version: &str) -> Tag {
        let value = format!("{}/{version}", self.recipe);
        let mut tag = tag(group, RECIPE_TAG, &value);
        // It says what the group has come to, not what an instance was made from.
        tag.propagate_at_launch = Some(false);
        tag
    }

    fn live(group: &AutoScalingGroup) -> LiveOf<Self> {
        let number = |it: Option<i32>| it.and_then(|it| u32::try_from(it).ok()).unwrap_or(0);
        let template = group.mixed_instances_policy().and_then(|it| it.launch_template());
        let named = template.and_then(|it| it.launch_template_specification());
        let types = template.map(|it| it.overrides()).unwrap_or_default();
        let subnets = group.vpc_zone_identifier().unwrap_or_default().split(',');
        let suspended = group.suspended_processes().iter().filter_map(|it| it.process_name());
        let spec = Self {
            launch_template: named.and_then(|it| it.launch_template_id()).unwrap_or_default().into(),
            recipe: recipe(group, named),
            instance_types: types.iter().filter_map(|it| it.instance_type.clone()).collect(),
            subnets: subnets.filter(|it| !it.is_empty()).map(str::to_owned).collect(),
            target_groups: group.target_group_arns().iter().cloned().collect(),
            min: number(group.min_size()),
            desired: number(group.desired_capacity()),
            max: number(group.max_size()),
            health_check: group.health_check_type().unwrap_or_default().to_owned(),
            grace_seconds: number(group.health_check_grace_period()),
            suspended: suspended
                .filter(|it| *it != REPLACE_UNHEALTHY)
                .map(str::to_owned)
                .collect(),
            metrics: !group.enabled_metrics().is_empty(),
        };
        let facts = facts(group.auto_scaling_group_name().unwrap_or_default());
        let status = status(group, spec.min);
        LiveOf { address: crate::auto_scaling::address(), spec, facts, status }
    }
}

/// The recipe that was rolled out, if the group still launches the version that it was in.
fn recipe(group: &AutoScalingGroup, named: Option<&LaunchTemplateSpecification>) -> String {
    let written = group.tags().iter().find(|it| it.key() == Some(RECIPE_TAG));
    let (recipe, version) =
        written.and_then(|it| it.value()).and_then(|it| it.split_once('/')).unwrap_or_default();
    match named.and_then(|it| it.version()) {
        Some(named) if named == version => recipe.to_owned(),
        other => format!("version {}", other.unwrap_or("unknown")),
    }
}

/// A group can be changed whatever its instances do, so one whose instances fail is ready: the
/// next spec may mend it. It is waited for while the first instances come up.
fn status(group: &AutoScalingGroup, min: u32) -> Status {
    let deleting = group.status().is_some_and(|it| !it.is_empty());
    let count = |wanted: fn(&LifecycleState) -> bool| {
        let states = group.instances().iter().filter_map(Instance::lifecycle_state);
        u32::try_from(states.filter(|it| wanted(it)).count()).unwrap_or(u32::MAX)
    };
    let serving = count(|it| *it == LifecycleState::InService);
    let coming = count(|it| it.as_str().starts_with("Pending"));
    if deleting || (serving < min && coming > 0) { Status::Pending } else { Status::Ready }
}

fn tag(group: &str, key: &str, value: &str) -> Tag {
    Tag::builder()
        .resource_id(group)
        .resource_type("auto-scaling-group")
        .key(key)
        .value(value)
        .propagate_at_launch(true)
        .build()
}

fn facts(name: &str) -> Facts {
    Facts::from([("id".to_owned(), name.to_owned()), ("name".to_owned(), name.to_owned())])
}

fn signed(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

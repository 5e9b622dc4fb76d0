//! `AWS::AutoScaling::AutoScalingGroup`: the application's instances.

mod change;
mod read;

use std::collections::BTreeSet;
use std::time::Duration;

use aws_sdk_autoscaling::types::Tag;
use serde::{Deserialize, Serialize};
use shared::aws::{Cx, Grant, LiveOf, OrAbsent, Resource};
use shared::model::{Address, Bound, Facts, Usual};
use shared::world::CloudError;

use crate::auto_scaling::{DESCRIBE, GROUPS, client, last_refresh, ours, unless_gone};
use crate::instance::TERMINATION;
use crate::launching::{FROM_IMAGE, LAUNCH, WITH_ROLE, WITH_TAGS};
use crate::names::standing;
use change::tag;

/// What the instances were last rolled to: `<recipe>/<version of the template>`.
const RECIPE_TAG: &str = "terrace:recipe";

/// In place of the recipe until a new group's replacement is suspended.
const STARTING: &str = "starting";

/// In place of the recipe while instances leave subnets that are taken away: Auto Scaling evens
/// out zones, but lets instances stay in a subnet that shares its zone with another.
const LEAVING: &str = "leaving";

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
    const ORDERED: &'static [&'static str] = &["instance_types"];
    /// A roll-out replaces instances in turns, and each has to answer before the next.
    const DEADLINE: Duration = Duration::from_hours(1);
    /// Its slowest instance, until that answers.
    const TYPICAL: &'static [(&'static str, Usual)] = &[("", Usual::new(35, 120))];
    const TYPICAL_DELETION: Option<Usual> = Some(TERMINATION);
    const GRANTS: &'static [Grant] = &[
        DESCRIBE,
        Grant::on(
            &[
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
            GROUPS,
            "the stack's group",
        ),
        // Auto Scaling asks whether its caller could launch from the template himself.
        LAUNCH,
        FROM_IMAGE,
        WITH_TAGS,
        WITH_ROLE,
        Grant::on(
            &["iam:CreateServiceLinkedRole"],
            "arn:aws:iam::{account}:role/aws-service-role/autoscaling.amazonaws.com/*",
            "the account's first group brings its service-linked role",
        )
        .when("StringEquals", "iam:AWSServiceName", &["autoscaling.amazonaws.com"]),
    ];

    fn bounds() -> Vec<(&'static str, Bound)> {
        let (low, high) = ("min".to_owned(), "max".to_owned());
        vec![("desired", Bound::Within { low, high })]
    }

    async fn list(cx: &Cx) -> Result<Vec<LiveOf<Self>>, CloudError> {
        let Some(group) = ours(cx).await? else { return Ok(Vec::new()) };
        let refresh = last_refresh(cx, &group).await?;
        Ok(vec![Self::live(&group, refresh.as_ref())])
    }

    /// The group starts with replacement suspended: an application that waits for its database
    /// would be taken for dead. [`crate::Replacement`] resumes it.
    async fn create(&self, cx: &Cx, at: &Address) -> Result<Facts, CloudError> {
        let name = cx.scope.name("app");
        let version = self.version(cx).await?;
        let tags = cx.tags(at);
        let mut tags: Vec<Tag> = tags.pairs().map(|(key, value)| tag(&name, key, value)).collect();
        // Only the last call says that all is done: an interruption before it shows.
        let mut starting = self.recipe_tag(&name, &version);
        starting.value = Some(format!("{STARTING}/{version}"));
        tags.push(starting);
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
        self.suspend_replacement(cx, &name).await?;
        let request = client(cx).create_or_update_tags();
        request.tags(self.recipe_tag(&name, &version)).send().await?;
        Ok(facts(&name))
    }

    async fn update(&self, cx: &Cx, live: &LiveOf<Self>) -> Result<(), CloudError> {
        let name = &live.facts["name"];
        if self.waits_for_roll_out(&live.spec) {
            let text = "instances are being replaced, a new one first";
            return Err(CloudError::not_yet("InstanceRefreshInProgress", text));
        }
        if live.spec.recipe == STARTING {
            self.suspend_replacement(cx, name).await?;
        }
        let version = self.version_after(cx, live).await?;
        let leaves = self.leaves_subnets(&live.spec);
        if leaves {
            self.note_leaving(cx, live, &version).await?;
        }
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
        if leaves || !self.is_rolled_out(&live.spec) {
            self.roll_out(cx, name, &version, leaves).await?;
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

fn facts(name: &str) -> Facts {
    Facts::from([("id".to_owned(), name.to_owned()), ("name".to_owned(), name.to_owned())])
}

fn signed(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

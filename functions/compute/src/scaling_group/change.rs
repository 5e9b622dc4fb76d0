//! How the group is changed.

use aws_sdk_autoscaling::types::{
    InstancesDistribution, LaunchTemplate, LaunchTemplateOverrides, LaunchTemplateSpecification,
    MixedInstancesPolicy, RefreshPreferences, RefreshStrategy, Tag,
};
use shared::aws::{Cx, LiveOf, OrAbsent, Resource};
use shared::world::CloudError;

use super::read::under_way;
use super::{LEAVING, RECIPE_TAG, ScalingGroup};
use crate::auto_scaling::{REPLACE_UNHEALTHY, client};
use crate::launch_template;

const METRICS_GRANULARITY: &str = "1Minute";

impl ScalingGroup {
    /// The version to launch: the one it launches already, unless the recipe changed.
    pub(super) async fn version_after(
        &self,
        cx: &Cx,
        live: &LiveOf<Self>,
    ) -> Result<String, CloudError> {
        match live.facts.get("template_version") {
            Some(version) if self.is_rolled_out(&live.spec) => Ok(version.clone()),
            Some(_) | None => self.version(cx).await,
        }
    }

    /// The version of the template that holds our recipe. The group names it by number, so that
    /// a version made by somebody else is never launched.
    pub(super) async fn version(&self, cx: &Cx) -> Result<String, CloudError> {
        let templates = launch_template::LaunchTemplate::list(cx).await?;
        let newest = templates.iter().find(|it| it.facts.get("id") == Some(&self.launch_template));
        let newest = newest.filter(|it| it.spec.recipe == self.recipe);
        let version = newest.and_then(|it| it.facts.get("version"));
        version.cloned().ok_or_else(|| {
            CloudError::not_yet("LaunchTemplate", "the launch template is not up to date yet")
        })
    }

    /// Whether our recipe is in the instances, or on its way there.
    pub(super) fn is_rolled_out(&self, live: &Self) -> bool {
        live.recipe == self.recipe || live.recipe == under_way(&self.recipe)
    }

    /// Whether all that is missing is the end of our own roll-out.
    pub(super) fn waits_for_roll_out(&self, live: &Self) -> bool {
        let begun = Self { recipe: under_way(&self.recipe), ..self.clone() };
        begun == *live
    }

    pub(super) async fn suspend_replacement(&self, cx: &Cx, name: &str) -> Result<(), CloudError> {
        let request = client(cx).suspend_processes().auto_scaling_group_name(name);
        request.scaling_processes(REPLACE_UNHEALTHY).send().await?;
        Ok(())
    }

    /// Whether instances may sit in subnets that the group leaves, or was leaving when a run
    /// was interrupted.
    pub(super) fn leaves_subnets(&self, live: &Self) -> bool {
        live.recipe == LEAVING || !live.subnets.is_subset(&self.subnets)
    }

    /// Notes that instances have to move, before the group forgets which subnets they were in.
    pub(super) async fn note_leaving(
        &self,
        cx: &Cx,
        live: &LiveOf<Self>,
        version: &str,
    ) -> Result<(), CloudError> {
        if live.spec.recipe != LEAVING {
            let mut tag = self.recipe_tag(&live.facts["name"], version);
            tag.value = Some(format!("{LEAVING}/{version}"));
            client(cx).create_or_update_tags().tags(tag).send().await?;
        }
        Ok(())
    }

    /// Replaces instances that are not of this version, or `all` of them, a new one first, so that
    /// capacity is never less. AWS is not asked to roll back: it would launch from a version that
    /// nobody wishes any more. The tag is written last: until then the recipe differs, and
    /// whatever was lost is done again.
    pub(super) async fn roll_out(
        &self,
        cx: &Cx,
        name: &str,
        version: &str,
        all: bool,
    ) -> Result<(), CloudError> {
        let preferences = RefreshPreferences::builder()
            .min_healthy_percentage(100)
            .max_healthy_percentage(150)
            .skip_matching(!all);
        let request = client(cx)
            .start_instance_refresh()
            .auto_scaling_group_name(name)
            .strategy(RefreshStrategy::Rolling)
            .preferences(preferences.build());
        let busy = ["InstanceRefreshInProgress", "InstanceRefreshInProgressFault"];
        if request.send().await.or_absent(&busy)?.is_none() {
            let request = client(cx).cancel_instance_refresh().auto_scaling_group_name(name);
            request.send().await.or_absent(&["ActiveInstanceRefreshNotFound"])?;
            let text = "the roll-out of an older version is being cancelled";
            return Err(CloudError::not_yet("InstanceRefreshInProgress", text));
        }
        let request = client(cx).create_or_update_tags();
        request.tags(self.recipe_tag(name, version)).send().await?;
        Ok(())
    }

    pub(super) async fn join_target_groups(
        &self,
        cx: &Cx,
        name: &str,
        live: &Self,
    ) -> Result<(), CloudError> {
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
    pub(super) async fn run_processes(
        &self,
        cx: &Cx,
        name: &str,
        live: &Self,
    ) -> Result<(), CloudError> {
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

    pub(super) async fn collect_metrics(
        &self,
        cx: &Cx,
        name: &str,
        live: &Self,
    ) -> Result<(), CloudError> {
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

    pub(super) fn policy(&self, version: &str) -> MixedInstancesPolicy {
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

    pub(super) fn subnets(&self) -> String {
        self.subnets.iter().map(String::as_str).collect::<Vec<_>>().join(",")
    }

    pub(super) fn recipe_tag(&self, group: &str, version: &str) -> Tag {
        let value = format!("{}/{version}", self.recipe);
        let mut tag = tag(group, RECIPE_TAG, &value);
        // It says what the group has come to, not what an instance was made from.
        tag.propagate_at_launch = Some(false);
        tag
    }
}

pub(super) fn tag(group: &str, key: &str, value: &str) -> Tag {
    Tag::builder()
        .resource_id(group)
        .resource_type("auto-scaling-group")
        .key(key)
        .value(value)
        .propagate_at_launch(true)
        .build()
}

//! How the group is read.

use aws_sdk_autoscaling::types::{
    AutoScalingGroup, Instance, InstanceRefresh, LaunchTemplateSpecification, LifecycleState,
};
use shared::aws::LiveOf;
use shared::model::Status;

use super::{LEAVING, RECIPE_TAG, STARTING, ScalingGroup, facts};
use crate::auto_scaling::{REPLACE_UNHEALTHY, Refresh, address};

impl ScalingGroup {
    pub(super) fn live(
        group: &AutoScalingGroup,
        refresh: Option<&InstanceRefresh>,
    ) -> LiveOf<Self> {
        let number = |it: Option<i32>| it.and_then(|it| u32::try_from(it).ok()).unwrap_or(0);
        let template = group.mixed_instances_policy().and_then(|it| it.launch_template());
        let named = template.and_then(|it| it.launch_template_specification());
        let types =
            template.map(aws_sdk_autoscaling::types::LaunchTemplate::overrides).unwrap_or_default();
        let subnets = group.vpc_zone_identifier().unwrap_or_default().split(',');
        let suspended = group.suspended_processes().iter().filter_map(|it| it.process_name());
        let spec = Self {
            launch_template: named
                .and_then(|it| it.launch_template_id())
                .unwrap_or_default()
                .into(),
            recipe: reached(&recipe(group, named), refresh),
            instance_types: types.iter().filter_map(|it| it.instance_type.clone()).collect(),
            subnets: subnets.filter(|it| !it.is_empty()).map(str::to_owned).collect(),
            target_groups: group.target_group_arns().iter().cloned().collect(),
            min: number(group.min_size()),
            desired: number(group.desired_capacity()),
            max: number(group.max_size()),
            health_check: group.health_check_type().unwrap_or_default().to_owned(),
            grace_seconds: number(group.health_check_grace_period()),
            suspended: suspended.filter(|it| *it != REPLACE_UNHEALTHY).map(str::to_owned).collect(),
            metrics: !group.enabled_metrics().is_empty(),
        };
        let mut facts = facts(group.auto_scaling_group_name().unwrap_or_default());
        let version = named.and_then(|it| it.version());
        facts.extend(version.map(|it| ("template_version".to_owned(), it.to_owned())));
        let status = status(group, spec.min);
        LiveOf { address: address(), spec, facts, status }
    }
}

/// The recipe, unless instances have still to come to it: then what keeps them.
///
/// A group whose instances are replaced is ready, not pending: a newer recipe need not wait for
/// one that does not work, nor a stack that is taken down.
fn reached(recipe: &str, refresh: Option<&InstanceRefresh>) -> String {
    if [LEAVING, STARTING].contains(&recipe) {
        return recipe.to_owned();
    }
    match refresh.map(|it| (Refresh::of(it), it)) {
        None | Some((Refresh::Done, _)) => recipe.to_owned(),
        Some((Refresh::UnderWay, _)) => under_way(recipe),
        Some((Refresh::Broken, it)) => {
            let why = it.status_reason().unwrap_or("AWS does not say why");
            format!("{recipe}, whose roll-out did not come to its end: {why}")
        }
    }
}

/// What a group says of this recipe while its instances are replaced.
pub(super) fn under_way(recipe: &str) -> String {
    format!("{recipe}, being rolled out")
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

#[cfg(test)]
mod tests {
    use LifecycleState::{InService, Pending, Terminating};
    use aws_sdk_autoscaling::types::{LaunchTemplate, MixedInstancesPolicy, TagDescription};

    use super::*;

    fn group(states: &[LifecycleState]) -> AutoScalingGroup {
        let instance =
            |it: &LifecycleState| Instance::builder().lifecycle_state(it.clone()).build();
        let instances = states.iter().map(instance).collect();
        AutoScalingGroup::builder().set_instances(Some(instances)).build()
    }

    #[test]
    fn only_the_first_instances_are_waited_for() {
        assert_eq!(status(&group(&[InService, Pending]), 2), Status::Pending);
        assert_eq!(status(&group(&[InService, InService, Pending]), 2), Status::Ready);
        // Its instances die, or none can be launched: the next spec may mend it.
        assert_eq!(status(&group(&[Terminating]), 2), Status::Ready);
        assert_eq!(status(&group(&[]), 2), Status::Ready);
    }

    #[test]
    fn a_recipe_is_reached_when_its_roll_out_is() {
        use aws_sdk_autoscaling::types::InstanceRefreshStatus::{
            Cancelling, Failed, InProgress, Successful,
        };
        let read = |status| {
            let refresh = InstanceRefresh::builder().status(status).status_reason("unhealthy");
            reached("abc", Some(&refresh.build()))
        };
        assert_eq!(read(Successful), "abc");
        assert_eq!(read(InProgress), under_way("abc"));
        assert_eq!(read(Cancelling), under_way("abc"));
        let broken = read(Failed);
        assert!(broken != "abc" && broken.contains("unhealthy"), "{broken}");
    }

    #[test]
    fn a_recipe_counts_with_the_version_that_it_was_rolled_out_in() {
        let read = |version: &str| {
            let named = LaunchTemplateSpecification::builder().version(version).build();
            let template =
                LaunchTemplate::builder().launch_template_specification(named.clone()).build();
            let policy = MixedInstancesPolicy::builder().launch_template(template).build();
            let tag = TagDescription::builder().key(RECIPE_TAG).value("abc/3").build();
            let group = AutoScalingGroup::builder().mixed_instances_policy(policy).tags(tag);
            ScalingGroup::live(&group.build(), None).spec.recipe
        };
        assert_eq!(read("3"), "abc");
        assert_eq!(read("4"), "version 4");
        assert_eq!(read("$Latest"), "version $Latest");
    }
}

//! The response to an alarm on unhealthy targets: one instance is replaced, once.

use aws_sdk_autoscaling::types::{AutoScalingGroup, LifecycleState};
use aws_sdk_elasticloadbalancingv2::types::{TargetHealthDescription, TargetHealthStateEnum};
use futures::FutureExt;
use futures::future::BoxFuture;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use shared::aws::Cx;
use shared::world::CloudError;

use crate::auto_scaling::{REPLACE_UNHEALTHY, Refresh, client, is_suspended, last_refresh, ours};

/// What was done, or why nothing was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Replaced {
    /// The instance with this id is on its way out, and another on its way in.
    Instance(String),
    Nothing(String),
}

/// The response, as the tier's Lambda calls it.
pub fn response(cx: Cx) -> BoxFuture<'static, Result<Value, CloudError>> {
    async move {
        let replaced = replace_unhealthy(&cx).await?;
        serde_json::to_value(replaced)
            .map_err(|error| CloudError::refused("BadAnswer", error.to_string()))
    }
    .boxed()
}

/// Terminates one unhealthy instance of the stack's group, which then launches another.
///
/// Nothing is done while the group is at work already, so that a repeated alarm replaces
/// nothing twice, and nothing when no healthy instance remains: then the instances are not the
/// reason.
pub async fn replace_unhealthy(cx: &Cx) -> Result<Replaced, CloudError> {
    let Some(group) = ours(cx).await? else { return Ok(nothing("the stack has no scaling group")) };
    if is_suspended(&group, REPLACE_UNHEALTHY) {
        return Ok(nothing("replacement is suspended until the database can be reached"));
    }
    let instance = match choose(&group, &targets(cx, &group).await?) {
        Choice::Replace(instance) => instance,
        Choice::NoneUnhealthy => return Ok(nothing("no instance of the group is unhealthy")),
        Choice::NoneHealthy => {
            return Ok(nothing("no healthy instance remains, so the instances are not the reason"));
        }
    };
    if is_scaling(cx, &group).await? {
        return Ok(nothing("a scaling activity is in progress"));
    }
    if is_rolling(cx, &group).await? {
        return Ok(nothing("an instance refresh is in progress"));
    }
    let request = client(cx).terminate_instance_in_auto_scaling_group().instance_id(&instance);
    request.should_decrement_desired_capacity(false).send().await?;
    Ok(Replaced::Instance(instance))
}

/// Which instance is to go, by what the load balancer says of them.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Choice {
    Replace(String),
    NoneUnhealthy,
    NoneHealthy,
}

/// Of several, the one with the smallest id, so that every look comes to the same answer.
fn choose(group: &AutoScalingGroup, targets: &[TargetHealthDescription]) -> Choice {
    let serving = group.instances().iter();
    let serving = serving.filter(|it| it.lifecycle_state() == Some(&LifecycleState::InService));
    let serving: Vec<&str> = serving.filter_map(|it| it.instance_id()).collect();
    let in_state = |wanted: TargetHealthStateEnum| {
        let found = targets
            .iter()
            .filter(move |it| it.target_health().and_then(|it| it.state()) == Some(&wanted));
        found.filter_map(|it| it.target()?.id()).filter(|id| serving.contains(id))
    };
    match in_state(TargetHealthStateEnum::Unhealthy).min() {
        None => Choice::NoneUnhealthy,
        Some(_) if in_state(TargetHealthStateEnum::Healthy).next().is_none() => Choice::NoneHealthy,
        Some(instance) => Choice::Replace(instance.to_owned()),
    }
}

async fn targets(
    cx: &Cx,
    group: &AutoScalingGroup,
) -> Result<Vec<TargetHealthDescription>, CloudError> {
    let Some(arn) = group.target_group_arns().first() else { return Ok(Vec::new()) };
    let elb = shared::client!(cx, aws_sdk_elasticloadbalancingv2);
    let answer = elb.describe_target_health().target_group_arn(arn).send().await?;
    Ok(answer.target_health_descriptions.unwrap_or_default())
}

/// AWS shows activities under way first.
async fn is_scaling(cx: &Cx, group: &AutoScalingGroup) -> Result<bool, CloudError> {
    let request = client(cx).describe_scaling_activities().max_records(10);
    let request = request.set_auto_scaling_group_name(group.auto_scaling_group_name.clone());
    let answer = request.send().await?;
    Ok(answer.activities().iter().any(|it| it.end_time().is_none()))
}

async fn is_rolling(cx: &Cx, group: &AutoScalingGroup) -> Result<bool, CloudError> {
    let last = last_refresh(cx, group).await?;
    Ok(last.is_some_and(|it| Refresh::of(&it) == Refresh::UnderWay))
}

fn nothing(why: &str) -> Replaced {
    Replaced::Nothing(why.to_owned())
}

#[cfg(test)]
mod tests {
    use TargetHealthStateEnum::{Draining, Healthy, Initial, Unhealthy};
    use aws_sdk_autoscaling::types::Instance;
    use aws_sdk_elasticloadbalancingv2::types::{TargetDescription, TargetHealth};

    use super::*;

    /// A group of these instances, all in service, and what the load balancer says of them.
    fn chosen(states: &[(&str, TargetHealthStateEnum)]) -> Choice {
        let instance = |id: &str| {
            let state = LifecycleState::InService;
            Instance::builder().instance_id(id).lifecycle_state(state).build()
        };
        let instances = states.iter().map(|(id, _)| instance(id)).collect();
        let group = AutoScalingGroup::builder().set_instances(Some(instances)).build();
        let target = |(id, state): &(&str, TargetHealthStateEnum)| {
            TargetHealthDescription::builder()
                .target(TargetDescription::builder().id(*id).build())
                .target_health(TargetHealth::builder().state(state.clone()).build())
                .build()
        };
        choose(&group, &states.iter().map(target).collect::<Vec<_>>())
    }

    #[test]
    fn one_unhealthy_instance_is_replaced_while_another_serves() {
        let replace = |id: &str| Choice::Replace(id.to_owned());
        assert_eq!(chosen(&[("i-1", Healthy), ("i-2", Unhealthy)]), replace("i-2"));
        let two = [("i-3", Unhealthy), ("i-1", Healthy), ("i-2", Unhealthy)];
        assert_eq!(chosen(&two), replace("i-2"));
    }

    #[test]
    fn nothing_is_replaced_without_reason_or_without_a_healthy_one() {
        assert_eq!(chosen(&[]), Choice::NoneUnhealthy);
        assert_eq!(chosen(&[("i-1", Healthy), ("i-2", Draining)]), Choice::NoneUnhealthy);
        assert_eq!(chosen(&[("i-1", Unhealthy), ("i-2", Unhealthy)]), Choice::NoneHealthy);
        assert_eq!(chosen(&[("i-1", Unhealthy), ("i-2", Initial)]), Choice::NoneHealthy);
    }

    #[test]
    fn a_target_that_is_not_the_groups_is_left_alone() {
        let group = AutoScalingGroup::builder().build();
        let stranger = TargetHealthDescription::builder()
            .target(TargetDescription::builder().id("i-9").build())
            .target_health(TargetHealth::builder().state(Unhealthy).build());
        assert_eq!(choose(&group, &[stranger.build()]), Choice::NoneUnhealthy);
    }
}

//! An alarm on unhealthy instances rings.

use std::collections::BTreeSet;
use std::sync::Arc;

use aws_sdk_cloudwatch::types::StateValue;
use aws_sdk_ec2::types::{InstanceStateName, Tag};
use futures::FutureExt;
use serde_json::Value;
use support::Cloud;

use super::stand::{Stand, until};
use crate::Test;

pub const TESTS: &[Test] = &[("pipeline::an_unhealthy_instance_is_replaced_once", |cloud| {
    an_unhealthy_instance(cloud).boxed_local()
})];

/// By this tag the local cloud lets an instance answer no health check.
const HEALTH_TAG: &str = "local:target-health";

async fn an_unhealthy_instance(cloud: Arc<Cloud>) {
    let stand = Stand::new(cloud, "replace");
    stand.deploy().await;
    let before = instances(&stand).await;
    assert_eq!(before.len(), 2);
    let sick = before.first().expect("an instance").clone();
    let tag = Tag::builder().key(HEALTH_TAG).value("unhealthy").build();
    stand.ec2().create_tags().resources(&sick).tags(tag).send().await.expect("a tag");

    ring(&stand).await;
    let first = answers(&stand, 1).await;
    assert!(first.contains(&sick), "{first}");
    assert!(first.contains("unhealthy-host"), "the response names the alarm: {first}");
    let after = until("the instance is replaced", || async {
        let now = instances(&stand).await;
        (now.len() == before.len() && !now.contains(&sick)).then_some(now)
    });
    let after = after.await;
    assert_eq!(state(&stand, &sick).await, InstanceStateName::Terminated);
    assert_eq!(after.intersection(&before).count(), 1, "the healthy one is left alone");

    ring(&stand).await;
    answers(&stand, 2).await;
    assert_eq!(instances(&stand).await, after, "a repeated alarm replaces nothing twice");
    stand.destroy().await;
}

/// Lets the stack's alarm ring, which was quiet before.
async fn ring(stand: &Stand) {
    let watch = shared::client!(stand.cx, aws_sdk_cloudwatch);
    let name = stand.cx.scope.alarm_name("unhealthy-host");
    for (state, reason) in [(StateValue::Ok, "all is well"), (StateValue::Alarm, "one is sick")] {
        let set = watch.set_alarm_state().alarm_name(&name).state_value(state);
        set.state_reason(reason).send().await.expect("the alarm can be set");
    }
}

/// What was answered, once there are so many answers.
async fn answers(stand: &Stand, count: usize) -> String {
    let found = until("the alarm is answered", || async {
        let found = stand.responses().await;
        (found.len() >= count).then_some(found)
    });
    let found = found.await;
    assert_eq!(found.len(), count, "one answer for each time it rang: {found:#?}");
    found.iter().map(Value::to_string).collect()
}

/// Instances of the stack's group that are in service.
async fn instances(stand: &Stand) -> BTreeSet<String> {
    let scaling = shared::client!(stand.cx, aws_sdk_autoscaling);
    let groups = scaling.describe_auto_scaling_groups().send().await.expect("groups");
    let groups = groups.auto_scaling_groups.unwrap_or_default().into_iter();
    let name = stand.cx.scope.name("");
    let own =
        groups.filter(|it| it.auto_scaling_group_name().is_some_and(|it| it.starts_with(&name)));
    own.flat_map(|it| it.instances.unwrap_or_default())
        .filter(|it| it.lifecycle_state().is_some_and(|it| it.as_str() == "InService"))
        .filter_map(|it| it.instance_id)
        .collect()
}

async fn state(stand: &Stand, id: &str) -> InstanceStateName {
    let found = stand.ec2().describe_instances().instance_ids(id).send().await.expect("instances");
    let instance =
        found.reservations().iter().flat_map(aws_sdk_ec2::types::Reservation::instances).next();
    let state = instance.and_then(|it| it.state()?.name().cloned());
    state.expect("AWS shows ended instances for an hour")
}

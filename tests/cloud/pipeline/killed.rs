//! Functions that die in the middle of their work, and calls that come to half their effect.

use std::sync::Arc;

use aws_sdk_autoscaling::types::AutoScalingGroup;
use aws_sdk_sfn::types::ExecutionStatus;
use futures::FutureExt;
use serde_json::{Value, json};
use shared::ledger::{Outcome, StackState};
use support::Cloud;

use super::stand::Stand;
use crate::Test;

pub const TESTS: &[Test] = &[
    ("pipeline::a_run_goes_on_when_its_functions_are_killed", |cloud| killed(cloud).boxed_local()),
    ("pipeline::a_scaling_group_that_was_left_half_made_is_finished", |cloud| {
        half_made(cloud).boxed_local()
    }),
];

/// Service, action, and whether the function dies before or after the call's effect. After the
/// group's creation dies who would have suspended its replacement.
const KILLED: [(&str, &str, &str); 6] = [
    ("kms", "CreateKey", "after"),
    ("ec2", "CreateVpc", "after"),
    ("ec2", "CreateNatGateway", "before"),
    ("rds", "CreateDBInstance", "after"),
    ("elbv2", "CreateLoadBalancer", "before"),
    ("autoscaling", "CreateAutoScalingGroup", "after"),
];

/// Faults of a test's own, until this is dropped.
struct Faults {
    cloud: Arc<Cloud>,
    ids: Vec<Value>,
}

impl Faults {
    fn set(stand: &Stand, faults: &Value) -> Self {
        let set = stand.cloud.ask("POST", "faults", &faults.to_string());
        let ids = set["faults"].as_array().into_iter().flatten().map(|it| it["id"].clone());
        Self { cloud: Arc::clone(&stand.cloud), ids: ids.collect() }
    }

    /// Those that did not strike just once.
    fn missed(&self) -> Vec<Value> {
        let mut shown = self.cloud.ask("GET", "faults", "");
        let all = shown["faults"].as_array_mut().map(std::mem::take).unwrap_or_default();
        let ours = all.into_iter().filter(|it| self.ids.contains(&it["id"]));
        ours.filter(|it| it["fired"] != 1).collect()
    }
}

impl Drop for Faults {
    fn drop(&mut self) {
        for id in &self.ids {
            self.cloud.ask("DELETE", &format!("faults/{id}"), "");
        }
    }
}

async fn killed(cloud: Arc<Cloud>) {
    let stand = Stand::new(cloud, "killed");
    let fault = |(service, action, when): (&str, &str, &str)| {
        json!({
            "service": service, "action": action, "stack": stand.stack,
            "how": "kill", "when": when, "count": 1,
        })
    };
    let faults = Faults::set(&stand, &json!(KILLED.map(fault)));
    assert_eq!(faults.ids.len(), KILLED.len());
    let built = stand.deploy().await;
    assert_eq!(faults.missed(), Vec::<Value>::new(), "each kills one function");
    drop(faults);
    assert_eq!(built.outcome, Outcome::Done);
    finished(&stand).await;
    // Nothing is there twice, nothing is missing: there is nothing left to do.
    let again = stand.deploy().await;
    assert_eq!((again.api_calls.write, &again.resources), (0, &built.resources));
    stand.destroy().await;
}

/// The run ends between the call that makes the group and the one that suspends its replacement.
async fn half_made(cloud: Arc<Cloud>) {
    let stand = Stand::new(cloud, "halfway");
    let refused = json!({
        "service": "autoscaling", "action": "SuspendProcesses",
        "resource": stand.cx.scope.name("app"), "count": 1,
        "how": "error", "code": "ValidationError", "status": 400, "message": "not today",
    });
    let faults = Faults::set(&stand, &refused);
    let run = stand.put().await;
    let ended = stand.end(&run, "deploy").await;
    assert_eq!(ended.status, ExecutionStatus::Failed, "{ended:?}");
    assert!(ended.said.contains("not today"), "{ended:?}");
    assert_eq!(faults.missed(), Vec::<Value>::new());
    drop(faults);
    let group = group(&stand).await;
    assert!(recipe(&group).starts_with("starting/"), "{group:?}");
    assert_eq!(stand.record().await.state, StackState::Failed);

    let built = stand.deploy().await;
    finished(&stand).await;
    let again = stand.deploy().await;
    assert_eq!((again.api_calls.write, &again.resources), (0, &built.resources));
    stand.destroy().await;
}

/// The group replaces what is unhealthy, and says what its instances were made from.
async fn finished(stand: &Stand) {
    let group = group(stand).await;
    assert_eq!(group.suspended_processes(), [], "{group:?}");
    let recipe = recipe(&group);
    assert!(!recipe.is_empty() && !recipe.starts_with("starting"), "{recipe}");
}

async fn group(stand: &Stand) -> AutoScalingGroup {
    let request = shared::client!(stand.cx, aws_sdk_autoscaling).describe_auto_scaling_groups();
    let request = request.auto_scaling_group_names(stand.cx.scope.name("app"));
    let mut found = request.send().await.expect("groups").auto_scaling_groups.unwrap_or_default();
    assert_eq!(found.len(), 1, "one group");
    found.remove(0)
}

fn recipe(group: &AutoScalingGroup) -> &str {
    let tag = group.tags().iter().find(|it| it.key() == Some("terrace:recipe"));
    tag.and_then(|it| it.value()).unwrap_or_default()
}

//! The largest stacks stay within what Step Functions takes.

use std::sync::Arc;

use aws_sdk_sfn::types::{HistoryEvent, HistoryEventType, TaskScheduledEventDetails};
use futures::FutureExt;
use serde_json::json;
use shared::tier::patience;
use support::{Cloud, REGION, root};

use super::stand::{Stand, execution_arn};
use crate::Test;

pub const TESTS: &[Test] =
    &[("pipeline::a_large_stack_fits_the_limits", |cloud| a_large_stack(cloud).boxed_local())];

/// Limits of AWS, in bytes and events.
const PAYLOAD_MAX: usize = 256 * 1024;
const EVENTS_MAX: usize = 25_000;

/// Ours: each is paid for.
const TRANSITIONS_MAX: usize = 400;

/// A database that takes long. It is the only one that a run waits longer for than half of this.
const SLOW_DATABASE_SECONDS: i64 = 26 * 60;

async fn a_large_stack(cloud: Arc<Cloud>) {
    let mut stand = Stand::new(cloud, "large");
    let path = root().join("infra-bootstrap/examples/large.yaml");
    let text = std::fs::read_to_string(path).expect("the example");
    let example = shared::spec::read(&text, "large.yaml").expect("a spec without problems");
    let mut spec = serde_json::to_value(example).expect("JSON");
    spec["name"] = json!(stand.stack);
    spec["region"] = json!(REGION);
    spec["network"]["zones"] = json!(["a", "b", "c"].map(|zone| format!("{REGION}{zone}")));
    // The local cloud has no such hosted zone, and an e-mail is confirmed by nobody.
    spec["ingress"]["certificate"] = json!("self_signed");
    stand.spec = spec;

    let report = stand.deploy().await;
    assert!(report.resources.values().sum::<usize>() > 120, "{:?}", report.resources);
    let built = measure(&stand, &report.run, "deploy").await;
    let look = stand.by_hand("drift", json!({ "stack": stand.stack })).await;
    assert!(look.plan.is_empty(), "{}", look.plan);
    let input = json!({ "stack": stand.stack, "include_data": true });
    let gone = stand.by_hand("destroy", input).await;
    let gone = measure(&stand, &gone.run, "destroy").await;
    for (what, (events, transitions, payload)) in [("deploy", built), ("destroy", gone)] {
        let told = format!("{what}: {events} events, {transitions} transitions, {payload} bytes");
        assert!(events < EVENTS_MAX && transitions <= TRANSITIONS_MAX, "{told}");
        assert!(payload < PAYLOAD_MAX && payload > 0, "{told}");
        println!("{told}");
    }
    let (slow, told) = (built.1 + slow_day(), "transitions on a slow day");
    println!("{slow} {told}");
    assert!(slow <= TRANSITIONS_MAX, "{slow} {told}");
    stand.destroy().await;
}

/// Events, transitions, and the largest input or output of an execution. Each state that is entered is
/// a transition, and each time a task is tried again.
async fn measure(stand: &Stand, run: &str, machine: &str) -> (usize, usize, usize) {
    let history = stand.sfn().get_execution_history();
    let history = history.execution_arn(execution_arn(run, machine)).include_execution_data(true);
    let mut events = history.into_paginator().items().send();
    let (mut count, mut entered, mut payload) = (0, 0, 0);
    let (mut tasks, mut calls) = (0, 0);
    while let Some(event) = events.next().await {
        let event = event.expect("a history");
        count += 1;
        entered += usize::from(event.state_entered_event_details().is_some());
        tasks += usize::from(event.r#type == HistoryEventType::TaskStateEntered);
        calls += usize::from(event.r#type == HistoryEventType::TaskScheduled);
        payload = payload.max(largest(&event));
    }
    assert!(calls >= tasks && tasks > 9, "{machine}: {tasks} tasks, {calls} calls");
    (count, entered + calls - tasks, payload)
}

/// Transitions that a slow day costs on top of a run in which all is ready at the next look: what
/// AWS takes minutes for takes as long as it does one time in twenty. Others that wait for these
/// either look as often or are left alone meanwhile.
fn slow_day() -> usize {
    /// Act, is it done?, and the wait.
    const TRANSITIONS: usize = 3;
    /// Compute and monitoring leave the first round of Settle, and two act in the second.
    const SECOND_ROUND: usize = 2 + 2 + 2 * 3;
    let looks = |tier: &shared::tier::Definition, kind: &str, seconds: i64| {
        let kind = tier.kinds.iter().find(|it| it.name == kind).expect("a kind of the tier");
        // Of several, the longest: a stack with a standby.
        let usual = kind.rules().typical.first().map(|it| it.usual);
        let (mut now, mut count) = (0, 0);
        while now < seconds {
            now += patience(now, usual);
            count += 1;
        }
        count
    };
    let network = looks(&network::TIER, "AWS::EC2::NatGateway", 124);
    // The instances come after the NAT gateways, and after them the group's 90 seconds.
    let compute = network + looks(&compute::TIER, "AWS::AutoScaling::AutoScalingGroup", 90);
    let edge = looks(&edge::TIER, "AWS::ElasticLoadBalancingV2::LoadBalancer", 185);
    let database = looks(&database::TIER, "AWS::RDS::DBInstance", SLOW_DATABASE_SECONDS);
    TRANSITIONS * (network + compute + edge + database) + SECOND_ROUND
}

/// Bytes of the largest data that an event carries.
fn largest(event: &HistoryEvent) -> usize {
    let data = [
        event.state_entered_event_details().and_then(|it| it.input()),
        event.state_exited_event_details().and_then(|it| it.output()),
        event.task_scheduled_event_details().map(TaskScheduledEventDetails::parameters),
        event.task_succeeded_event_details().and_then(|it| it.output()),
        event.task_failed_event_details().and_then(|it| it.cause()),
        event.execution_started_event_details().and_then(|it| it.input()),
        event.execution_succeeded_event_details().and_then(|it| it.output()),
    ];
    data.into_iter().flatten().map(str::len).max().unwrap_or_default()
}

//! The largest stacks stay within what Step Functions takes.

use std::sync::Arc;

use aws_sdk_sfn::types::{HistoryEvent, HistoryEventType, TaskScheduledEventDetails};
use futures::FutureExt;
use serde_json::json;
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
    stand.destroy().await;
}

/// Events, transitions at most, and the largest input or output of an execution.
///
/// The local cloud's history has no states of a Parallel or Map, but their tasks: for each of
/// those count a task, the choice after it and the wait.
async fn measure(stand: &Stand, run: &str, machine: &str) -> (usize, usize, usize) {
    let history = stand.sfn().get_execution_history();
    let history = history.execution_arn(execution_arn(run, machine)).include_execution_data(true);
    let mut events = history.into_paginator().items().send();
    let (mut count, mut entered, mut payload) = (0, 0, 0);
    let (mut tasks, mut outer_tasks) = (0, 0);
    while let Some(event) = events.next().await {
        let event = event.expect("a history");
        count += 1;
        entered += usize::from(event.state_entered_event_details().is_some());
        tasks += usize::from(event.r#type == HistoryEventType::TaskScheduled);
        outer_tasks += usize::from(event.r#type == HistoryEventType::TaskStateEntered);
        payload = payload.max(largest(&event));
    }
    assert!(tasks > outer_tasks, "{machine}: {tasks} tasks, {outer_tasks} of them outside");
    (count, entered + 3 * (tasks - outer_tasks), payload)
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

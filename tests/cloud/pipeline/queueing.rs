//! Several runs that want the same stack: who waits, who makes way, who takes over.

use std::sync::Arc;

use aws_sdk_lambda::primitives::Blob;
use aws_sdk_sfn::types::ExecutionStatus;
use futures::FutureExt;
use serde_json::{Value, json};
use shared::clock::unix_seconds;
use shared::ledger::{FUNCTION_SECONDS, Key, Lease, Outcome, Queue, Report, StackState, TERMS};
use support::Cloud;

use super::stand::{Stand, execution_arn, until};
use crate::Test;

pub const TESTS: &[Test] = &[
    ("pipeline::a_newer_deploy_supersedes_a_queued_one", |cloud| superseded(cloud).boxed_local()),
    ("pipeline::who_may_not_wait_is_told_who_is_at_work", |cloud| unwilling(cloud).boxed_local()),
    ("pipeline::a_dead_run_is_taken_over_and_stops_when_it_wakes", |cloud| {
        dead(cloud).boxed_local()
    }),
];

/// Starts a deploy and waits until it holds the lease.
async fn at_work(stand: &Stand) -> String {
    let run = stand.start("deploy", &json!({ "spec": stand.spec })).await;
    until("the run holds the lease", || async {
        let lease: Lease = stand.read(&Key::Lease(&stand.stack)).await?;
        (lease.run.as_ref() == Some(&run)).then_some(())
    })
    .await;
    run
}

/// Waits until these runs and no others stand in the queue.
async fn queued(stand: &Stand, runs: &[&String]) {
    until(format!("{runs:?} wait"), || async {
        let queue: Queue = stand.read(&Key::Queue(&stand.stack)).await?;
        queue.waiting.iter().map(|it| &it.run).eq(runs.iter().copied()).then_some(())
    })
    .await;
}

async fn superseded(cloud: Arc<Cloud>) {
    let stand = Stand::new(cloud, "newer");
    let first = at_work(&stand).await;
    let second = stand.start("deploy", &json!({ "spec": stand.spec })).await;
    queued(&stand, &[&second]).await;
    let third = stand.start("deploy", &json!({ "spec": stand.spec })).await;
    queued(&stand, &[&third]).await;

    let ended = stand.end(&second, "deploy").await;
    assert_eq!(ended.status, ExecutionStatus::Failed);
    assert!(ended.said.contains("Superseded") && ended.said.contains(&third), "{ended:?}");
    let report: Report = stand.read(&Key::Report(&stand.stack, &second)).await.expect("a report");
    assert_eq!((report.outcome, report.api_calls.write), (Outcome::Superseded, 0));

    let built = stand.went_through(&first, "deploy").await;
    let same = stand.went_through(&third, "deploy").await;
    assert!(same.started >= built.ended, "{} then {}", built.ended, same.started);
    assert_eq!(stand.record().await.state, StackState::Ready);
    until("everybody is forgotten", || async {
        let queue: Queue = stand.read(&Key::Queue(&stand.stack)).await?;
        (queue == Queue::default()).then_some(())
    })
    .await;
    stand.destroy().await;
}

async fn unwilling(cloud: Arc<Cloud>) {
    let stand = Stand::new(cloud, "unwilling");
    let first = at_work(&stand).await;
    let input = json!({ "spec": stand.spec, "queue": false });
    let second = stand.start("deploy", &input).await;
    let ended = stand.end(&second, "deploy").await;
    assert_eq!(ended.status, ExecutionStatus::Failed);
    assert!(ended.said.contains("Refused") && ended.said.contains(&first), "{ended:?}");
    let queue: Option<Queue> = stand.read(&Key::Queue(&stand.stack)).await;
    assert_eq!(queue.unwrap_or_default(), Queue::default(), "it left no trace");

    let file = std::env::temp_dir().join(format!("{}.json", stand.stack));
    std::fs::write(&file, stand.spec.to_string()).expect("a file");
    let path = file.to_str().expect("a path");
    let (code, _, said) = stand.cloud.try_terrace(&["deploy", path, "--no-queue", "--json"]);
    assert!(code == 1 && said.contains(&first), "{code}: {said}");
    std::fs::remove_file(file).expect("it can be removed");
    stand.went_through(&first, "deploy").await;
    let spec = stand.ledger.bytes(&Key::Spec(&format!("{}.json", stand.stack))).await;
    assert_eq!(spec.expect("the ledger"), None, "nothing was uploaded");
    stand.destroy().await;
}

async fn dead(cloud: Arc<Cloud>) {
    let stand = Stand::new(cloud, "dead");
    let dead = stand.by_hand("deploy", json!({ "spec": stand.spec })).await.run;
    // As if the run had died while it held the lease, and nobody had cleared up after it.
    let held = Lease {
        run: Some(dead.clone()),
        execution: Some(execution_arn(&dead, "deploy")),
        expires: unix_seconds() + TERMS.lease,
        ..stand.lease().await
    };
    stand.ledger.write(&Key::Lease(&stand.stack), &held).await.expect("it can be written");

    let next = stand.start("deploy", &json!({ "spec": stand.spec })).await;
    queued(&stand, &[&next]).await;
    let cooling = stand.lease().await;
    assert_eq!(cooling.run, None, "it was let go in the dead run's stead");
    let wait = cooling.expires - unix_seconds();
    assert!(wait <= FUNCTION_SECONDS + TERMS.clocks, "not for the rest of the lease: {wait} s");
    // The next run waits for a minute. The test puts the clock forward.
    let over = Lease { expires: unix_seconds(), ..cooling };
    stand.ledger.write(&Key::Lease(&stand.stack), &over).await.expect("it can be written");
    let report = stand.went_through(&next, "deploy").await;
    assert_eq!(report.api_calls.write, 0, "{}", report.plan);

    let lambda = shared::client!(stand.cx, aws_sdk_lambda);
    let act = json!({ "verb": "act", "stack": stand.stack, "run": dead, "part": "build" });
    let request = lambda.invoke().function_name("terrace-keys");
    let answer = request.payload(Blob::new(act.to_string())).send().await.expect("an answer");
    assert!(answer.function_error().is_some(), "it went on to work");
    let said: Value =
        serde_json::from_slice(answer.payload.expect("a payload").as_ref()).expect("JSON");
    assert_eq!(said["errorType"], "Lost", "{said}");
    stand.destroy().await;
}

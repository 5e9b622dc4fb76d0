//! Runs that are stopped, started twice, or started while another is under way.

use std::sync::Arc;

use aws_sdk_lambda::primitives::Blob;
use aws_sdk_sfn::types::ExecutionStatus;
use futures::FutureExt;
use futures::future::join;
use serde_json::{Value, json};
use shared::ledger::{Key, Lease, Report, StackState, TierRecord};
use shared::model::Tier;
use support::Cloud;

use super::stand::{Stand, bucket, execution_arn, until};
use crate::Test;

pub const TESTS: &[Test] = &[
    ("pipeline::an_aborted_run_frees_its_lease", |cloud| aborted(cloud).boxed_local()),
    ("pipeline::the_same_event_twice_starts_one_run", |cloud| twice(cloud).boxed_local()),
    ("pipeline::a_second_deploy_waits_for_the_first", |cloud| second(cloud).boxed_local()),
];

async fn aborted(cloud: Arc<Cloud>) {
    let stand = Stand::new(cloud, "aborted");
    let run = stand.put().await;
    until("the run has begun to build", || async {
        let keys: TierRecord = stand.read(&Key::Tier(&stand.stack, &run, Tier::Keys)).await?;
        (keys.calls.write() > 0).then_some(())
    })
    .await;
    let arn = execution_arn(&run, "deploy");
    stand.sfn().stop_execution().execution_arn(arn).send().await.expect("it can be stopped");
    assert_eq!(stand.end(&run, "deploy").await.status, ExecutionStatus::Aborted);

    let cooling = until("the lease is let go", || async {
        let lease = stand.lease().await;
        lease.run.is_none().then_some(lease)
    });
    let cooling = cooling.await;
    let report: Report = stand.read(&Key::Report(&stand.stack, &run)).await.expect("a report");
    assert!(report.failure.as_ref().is_some_and(|it| it.contains("ABORTED")), "{report:?}");
    assert!(cooling.expires > report.ended, "calls of the run may still be under way");
    assert_eq!(stand.record().await.state, StackState::Failed);

    // The next run waits for a minute. The test puts the clock forward.
    let next = stand.put().await;
    until("the next run waits", || async { is_told_to_wait(&stand, &next).await }).await;
    let over = Lease { expires: report.ended, ..cooling };
    stand.ledger.write(&Key::Lease(&stand.stack), &over).await.expect("the lease can be written");
    let report = stand.went_through(&next, "deploy").await;
    assert!(report.plan.is_empty(), "{}", report.plan);
    assert_eq!(stand.record().await.state, StackState::Ready);
    stand.destroy().await;
}

/// Whether a run was refused with `Busy`, and goes on trying.
async fn is_told_to_wait(stand: &Stand, run: &str) -> Option<()> {
    let arn = execution_arn(run, "deploy");
    let history = stand.sfn().get_execution_history().execution_arn(arn).send().await.ok()?;
    let mut failures = history.events().iter().filter_map(|it| {
        let task = it.task_failed_event_details().and_then(|it| it.error());
        task.or_else(|| it.lambda_function_failed_event_details()?.error())
    });
    failures.any(|it| it == "Busy").then_some(())
}

async fn twice(cloud: Arc<Cloud>) {
    let stand = Stand::new(cloud, "twice");
    let run = stand.put().await;
    let report = stand.went_through(&run, "deploy").await;
    let versions = shared::client!(stand.cx, aws_sdk_s3).list_object_versions();
    let versions = versions.bucket(bucket()).prefix(stand.spec_key()).send().await;
    let versions = versions.expect("versions").versions.unwrap_or_default();
    let version = versions[0].version_id().expect("a version");
    let event = json!({
        "version": "0",
        "id": "0d079340-135a-c8c6-95c2-41fb8f496c53",
        "detail-type": "Object Created",
        "source": "aws.s3",
        "account": stand.cx.scope.account,
        "time": "2026-01-01T00:00:00Z",
        "region": stand.cx.scope.region,
        "resources": [format!("arn:aws:s3:::{}", bucket())],
        "detail": {
            "version": "0",
            "bucket": { "name": bucket() },
            "object": { "key": stand.spec_key(), "size": 1, "version-id": version, "sequencer": "1" },
            "reason": "PutObject",
        },
    });
    for _ in 0..2 {
        assert_eq!(intake(&stand, &event).await["execution"], run.as_str());
    }
    let runs = stand.ledger.names(&format!("runs/{}/", stand.stack)).await.expect("runs");
    assert_eq!(runs, [report.run], "one run");
    stand.destroy().await;
}

/// Hands an event to `intake`, as EventBridge does when it delivers one twice.
async fn intake(stand: &Stand, event: &Value) -> Value {
    let lambda = shared::client!(stand.cx, aws_sdk_lambda);
    let request = lambda.invoke().function_name("terrace-intake");
    let answer = request.payload(Blob::new(event.to_string())).send().await.expect("an answer");
    assert_eq!(answer.function_error(), None);
    serde_json::from_slice(answer.payload.expect("a payload").as_ref()).expect("JSON")
}

async fn second(cloud: Arc<Cloud>) {
    let stand = Stand::new(cloud, "second");
    let first = stand.start("deploy", &json!({ "spec": stand.spec })).await;
    until("the first holds the lease", || async {
        let lease: Lease = stand.read(&Key::Lease(&stand.stack)).await?;
        (lease.run.as_ref() == Some(&first)).then_some(())
    })
    .await;
    let second = stand.start("deploy", &json!({ "spec": stand.spec })).await;
    until("the second waits", || async { is_told_to_wait(&stand, &second).await }).await;
    let (built, same) =
        join(stand.went_through(&first, "deploy"), stand.went_through(&second, "deploy")).await;
    assert!(same.started >= built.ended, "{} then {}", built.ended, same.started);
    assert_eq!((same.revision, same.api_calls.write), (built.revision, 0));
    stand.destroy().await;
}

//! A database that failed: people are told, and nothing is done to it.

use std::sync::Arc;

use aws_sdk_sfn::types::ExecutionStatus;
use futures::FutureExt;
use serde_json::json;
use shared::clock::unix_seconds;
use shared::ledger::{Key, Report, StackState};
use support::Cloud;

use super::refusals::Ear;
use super::stand::Stand;
use crate::Test;

pub const TESTS: &[Test] =
    &[("pipeline::a_database_that_failed_is_paged_and_never_replaced", |cloud| {
        paged(cloud).boxed_local()
    })];

async fn paged(cloud: Arc<Cloud>) {
    let mut stand = Stand::new(cloud, "worn");
    stand.deploy().await;
    let before = database(&stand).await;
    for (state, retention_days) in [("failed", 14), ("incompatible-parameters", 30)] {
        becomes(&stand, state);
        // The refusal of the whole plan holds back what else is asked for, too.
        stand.spec["logging"] = json!({ "retention_days": retention_days });
        refused(&stand, state).await;
        assert_eq!(database(&stand).await, before, "the same database");
    }
    becomes(&stand, "available");
    let report = stand.deploy().await;
    assert!(report.plan.is_empty(), "{}", report.plan);
    assert_eq!(database(&stand).await, before);
    stand.destroy().await;
}

async fn refused(stand: &Stand, state: &str) {
    let ear = Ear::open(stand).await;
    let was = stand.record().await;
    let run = stand.put().await;
    let ended = stand.end(&run, "deploy").await;
    assert_eq!(ended.status, ExecutionStatus::Failed, "{ended:?}");
    let report: Report = stand.read(&Key::Report(&stand.stack, &run)).await.expect("a report");
    assert_eq!(report.api_calls.write, 0, "{:?}", report.api_calls.by_operation);
    let failed = format!("`database/instance` failed (RDS calls it `{state}`) and is not replaced");
    let why = report.failure.expect("a reason");
    let (_, message) = ear.hears(&format!("{} was not changed", stand.stack)).await;
    for part in ["nothing was changed", &failed, "holds data", "repair it"] {
        assert!(why.contains(part), "{part}: {why}");
        assert!(message.contains(part), "{part}: {message}");
    }
    ear.close().await;

    // The stack stands as before, and nobody waits for calls that were never made.
    let record = stand.record().await;
    assert_eq!((record.state, record.revision), (StackState::Ready, was.revision), "{record:?}");
    assert_eq!((record.run, record.known_good), (was.run, was.known_good));
    assert!(record.notes[0].contains("was not built") && record.notes[0].contains(&failed));
    let lease = stand.lease().await;
    assert!(lease.run.is_none() && lease.expires <= unix_seconds(), "{lease:?}");
}

/// RDS puts the stack's database into a state.
fn becomes(stand: &Stand, state: &str) {
    let name = stand.cx.scope.name("db");
    stand.cloud.ask("PUT", &format!("databases/{name}"), &json!({ "status": state }).to_string());
}

/// What tells one database from another of the same name.
async fn database(stand: &Stand) -> (String, i64) {
    let request = stand.rds().describe_db_instances();
    let request = request.db_instance_identifier(stand.cx.scope.name("db"));
    let found = request.send().await.expect("the database is there").db_instances;
    let found = found.into_iter().flatten().next().expect("the database is there");
    let made = found.instance_create_time.expect("it was made").as_nanos();
    (found.dbi_resource_id.expect("an id"), i64::try_from(made).expect("in our times"))
}

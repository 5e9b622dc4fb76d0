//! Deploys that fail halfway, and what their spec says becomes of them.

use std::sync::Arc;

use aws_sdk_sfn::types::ExecutionStatus;
use futures::FutureExt;
use serde_json::{Value, json};
use shared::ledger::{Key, Outcome, Recover, Report, StackState};
use shared::revision::Revision;
use support::Cloud;

use super::stand::Stand;
use crate::Test;

pub const TESTS: &[Test] = &[
    ("pipeline::a_deploy_that_fails_goes_back_to_the_known_good_revision", |cloud| {
        goes_back(cloud).boxed_local()
    }),
    ("pipeline::a_way_back_that_fails_too_is_told_with_both_causes", |cloud| {
        fails_twice(cloud).boxed_local()
    }),
    ("pipeline::a_first_deploy_that_fails_is_kept_or_taken_down", |cloud| {
        first(cloud).boxed_local()
    }),
];

/// An alarm of a test's own that AWS refuses, until this is dropped.
struct Refusal {
    cloud: Arc<Cloud>,
    id: u64,
}

impl Refusal {
    /// The first `skip` calls pass.
    fn of(stand: &Stand, alarm: &str, skip: u32) -> Self {
        let fault = json!({
            "service": "monitoring", "action": "PutMetricAlarm", "resource": alarm, "skip": skip,
            "how": "error", "code": "ValidationError", "status": 400,
            "message": format!("no alarm {alarm} today"),
        });
        let answer = stand.cloud.ask("POST", "faults", &fault.to_string());
        let id = answer["faults"][0]["id"].as_u64().expect("a number");
        Self { cloud: Arc::clone(&stand.cloud), id }
    }
}

impl Drop for Refusal {
    fn drop(&mut self) {
        self.cloud.ask("DELETE", &format!("faults/{}", self.id), "");
    }
}

fn custom(name: &str, threshold: f64) -> Value {
    json!({ "name": name, "namespace": "Shop", "metric": "Orders", "threshold": threshold })
}

/// Names that no other test's alarms have.
fn own(stand: &Stand, name: &str) -> String {
    format!("{name}-{}", stand.stack)
}

async fn failed(stand: &Stand, run: &str, error: &str) -> Report {
    let ended = stand.end(run, "deploy").await;
    assert_eq!(ended.status, ExecutionStatus::Failed, "{ended:?}");
    assert!(ended.said.starts_with(error), "{ended:?}");
    assert_eq!(stand.lease().await.run, None, "the lease is let go");
    stand.read(&Key::Report(&stand.stack, run)).await.expect("a report")
}

async fn goes_back(cloud: Arc<Cloud>) {
    let mut stand = Stand::new(cloud, "back");
    let plain = stand.spec.clone();
    let built = stand.deploy().await;
    let bad = own(&stand, "bad");
    stand.spec["app"] = json!({ "max": 7 });
    stand.spec["logging"] = json!({ "retention_days": 400 });
    stand.spec["alarms"] = json!({ "custom": [custom(&bad, 1.0)] });
    let refusal = Refusal::of(&stand, &bad, 0);
    let run = stand.put().await;
    let report = failed(&stand, &run, "RolledBack").await;
    drop(refusal);
    assert_eq!((report.outcome, report.revision), (Outcome::RolledBack, 1));
    let why = report.failure.clone().expect("a reason");
    for part in ["revision 2 could not be built", "no alarm", "back at revision 1"] {
        assert!(why.contains(part), "{part}: {why}");
    }
    let recovery = report.recovery.expect("how it went back");
    assert_eq!((recovery.how, recovery.failed_revision), (Recover::Rollback, 2));
    assert_eq!(report.resources, built.resources);

    let record = stand.record().await;
    assert_eq!((record.state, record.revision, record.known_good), (StackState::Ready, 1, Some(1)));
    assert!(record.notes[0].contains("revision 2"), "{record:?}");
    let good: Revision = stand.read(&Key::KnownGood(&stand.stack)).await.expect("known good");
    assert_eq!(good.number, 1);
    // Neither a look nor a run by the stack's name takes up the failed revision.
    let look = stand.by_hand("drift", json!({ "stack": stand.stack })).await;
    assert!(look.plan.is_empty() && look.revision == 1, "{}", look.plan);
    let again = stand.by_hand("deploy", json!({ "stack": stand.stack })).await;
    assert_eq!((again.revision, again.api_calls.write), (1, 0));

    // The same spec tries again, under the same number.
    let built = stand.deploy().await;
    assert_eq!((built.revision, built.outcome), (2, Outcome::Done));
    stand.spec = plain;
    assert_eq!(stand.deploy().await.revision, 3);
    stand.destroy().await;
}

async fn fails_twice(cloud: Arc<Cloud>) {
    let mut stand = Stand::new(cloud, "twofold");
    let (bad, kept) = (own(&stand, "bad"), own(&stand, "kept"));
    stand.spec["alarms"] = json!({ "custom": [custom(&kept, 1.0)] });
    let good = stand.spec.clone();
    stand.deploy().await;
    // `kept` may be changed once, and not back.
    let refusals = [Refusal::of(&stand, &bad, 0), Refusal::of(&stand, &kept, 1)];
    stand.spec["alarms"] = json!({ "custom": [custom(&kept, 2.0), custom(&bad, 1.0)] });
    let run = stand.put().await;
    let report = failed(&stand, &run, "Refused").await;
    drop(refusals);
    assert_eq!(report.outcome, Outcome::Failed);
    let why = report.failure.expect("both reasons");
    for part in [format!("no alarm {bad}"), format!("no alarm {kept}"), "failed as well".into()] {
        assert!(why.contains(&part), "{part}: {why}");
    }
    let record = stand.record().await;
    assert_eq!((record.state, record.revision), (StackState::Failed, 1), "{record:?}");
    stand.spec = good;
    assert_eq!(stand.deploy().await.revision, 1, "the way back is gone to its end");
    stand.destroy().await;
}

async fn first(cloud: Arc<Cloud>) {
    let mut stand = Stand::new(cloud, "first");
    let bad = own(&stand, "bad");
    stand.spec["alarms"] = json!({ "custom": [custom(&bad, 1.0)] });
    let refusal = Refusal::of(&stand, &bad, 0);
    let run = stand.put().await;
    let report = failed(&stand, &run, "Refused").await;
    assert_eq!((report.outcome, &report.recovery), (Outcome::Failed, &None));
    let kept: usize = report.resources.values().sum();
    assert!(kept > 50, "what stands is kept: {:?}", report.resources);

    // With `destroy`, what stands goes again; there is still no revision to go back to.
    stand.spec["on_failure"] = json!("destroy");
    let run = stand.put().await;
    let report = failed(&stand, &run, "TakenDown").await;
    assert_eq!(report.outcome, Outcome::TakenDown);
    let left: usize = report.resources.values().sum();
    assert!(left < kept, "{:?}", report.resources);
    assert!(report.plan.notes.iter().any(|it| it.text.contains("protected")), "{}", report.plan);
    let record = stand.record().await;
    assert_eq!((record.state, record.known_good), (StackState::Destroyed, None));
    drop(refusal);
    for (arguments, listed) in [(&["status"][..], false), (&["status", "--all"], true)] {
        let told = stand.cloud.terrace(&[arguments, &["--json"]].concat());
        let mut names = told["stacks"].as_array().into_iter().flatten().map(|it| &it["name"]);
        assert_eq!(names.any(|it| *it == json!(stand.stack)), listed, "{arguments:?}: {told}");
    }
    stand.deploy().await;
    stand.destroy().await;
}

//! An account that has no room for a plan: told before the first change, all at once.

use std::sync::Arc;

use aws_sdk_sfn::types::ExecutionStatus;
use futures::FutureExt;
use serde_json::json;
use shared::clock::unix_seconds;
use shared::ledger::{Binding, Key, Report, StackState};
use shared::preflight::Preflight;
use support::Cloud;

use super::{remains, stand::Stand};
use crate::Test;

pub const TESTS: &[Test] = &[(
    "pipeline::a_plan_for_which_the_account_has_no_room_is_refused_with_all_that_is_missing",
    |cloud| no_room(cloud).boxed_local(),
)];

/// What is short of everything: a zone, a type, a class, and more vCPUs than the cloud of the
/// tests gives.
const MISSING: [&str; 5] = [
    "availability zone us-east-1f: have no such zone in this account",
    "instance type t9g.large of `compute/scaling-group`",
    "instance types of `compute/scaling-group`: have us-east-1a",
    "have no db.t9g.small for postgres in us-east-1",
    "--quota-code L-1216C47A --desired-value",
];

async fn no_room(cloud: Arc<Cloud>) {
    let mut stand = Stand::new(cloud, "room");
    stand.spec["network"] = json!({ "zones": ["us-east-1a", "us-east-1f"] });
    stand.spec["app"] = json!({
        "instance_types": ["t4g.2xlarge", "t9g.large"], "min": 0, "desired": 500, "max": 500,
    });
    stand.spec["database"] = json!({ "class": "db.t9g.small" });

    let look = stand.start("drift", &json!({ "spec": stand.spec })).await;
    let looked = stand.went_through(&look, "drift").await;
    assert!(looked.plan.has_changes());
    let seen: Preflight = stand.read(&Key::Preflight(&stand.stack, &look)).await.expect("a look");

    let run = stand.put().await;
    let ended = stand.end(&run, "deploy").await;
    assert_eq!(ended.status, ExecutionStatus::Failed, "{ended:?}");
    let found: Preflight = stand.read(&Key::Preflight(&stand.stack, &run)).await.expect("a look");
    let report: Report = stand.read(&Key::Report(&stand.stack, &run)).await.expect("a report");
    let failure = report.failure.expect("a failure");
    assert!(failure.contains("nothing was changed"), "{failure}");
    for (told, who) in [(seen, "the plan"), (found, "the deploy")] {
        let text = told.to_string();
        for missing in MISSING {
            assert!(text.contains(missing), "{who} does not say `{missing}`: {text}");
            assert!(failure.contains(missing), "the report does not say `{missing}`: {failure}");
        }
        assert_eq!(told.shortfalls.len(), MISSING.len(), "{who}: {text}");
        assert_eq!(told.unchecked, [], "{who}");
        assert!(told.checked > 20 && told.calls.write() == 0, "{who}: {told:?}");
    }
    assert_eq!(report.api_calls.write, 0, "{:?}", report.api_calls.by_operation);
    let made = remains::of(&stand.cx).await;
    assert_eq!(made, Vec::<String>::new(), "made without room for it");
    not_built(&stand, &run).await;
    stand.delete_spec(&stand.spec_key()).await;
}

/// A first deploy that was refused leaves nothing but the word that it was, and why.
async fn not_built(stand: &Stand, run: &str) {
    let record = stand.record().await;
    assert_eq!((record.state, record.run.as_str()), (StackState::NotBuilt, run), "{record:?}");
    let lease = stand.lease().await;
    assert!(lease.run.is_none() && lease.expires <= unix_seconds(), "{lease:?}");
    let bound: Option<Binding> = stand.read(&Key::Binding(&stand.stack)).await;
    assert_eq!(bound, None, "another file may use the name");
    let listed = stand.cloud.terrace(&["status", &stand.stack, "--json"]);
    let listed = &listed["stacks"][0];
    assert_eq!(listed["state"], "not_built", "{listed}");
    let note = listed["notes"][0].as_str().unwrap_or_default();
    assert!(note.contains("revision 1 was not built") && note.contains(MISSING[0]), "{note}");

    // Once there is room for it, it is built as if nothing had been.
    let wanted = Stand::new(Arc::clone(&stand.cloud), "room");
    let report = wanted.deploy().await;
    assert_eq!((report.revision, wanted.record().await.state), (2, StackState::Ready));
    wanted.destroy().await;
}

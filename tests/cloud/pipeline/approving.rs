//! The plan that is approved is the plan that runs.

use std::path::PathBuf;
use std::sync::Arc;

use aws_sdk_sfn::types::ExecutionStatus;
use futures::FutureExt;
use serde_json::{Value, json};
use shared::ledger::{ApprovalRequest, Key, Lease, Outcome, Report, StackState};
use shared::plan::HASH_SHORT;
use support::Cloud;

use super::stand::{Stand, execution_arn, until};
use crate::Test;

pub const TESTS: &[Test] = &[
    ("pipeline::the_plan_that_was_looked_at_is_carried_out_or_nothing_is", |cloud| {
        looked_at(cloud).boxed_local()
    }),
    ("pipeline::a_run_waits_for_a_yes_and_holds_no_lease", |cloud| waits(cloud).boxed_local()),
];

/// Exit codes of `terrace`.
const MOVED: i32 = 5;
const REJECTED: i32 = 6;

/// A spec file of the stand's own, for the command; gone with it.
struct File {
    folder: tempfile::TempDir,
    path: PathBuf,
}

impl File {
    /// Under the name that the stand's own uploads have.
    fn of(stand: &Stand) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join(format!("{}.json", stand.stack));
        let file = Self { folder, path };
        file.write(&stand.spec);
        file
    }

    fn write(&self, spec: &Value) {
        assert!(self.folder.path().exists());
        std::fs::write(&self.path, spec.to_string()).expect("the spec can be written");
    }

    fn name(&self) -> &str {
        self.path.to_str().expect("a name in UTF-8")
    }
}

/// The spec with another threshold: one alarm changes in place.
fn at(spec: &Value, cpu_percent: u32) -> Value {
    let mut spec = spec.clone();
    spec["alarms"] = json!({ "thresholds": { "cpu_percent": cpu_percent } });
    spec
}

async fn looked_at(cloud: Arc<Cloud>) {
    let mut stand = Stand::new(cloud, "looked");
    let file = File::of(&stand);
    let cloud = Arc::clone(&stand.cloud);
    let (code, plan, said) = cloud.try_terrace(&["plan", file.name(), "--json"]);
    assert_eq!(code, 2, "{said}");
    let hash = plan["hash"].as_str().expect("a hash").to_owned();
    let short = &hash[..HASH_SHORT];
    let built = cloud.terrace(&["deploy", file.name(), "--plan", short, "--wait", "--json"]);
    assert_eq!(built["revision"], 1);
    let report: Report = report(&stand, built["run"].as_str().expect("a run")).await;
    assert!(report.api_calls.write > 0 && report.outcome == Outcome::Done, "{report:?}");

    // The same look from the machine that looks, for a change; then the world moves.
    let plain = stand.spec.clone();
    file.write(&at(&plain, 66));
    let look = stand.by_hand("drift", json!({ "spec": at(&plain, 66) })).await;
    assert_ne!(look.plan_hash, hash);
    stand.spec = at(&plain, 67);
    stand.deploy().await;
    let moved = ["deploy", file.name(), "--plan", &look.plan_hash, "--wait", "--json"];
    let (code, _, said) = cloud.try_terrace(&moved);
    assert_eq!(code, MOVED, "{said}");
    for part in ["nothing was changed", "monitoring/alarm-", "66", "67"] {
        assert!(said.contains(part), "{part}: {said}");
    }
    let record = stand.record().await;
    assert_eq!((record.state, record.revision, record.known_good), (StackState::Ready, 2, Some(2)));
    assert!(record.notes[0].contains("moved"), "{record:?}");

    // What nobody was shown, and what is no hash.
    let unknown = ["deploy", file.name(), "--plan", "0123456789ab", "--wait", "--json"];
    let (code, _, said) = cloud.try_terrace(&unknown);
    assert!(code == MOVED && said.contains("nobody was shown"), "{code}: {said}");
    let (code, _, said) = cloud.try_terrace(&["deploy", file.name(), "--plan", "01234"]);
    assert_eq!(code, 64, "{said}");
    let look = stand.by_hand("drift", json!({ "stack": stand.stack })).await;
    assert!(look.plan.is_empty(), "{}", look.plan);
    stand.destroy().await;
}

async fn waits(cloud: Arc<Cloud>) {
    let mut stand = Stand::new(cloud, "waits");
    stand.spec["approval"] = json!("required");
    let plain = stand.spec.clone();
    said_yes_to(&stand).await;
    said_no_to(&mut stand, &plain).await;
    moved_meanwhile(&mut stand, &plain).await;
    superseded(&mut stand, &plain).await;
    stopped(&mut stand, &plain).await;
    nobody_answered(&mut stand, &plain).await;

    // No longer to be asked has to be agreed to, also when nothing else changes.
    stand.spec = at(&plain, 67);
    stand.spec["approval"] = json!("none");
    let run = stand.put().await;
    let request = asked(&stand, &run).await;
    assert_eq!(request.summary, "no changes");
    approve(&stand, &request);
    stand.went_through(&run, "deploy").await;
    stand.destroy().await;
}

async fn said_yes_to(stand: &Stand) {
    let run = stand.put().await;
    let request = asked(stand, &run).await;
    assert_eq!(stand.lease().await.run, None, "who waits holds no lease");
    let names = stand.ledger.names(&format!("runs/{}/{run}/", stand.stack)).await.expect("runs");
    assert!(names.contains(&"plan.json".to_owned()), "{names:?}");
    let listed = stand.cloud.terrace(&["status", &stand.stack, "--json"]);
    assert_eq!(listed["stacks"][0]["approval"]["hash"], request.hash.as_str(), "{listed}");

    let other = ["approve", &stand.stack, "--yes", "0123456789ab", "--json"];
    let (code, _, said) = stand.cloud.try_terrace(&other);
    assert!(code == 1 && said.contains("names another plan"), "{code}: {said}");
    let (code, _, said) = stand.cloud.try_terrace(&["approve", &stand.stack, "--json"]);
    assert!(code == 1 && said.contains("nobody is there"), "{code}: {said}");
    assert_eq!(stand.record().await.state, StackState::AwaitingApproval);

    approve(stand, &request);
    let report = stand.went_through(&run, "deploy").await;
    assert!(report.api_calls.write > 0, "{report:?}");
    let (code, _, said) = stand.cloud.try_terrace(&["approve", &stand.stack, "--json"]);
    assert!(code == 1 && said.contains("nothing waits"), "{code}: {said}");
}

async fn said_no_to(stand: &mut Stand, plain: &Value) {
    stand.spec = at(plain, 66);
    let run = stand.put().await;
    let request = asked(stand, &run).await;
    let no = ["approve", &stand.stack, "--run", &run, "--reject", "--reason", "not today"];
    stand.cloud.terrace(&[&no[..], &["--json"]].concat());
    let report = nothing_came_of(stand, &run, "Rejected").await;
    assert_eq!(report.outcome, Outcome::Rejected);
    let why = report.failure.expect("a reason");
    assert!(why.contains("not today") && why.contains("said no"), "{why}");
    // One that watches ends with a code of its own.
    let file = File::of(stand);
    let cloud = Arc::clone(&stand.cloud);
    let name = file.name().to_owned();
    let watching = std::thread::spawn(move || cloud.try_terrace(&["deploy", &name, "--wait"]));
    let again = until("the run of the command waits", || async {
        let found: Option<ApprovalRequest> = stand.read(&Key::Approval(&stand.stack)).await;
        found.filter(|it| it.run != run)
    });
    assert_eq!(again.await.hash, request.hash, "the same plan as before");
    stand.cloud.terrace(&[&no[..2], &no[4..]].concat());
    let (code, _, said) = watching.join().expect("the command ends");
    assert!(code == REJECTED && said.contains("not today"), "{code}: {said}");
    until("the stack is as before", || async {
        (stand.record().await.state == StackState::Ready).then_some(())
    })
    .await;
}

async fn moved_meanwhile(stand: &mut Stand, plain: &Value) {
    stand.spec = at(plain, 66);
    let run = stand.put().await;
    let request = asked(stand, &run).await;
    let watch = shared::client!(stand.cx, aws_sdk_cloudwatch);
    let alarm = stand.cx.scope.alarm_name("unhealthy-host");
    watch.delete_alarms().alarm_names(&alarm).send().await.expect("alarms can be deleted");
    approve(stand, &request);
    let report = nothing_came_of(stand, &run, "Moved").await;
    let why = report.failure.expect("a reason");
    assert!(why.contains("unhealthy-host") && why.contains("not in the plan"), "{why}");
    assert_eq!((report.outcome, report.api_calls.write), (Outcome::Moved, 0));
}

/// A newer run takes the place of one that waits; and the newest is carried out.
async fn superseded(stand: &mut Stand, plain: &Value) {
    stand.spec = at(plain, 66);
    let older = stand.put().await;
    asked(stand, &older).await;
    stand.spec = at(plain, 67);
    let newer = stand.put().await;
    let request = asked(stand, &newer).await;
    let ended = stand.end(&older, "deploy").await;
    assert!(ended.said.contains("Superseded") && ended.said.contains(&newer), "{ended:?}");
    let report: Report = report(stand, &older).await;
    assert_eq!((report.outcome, report.api_calls.write), (Outcome::Superseded, 0));
    approve(stand, &request);
    stand.went_through(&newer, "deploy").await;
    let look = stand.by_hand("drift", json!({ "stack": stand.stack })).await;
    assert!(look.plan.is_empty(), "{}", look.plan);
    // Going, too, is asked about.
    let run = stand.start("destroy", &json!({ "stack": stand.stack })).await;
    let request = asked(stand, &run).await;
    assert!(request.summary.contains("to delete"), "{}", request.summary);
    let no = ["approve", &stand.stack, "--reject", "--reason", "it is needed", "--json"];
    stand.cloud.terrace(&no);
    nothing_came_of(stand, &run, "Rejected").await;
}

/// Who is stopped while waiting has changed nothing.
async fn stopped(stand: &mut Stand, plain: &Value) {
    stand.spec = at(plain, 68);
    let run = stand.put().await;
    asked(stand, &run).await;
    let arn = execution_arn(&run, "deploy");
    stand.sfn().stop_execution().execution_arn(arn).send().await.expect("it can be stopped");
    until("the stack is as before", || async {
        (stand.record().await.state == StackState::Ready).then_some(())
    })
    .await;
    let request: Option<ApprovalRequest> = stand.read(&Key::Approval(&stand.stack)).await;
    assert_eq!(request, None);
}

/// The token's time is over. The local cloud's own tests show that it says so by this name.
async fn nobody_answered(stand: &mut Stand, plain: &Value) {
    stand.spec = at(plain, 68);
    let run = stand.put().await;
    let request = asked(stand, &run).await;
    let late = stand.sfn().send_task_failure().task_token(&request.token).error("States.Timeout");
    late.send().await.expect("the token is open");
    let report = nothing_came_of(stand, &run, "NotApproved").await;
    let why = report.failure.clone().expect("a reason");
    assert!(why.contains("seven days") && why.contains("start the run again"), "{why}");
    assert_eq!((report.outcome, report.api_calls.write), (Outcome::Rejected, 0));
    // A yes that comes after it changes nothing either.
    let yes = stand.sfn().send_task_success().task_token(&request.token).output("{}");
    assert!(yes.send().await.is_err(), "the token is no longer open");
    let look = stand.by_hand("drift", json!({ "stack": stand.stack })).await;
    assert_eq!(stand.record().await.state, StackState::Ready, "{}", look.plan);
}

/// Waits until `run` waits.
async fn asked(stand: &Stand, run: &str) -> ApprovalRequest {
    let request = until(format!("`{run}` waits for approval"), || async {
        let found: Option<ApprovalRequest> = stand.read(&Key::Approval(&stand.stack)).await;
        let lease: Option<Lease> = stand.read(&Key::Lease(&stand.stack)).await;
        found.filter(|it| it.run == run && lease.is_some_and(|it| it.run.is_none()))
    });
    let request = request.await;
    let record = stand.record().await;
    assert_eq!((record.state, record.run.as_str()), (StackState::AwaitingApproval, run));
    request
}

fn approve(stand: &Stand, request: &ApprovalRequest) {
    let short = &request.hash[..HASH_SHORT];
    let said = stand.cloud.terrace(&["approve", &stand.stack, "--yes", short, "--json"]);
    assert_eq!((&said["approved"], &said["run"]), (&json!(true), &json!(request.run)));
}

/// The run ended with `error`, and the stack is as it was.
async fn nothing_came_of(stand: &Stand, run: &str, error: &str) -> Report {
    let machine = if run.starts_with("spec-") { "deploy" } else { "destroy" };
    let ended = stand.end(run, machine).await;
    assert_eq!(ended.status, ExecutionStatus::Failed);
    assert!(ended.said.starts_with(error), "{ended:?}");
    let record = stand.record().await;
    assert_eq!(record.state, StackState::Ready, "{record:?}");
    assert_eq!(Some(record.revision), record.known_good, "{record:?}");
    assert_eq!(stand.lease().await.run, None);
    let request: Option<ApprovalRequest> = stand.read(&Key::Approval(&stand.stack)).await;
    assert_eq!(request, None);
    report(stand, run).await
}

async fn report(stand: &Stand, run: &str) -> Report {
    stand.read(&Key::Report(&stand.stack, run)).await.expect("a report")
}

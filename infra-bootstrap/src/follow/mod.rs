//! Following an execution of a state machine to its end, and showing how far it is.

mod history;
mod lines;
mod progress;

use std::time::{Duration, Instant};

use aws_sdk_sfn::types::ExecutionStatus;
use serde_json::Value;
use shared::aws::OrAbsent;
use shared::ledger::{Key, Outcome, Report};
use shared::plan::Plan;

use crate::answer::Exit;
use crate::context::Cloud;
use crate::failure::{Failure, Tried};
use crate::screen::Screen;
use history::History;
use lines::Lines;
use progress::Progress;

/// Often at first, so that a quick run is seen to be quick.
const POLL_FIRST: Duration = Duration::from_millis(250);

/// Rarely later: AWS lets an account describe executions a few times a second.
const POLL_LAST: Duration = Duration::from_secs(3);

const POLL_GROWTH: f64 = 1.1;

/// A run that ended.
pub struct Ended {
    pub report: Report,
    pub seconds: f64,
}

/// Whether an execution exists.
pub async fn exists(cloud: &Cloud, machine: &str, name: &str) -> Result<bool, Failure> {
    Ok(describe(cloud, &cloud.execution(machine, name)).await?.is_some())
}

/// Whether it is at work.
pub async fn is_running(cloud: &Cloud, machine: &str, name: &str) -> Result<bool, Failure> {
    let state = describe(cloud, &cloud.execution(machine, name)).await?;
    Ok(state.is_some_and(|it| it.status == ExecutionStatus::Running))
}

/// Starts an execution with a name of its own.
pub async fn start(cloud: &Cloud, machine: &str, name: &str, input: &Value) -> Result<(), Failure> {
    let sfn = shared::client!(cloud, aws_sdk_sfn);
    let request = sfn.start_execution().state_machine_arn(cloud.machine(machine)).name(name);
    let started = request.input(input.to_string()).send().await;
    started.tried(format!("cannot start the machine `terrace-{machine}`")).map(|_| ())
}

/// Follows an execution that exists to its end.
pub async fn follow(
    cloud: &Cloud,
    machine: &str,
    name: &str,
    screen: &Screen,
) -> Result<Ended, Failure> {
    let started = Instant::now();
    let arn = cloud.execution(machine, name);
    let (mut history, mut progress) = (History::of(&arn), Progress::default());
    let mut lines = Lines::new(screen);
    let mut poll = POLL_FIRST;
    loop {
        // Asked before the history is read, so that its last events are not missed.
        let state = describe(cloud, &arn).await?.ok_or_else(|| {
            Failure::new(format!("there is no execution `{name}` of `terrace-{machine}`"))
        })?;
        for event in history.news(cloud).await? {
            progress.take(&event);
            if progress.wants_plan() {
                progress.know(&read_plan(cloud, &progress).await?);
            }
        }
        lines.show(&progress);
        if state.status != ExecutionStatus::Running {
            lines.end();
            let seconds = started.elapsed().as_secs_f64();
            return end(cloud, state, &progress, seconds, name).await;
        }
        tokio::time::sleep(poll).await;
        poll = poll.mul_f64(POLL_GROWTH).min(POLL_LAST);
    }
}

async fn read_plan(cloud: &Cloud, progress: &Progress) -> Result<Plan, Failure> {
    let (stack, run) = progress.run();
    Ok(cloud.ledger.read(&Key::Plan(stack, run)).await?.unwrap_or_default())
}

/// The run's report; a failure says why, as the report tells it or else the machine.
async fn end(
    cloud: &Cloud,
    state: State,
    progress: &Progress,
    seconds: f64,
    name: &str,
) -> Result<Ended, Failure> {
    let (stack, run) = progress.run();
    let report: Option<Report> =
        if run.is_empty() { None } else { cloud.ledger.read(&Key::Report(stack, run)).await? };
    let succeeded = state.status == ExecutionStatus::Succeeded;
    match report {
        Some(report) if succeeded => Ok(Ended { report, seconds }),
        Some(Report { failure: Some(why), outcome, .. }) => Err(failed(stack, outcome, &why)),
        Some(_) | None if state.error.as_deref() == Some("Superseded") => {
            Err(Failure::new(format!("the run `{name}` was superseded"))
                .because(state.why)
                .exit(Exit::Rejected))
        }
        Some(_) | None => {
            Err(Failure::new(format!("the run `{name}` ended as {}", state.status.as_str()))
                .because(state.why))
        }
    }
}

/// What a report's outcome means for the person in front of the screen.
fn failed(stack: &str, outcome: Outcome, why: &str) -> Failure {
    let says = |what: &str| Failure::new(format!("the run of `{stack}` {what}")).because(why);
    match outcome {
        Outcome::Done | Outcome::Failed => says("failed")
            .hint("deploying again goes on from what stands; `terrace status` shows what that is"),
        Outcome::Moved => says("was refused")
            .hint("`terrace plan` shows what would be done today, with its hash")
            .exit(Exit::Moved),
        Outcome::Rejected => says("was rejected").exit(Exit::Rejected),
        Outcome::Superseded => says("was superseded").exit(Exit::Rejected),
        Outcome::RolledBack => says("failed, and the stack was rolled back")
            .hint("deploying the same spec tries again; `on_failure: keep` would leave it halfway")
            .exit(Exit::WentBack),
        Outcome::TakenDown => says("failed, and what it had built was taken down")
            .hint("deploying the same spec tries again; `on_failure: keep` would leave it halfway")
            .exit(Exit::WentBack),
    }
}

struct State {
    status: ExecutionStatus,
    /// What it failed with.
    error: Option<String>,
    /// Why it failed, as its last state says.
    why: String,
}

async fn describe(cloud: &Cloud, arn: &str) -> Result<Option<State>, Failure> {
    let sfn = shared::client!(cloud, aws_sdk_sfn);
    let found = sfn.describe_execution().execution_arn(arn).send().await;
    let found = found.or_absent(&["ExecutionDoesNotExist"]).tried("cannot look at the run")?;
    Ok(found.map(|it| State {
        why: cause(it.error(), it.cause()),
        error: it.error,
        status: it.status,
    }))
}

/// A Lambda's failure is JSON inside the machine's cause.
fn cause(error: Option<&str>, cause: Option<&str>) -> String {
    let text = cause.unwrap_or_default();
    let inner: Option<Value> = serde_json::from_str(text).ok();
    let message = inner.as_ref().and_then(|it| it["errorMessage"].as_str()).unwrap_or(text);
    match (error, message) {
        (Some(error), "") => error.to_owned(),
        (_, "") => "it said nothing about why".to_owned(),
        (_, message) => message.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::cause;

    #[test]
    fn a_machines_cause_is_told_in_the_lambdas_own_words() {
        let lambda = r#"{"errorType":"Busy","errorMessage":"`shop` is being changed"}"#;
        let cases = [
            (Some("Busy"), Some(lambda), "`shop` is being changed"),
            (Some("States.Timeout"), None, "States.Timeout"),
            (Some("X"), Some("plain words"), "plain words"),
            (None, None, "it said nothing about why"),
        ];
        for (error, text, expected) in cases {
            assert_eq!(cause(error, text), expected);
        }
    }
}

//! Waiting for a person's yes, and going on after it. Who waits holds no lease.

use serde_json::{Value, json};
use shared::lambda::{Failure, Home};
use shared::ledger::{
    ApprovalRequest, Approved, Asker, Key, Lease, Mode, Queue, Release, Run, StackRecord,
    StackState,
};
use shared::plan::{Action, HASH_SHORT, Plan};
use shared::tell::tell;
use shared::world::CloudError;
use tracing::info;

use crate::{turn, unix_seconds};

/// The token of a task that has ended already, in whatever way.
const ENDED: &[&str] = &["TaskDoesNotExist", "TaskTimedOut", "InvalidToken"];

/// A plan's hash as people say it.
pub fn readable(said: &str) -> Result<String, Failure> {
    let said = said.trim().to_ascii_lowercase();
    let sound = said.len() >= HASH_SHORT && said.chars().all(|it| it.is_ascii_hexdigit());
    sound.then_some(said).ok_or_else(|| {
        let text = format!("`plan_hash` takes at least {HASH_SHORT} hexadecimal digits of a hash");
        Failure::BadRequest(text)
    })
}

/// Shows the plan to people and lets go of the lease. Step Functions waits with `token`.
pub async fn ask(home: &Home, stack: &str, run: &str, token: String) -> Result<Value, Failure> {
    let ledger = &home.ledger;
    if let Some(newer) = newer(home, stack, run).await? {
        return Err(Failure::Superseded(superseded(&newer)));
    }
    let run: Run = ledger.need(&Key::Run(stack, run)).await?;
    let plan: Plan = ledger.need(&Key::Plan(stack, &run.run)).await?;
    let request = ApprovalRequest {
        stack: stack.to_owned(),
        run: run.run.clone(),
        mode: run.mode,
        revision: run.revision.number,
        hash: plan.hash(),
        summary: summary(&plan),
        token,
        asked: unix_seconds(),
    };
    ledger.write(&Key::ShownPlan(stack, &request.hash), &plan).await?;
    ledger.write(&Key::Approval(stack), &request).await?;
    let note = format!("waits for `terrace approve {stack}`: {}", request.summary);
    note_state(home, &run, StackState::AwaitingApproval, vec![note]).await?;
    // From here on somebody else may change the stack; what was approved is compared afterwards.
    Lease::release(ledger, stack, &run.run, Release::Finished, unix_seconds()).await?;
    info!(hash = request.hash, "approval asked for");
    tell(home, stack, "waits for approval", &letter(&request, &plan)).await;
    Ok(json!({ "stack": stack, "run": run.run, "hash": request.hash }))
}

/// Goes on after the yes: takes the lease again. The plan is made anew, and compared.
pub async fn resume(
    home: &Home,
    stack: &str,
    run: &str,
    execution: Option<&str>,
    approved: Approved,
) -> Result<Value, Failure> {
    let ledger = &home.ledger;
    if let Some(who) = turn::lease(home, stack, Asker { run, execution }).await? {
        return Err(Failure::Busy(format!("waits for {who}")));
    }
    if let Some(newer) = newer(home, stack, run).await? {
        Lease::release(ledger, stack, run, Release::Finished, unix_seconds()).await?;
        return Err(Failure::Superseded(superseded(&newer)));
    }
    let run: Run = ledger.need(&Key::Run(stack, run)).await?;
    withdraw(home, stack, &run.run).await?;
    let run = Run { approved: Some(approved), ..run };
    ledger.write(&Key::Run(stack, &run.run), &run).await?;
    let state = match run.mode {
        Mode::Destroy => StackState::Destroying,
        Mode::Deploy | Mode::Drift => StackState::Deploying,
    };
    note_state(home, &run, state, Vec::new()).await?;
    info!(by = run.approved.as_ref().map(|it| it.by.as_str()), "run approved");
    Ok(json!({ "stack": stack, "run": run.run }))
}

/// The run that has taken the place of `run` while that waited, or is about to.
async fn newer(home: &Home, stack: &str, run: &str) -> Result<Option<String>, Failure> {
    let record: StackRecord = home.ledger.need(&Key::Record(stack)).await?;
    let queue: Option<Queue> = home.ledger.read(&Key::Queue(stack)).await?;
    let waiting = queue.unwrap_or_default().waiting.into_iter().map(|it| it.run);
    Ok([record.run].into_iter().chain(waiting).find(|it| it != run))
}

fn superseded(newer: &str) -> String {
    format!("run `{newer}` is newer, and was started while this one waited for approval")
}

/// Ends a run that waits for approval: `newer` takes its place.
pub async fn supersede(home: &Home, stack: &str, newer: &str) -> Result<(), Failure> {
    let request: Option<ApprovalRequest> = home.ledger.read(&Key::Approval(stack)).await?;
    let Some(request) = request.filter(|it| it.run != newer) else { return Ok(()) };
    let sfn = shared::client!(home, aws_sdk_sfn);
    let failed = sfn.send_task_failure().task_token(&request.token).error("Superseded");
    match failed.cause(superseded(newer)).send().await.map_err(CloudError::from) {
        Err(CloudError::Refused { code, .. }) if ENDED.contains(&code.as_str()) => (),
        other => _ = other?,
    }
    info!(run = request.run, newer, "waiting run superseded");
    Ok(home.ledger.delete(&Key::Approval(stack)).await?)
}

/// Takes a run's own request back, if it stands.
pub async fn withdraw(home: &Home, stack: &str, run: &str) -> Result<(), Failure> {
    let request: Option<ApprovalRequest> = home.ledger.read(&Key::Approval(stack)).await?;
    if request.is_some_and(|it| it.run == run) {
        home.ledger.delete(&Key::Approval(stack)).await?;
    }
    Ok(())
}

async fn note_state(
    home: &Home,
    run: &Run,
    state: StackState,
    notes: Vec<String>,
) -> Result<(), Failure> {
    let key = Key::Record(&run.stack);
    let record: StackRecord = home.ledger.need(&key).await?;
    let record = StackRecord { state, notes, changed: unix_seconds(), ..record };
    Ok(home.ledger.write(&key, &record).await?)
}

fn letter(request: &ApprovalRequest, plan: &Plan) -> String {
    let ApprovalRequest { stack, run, hash, summary, .. } = request;
    let short = &hash[..HASH_SHORT];
    format!(
        "The run `{run}` of `{stack}` waits for approval of plan {short}: {summary}.\n\n{plan}\n\
         To carry it out: terrace approve {stack} --yes {short}\n\
         To turn it down: terrace approve {stack} --reject --reason \"…\"\n"
    )
}

/// `3 to create, 1 to delete`.
fn summary(plan: &Plan) -> String {
    let (mut create, mut update, mut delete) = (0, 0, 0);
    for step in plan.all_steps() {
        match step.action {
            Action::Create => create += 1,
            Action::Update(_) => update += 1,
            Action::Delete => delete += 1,
            Action::Wait => (),
        }
    }
    let counts = [(create, "create"), (update, "update"), (delete, "delete")];
    let counts = counts.iter().filter(|(count, _)| *count > 0);
    let counts: Vec<String> = counts.map(|(count, what)| format!("{count} to {what}")).collect();
    if counts.is_empty() { "no changes".to_owned() } else { counts.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_taken_in_short_and_in_either_case() {
        let long = "0123456789abcdef".repeat(4);
        for (said, read) in [
            ("0123456789AB", Some("0123456789ab")),
            (" 0123456789ab\n", Some("0123456789ab")),
            (&long, Some(long.as_str())),
            ("0123456789a", None),
            ("0123456789xy", None),
            ("", None),
        ] {
            assert_eq!(readable(said).ok().as_deref(), read, "{said}");
        }
    }

    #[test]
    fn a_plan_without_steps_is_told_to_change_nothing() {
        assert_eq!(summary(&Plan::default()), "no changes");
    }
}

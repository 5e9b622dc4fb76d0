//! Closing a run: what came of it, known-good, inventory, and letting go of the lease.

use std::collections::BTreeMap;

use futures::future::try_join_all;
use serde_json::{Value, json};
use shared::lambda::{Failure, Home};
use shared::ledger::{
    ApiCalls, Key, Lease, Mode, Outcome, Release, Report, Run, StackRecord, StackState, TierRecord,
};
use shared::model::Tier;
use shared::plan::Plan;
use shared::revision::Revision;
use shared::tell::tell;
use shared::tier::SITE;
use tracing::{error, info};

use crate::inventory::keep_inventory;
use crate::untouched::{is_untouched, restore};
use crate::{approve, recover, unix_seconds};

/// The run went through: what stands is known-good.
pub async fn publish(home: &Home, stack: &str, run: &str) -> Result<Value, Failure> {
    let ledger = &home.ledger;
    let run: Run = ledger.need(&Key::Run(stack, run)).await?;
    if run.mode != Mode::Drift {
        // A run that was taken over has nothing to say about what stands.
        Lease::hold(ledger, stack, &run.run, unix_seconds()).await?;
    }
    let records = records(home, stack, &run.run).await?;
    let mut report = report(home, &run, &records, None).await?;
    if let Some(recovery) = &run.recovery {
        recover::tell_how(&mut report, recovery, &records);
    }
    match run.mode {
        Mode::Drift => {
            if report.plan.has_changes() {
                tell(home, stack, "has drifted", &report.plan.to_string()).await;
            }
        }
        Mode::Deploy => {
            keep_inventory(home, stack, &records).await?;
            let good: Option<Revision> = ledger.read(&Key::KnownGood(stack)).await?;
            if good.as_ref() != Some(&run.revision) {
                ledger.write(&Key::KnownGood(stack), &run.revision).await?;
            }
            note_end(home, &report, StackState::Ready).await?;
        }
        Mode::Destroy => {
            keep_inventory(home, stack, &records).await?;
            if report.resources.values().sum::<usize>() == 0 {
                ledger.delete(&Key::Binding(stack)).await?;
            }
            note_end(home, &report, StackState::Destroyed).await?;
        }
    }
    ledger.write(&Key::Report(stack, &run.run), &report).await?;
    let reason = report.failure.clone().unwrap_or_default();
    if !reason.is_empty() {
        tell(home, stack, "failed and went back", &reason).await;
    }
    info!(resources = report.resources.values().sum::<usize>(), "run published");
    let resources = &report.resources;
    Ok(json!({ "stack": stack, "run": run.run, "resources": resources, "reason": reason }))
}

/// The run failed: why, for people and for the topic.
pub async fn fail(home: &Home, stack: &str, run: &str, cause: &Value) -> Result<Value, Failure> {
    let run: Run = home.ledger.need(&Key::Run(stack, run)).await?;
    let records = records(home, stack, &run.run).await?;
    let (outcome, text) = (outcome(cause), reason(cause));
    let text = match &run.recovery {
        Some(recovery) => recover::failed_too(recovery, run.revision.number, &text),
        None => text,
    };
    error!(reason = text, ?outcome, "run failed");
    let report = report(home, &run, &records, Some(text.clone())).await?;
    let report = Report { outcome, recovery: run.recovery.clone(), ..report };
    home.ledger.write(&Key::Report(stack, &run.run), &report).await?;
    approve::withdraw(home, stack, &run.run).await?;
    let is_untouched = is_untouched(home, &run, outcome, cause, &records).await?;
    if run.mode != Mode::Drift {
        note_failure(home, &run, &report, is_untouched, &text).await?;
    }
    match outcome {
        // Whoever started the newer run knows, and nobody has to do anything.
        Outcome::Superseded => (),
        Outcome::Moved => tell(home, stack, "was not changed: its plan has moved", &text).await,
        Outcome::Rejected => {
            tell(home, stack, "was not changed: its plan was rejected", &text).await;
        }
        Outcome::Failed if is_untouched && run.mode != Mode::Drift => {
            tell(home, stack, "was not changed", &text).await;
        }
        Outcome::Done | Outcome::Failed | Outcome::RolledBack | Outcome::TakenDown => {
            tell(home, stack, "failed", &text).await;
        }
    }
    Ok(json!({ "stack": stack, "run": run.run, "reason": text }))
}

/// How the stack stands after a run that failed: as before it, if it has changed nothing.
async fn note_failure(
    home: &Home,
    run: &Run,
    report: &Report,
    is_untouched: bool,
    text: &str,
) -> Result<(), Failure> {
    let standing: Option<StackRecord> = home.ledger.read(&Key::Record(&run.stack)).await?;
    let Some(standing) = standing.filter(|it| it.run == run.run) else {
        // Another run has taken over: it says how the stack stands.
        return Ok(());
    };
    // Or stopped while it waited.
    if is_untouched || standing.state == StackState::AwaitingApproval {
        restore(home, run, text).await
    } else {
        note_end(home, report, StackState::Failed).await
    }
}

/// Runs that end so have changed nothing.
fn outcome(cause: &Value) -> Outcome {
    match cause["Error"].as_str().unwrap_or_default() {
        "Moved" => Outcome::Moved,
        "Rejected" | "NotApproved" => Outcome::Rejected,
        "Superseded" => Outcome::Superseded,
        _ => Outcome::Failed,
    }
}

pub async fn release(home: &Home, stack: &str, run: &str, how: Release) -> Result<Value, Failure> {
    Lease::release(&home.ledger, stack, run, how, unix_seconds()).await?;
    Ok(json!({ "stack": stack, "run": run }))
}

/// `{"Error": name, "Cause": text}`, where the text of a Lambda's failure is JSON of its own.
pub fn reason(cause: &Value) -> String {
    let text = cause["Cause"].as_str().unwrap_or_default();
    let inner: Option<Value> = serde_json::from_str(text).ok();
    let message = inner.as_ref().and_then(|it| it["errorMessage"].as_str()).unwrap_or(text);
    match (cause["Error"].as_str(), message) {
        (Some(name), "") => name.to_owned(),
        (Some(name), message) => format!("{name}: {message}"),
        (None, message) => message.to_owned(),
    }
}

pub async fn records(
    home: &Home,
    stack: &str,
    run: &str,
) -> Result<BTreeMap<Tier, TierRecord>, Failure> {
    let reads = Tier::ALL.into_iter().map(|tier| async move {
        let record = home.ledger.read(&Key::Tier(stack, run, tier)).await?;
        Ok::<_, Failure>((tier, record.unwrap_or_default()))
    });
    Ok(try_join_all(reads).await?.into_iter().collect())
}

async fn report(
    home: &Home,
    run: &Run,
    records: &BTreeMap<Tier, TierRecord>,
    failure: Option<String>,
) -> Result<Report, Failure> {
    let plan: Option<Plan> = home.ledger.read(&Key::Plan(&run.stack, &run.run)).await?;
    let plan = plan.unwrap_or_default();
    Ok(Report {
        stack: run.stack.clone(),
        run: run.run.clone(),
        mode: run.mode,
        revision: run.revision.number,
        outcome: if failure.is_some() { Outcome::Failed } else { Outcome::Done },
        failure,
        recovery: None,
        started: run.started,
        ended: unix_seconds(),
        site_usable: site_usable(run, records),
        resources: records.iter().map(|(tier, it)| (*tier, it.part.live.len())).collect(),
        api_calls: ApiCalls::of(records),
        plan_hash: plan.hash(),
        plan,
    })
}

/// When the last of the site's tiers had nothing left to do but for slow ones; none if the run made
/// nothing of the site.
fn site_usable(run: &Run, records: &BTreeMap<Tier, TierRecord>) -> Option<i64> {
    let is_built = run.mode == Mode::Deploy && run.recovery.is_none();
    let calm = |tier: Tier| records.get(&tier)?.part.calm_since;
    let serves = calm(Tier::Edge).is_some() && calm(Tier::Compute).is_some();
    if is_built && serves { SITE.into_iter().filter_map(calm).max() } else { None }
}

async fn note_end(home: &Home, report: &Report, state: StackState) -> Result<(), Failure> {
    let key = Key::Record(&report.stack);
    let before: Option<StackRecord> = home.ledger.read(&key).await?;
    if before.as_ref().is_some_and(|it| it.run != report.run) {
        // Another run has taken over: it says how the stack stands.
        return Ok(());
    }
    let facts_run = match state {
        StackState::Ready => Some(report.run.clone()),
        StackState::NotBuilt
        | StackState::Failed
        | StackState::AwaitingApproval
        | StackState::Deploying
        | StackState::Destroying => before.as_ref().and_then(|it| it.facts_run.clone()),
        StackState::Destroyed => None,
    };
    let known_good = match state {
        StackState::Ready => Some(report.revision),
        StackState::NotBuilt
        | StackState::Failed
        | StackState::AwaitingApproval
        | StackState::Deploying
        | StackState::Destroying => before.and_then(|it| it.known_good),
        StackState::Destroyed => None,
    };
    let left = report.recovery.iter().flat_map(|it| it.left.iter().cloned());
    let notes = report.plan.notes.iter().map(|note| format!("{}: {}", note.address, note.text));
    let record = StackRecord {
        name: report.stack.clone(),
        state,
        revision: report.revision,
        known_good,
        run: report.run.clone(),
        facts_run,
        changed: report.ended,
        notes: report.failure.iter().cloned().chain(left).chain(notes).collect(),
    };
    Ok(home.ledger.write(&key, &record).await?)
}

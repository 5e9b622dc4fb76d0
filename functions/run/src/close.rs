//! Closing a run: what came of it, known-good, inventory, and letting go of the lease.

use std::collections::BTreeMap;

use futures::future::try_join_all;
use serde_json::{Value, json};
use shared::lambda::{Failure, Home};
use shared::ledger::{
    ApiCalls, Key, Lease, Mode, Release, Report, Run, StackRecord, StackState, TierRecord,
    Whereabouts,
};
use shared::model::{Node, Stack, Tier};
use shared::plan::{Inventory, Observed, Plan, settle};
use shared::revision::Revision;
use shared::tell::tell;
use tracing::{error, info};

use crate::unix_seconds;

/// The run went through: what stands is known-good.
pub async fn publish(home: &Home, stack: &str, run: &str) -> Result<Value, Failure> {
    let ledger = &home.ledger;
    let run: Run = ledger.need(&Key::Run(stack, run)).await?;
    let records = records(home, stack, &run.run).await?;
    let report = report(home, &run, &records, None).await?;
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
    info!(resources = report.resources.values().sum::<usize>(), "run published");
    Ok(json!({ "stack": stack, "run": run.run, "resources": report.resources }))
}

/// The run failed: why, for people and for the topic.
pub async fn fail(home: &Home, stack: &str, run: &str, cause: &Value) -> Result<Value, Failure> {
    let run: Run = home.ledger.need(&Key::Run(stack, run)).await?;
    let records = records(home, stack, &run.run).await?;
    let text = reason(cause);
    error!(reason = text, "run failed");
    let report = report(home, &run, &records, Some(text.clone())).await?;
    home.ledger.write(&Key::Report(stack, &run.run), &report).await?;
    if run.mode != Mode::Drift {
        note_end(home, &report, StackState::Failed).await?;
    }
    tell(home, stack, "failed", &text).await;
    Ok(json!({ "stack": stack, "run": run.run, "reason": text }))
}

pub async fn release(home: &Home, stack: &str, run: &str, how: Release) -> Result<Value, Failure> {
    Lease::release(&home.ledger, stack, run, how, unix_seconds()).await?;
    Ok(json!({ "stack": stack, "run": run }))
}

/// `{"Error": name, "Cause": text}`, where the text of a Lambda's failure is JSON of its own.
fn reason(cause: &Value) -> String {
    let text = cause["Cause"].as_str().unwrap_or_default();
    let inner: Option<Value> = serde_json::from_str(text).ok();
    let message = inner.as_ref().and_then(|it| it["errorMessage"].as_str()).unwrap_or(text);
    match (cause["Error"].as_str(), message) {
        (Some(name), "") => name.to_owned(),
        (Some(name), message) => format!("{name}: {message}"),
        (None, message) => message.to_owned(),
    }
}

async fn records(
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
        failure,
        started: run.started,
        ended: unix_seconds(),
        resources: records.iter().map(|(tier, it)| (*tier, it.part.live.len())).collect(),
        api_calls: ApiCalls::of(records),
        plan_hash: plan.hash(),
        plan,
    })
}

/// Facts that are ids of what AWS makes along with a VPC: events name those too.
const BORN_ALONG: [&str; 2] = ["default_group", "default_acl"];

/// Writes ids down, and where each belongs, so that an event about an id finds its stack.
async fn keep_inventory(
    home: &Home,
    stack: &str,
    records: &BTreeMap<Tier, TierRecord>,
) -> Result<(), Failure> {
    let wish: Vec<Node> = records.values().flat_map(|record| record.wish.clone()).collect();
    let wish = Stack::new(wish).map_err(|error| Failure::Refused(error.to_string()))?;
    let live = records.values().flat_map(|record| record.part.live.clone()).collect();
    let observed = Observed { live, ..Observed::default() };
    let key = Key::Inventory(stack);
    let before: Inventory = home.ledger.read(&key).await?.unwrap_or_default();
    let mut after = settle(&before, &wish, &observed);
    for (address, owned) in &mut after {
        let Some(id) = owned.id.clone().filter(|_| owned.announced != owned.id) else { continue };
        let place = Whereabouts { stack: stack.to_owned(), address: address.clone() };
        let born_along =
            observed.live.iter().filter(|live| live.id() == Some(&id)).flat_map(|live| {
                BORN_ALONG.iter().filter_map(|fact| live.facts.get(*fact).map(String::as_str))
            });
        for known_by in born_along.chain([id.as_str()]) {
            home.ledger.write(&Key::Id(known_by), &place).await?;
        }
        owned.announced = Some(id);
    }
    if after != before {
        home.ledger.write(&key, &after).await?;
    }
    Ok(())
}

async fn note_end(home: &Home, report: &Report, state: StackState) -> Result<(), Failure> {
    let key = Key::Record(&report.stack);
    let before: Option<StackRecord> = home.ledger.read(&key).await?;
    let facts_run = match state {
        StackState::Ready => Some(report.run.clone()),
        StackState::Failed | StackState::Deploying | StackState::Destroying => {
            before.and_then(|it| it.facts_run)
        }
        StackState::Destroyed => None,
    };
    let notes = report.plan.notes.iter().map(|note| format!("{}: {}", note.address, note.text));
    let record = StackRecord {
        name: report.stack.clone(),
        state,
        revision: report.revision,
        run: report.run.clone(),
        facts_run,
        changed: report.ended,
        notes: report.failure.iter().cloned().chain(notes).collect(),
    };
    Ok(home.ledger.write(&key, &record).await?)
}

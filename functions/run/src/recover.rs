//! Going back after a deploy failed halfway: to the known-good revision, or to nothing.
//!
//! There is no undo: the same run builds another wish, with the same survey, plan and passes.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use shared::lambda::{Failure, Home};
use shared::ledger::{
    Key, Lease, LeaseError, Mode, Outcome, Recover, Recovery, Report, Run, TierRecord,
};
use shared::model::{Address, Bound, Tier};
use shared::revision::Revision;
use shared::spec::OnFailure;
use tracing::info;

use crate::close::{reason, records};
use crate::unix_seconds;

/// Failures after which nothing is done: the lease is another's, or nothing was changed.
const FINAL: &[&str] = &["Busy", "Lost", "Superseded", "Moved", "Rejected", "NotApproved"];

/// Failures in which a function had no chance to write down what it changed.
const SUDDEN: &[&str] = &["Lambda.", "Runtime.", "Sandbox.", "States."];

/// Decides what becomes of a run that failed after its plan was made, and prepares that.
///
/// `entered` tells one failure of the run from the next: asked again about the same one, because
/// its answer was lost, it answers the same.
pub async fn recover(
    home: &Home,
    stack: &str,
    run: &str,
    entered: &str,
    cause: &Value,
) -> Result<Value, Failure> {
    let ledger = &home.ledger;
    let run: Run = ledger.need(&Key::Run(stack, run)).await?;
    if let Some(decided) = run.recovery.as_ref().filter(|it| it.entered == entered) {
        return Ok(json!({ "how": decided.how }));
    }
    let records = records(home, stack, &run.run).await?;
    let error = cause["Error"].as_str().unwrap_or_default();
    let Some(how) = decide(&run, error, has_changed(&records)) else {
        return Ok(json!({ "how": "report" }));
    };
    match Lease::hold(ledger, stack, &run.run, unix_seconds()).await {
        Ok(_) => (),
        Err(LeaseError::Lost { .. }) => return Ok(json!({ "how": "report" })),
        Err(error) => return Err(error.into()),
    }
    let recovery = Recovery {
        how,
        entered: entered.to_owned(),
        failed_revision: run.revision.number,
        cause: reason(cause),
        raised: raised(&records),
        left: Vec::new(),
    };
    let (mode, revision) = match (how, known_good(&run)) {
        (Recover::Rollback, Some(good)) => {
            let revision: Revision = ledger.need(&Key::Revision(stack, good)).await?;
            (Mode::Deploy, revision)
        }
        (Recover::Rollback | Recover::Destroy, _) => (Mode::Destroy, run.revision.clone()),
    };
    info!(?how, to = revision.number, cause = recovery.cause, "run goes back");
    let run = Run { mode, revision, recovery: Some(recovery), ..run };
    ledger.write(&Key::Run(stack, &run.run), &run).await?;
    Ok(json!({ "how": how }))
}

fn known_good(run: &Run) -> Option<u64> {
    run.before.as_ref().and_then(|it| it.known_good)
}

/// `None`: what stands is kept, and the failure is reported.
fn decide(run: &Run, error: &str, changed: bool) -> Option<Recover> {
    let sudden = SUDDEN.iter().any(|it| error.starts_with(it));
    if run.recovery.is_some() || FINAL.contains(&error) || !(changed || sudden) {
        return None;
    }
    match run.mode {
        Mode::Deploy => (),
        Mode::Destroy | Mode::Drift => return None,
    }
    match (run.revision.spec.on_failure, known_good(run)) {
        (OnFailure::Keep, _) | (OnFailure::Rollback, None) => None,
        // Building the same once more is what the next deploy does.
        (OnFailure::Rollback | OnFailure::Destroy, Some(good)) => {
            (good != run.revision.number).then_some(Recover::Rollback)
        }
        (OnFailure::Destroy, None) => Some(Recover::Destroy),
    }
}

pub fn has_changed(records: &BTreeMap<Tier, TierRecord>) -> bool {
    records.values().any(|record| record.calls.write() > 0)
}

/// What the wish asks for in fields that AWS moves in one direction only.
fn raised(records: &BTreeMap<Tier, TierRecord>) -> BTreeMap<Address, BTreeMap<String, Value>> {
    let mut raised: BTreeMap<Address, BTreeMap<String, Value>> = BTreeMap::new();
    for record in records.values() {
        for node in &record.wish {
            let Some(rules) = record.part.rules.get(&node.kind) else { continue };
            for field in rules.bounded.iter().filter(|(_, bound)| **bound == Bound::AtLeast) {
                let fields = raised.entry(node.address.clone()).or_default();
                fields.insert(field.0.clone(), at(&node.spec, field.0));
            }
        }
    }
    raised
}

/// The value at a path whose parts are joined by dots.
fn at(spec: &Value, field: &str) -> Value {
    spec.pointer(&format!("/{}", field.replace('.', "/"))).cloned().unwrap_or_default()
}

/// Writes into the report of a run that went back what happened, and what could not be undone.
pub fn tell_how(report: &mut Report, recovery: &Recovery, records: &BTreeMap<Tier, TierRecord>) {
    let mut left = stayed(recovery, records);
    left.extend(report.plan.notes.iter().map(|note| format!("`{}` {}", note.address, note.text)));
    let (failed, cause) = (recovery.failed_revision, &recovery.cause);
    let (outcome, now) = match recovery.how {
        Recover::Rollback => {
            let good = report.revision;
            (Outcome::RolledBack, format!("the stack is back at revision {good}"))
        }
        Recover::Destroy => (Outcome::TakenDown, "what it had built was taken down".to_owned()),
    };
    let undone = if left.is_empty() {
        "data that was written meanwhile is as it was written".to_owned()
    } else {
        format!("not undone: {}", left.join("; "))
    };
    report.outcome = outcome;
    report.failure =
        Some(format!("revision {failed} could not be built: {cause}; {now}; {undone}"));
    report.recovery = Some(Recovery { left, ..recovery.clone() });
}

/// Fields that the failed revision raised and that AWS does not lower again.
fn stayed(recovery: &Recovery, records: &BTreeMap<Tier, TierRecord>) -> Vec<String> {
    let lives = records.values().flat_map(|it| &it.part.live);
    let live: BTreeMap<&Address, &Value> = lives.map(|it| (&it.address, &it.spec)).collect();
    let wishes = records.values().flat_map(|it| &it.wish);
    let fields = wishes.filter_map(|node| {
        Some((node, recovery.raised.get(&node.address)?, *live.get(&node.address)?))
    });
    let mut lines = BTreeSet::new();
    for (node, raised, live) in fields {
        for (field, failed) in raised {
            let (want, is) = (at(&node.spec, field), at(live, field));
            if want != *failed && want != is {
                lines.insert(format!(
                    "`{}` keeps {field} {}, above the {} of the revision",
                    node.address,
                    plain(&is),
                    plain(&want)
                ));
            }
        }
    }
    lines.into_iter().collect()
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Both causes, when going back failed as well.
pub fn failed_too(recovery: &Recovery, to: u64, text: &str) -> String {
    let back = match recovery.how {
        Recover::Rollback => format!("going back to revision {to}"),
        Recover::Destroy => "taking it down again".to_owned(),
    };
    format!(
        "revision {} could not be built: {}; and {back} failed as well: {text}",
        recovery.failed_revision, recovery.cause
    )
}

#[cfg(test)]
mod tests;

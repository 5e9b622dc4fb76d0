//! Runs that came to nothing before they changed anything: the stack stands as it did before.

use std::collections::BTreeMap;

use serde_json::Value;
use shared::lambda::{Failure, Home};
use shared::ledger::{Key, Mode, Outcome, Run, StackRecord, StackState, TierRecord};
use shared::model::Tier;
use shared::plan::Inventory;

use crate::recover::has_changed;
use crate::unix_seconds;

/// Notes on earlier runs that came to nothing: the oldest are forgotten.
const NOTES_MAX: usize = 10;

/// Whether a run that ended as `outcome` has changed nothing.
///
/// `cause` is `answered` where the machine says that plan or preflight refused it.
pub async fn is_untouched(
    home: &Home,
    run: &Run,
    outcome: Outcome,
    cause: &Value,
    records: &BTreeMap<Tier, TierRecord>,
) -> Result<bool, Failure> {
    let is_planned = home.ledger.bytes(&Key::Plan(&run.stack, &run.run)).await?.is_some();
    let is_refused = cause["answered"] == true;
    let may_have_changed = run.recovery.is_some() || has_changed(records);
    Ok(came_to_nothing(outcome, is_planned, is_refused, may_have_changed))
}

/// Tiers change only what a plan says: without one, or with one that was refused, nothing was.
fn came_to_nothing(
    outcome: Outcome,
    is_planned: bool,
    is_refused: bool,
    may_have_changed: bool,
) -> bool {
    match outcome {
        Outcome::Moved | Outcome::Rejected | Outcome::Superseded => true,
        Outcome::Failed => !may_have_changed && (is_refused || !is_planned),
        Outcome::Done | Outcome::RolledBack | Outcome::TakenDown => false,
    }
}

/// The stack's record is again as it was before the run, with a note on what came of that.
pub async fn restore(home: &Home, run: &Run, text: &str) -> Result<(), Failure> {
    let record = record(run, text, unix_seconds());
    let inventory: Option<Inventory> = home.ledger.read(&Key::Inventory(&run.stack)).await?;
    let has_something = inventory.is_some_and(|it| it.values().any(|owned| owned.id.is_some()));
    if record.state == StackState::NotBuilt && !has_something {
        // Nothing of it stands or was imported, so no other file is kept from using the name.
        home.ledger.delete(&Key::Binding(&run.stack)).await?;
    }
    Ok(home.ledger.write(&Key::Record(&run.stack), &record).await?)
}

fn record(run: &Run, text: &str, now: i64) -> StackRecord {
    let note = match run.mode {
        Mode::Destroy => format!("it was not taken down: {text}"),
        Mode::Deploy | Mode::Drift => {
            format!("revision {} was not built: {text}", run.revision.number)
        }
    };
    let earlier = run.before.iter().flat_map(|it| it.notes.clone());
    let notes = std::iter::once(note).chain(earlier).take(NOTES_MAX).collect();
    match &run.before {
        Some(before) if before.state != StackState::NotBuilt => {
            StackRecord { notes, ..before.clone() }
        }
        // Whoever asks for the stack by its name alone means what was tried last.
        Some(_) | None => StackRecord {
            name: run.stack.clone(),
            state: StackState::NotBuilt,
            revision: run.revision.number,
            known_good: None,
            run: run.run.clone(),
            facts_run: None,
            changed: now,
            notes,
        },
    }
}

#[cfg(test)]
mod tests;

//! What people approve of a plan, its hash, and how one plan differs from another.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::{Action, Note, Part, Plan, Step, hex};
use crate::diff::diff;
use crate::model::{Address, Rules};

/// How much of a hash people have to type: 48 bits.
pub const HASH_SHORT: usize = 12;

/// Differences between two plans that are told; a report is read by people.
const TOLD_MAX: usize = 20;

/// Characters of each: a policy or a script is longer.
const LINE_MAX: usize = 400;

/// Addresses that are named where the same holds for more.
const NAMED_MAX: usize = 6;

impl Plan {
    /// What people approve, as SHA-256 in 64 hexadecimal digits: steps with action, address and
    /// fields, what is refused, and notes.
    ///
    /// It is the same for the same spec and the same world, whoever made the plan and when. What
    /// is only waited for is no part of it: that something has become ready changes nothing.
    pub fn hash(&self) -> String {
        let steps = [Part::Clear, Part::Build, Part::Retire].map(|part| self.changes(part));
        let essence = json!([steps, notes(&self.refused), notes(&self.notes)]);
        hex(&Sha256::digest(ordered(&essence).to_string()))
    }

    /// Whether `said`, at least the hash's first 12 digits, means this plan.
    pub fn is_meant_by(&self, said: &str) -> bool {
        said.len() >= HASH_SHORT && self.hash().starts_with(&said.to_ascii_lowercase())
    }

    /// How this plan differs from one that was approved, for people: empty when it does not. What
    /// is the same at several addresses is one line.
    pub fn moved_since(&self, approved: &Plan) -> Vec<String> {
        let (before, now) = (approved.told(), self.told());
        let addresses: BTreeSet<&Address> = before.keys().chain(now.keys()).copied().collect();
        let mut moved: Vec<(String, Vec<&Address>)> = Vec::new();
        for at in addresses {
            let Some(how) = other_at(before.get(at), now.get(at)) else { continue };
            match moved.iter_mut().find(|(same, _)| *same == how) {
                Some((_, alike)) => alike.push(at),
                None => moved.push((how, vec![at])),
            }
        }
        let lines = moved.into_iter().map(|(how, alike)| format!("{}: {how}", named(&alike)));
        let mut lines: Vec<String> = lines.collect();
        lines.extend(said_since(&approved.refused, &self.refused, "is refused now"));
        lines.extend(said_since(&approved.notes, &self.notes, "is noted now"));
        let more = lines.len().saturating_sub(TOLD_MAX);
        lines.truncate(TOLD_MAX);
        for line in &mut lines {
            *line = line.chars().take(LINE_MAX).collect();
        }
        lines.extend((more > 0).then(|| format!("and {more} more")));
        lines
    }

    /// Addresses at which this plan deletes something, and the approved one does nothing.
    pub fn deletes_beyond(&self, approved: &Plan) -> Vec<&Address> {
        let agreed: BTreeSet<_> = approved.all_steps().map(|step| &step.address).collect();
        let deletions = self.all_steps().filter(|step| step.action == Action::Delete);
        deletions.map(|step| &step.address).filter(|address| !agreed.contains(address)).collect()
    }

    fn changes(&self, part: Part) -> Vec<Value> {
        self.steps(part).iter().filter(|step| step.action != Action::Wait).map(essence).collect()
    }

    /// What changes at each address; a replacement has two steps.
    fn told(&self) -> BTreeMap<&Address, Vec<&Step>> {
        let mut told: BTreeMap<&Address, Vec<&Step>> = BTreeMap::new();
        for step in self.all_steps().filter(|step| step.action != Action::Wait) {
            told.entry(&step.address).or_default().push(step);
        }
        told
    }
}

/// What of a step people approve, what it interrupts or loses included. Its reason and what it
/// waits for follow from the rest.
fn essence(step: &Step) -> Value {
    let (action, fields) = match &step.action {
        Action::Create => ("create", Vec::new()),
        Action::Update(differences) => {
            let field = differences
                .iter()
                .map(|it| json!({ "field": it.field, "live": it.live, "want": it.want }));
            ("update", field.collect())
        }
        Action::Wait => ("wait", Vec::new()),
        Action::Delete => ("delete", Vec::new()),
    };
    let node = step.node.as_ref();
    json!({
        "address": step.address, "kind": step.kind, "action": action, "fields": fields,
        "spec": node.map(|it| &it.spec), "protected": node.map(|it| it.protected), "id": step.id,
        "replaces": step.replaces, "consequences": step.consequences,
    })
}

fn essences(steps: &[&Step]) -> Vec<Value> {
    steps.iter().map(|step| essence(step)).collect()
}

fn notes(notes: &[Note]) -> Vec<Value> {
    notes.iter().map(|it| json!([it.address, it.text])).collect()
}

/// Fields in the order of their names: whether JSON keeps another is a feature of its crate that
/// any other crate of a binary may turn on.
fn ordered(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let by_name: BTreeMap<&String, &Value> = fields.iter().collect();
            let fields = by_name.into_iter().map(|(name, it)| (name.clone(), ordered(it)));
            fields.collect::<Map<_, _>>().into()
        }
        Value::Array(items) => items.iter().map(ordered).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
    }
}

/// What is done at one address now and was not approved.
fn other_at(before: Option<&Vec<&Step>>, now: Option<&Vec<&Step>>) -> Option<String> {
    match (before, now) {
        (Some(before), Some(now)) if essences(before) == essences(now) => None,
        (Some(before), Some(now)) => Some(otherwise(before, now)),
        (Some(before), None) => Some(format!("approved was: {}; now: nothing to do", all(before))),
        (None, Some(now)) => Some(format!("not in the plan; now: {}", all(now))),
        (None, None) => None,
    }
}

/// `` `a`, `b` and 3 more ``.
fn named(addresses: &[&Address]) -> String {
    let names: Vec<String> =
        addresses.iter().take(NAMED_MAX).map(|address| format!("`{address}`")).collect();
    match addresses.len() - names.len() {
        0 => names.join(", "),
        more => format!("{} and {more} more", names.join(", ")),
    }
}

fn otherwise(before: &[&Step], now: &[&Step]) -> String {
    if let ([before], [now]) = (before, now)
        && let (Action::Create, Action::Create) = (&before.action, &now.action)
    {
        let fields = made_otherwise(before, now);
        if !fields.is_empty() {
            return format!("is made otherwise now: {}", fields.join(", "));
        }
    }
    format!("approved was: {}; now: {}", all(before), all(now))
}

/// In what two steps differ that both make something.
fn made_otherwise(before: &Step, now: &Step) -> Vec<String> {
    let said =
        |what: &str, old: &str, new: &str| (old != new).then(|| format!("{what}: {old} → {new}"));
    let place = |step: &Step| step.replaces.clone().unwrap_or_else(|| "nothing".to_owned());
    let mut fields: Vec<String> = said("kind", &before.kind, &now.kind).into_iter().collect();
    if let (Some(old), Some(new)) = (&before.node, &now.node) {
        fields.extend(remade(&old.spec, &new.spec));
        let [old, new] = [old, new].map(|it| it.protected.to_string());
        fields.extend(said("protected", &old, &new));
    }
    fields.extend(said("in the place of", &place(before), &place(now)));
    fields
}

/// The fields in which two wishes differ; the order of a list counts.
fn remade(old: &Value, new: &Value) -> Vec<String> {
    let differences = diff(new, old, &Rules::default());
    let fields: Vec<String> = differences.iter().map(ToString::to_string).collect();
    if !fields.is_empty() {
        return fields;
    }
    let names = old.as_object().into_iter().flat_map(Map::keys);
    let moved = names.filter(|name| old[*name] != new[*name]);
    moved.map(|name| format!("{name}: in another order")).collect()
}

fn all(steps: &[&Step]) -> String {
    steps.iter().fold(String::new(), |mut text, step| {
        let (separator, id) =
            (if text.is_empty() { "" } else { ", then " }, step.id.as_deref().unwrap_or_default());
        let what = match &step.action {
            Action::Create => "create".to_owned(),
            Action::Update(differences) => {
                let fields: Vec<String> = differences.iter().map(ToString::to_string).collect();
                format!("update ({})", fields.join(", "))
            }
            Action::Wait => "wait".to_owned(),
            Action::Delete if id.is_empty() => "delete".to_owned(),
            Action::Delete => format!("delete {id}"),
        };
        // Writing into a string cannot fail.
        _ = write!(text, "{separator}{what}");
        if !step.consequences.is_empty() {
            _ = write!(text, " ({})", step.consequences.join("; "));
        }
        text
    })
}

fn said_since(before: &[Note], now: &[Note], how: &str) -> Vec<String> {
    let new = now.iter().filter(|note| !before.contains(note));
    new.map(|note| format!("`{}` {how}: {}", note.address, note.text)).collect()
}

#[cfg(test)]
mod tests;

//! The difference between a wish and what is there, field by field.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::model::{Bound, Rules};

/// One field that is not as we want it. `null` stands for "not there".
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Difference {
    /// Path in the spec, joined by dots.
    pub field: String,
    pub live: Value,
    pub want: Value,
}

/// Every field in which `live` is not as `want` says. Specs are total, so a field that only
/// `live` has is a difference too.
///
/// What is live is told in an order of ours where order has no meaning, so that it does not depend
/// on the order in which AWS lists it.
pub fn diff(want: &Value, live: &Value, rules: &Rules) -> Vec<Difference> {
    let mut differences = all(want, live, rules);
    differences.retain(|it| !is_tolerated(it, want, rules));
    for it in &mut differences {
        it.live = compared(&it.live, &it.field, rules);
    }
    differences
}

/// The wish with every field that AWS moved within its bounds left where it is, so that an
/// update of another field does not move it back (or ask a disk to shrink).
pub fn settled(want: &Value, live: &Value, rules: &Rules) -> Value {
    let mut settled = want.clone();
    for it in all(want, live, rules).into_iter().filter(|it| is_tolerated(it, want, rules)) {
        if let Some(field) = settled.pointer_mut(&format!("/{}", it.field.replace('.', "/"))) {
            *field = it.live;
        }
    }
    settled
}

fn all(want: &Value, live: &Value, rules: &Rules) -> Vec<Difference> {
    let mut differences = Vec::new();
    collect(&mut differences, "", (want, live), rules);
    differences
}

fn is_tolerated(it: &Difference, want: &Value, rules: &Rules) -> bool {
    let only_allows = |bound: &Bound| matches!(bound, Bound::Among { field } if *field == it.field);
    rules.bounded.get(&it.field).is_some_and(|bound| within(bound, it, want))
        || rules.bounded.values().any(only_allows)
}

fn collect(
    found: &mut Vec<Difference>,
    field: &str,
    (want, live): (&Value, &Value),
    rules: &Rules,
) {
    if let (Value::Object(want), Value::Object(live)) = (want, live) {
        let names: BTreeSet<&String> = want.keys().chain(live.keys()).collect();
        for name in names {
            let path = if field.is_empty() { name.clone() } else { format!("{field}.{name}") };
            let side = |it: &serde_json::Map<String, Value>| it.get(name).cloned();
            let (want, live) = (side(want).unwrap_or_default(), side(live).unwrap_or_default());
            collect(found, &path, (&want, &live), rules);
        }
    } else if compared(want, field, rules) != compared(live, field, rules) {
        let (live, want) = (live.clone(), want.clone());
        found.push(Difference { field: field.to_owned(), live, want });
    }
}

/// What of a value counts when it is compared.
fn compared(value: &Value, field: &str, rules: &Rules) -> Value {
    match value {
        Value::Array(items) if rules.is_ordered(field) => items.iter().map(unordered).collect(),
        Value::Array(_)
        | Value::Object(_)
        | Value::Null
        | Value::Bool(_)
        | Value::Number(_)
        | Value::String(_) => unordered(value),
    }
}

/// Lists as sets: AWS gives them back in an order of its own, and references that were sorted by
/// their text are not in the order of the ids that fill them. Where the order has a meaning, the
/// kind's rules say so.
fn unordered(value: &Value) -> Value {
    match value {
        Value::Array(items) => {
            let mut items: Vec<Value> = items.iter().map(unordered).collect();
            items.sort_by_key(Value::to_string);
            Value::Array(items)
        }
        Value::Object(fields) => {
            fields.iter().map(|(key, value)| (key.clone(), unordered(value))).collect()
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
    }
}

fn within(bound: &Bound, it: &Difference, want: &Value) -> bool {
    match bound {
        Bound::AtLeast => at_least(&it.live, &it.want),
        Bound::IfSaid => it.want.is_null(),
        Bound::Among { field } => {
            want[field].as_array().is_some_and(|items| items.contains(&it.live))
        }
        Bound::Within { low, high } => {
            match (it.live.as_i64(), want[low].as_i64(), want[high].as_i64()) {
                (Some(live), Some(low), Some(high)) => (low..=high).contains(&live),
                (None, ..) | (_, None, _) | (.., None) => false,
            }
        }
    }
}

/// `17.6` is at least `17` and at least `17.4`, not at least `18`; the major version is exact. It is all
/// but the last number of what is live: of `8.4.3`, `8.4`.
fn at_least(live: &Value, want: &Value) -> bool {
    match (live, want) {
        (Value::Number(live), Value::Number(want)) => live.as_f64() >= want.as_f64(),
        (Value::String(live), Value::String(want)) => {
            let (live, want) = (version(live), version(want));
            let major = live.len().saturating_sub(1).max(1);
            live.iter().zip(&want).take(major).all(|(live, want)| live == want) && live >= want
        }
        (live, want) => live == want,
    }
}

/// Whether the wish is less than what is live: a smaller number or an older version.
pub fn goes_back(it: &Difference) -> bool {
    match (&it.live, &it.want) {
        (Value::Number(live), Value::Number(want)) => live.as_f64() > want.as_f64(),
        (Value::String(live), Value::String(want)) => version(live) > version(want),
        (
            Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::String(_)
            | Value::Array(_)
            | Value::Object(_),
            _,
        ) => false,
    }
}

fn version(text: &str) -> Vec<u64> {
    text.split('.').map_while(|part| part.parse().ok()).collect()
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} → {}", self.field, short(&self.live), short(&self.want))
    }
}

/// A value as a person reads it in one line.
fn short(value: &Value) -> String {
    /// Longer values are cut: a policy says little on a terminal.
    const LENGTH_MAX: usize = 60;
    let text = match value {
        Value::Null => "nothing".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    match text.char_indices().nth(LENGTH_MAX) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text,
    }
}

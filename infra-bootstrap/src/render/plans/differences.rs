//! How a field differs, as people read it.

use serde_json::Value;
use shared::diff::Difference;

use crate::render::clip;

/// What is longer is a text of its own, such as a script.
const TEXT: usize = 80;

/// One line; for lists, one for each item that goes or comes.
pub fn difference(it: &Difference, room: usize) -> Vec<String> {
    if let (Value::Array(live), Value::Array(want)) = (&it.live, &it.want) {
        let gone = live.iter().filter(|item| !want.contains(item)).map(|item| ("-", item));
        let new = want.iter().filter(|item| !live.contains(item)).map(|item| ("+", item));
        if gone.clone().chain(new.clone()).next().is_none() {
            return vec![clip(&format!("{}: in another order", it.field), room)];
        }
        let line = |(sign, item)| clip(&format!("{}: {sign} {}", it.field, short(item)), room);
        return gone.chain(new).map(line).collect();
    }
    let (live, want) = (short(&it.live), short(&it.want));
    let (before, after) = (live.chars().count(), want.chars().count());
    if before.min(after) > TEXT {
        return vec![clip(&format!("{}: changed ({before} → {after} characters)", it.field), room)];
    }
    let half = room.saturating_sub(it.field.len() + 5) / 2;
    // Where the first half needs less, the second may have more.
    let live = clip(&live, half.max(room.saturating_sub(it.field.len() + 5 + after)));
    vec![clip(&format!("{}: {live} → {want}", it.field), room)]
}

/// A value without the quotes that JSON needs and people do not.
fn short(value: &Value) -> String {
    match value {
        Value::Null => "nothing".to_owned(),
        Value::String(text) => text.clone(),
        Value::Object(fields) => {
            let fields = fields.iter().filter(|(_, value)| !value.is_null());
            let fields: Vec<String> =
                fields.map(|(name, it)| format!("{name} {}", short(it))).collect();
            format!("({})", fields.join(", "))
        }
        Value::Array(items) => {
            format!("[{}]", items.iter().map(short).collect::<Vec<_>>().join(", "))
        }
        Value::Bool(_) | Value::Number(_) => value.to_string(),
    }
}

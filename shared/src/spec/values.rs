//! The single values and lists of a spec along their schema.

use serde_json::Value;

use super::formats;
use super::problem::Finding;
use super::schema::kind;
use super::shape::{Walk, did_you_mean, scalar};
use super::tree::Node;
use super::words::{expected, found, nearest, quoted};

impl Walk {
    pub(super) fn word(
        &mut self,
        node: &Node,
        schema: &Value,
        words: &[String],
        at: &str,
    ) -> Option<Value> {
        let Some(text) = scalar(node) else { return self.mistyped(node, schema, at) };
        if !words.iter().any(|word| word == text) {
            let near = nearest(text, words.iter().map(String::as_str))
                .filter(|_| kind(schema) == "string");
            let finding = Finding::new(at, found(node), expected(schema));
            return self.refuse(node.place, did_you_mean(finding, near));
        }
        match kind(schema) {
            "integer" => text.parse::<i64>().ok().map(Value::from),
            _ => Some(Value::String(text.to_owned())),
        }
    }

    /// A list less its bad entries; nothing at all if too few are left to go by.
    pub(super) fn list(
        &mut self,
        node: &Node,
        items: &[Node],
        schema: &Value,
        at: &str,
    ) -> Option<Value> {
        let mut list: Vec<Value> = Vec::new();
        let mut indices = Vec::new();
        for (index, item) in items.iter().enumerate() {
            let pointer = format!("{at}/{index}");
            match self.value(item, &schema["items"], &pointer) {
                Some(value) if schema["uniqueItems"] == true && list.contains(&value) => {
                    let finding =
                        Finding::new(&pointer, format!("{} again", found(item)), "each entry once");
                    self.findings.push((item.place, finding));
                }
                Some(value) => {
                    list.push(value);
                    indices.push(index);
                }
                None => drop(self.spoiled.insert(at.to_owned())),
            }
        }
        self.indices.insert(at.to_owned(), indices);
        self.check_length(node, items.len(), schema, at);
        let least = schema["minItems"].as_u64().unwrap_or(0);
        let enough = u64::try_from(list.len()).is_ok_and(|length| length >= least);
        if !enough {
            self.spoiled.insert(at.to_owned());
        }
        enough.then(|| list.into())
    }

    fn check_length(&mut self, node: &Node, length: usize, schema: &Value, at: &str) {
        let length = u64::try_from(length).unwrap_or(u64::MAX);
        let least = schema["minItems"].as_u64().unwrap_or(0);
        let most = schema["maxItems"].as_u64().unwrap_or(u64::MAX);
        if !(least..=most).contains(&length) {
            let bounds = match (least, most) {
                (0, most) => format!("at most {most}"),
                (least, u64::MAX) => format!("at least {least}"),
                (least, most) => format!("{least} to {most}"),
            };
            let entries = if length == 1 { "entry" } else { "entries" };
            let finding =
                Finding::new(at, format!("{length} {entries}"), format!("{bounds} entries"));
            let place = self.places.get(at).copied().unwrap_or(node.place);
            self.refuse(place, finding);
        }
    }

    pub(super) fn number(
        &mut self,
        node: &Node,
        text: &str,
        schema: &Value,
        at: &str,
    ) -> Option<Value> {
        let value = match kind(schema) {
            "integer" => text.parse::<i64>().ok().map(Value::from),
            _ => text.parse::<f64>().ok().filter(|number| number.is_finite()).map(Value::from),
        };
        let least = schema["minimum"].as_f64().unwrap_or(f64::NEG_INFINITY);
        let most = schema["maximum"].as_f64().unwrap_or(f64::INFINITY);
        let inside = |value: &Value| value.as_f64().is_some_and(|it| (least..=most).contains(&it));
        match value.filter(inside) {
            Some(value) => Some(value),
            None => self.mistyped(node, schema, at),
        }
    }

    pub(super) fn text(
        &mut self,
        node: &Node,
        text: &str,
        schema: &Value,
        at: &str,
    ) -> Option<Value> {
        let check = schema["format"].as_str().and_then(formats::check_of);
        if let Some(Err(refusal)) = check.map(|check| check(text)) {
            let finding =
                Finding { hint: refusal.hint, ..Finding::new(at, quoted(text), refusal.expected) };
            return self.refuse(node.place, finding);
        }
        let least = schema["minLength"].as_u64().unwrap_or(0);
        let most = schema["maxLength"].as_u64().unwrap_or(u64::MAX);
        let length = u64::try_from(text.len()).unwrap_or(u64::MAX);
        if (least..=most).contains(&length) {
            return Some(Value::String(text.to_owned()));
        }
        let finding =
            Finding::new(at, format!("{length} bytes"), format!("{least} to {most} bytes"));
        self.refuse(node.place, finding)
    }

    pub(super) fn mistyped(&mut self, node: &Node, schema: &Value, at: &str) -> Option<Value> {
        let finding = Finding::new(at, found(node), expected(schema));
        let meant = match (kind(schema), scalar(node)) {
            ("boolean", Some(text)) => truth(text),
            _ => None,
        };
        let hint = match (kind(schema), scalar(node), meant) {
            ("array", Some(text), _) => {
                Some(format!("write a list: `[{}]`", quoted(text).trim_matches('`')))
            }
            (_, _, Some(meant)) => Some(format!("write `{meant}`")),
            _ => None,
        };
        self.refuse(node.place, Finding { hint, ..finding });
        meant.map(Value::Bool)
    }
}

/// What older YAML took for a truth value.
fn truth(text: &str) -> Option<bool> {
    match text.to_lowercase().as_str() {
        "yes" | "on" => Some(true),
        "no" | "off" => Some(false),
        _ => None,
    }
}

//! IAM policy documents, compared by what they say.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A policy document in one form: lists sorted, a list of one is its element, keys sorted.
///
/// AWS gives documents back with reordered lists and single values unwrapped; two documents
/// that say the same are equal here.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Policy(Value);

impl From<Value> for Policy {
    fn from(document: Value) -> Self {
        Self(canonical(document))
    }
}

impl Policy {
    /// From the text AWS shows; URL-encoded, as IAM does, or plain. `None` if it is no JSON.
    pub fn parse(text: &str) -> Option<Self> {
        let plain = serde_json::from_str(text).ok();
        plain.or_else(|| serde_json::from_str(&decode(text)?).ok()).map(|value: Value| value.into())
    }

    pub fn document(&self) -> &Value {
        &self.0
    }
}

impl std::fmt::Display for Policy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

fn canonical(value: Value) -> Value {
    match value {
        Value::Array(items) => {
            let mut items: Vec<Value> = items.into_iter().map(canonical).collect();
            items.sort_by_key(Value::to_string);
            items.dedup();
            match <[Value; 1]>::try_from(items) {
                Ok([only]) => only,
                Err(items) => Value::Array(items),
            }
        }
        Value::Object(fields) => {
            let fields: Map<_, _> =
                fields.into_iter().map(|(key, value)| (key, canonical(value))).collect();
            Value::Object(fields)
        }
        // Conditions come back as strings: `"true"` for `true`.
        Value::Bool(flag) => Value::String(flag.to_string()),
        Value::Number(number) => Value::String(number.to_string()),
        Value::Null | Value::String(_) => value,
    }
}

/// RFC 3986 percent-decoding.
fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let pair = [rest.next()?, rest.next()?];
            bytes.push(u8::from_str_radix(std::str::from_utf8(&pair).ok()?, 16).ok()?);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn documents_that_say_the_same_are_equal() {
        let ours =
            json!({"Statement": [{"Action": ["b", "a"], "Condition": {"Bool": {"x": false}}}]});
        let theirs =
            json!({"Statement": {"Action": ["a", "b"], "Condition": {"Bool": {"x": "false"}}}});
        assert_eq!(Policy::from(ours.clone()), Policy::from(theirs));
        assert_ne!(Policy::from(ours), Policy::from(json!({"Statement": {"Action": "a"}})));
    }

    #[test]
    fn url_encoded_documents_are_read() {
        assert_eq!(Policy::parse("%7B%22a%22%3A1%7D"), Policy::parse("{\"a\":1}"));
        assert_eq!(Policy::parse("%7"), None);
    }
}

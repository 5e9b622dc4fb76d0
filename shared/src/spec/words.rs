//! How problems are put into words.

use serde_json::Value;

use super::schema::{branches, kind};
use super::tree::{Data, Node};

/// The longest piece of a file that a message repeats.
const LONGEST_QUOTE: usize = 60;

/// What stands at a node. Private keys are named and never repeated.
pub(super) fn found(node: &Node) -> String {
    match &node.data {
        Data::Null => "nothing".to_owned(),
        Data::Bool(value) => format!("`{value}`"),
        Data::Number(text) | Data::Text(text) => quoted(text),
        Data::List(items) if items.is_empty() => "an empty list".to_owned(),
        Data::List(_) => "a list".to_owned(),
        Data::Map(fields) if fields.is_empty() => "an empty section".to_owned(),
        Data::Map(fields) => {
            let names = fields.iter().map(|(key, _)| format!("`{}`", key.text));
            format!("a section with {}", joined(names, "and"))
        }
    }
}

/// The start of a text, in backticks.
pub(super) fn quoted(text: &str) -> String {
    if text.contains("PRIVATE KEY") {
        return "a private key".to_owned();
    }
    if text.is_empty() {
        return "an empty text".to_owned();
    }
    let line = text.lines().next().unwrap_or_default();
    let start: String = line.chars().take(LONGEST_QUOTE).collect();
    if start.len() == text.trim_end().len() {
        format!("`{start}`")
    } else {
        format!("`{start}…`")
    }
}

/// What a schema takes, as a noun phrase.
pub(super) fn expected(schema: &Value) -> String {
    if let Some(branches) = branches(schema) {
        return either(branches.iter().map(|branch| expected(branch)));
    }
    let words = allowed(schema);
    if !words.is_empty() {
        return either(words.iter().map(|word| format!("`{word}`")));
    }
    match kind(schema) {
        "object" => match schema["required"][0].as_str() {
            Some(field) => format!("a section with `{field}`"),
            None => "a section".to_owned(),
        },
        "array" => format!("a list of {}", plural(&schema["items"])),
        "integer" => number("a whole number", schema),
        "number" => number("a number", schema),
        "boolean" => "`true` or `false`".to_owned(),
        _ => match schema["examples"][0].as_str() {
            Some(example) if example.len() <= LONGEST_QUOTE => format!("text such as `{example}`"),
            Some(_) | None => "text".to_owned(),
        },
    }
}

fn plural(items: &Value) -> String {
    match items["examples"][0].as_str() {
        Some(example) => format!("texts such as `{example}`"),
        None if kind(items) == "object" => "sections".to_owned(),
        None => "texts".to_owned(),
    }
}

fn number(what: &str, schema: &Value) -> String {
    match (schema["minimum"].as_i64(), schema["maximum"].as_i64()) {
        (Some(least), Some(most)) => format!("{what} from {least} to {most}"),
        (Some(least), None) => format!("{what} of at least {least}"),
        (None, Some(most)) => format!("{what} of at most {most}"),
        (None, None) => what.to_owned(),
    }
}

/// `a, b or c`.
pub(super) fn either(alternatives: impl Iterator<Item = String>) -> String {
    joined(alternatives, "or")
}

fn joined(parts: impl Iterator<Item = String>, word: &str) -> String {
    let mut all: Vec<String> = parts.collect();
    let last = all.pop().unwrap_or_default();
    if all.is_empty() { last } else { format!("{} {word} {last}", all.join(", ")) }
}

/// The values of a `const` or an `enum`, as they are written in a file.
pub(super) fn allowed(schema: &Value) -> Vec<String> {
    let constant = schema.get("const").into_iter();
    let listed = schema.get("enum").and_then(Value::as_array).into_iter().flatten();
    let written = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    constant.chain(listed).map(written).collect()
}

/// The name that was probably meant: few letters away, or the only one of which it is a part.
pub(super) fn nearest<'n>(name: &str, names: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    let plain = |text: &str| text.to_lowercase().replace(['-', '_', ' '], "");
    let wanted = plain(name);
    let length = wanted.chars().count();
    let all: Vec<(String, &str)> = names.map(|name| (plain(name), name)).collect();
    let distance = |(plain, _): &&(String, &str)| strsim::damerau_levenshtein(&wanted, plain);
    let near = all.iter().filter(|it| distance(it) <= (length / 3).max(1)).min_by_key(distance);
    let mut whole = all.iter().filter(|(plain, _)| length > 3 && plain.contains(&wanted));
    let only = whole.next().filter(|_| whole.next().is_none());
    near.or(only).map(|(_, name)| *name)
}

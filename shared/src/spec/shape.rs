//! Whether a file has the shape of a spec: one walk over its tree along the JSON Schema.
//!
//! What is wrong becomes a finding and is left out, so that the walk goes on and the rest can
//! still be read; what is left out is remembered as spoiled.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::problem::{Finding, Place};
use super::schema::{branches, has, kind, property, property_names, stand_in};
use super::tree::{Data, Key, Node};
use super::words::{allowed, either, expected, found, nearest};

/// What a walk brings home.
#[derive(Default)]
pub(super) struct Walk {
    pub findings: Vec<(Place, Finding)>,
    /// Where each value stands, by JSON pointer; lists and sections stand at their key.
    pub places: BTreeMap<String, Place>,
    /// Pointers whose value was left out or is not whole.
    pub spoiled: BTreeSet<String>,
    /// Pointers whose value nobody wrote: an example stands in.
    pub stand_ins: BTreeSet<String>,
    /// For each list, where in the file's list its entries stood.
    pub indices: BTreeMap<String, Vec<usize>>,
    root: Value,
}

impl Walk {
    /// Walks a whole file and answers with what of it has the right shape.
    pub fn over(tree: &Node, schema: &Value) -> (Self, Value) {
        let mut walk = Self { root: schema.clone(), ..Self::default() };
        let empty = Node { place: Place::START, data: Data::Map(Vec::new()) };
        let tree = if matches!(tree.data, Data::Null) { &empty } else { tree };
        walk.places.insert(String::new(), Place::START);
        let value = walk.value(tree, schema, "").unwrap_or(Value::Null);
        (walk, value)
    }

    pub(super) fn value(&mut self, node: &Node, schema: &Value, at: &str) -> Option<Value> {
        if !self.places.contains_key(at) {
            self.places.insert(at.to_owned(), node.place);
        }
        if let Some(branches) = branches(schema) {
            return self.choice(node, schema, &branches, at);
        }
        let words = allowed(schema);
        if !words.is_empty() {
            return self.word(node, schema, &words, at);
        }
        match (kind(schema), &node.data) {
            ("object", Data::Map(fields)) => Some(self.section(node, fields, schema, at)),
            ("array", Data::List(items)) => self.list(node, items, schema, at),
            ("integer" | "number", Data::Number(text)) => self.number(node, text, schema, at),
            ("boolean", Data::Bool(value)) => Some(Value::Bool(*value)),
            ("string", Data::Text(text) | Data::Number(text)) => self.text(node, text, schema, at),
            _ => self.mistyped(node, schema, at),
        }
    }

    /// One of several shapes: the one of the node's kind, and of several sections the one with
    /// which it shares fields.
    fn choice(&mut self, node: &Node, schema: &Value, all: &[&Value], at: &str) -> Option<Value> {
        if let Some(word) = scalar(node)
            .filter(|text| all.iter().any(|branch| allowed(branch).iter().any(|word| word == text)))
        {
            return Some(Value::String(word.to_owned()));
        }
        let wanted = match node.data {
            Data::Map(_) => &["object"][..],
            Data::List(_) => &["array"],
            Data::Null | Data::Bool(_) | Data::Number(_) | Data::Text(_) => {
                &["string", "integer", "number", "boolean"]
            }
        };
        let fits = |branch: &&&Value| wanted.contains(&kind(branch)) && allowed(branch).is_empty();
        let shared = |branch: &&&Value| match &node.data {
            Data::Map(fields) => fields.iter().filter(|(key, _)| has(branch, &key.text)).count(),
            _ => 1,
        };
        let meant: Vec<&&Value> = all.iter().filter(fits).filter(|it| shared(it) > 0).collect();
        match meant[..] {
            [branch] if scalar(node).is_some() && kind(branch) != "string" => {
                let value = quietly(node, branch);
                value.or_else(|| self.none_fits(node, schema, all, at))
            }
            [branch] => self.value(node, branch, at),
            _ => self.none_fits(node, schema, all, at),
        }
    }

    fn none_fits(
        &mut self,
        node: &Node,
        schema: &Value,
        all: &[&Value],
        at: &str,
    ) -> Option<Value> {
        let written = match &node.data {
            Data::Map(fields) => fields.first().map(|(key, _)| key.text.as_str()),
            _ => scalar(node),
        };
        let words: Vec<String> = all.iter().flat_map(|branch| allowed(branch)).collect();
        let fields = all.iter().flat_map(|branch| property_names(branch));
        let names = words.iter().map(String::as_str).chain(fields);
        let near =
            written.and_then(|text| nearest(text, names)).filter(|near| Some(*near) != written);
        let finding = Finding::new(at, found(node), expected(schema));
        self.refuse(node.place, did_you_mean(finding, near))
    }

    fn section(&mut self, node: &Node, fields: &[(Key, Node)], schema: &Value, at: &str) -> Value {
        let mut first: BTreeMap<&str, Place> = BTreeMap::new();
        let mut section = Map::new();
        for (key, field) in fields {
            if let Some(before) = first.insert(&key.text, key.place) {
                let finding = Finding::new(
                    child(at, &key.text),
                    format!("`{}` again", key.text),
                    "each field once",
                );
                let hint = format!("it stands in line {} already", before.line);
                self.findings.push((key.place, finding.hint(hint)));
                continue;
            }
            let Some(inner) = property(schema, &key.text) else {
                self.unknown(key, schema, at);
                continue;
            };
            if matches!(field.data, Data::Null) {
                continue;
            }
            let pointer = child(at, &key.text);
            if matches!(field.data, Data::Map(_) | Data::List(_)) {
                self.places.insert(pointer.clone(), key.place);
            }
            if let Some(value) = self.value(field, inner, &pointer) {
                section.insert(key.text.clone(), value);
            }
        }
        self.fill_missing(node, fields, schema, at, &mut section);
        section.into()
    }

    /// Says what is missing; where a required field is missing or bad, its example stands in so
    /// that the rest can be checked.
    fn fill_missing(
        &mut self,
        node: &Node,
        fields: &[(Key, Node)],
        schema: &Value,
        at: &str,
        section: &mut Map<String, Value>,
    ) {
        let required =
            schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
        for name in required.filter(|name| !section.contains_key(*name)).collect::<Vec<_>>() {
            let inner = &schema["properties"][name];
            let written = fields.iter().find(|(key, _)| key.text == name);
            let pointer = child(at, name);
            if written.is_none_or(|(_, field)| matches!(field.data, Data::Null)) {
                let place = written.map(|(key, _)| key.place);
                let place = place.or(self.places.get(at).copied()).unwrap_or(node.place);
                let finding = missing(&pointer, name, inner);
                self.findings.push((place, finding));
            }
            self.stand_ins.insert(pointer);
            section.insert(name.to_owned(), stand_in(inner));
        }
    }

    fn unknown(&mut self, key: &Key, schema: &Value, at: &str) {
        let names = || property_names(schema);
        let finding = Finding::new(
            child(at, &key.text),
            format!("the unknown field `{}`", key.text),
            either(names().map(|name| format!("`{name}`"))),
        );
        let elsewhere = self.sections_with(&key.text);
        let finding = match nearest(&key.text, names()) {
            _ if key.text.contains("password") => {
                finding.hint("no secret belongs in a spec: RDS makes the password and keeps it")
            }
            Some(near) => did_you_mean(finding, Some(near)),
            None if !elsewhere.is_empty() => finding.hint(format!(
                "`{}` belongs under {}",
                key.text,
                either(elsewhere.into_iter())
            )),
            None => finding,
        };
        self.findings.push((key.place, finding));
    }

    /// The sections of a spec that have a field of this name.
    fn sections_with(&self, name: &str) -> Vec<String> {
        let sections = self.root["properties"].as_object().into_iter().flatten();
        let having = sections.filter(|(_, section)| section["properties"].get(name).is_some());
        having.map(|(section, _)| format!("`{section}`")).collect()
    }

    pub(super) fn refuse(&mut self, place: Place, finding: Finding) -> Option<Value> {
        self.spoiled.insert(finding.at.clone());
        self.findings.push((place, finding));
        None
    }
}

/// The value if it fits, without a word if not.
fn quietly(node: &Node, schema: &Value) -> Option<Value> {
    Walk::default().value(node, schema, "")
}

pub(super) fn scalar(node: &Node) -> Option<&str> {
    match &node.data {
        Data::Text(text) | Data::Number(text) => Some(text),
        Data::Null | Data::Bool(_) | Data::List(_) | Data::Map(_) => None,
    }
}

/// A JSON pointer one step down. Names with a slash are no fields of ours; dimensions may have
/// one, and are never looked up.
fn child(at: &str, name: &str) -> String {
    format!("{at}/{name}")
}

pub(super) fn did_you_mean(finding: Finding, near: Option<&str>) -> Finding {
    match near {
        Some(near) => finding.hint(format!("did you mean `{near}`?")),
        None => finding,
    }
}

fn missing(pointer: &str, name: &str, schema: &Value) -> Finding {
    let meaning = schema["description"].as_str().unwrap_or_default().replace('\n', " ");
    let meaning = meaning.trim_end_matches('.').to_owned();
    let finding = Finding::new(pointer, format!("no `{name}`"), expected(schema));
    if meaning.is_empty() {
        finding
    } else {
        finding.hint(format!("`{name}`: {}", lowered(&meaning)))
    }
}

fn lowered(text: &str) -> String {
    let mut chars = text.chars();
    let first = chars.next().map(|c| c.to_lowercase().to_string()).unwrap_or_default();
    first + chars.as_str()
}

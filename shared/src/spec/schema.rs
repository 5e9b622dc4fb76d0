//! The JSON Schema of a spec, and what the reader asks of it.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::Spec;

/// The JSON Schema of a spec file, for editors: complete in itself, with descriptions and defaults.
pub fn schema() -> serde_json::Value {
    let settings = schemars::generate::SchemaSettings::draft2020_12();
    let inline = settings.with(|settings| settings.inline_subschemas = true);
    inline.into_generator().into_root_schema_for::<Spec>().to_value()
}

/// The alternatives of a schema, without the null that an optional field may be.
pub(super) fn branches(schema: &Value) -> Option<Vec<&Value>> {
    let listed = schema.get("anyOf").or_else(|| schema.get("oneOf"))?.as_array()?;
    let inner = |branch| branches(branch).unwrap_or_else(|| vec![branch]);
    let flat = listed.iter().flat_map(inner);
    Some(flat.filter(|branch| branch["type"] != "null").collect())
}

/// The type a schema takes, without the null that an optional field may be.
pub(super) fn kind(schema: &Value) -> &str {
    match &schema["type"] {
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).find(|it| *it != "null"),
        other => other.as_str(),
    }
    .unwrap_or("string")
}

pub(super) fn property<'s>(schema: &'s Value, name: &str) -> Option<&'s Value> {
    let open = schema.get("additionalProperties").filter(|inner| inner.is_object());
    schema["properties"].get(name).or(open)
}

/// The fields of a section, in alphabetical order: how JSON objects are kept in memory is a matter
/// of the build, and messages are not.
pub(super) fn property_names(schema: &Value) -> impl Iterator<Item = &str> {
    let properties = schema["properties"].as_object();
    let names: BTreeSet<&str> = properties.into_iter().flatten().map(|(name, _)| &**name).collect();
    names.into_iter()
}

pub(super) fn has(schema: &Value, name: &str) -> bool {
    property(schema, name).is_some()
}

/// Something of the right shape for a required field.
pub(super) fn stand_in(schema: &Value) -> Value {
    let given = schema["examples"].get(0).or_else(|| schema.get("const"));
    match (given, kind(schema)) {
        (Some(example), _) => example.clone(),
        (None, "object") => {
            let required =
                schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
            required
                .map(|name| (name.to_owned(), stand_in(&schema["properties"][name])))
                .collect::<Map<_, _>>()
                .into()
        }
        (None, "array") => Value::Array(Vec::new()),
        (None, "integer" | "number") => schema.get("minimum").cloned().unwrap_or(Value::from(0)),
        (None, "boolean") => Value::Bool(false),
        (None, _) => Value::String(String::new()),
    }
}

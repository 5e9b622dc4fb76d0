//! Comparing what stands with what a clean run leaves.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::scenario::STACK;
use crate::{Fallible, aws};

const TIERS: [&str; 9] = [
    "keys",
    "storage",
    "access",
    "network",
    "firewall",
    "database",
    "edge",
    "compute",
    "monitoring",
];

/// How each resource of the stack is set, as a run's last look found it: spec by kind and address,
/// with whatever AWS draws replaced by whose it is.
pub type Settings = BTreeMap<String, String>;

/// What the run's tiers have seen last.
pub fn settings(host: &str, run: &str) -> Fallible<Settings> {
    let mut lives = Vec::new();
    for tier in TIERS {
        let record = aws::read(host, &format!("runs/{STACK}/{run}/{tier}.json"))?;
        let live = record.and_then(|mut it| it["part"]["live"].as_array_mut().map(std::mem::take));
        lives.extend(live.unwrap_or_default());
    }
    let mut drawn: Vec<(&str, String)> = lives.iter().flat_map(facts).collect();
    // The longest first: an ARN may hold an identifier. Then by name: the same in every run.
    drawn.sort_by(|a, b| b.0.len().cmp(&a.0.len()).then_with(|| a.1.cmp(&b.1)));
    let told = |live: &Value| {
        let spec = drawn
            .iter()
            .fold(live["spec"].to_string(), |spec, (value, name)| spec.replace(value, name));
        let name = format!("{} {}", text(&live["kind"]), text(&live["address"]));
        // A text that cannot be read back is compared as it is.
        let spec = serde_json::from_str(&spec).map_or(spec, |spec| sorted(spec).to_string());
        (name, spec)
    };
    Ok(lives.iter().map(told).collect())
}

/// AWS lists by what it draws. Where the order counts, the run itself has compared it with the wish.
fn sorted(value: Value) -> Value {
    match value {
        Value::Array(several) => {
            let mut several: Vec<Value> = several.into_iter().map(sorted).collect();
            several.sort_by_key(Value::to_string);
            Value::Array(several)
        }
        Value::Object(members) => {
            Value::Object(members.into_iter().map(|(name, one)| (name, sorted(one))).collect())
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value,
    }
}

fn facts(live: &Value) -> Vec<(&str, String)> {
    /// What is shorter, such as a port, is no identifier.
    const SHORTEST: usize = 7;
    let facts = live["facts"].as_object().into_iter().flatten();
    let facts = facts.filter_map(|(name, value)| Some((name, value.as_str()?)));
    let facts = facts.filter(|(_, value)| value.len() >= SHORTEST);
    facts.map(|(name, value)| (value, format!("<{}.{name}>", text(&live["address"])))).collect()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// Every resource that is set in another way.
pub fn changed(clean: &Settings, now: &Settings) -> Vec<String> {
    let all: BTreeSet<&String> = clean.keys().chain(now.keys()).collect();
    let other = all.into_iter().filter(|it| clean.get(*it) != now.get(*it));
    let told = other.map(|it| {
        let [before, after] = [clean, now].map(|side| side.get(it).map_or("nothing", |it| it));
        format!("{it}: {before}, now {after}")
    });
    told.collect()
}

/// Every difference between two accounts, for people: `ec2._vpcs: network/vpc: 1, now 2`.
pub fn differences(clean: &Value, now: &Value) -> Vec<String> {
    let mut found = Vec::new();
    for store in names(clean, now) {
        let (before, after) = (&clean[&store], &now[&store]);
        for thing in names(before, after) {
            let (before, after) = (count(&before[&thing]), count(&after[&thing]));
            if before != after {
                found.push(format!("{store}: `{thing}` {before}, now {after}"));
            }
        }
    }
    found
}

fn names(one: &Value, other: &Value) -> BTreeSet<String> {
    let objects = [one, other].into_iter().filter_map(Value::as_object);
    objects.flat_map(|it| it.keys().cloned()).collect()
}

fn count(value: &Value) -> u64 {
    value.as_u64().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn duplicates_orphans_and_what_is_missing_are_all_told() {
        let clean = json!({"vpcs": {"network/vpc": 1}, "roles": {"app": 1}});
        let now = json!({"vpcs": {"network/vpc": 2, "vpc": 1}});
        let expected =
            ["roles: `app` 1, now 0", "vpcs: `network/vpc` 1, now 2", "vpcs: `vpc` 0, now 1"];
        assert_eq!(differences(&clean, &now), expected);
        assert!(differences(&now, &now).is_empty());
    }

    #[test]
    fn the_order_of_a_list_is_no_difference_and_its_content_is() {
        let one = sorted(json!({"subnets": ["<a>", "<b>"], "port": 80}));
        assert_eq!(one, sorted(json!({"port": 80, "subnets": ["<b>", "<a>"]})));
        assert_ne!(one, sorted(json!({"port": 80, "subnets": ["<b>"]})));
    }
}

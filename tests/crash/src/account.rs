//! Comparing what stands with what a clean run leaves.

use std::collections::BTreeSet;

use serde_json::Value;

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

//! What a call was about: ids, ARNs and names, found wherever CloudTrail puts them.
//!
//! The bodies of calls come in three dialects: flat with lists under `items` (most of EC2),
//! wrapped and in Pascal case with `tag` and `content` for lists (newer EC2), and each other
//! service's own. So the search goes by the names of keys and heeds no structure.

use std::collections::BTreeSet;

use serde_json::Value;

/// A key that ends so, in whatever case and number, holds what something is called.
const NAMING: [&str; 4] = ["id", "arn", "name", "identifier"];

/// Keys that end so but name no resource: the call itself, accounts, places and people's keys.
const NOT_NAMING: [&str; 15] = [
    "accesskeyid",
    "accountid",
    "availabilityzoneid",
    "callerreference",
    "devicename",
    "dbname",
    "groupownerid",
    "ownerid",
    "privatednsname",
    "publicdnsname",
    "requesterid",
    "requestid",
    "reservationid",
    "rootdevicename",
    "zonename",
];

/// Keys under which states and places have a plain `name`.
const NOT_THINGS: [&str; 4] =
    ["currentstate", "instancestate", "previousstate", "subnetavailabilityzone"];

/// What CloudTrail writes in place of a secret.
const HIDDEN: [&str; 2] = ["****", "HIDDEN_DUE_TO_SECURITY_REASONS"];

/// Adds what `body` names.
pub(super) fn collect(body: &Value, found: &mut BTreeSet<String>) {
    search(body, false, found);
}

/// `named` says whether a key above makes this an identifier.
fn search(value: &Value, named: bool, found: &mut BTreeSet<String>) {
    match value {
        Value::String(text) => {
            let is_name = named || text.starts_with("arn:");
            if is_name && !text.is_empty() && !HIDDEN.contains(&text.as_str()) {
                found.insert(text.clone());
            }
        }
        Value::Array(items) => items.iter().for_each(|item| search(item, named, found)),
        Value::Object(fields) => {
            for (key, value) in fields {
                let key = key.to_ascii_lowercase();
                if NOT_THINGS.contains(&key.as_str()) {
                    continue;
                }
                // `"FlowLogId": {"tag": 1, "content": "fl-…"}` is a list of one.
                let listed = named && ["content", "item", "items"].contains(&key.as_str());
                search(value, listed || is_naming(&key), found);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => (),
    }
}

fn is_naming(key: &str) -> bool {
    let one = key.strip_suffix('s').unwrap_or(key);
    NAMING.iter().any(|ending| one.ends_with(ending)) && !NOT_NAMING.contains(&one)
}

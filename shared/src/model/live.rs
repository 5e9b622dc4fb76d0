//! What is really there.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Address;

/// What AWS assigned: `id`, `arn`, `name` and further facts that others refer to.
pub type Facts = BTreeMap<String, String>;

/// One live resource, told in the words in which we state wishes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Live {
    pub address: Address,
    pub kind: String,
    pub spec: Value,
    pub facts: Facts,
    pub status: Status,
}

/// What tells a live resource apart from every other, duplicates at its address included.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Identity {
    pub address: Address,
    pub kind: String,
    pub id: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    Ready,
    /// On its way, up or down: look again later. Facts that exist may be used.
    Pending,
    /// Will never become ready by itself.
    Failed(String),
}

/// The fact that names what this one writes to as long as it stands, and would make anew: ids with
/// spaces between. Nothing that is written to says who does it.
const WRITES: &str = "writes";

/// Facts that are ids of what AWS makes along with a VPC: events name those too.
const BORN_ALONG: [&str; 2] = ["default_group", "default_acl"];

/// What an id of a part begins with: `DisassociateRouteTable` names the association and neither
/// the table nor the subnet (Amazon EC2 API reference).
const PARTS: [&str; 2] = ["rtbassoc-", "aclassoc-"];

/// The facts by which other resources name this one.
const IDENTITY: [&str; 3] = ["id", "arn", "name"];

impl Live {
    /// What AWS calls it.
    pub fn id(&self) -> Option<&str> {
        self.facts.get("id").map(String::as_str)
    }

    /// All ids by which events may name it, besides its own.
    pub fn part_ids(&self) -> impl Iterator<Item = &str> {
        let facts = self.facts.iter().filter(|(name, value)| {
            BORN_ALONG.contains(&name.as_str()) || PARTS.iter().any(|part| value.starts_with(part))
        });
        facts.map(|(_, value)| value.as_str())
    }

    pub fn identity(&self) -> Identity {
        let (address, kind) = (self.address.clone(), self.kind.clone());
        Identity { address, kind, id: self.id().map(str::to_owned) }
    }

    pub fn is_same(&self, other: &Live) -> bool {
        self.address == other.address && self.kind == other.kind && self.id() == other.id()
    }

    pub fn has_failed(&self) -> bool {
        match self.status {
            Status::Failed(_) => true,
            Status::Ready | Status::Pending => false,
        }
    }

    /// Whether this one's spec names `other` by its id, ARN or name.
    ///
    /// What is built in an earlier tier stands without what comes later, and uses it in no case:
    /// a role that trusts a database by its ARN has to outlive the database, not to go before.
    pub fn uses(&self, other: &Live) -> bool {
        self.address.tier() >= other.address.tier() && other.is_named_in(&self.spec)
    }

    /// Whether this one has to let go, or to be gone, before `other` can be gone for good.
    pub fn holds(&self, other: &Live) -> bool {
        let mut written = self.facts.get(WRITES).into_iter().flat_map(|it| it.split(' '));
        self.uses(other) || other.id().is_some_and(|id| written.any(|it| it == id))
    }

    /// Whether `spec` names this one by its id, ARN or name.
    pub fn is_named_in(&self, spec: &Value) -> bool {
        let identities = IDENTITY.iter().filter_map(|fact| self.facts.get(*fact));
        identities.into_iter().any(|identity| mentions(spec, identity))
    }
}

fn mentions(spec: &Value, identity: &str) -> bool {
    match spec {
        Value::String(text) => names(text, identity),
        Value::Array(items) => items.iter().any(|item| mentions(item, identity)),
        Value::Object(fields) => {
            fields.iter().any(|(key, value)| names(key, identity) || mentions(value, identity))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

/// Names match whole; ARNs also as the beginning of a longer ARN (`arn:…:bucket/*`).
fn names(text: &str, identity: &str) -> bool {
    text == identity
        || identity.starts_with("arn:")
            && text.match_indices(identity).any(|(at, _)| {
                text[at + identity.len()..].chars().next().is_none_or(|next| "/:*\"".contains(next))
            })
}

//! What the planner must know of a kind. Data, so that no resource code is linked where plans are made.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Node;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Rules {
    /// Fields whose change means a new resource.
    pub immutable: Vec<String>,
    /// Fields of which AWS takes the same values only once: a name, or a subnet's VPC and CIDR.
    /// Empty where only ids tell resources apart.
    pub unique: Vec<String>,
    /// What is replaced stands beside the one that takes its place until that is ready and all that
    /// uses it has moved over. Only where the two do not collide.
    pub make_before_break: bool,
    /// Lists whose order has a meaning; every other list is a set.
    pub ordered: Vec<String>,
    /// What a change in place interrupts, by field, as a person is told.
    pub outages: BTreeMap<String, String>,
    /// What is lost with a protected one, and how its protection is lifted, for people.
    pub protection: String,
    /// How a person moves one out of what it occupies (its fact `occupies`: ids with spaces between).
    pub moving: String,
    /// Fields that AWS may move within bounds of ours; every other field is exact.
    pub bounded: BTreeMap<String, Bound>,
    /// Holds data: never replaced or deleted unless the person says so.
    pub protected: bool,
    /// Still pending after this long: stuck.
    pub deadline_seconds: u64,
    /// How long it usually takes to get ready; the first that fits counts. Empty: seconds.
    pub typical: Vec<Typical>,
    /// How long its deletion usually takes, where that is a minute or more.
    pub typical_deletion: Option<Usual>,
}

impl Rules {
    /// Whether a difference in `field`, or in a part of it, means a new resource.
    pub fn is_immutable(&self, field: &str) -> bool {
        self.immutable.iter().any(|fixed| is_part(field, fixed))
    }

    /// Whether `field` is a list whose order has a meaning.
    pub fn is_ordered(&self, field: &str) -> bool {
        self.ordered.iter().any(|it| it == field)
    }

    /// What changing `field` in place interrupts.
    pub fn outage(&self, field: &str) -> Option<&str> {
        let mut outages = self.outages.iter();
        outages.find(|(changed, _)| is_part(field, changed)).map(|(_, text)| text.as_str())
    }

    /// When `node` is usually ready, where that is known to take its time.
    pub fn usual(&self, node: &Node) -> Option<Usual> {
        let fits = |it: &&Typical| it.when.as_ref().is_none_or(|field| node.spec[field] == true);
        self.typical.iter().find(fits).map(|it| it.usual)
    }

    /// Whether AWS would not take both: they share all fields that may be there only once.
    pub fn collide(&self, one: &Value, other: &Value) -> bool {
        let same = |field: &String| !one[field].is_null() && one[field] == other[field];
        !self.unique.is_empty() && self.unique.iter().all(same)
    }
}

/// How long a kind usually takes to get ready.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Typical {
    /// Only with this field set; always if there is none.
    pub when: Option<String>,
    pub usual: Usual,
}

/// How long AWS takes over something: as many as half of all, and as 19 of 20, take at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usual {
    pub half_seconds: i64,
    pub most_seconds: i64,
}

impl Usual {
    pub const fn new(half_seconds: i64, most_seconds: i64) -> Self {
        Self { half_seconds, most_seconds }
    }
}

/// How far a live field may be from the wish without being a difference.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Bound {
    /// Numbers and dotted versions: the live value may be greater.
    AtLeast,
    /// Between the values of two other fields of the wish.
    Within { low: String, high: String },
    /// One of a list that is another field of the wish. That field only allows: nobody can read
    /// it back, and it is not compared.
    Among { field: String },
    /// Whatever it is, where the wish says nothing (`null`).
    IfSaid,
}

/// `health.path` is part of `health`.
fn is_part(field: &str, of: &str) -> bool {
    field.strip_prefix(of).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

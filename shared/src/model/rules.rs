//! What the planner must know of a kind. Data, so that no resource code is linked where plans are made.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Rules {
    /// Fields whose change means a new resource.
    pub immutable: Vec<String>,
    /// Fields of which AWS takes the same values only once: a name, or a subnet's VPC and CIDR.
    /// Empty where only ids tell resources apart.
    pub unique: Vec<String>,
    /// Fields that AWS may move within bounds of ours; every other field is exact.
    pub bounded: BTreeMap<String, Bound>,
    /// Holds data: never replaced or deleted unless the person says so.
    pub protected: bool,
    /// Still pending after this long: stuck.
    pub deadline_seconds: u64,
}

impl Rules {
    /// Whether a difference in `field`, or in a part of it, means a new resource.
    pub fn is_immutable(&self, field: &str) -> bool {
        self.immutable.iter().any(|fixed| {
            field
                .strip_prefix(fixed.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        })
    }

    /// Whether AWS would not take both: they share all fields that may be there only once.
    pub fn collide(&self, one: &Value, other: &Value) -> bool {
        let same = |field: &String| !one[field].is_null() && one[field] == other[field];
        !self.unique.is_empty() && self.unique.iter().all(same)
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
}

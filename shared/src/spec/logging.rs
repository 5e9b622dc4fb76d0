//! The `logging` section: how long logs are kept and who keeps the trail.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::text::Refusal;

/// What is logged and for how long.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Logging {
    /// Days for which log groups and log buckets keep their logs.
    pub retention_days: RetentionDays,
    /// Whether the VPC's flow logs are kept.
    pub flow_logs: bool,
    /// Whether the account's CloudTrail trail is enough or the stack has its own.
    pub trail: Trail,
}

impl Default for Logging {
    fn default() -> Self {
        Self { retention_days: RetentionDays(365), flow_logs: true, trail: Trail::Account }
    }
}

/// Whose CloudTrail trail records the stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Trail {
    /// The trail that stands once per account. AWS allows five trails a region.
    Account,
    /// A trail of the stack's own.
    Own,
}

/// Days for which logs are kept: one of the periods CloudWatch Logs knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "u32", into = "u32")]
pub struct RetentionDays(u32);

/// CloudWatch Logs `PutRetentionPolicy`, `retentionInDays`.
const PERIODS: [u32; 22] = [
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922,
    3288, 3653,
];

impl RetentionDays {
    pub fn days(self) -> u32 {
        self.0
    }
}

impl TryFrom<u32> for RetentionDays {
    type Error = Refusal;
    fn try_from(days: u32) -> Result<Self, Refusal> {
        let known = PERIODS.contains(&days).then_some(Self(days));
        known.ok_or_else(|| Refusal::expected(format!("one of {PERIODS:?} days")))
    }
}

impl From<RetentionDays> for u32 {
    fn from(days: RetentionDays) -> u32 {
        days.0
    }
}

impl JsonSchema for RetentionDays {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "RetentionDays".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "integer", "enum": PERIODS })
    }
}

//! The `alarms` section: what is watched and whom it tells.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::text::{Checked, Refusal, made_of, text};

/// Alarms and whom they tell.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Alarms {
    /// Addresses that alarms and reports are sent to; each has to confirm once.
    #[schemars(length(max = 20))]
    #[schemars(extend("uniqueItems" = true))]
    pub emails: Vec<Email>,
    /// When the stack's own alarms go off.
    pub thresholds: Thresholds,
    /// Further alarms of your own.
    #[schemars(length(max = 100))]
    pub custom: Vec<CustomAlarm>,
}

/// When the stack's own alarms go off. Counts and averages are taken over five minutes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Thresholds {
    /// Responses 5xx made by the load balancer itself.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub load_balancer_5xx: u32,
    /// Responses 5xx made by the application.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub target_5xx: u32,
    /// Milliseconds in which the application answers 95 of 100 requests.
    #[schemars(range(min = 1, max = 600_000))]
    pub latency_milliseconds: u32,
    /// Average CPU use of the application's instances.
    #[schemars(range(min = 1, max = 100))]
    pub cpu_percent: u8,
    /// Average CPU use of the database.
    #[schemars(range(min = 1, max = 100))]
    pub database_cpu_percent: u8,
    /// Storage left to the database.
    #[schemars(range(min = 1, max = 65536))]
    pub database_free_storage_gib: u32,
    /// Memory left to the database.
    #[schemars(range(min = 16, max = 1_048_576))]
    pub database_free_memory_mib: u32,
    /// Requests that the web application firewall blocked.
    #[schemars(range(min = 1, max = 100_000_000))]
    pub waf_blocked: u32,
    /// Days before the certificate ends.
    #[schemars(range(min = 1, max = 90))]
    pub certificate_days: u32,
}

impl Default for Thresholds {
    fn default() -> Self {
        Self {
            load_balancer_5xx: 10,
            target_5xx: 25,
            latency_milliseconds: 2000,
            cpu_percent: 80,
            database_cpu_percent: 80,
            database_free_storage_gib: 4,
            database_free_memory_mib: 128,
            waf_blocked: 1000,
            certificate_days: 30,
        }
    }
}

/// An alarm of the user's own over any metric.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CustomAlarm {
    /// What it is called within the stack.
    pub name: AlarmName,
    /// The metric's namespace, such as `AWS/RDS`.
    #[schemars(length(min = 1, max = 255))]
    pub namespace: String,
    /// The metric's name.
    #[schemars(length(min = 1, max = 255))]
    pub metric: String,
    /// The metric's dimensions.
    #[serde(default)]
    pub dimensions: BTreeMap<String, String>,
    /// How values within a period become one.
    #[serde(default)]
    pub statistic: Statistic,
    /// Seconds over which values become one: 10, 30 or a multiple of 60.
    #[serde(default = "CustomAlarm::default_period")]
    #[schemars(range(min = 10, max = 86400))]
    pub period_seconds: u32,
    /// Periods in a row that have to cross the threshold.
    #[serde(default = "CustomAlarm::default_periods")]
    #[schemars(range(min = 1, max = 100))]
    pub periods: u32,
    /// On which side of the threshold the alarm goes off.
    #[serde(default)]
    pub comparison: Comparison,
    /// The value that separates good from bad.
    pub threshold: f64,
}

impl CustomAlarm {
    fn default_period() -> u32 {
        300
    }

    fn default_periods() -> u32 {
        1
    }
}

/// How the values within a period become one, as CloudWatch names it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Statistic {
    #[default]
    Average,
    Maximum,
    Minimum,
    SampleCount,
    Sum,
}

/// On which side of the threshold an alarm goes off, as CloudWatch names it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Comparison {
    #[default]
    GreaterThanOrEqualToThreshold,
    GreaterThanThreshold,
    LessThanOrEqualToThreshold,
    LessThanThreshold,
}

text! {
    /// An e-mail address.
    Email, "e-mail", "ops@example.org", check_email
}

text! {
    /// The name of an alarm within its stack.
    AlarmName, "alarm-name", "queue-too-long", check_alarm_name
}

/// Only the form: whether anybody reads it shows when the subscription is confirmed.
fn check_email(address: &str) -> Checked {
    let good = address.split_once('@').is_some_and(|(who, host)| {
        !who.is_empty()
            && host.contains('.')
            && !host.starts_with('.')
            && !host.ends_with('.')
            && !host.contains('@')
    });
    let plain = address.chars().all(|c| c.is_ascii_graphic());
    if good && plain && address.len() <= 254 {
        return Ok(());
    }
    Err(Refusal::expected("an e-mail address such as `ops@example.org`"))
}

fn check_alarm_name(name: &str) -> Checked {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    made_of(name, 1..=64, plain, "1 to 64 lower-case letters, digits and hyphens")
}

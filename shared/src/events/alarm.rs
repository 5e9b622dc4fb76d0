//! "CloudWatch Alarm State Change"

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Envelope;

/// An alarm went from one state to another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlarmChange {
    /// The same for every delivery of this change.
    pub id: String,
    pub time: Timestamp,
    pub name: String,
    pub arn: Option<String>,
    pub state: AlarmState,
    /// `None` if CloudWatch does not say, as for an alarm that is new.
    pub previous: Option<AlarmState>,
    /// For people.
    pub reason: String,
    /// Of all metrics the alarm looks at.
    pub dimensions: BTreeMap<String, String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum AlarmState {
    Ok,
    Alarm,
    InsufficientData,
}

/// CloudWatch's own words.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Detail {
    alarm_name: String,
    state: State,
    previous_state: Option<State>,
    #[serde(default)]
    configuration: Configuration,
}

#[derive(Deserialize)]
struct State {
    value: AlarmState,
    #[serde(default)]
    reason: String,
}

/// Composite alarms have no metrics.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Configuration {
    metrics: Vec<MetricQuery>,
}

/// Metric math has an expression in place of the metric.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct MetricQuery {
    metric_stat: MetricStat,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct MetricStat {
    metric: Metric,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Metric {
    dimensions: BTreeMap<String, String>,
}

impl AlarmChange {
    pub(super) fn read(envelope: &Envelope) -> Result<Self, serde_json::Error> {
        let detail = Detail::deserialize(&envelope.detail)?;
        let metrics = detail.configuration.metrics.into_iter();
        Ok(Self {
            id: envelope.id.clone(),
            time: envelope.time,
            name: detail.alarm_name,
            arn: envelope.resources.first().cloned(),
            state: detail.state.value,
            previous: detail.previous_state.map(|it| it.value),
            reason: detail.state.reason,
            dimensions: metrics.flat_map(|it| it.metric_stat.metric.dimensions).collect(),
        })
    }

    /// Whether the alarm has just begun to ring.
    pub fn rings(&self) -> bool {
        self.state == AlarmState::Alarm && self.previous != Some(AlarmState::Alarm)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::Event;
    use super::*;

    fn read(detail: &Value) -> AlarmChange {
        let event = json!({
            "version": "0", "id": "a1", "detail-type": "CloudWatch Alarm State Change",
            "source": "aws.cloudwatch", "account": "111122223333", "time": "2026-03-01T10:00:00Z",
            "region": "eu-central-1", "detail": detail,
            "resources": ["arn:aws:cloudwatch:eu-central-1:111122223333:alarm:terrace-shop-hosts"],
        });
        match Event::read(&event) {
            Ok(Some(Event::AlarmChange(change))) => change,
            other => panic!("expected a change of an alarm, found {other:?}"),
        }
    }

    #[test]
    fn an_alarm_tells_its_states_reason_and_dimensions() {
        let change = read(&json!({
            "alarmName": "terrace-shop-hosts",
            "state": {"value": "ALARM", "reason": "Threshold Crossed", "reasonData": "{}",
                "timestamp": "2026-03-01T09:59:59.123+0000"},
            "previousState": {"value": "OK", "reason": "fine", "timestamp": "2026-03-01T09:00:00.000+0000"},
            "configuration": {"metrics": [
                {"id": "m1", "returnData": false, "metricStat": {"period": 60, "stat": "Maximum",
                    "metric": {"namespace": "AWS/ApplicationELB", "name": "UnHealthyHostCount",
                    "dimensions": {"TargetGroup": "targetgroup/a/1", "LoadBalancer": "app/a/1"}}}},
                {"id": "e1", "expression": "m1 * 2", "returnData": true},
            ]},
        }));
        assert_eq!(change.name, "terrace-shop-hosts");
        assert!(change.arn.as_ref().is_some_and(|arn| arn.ends_with(":alarm:terrace-shop-hosts")));
        assert_eq!((change.state, change.previous), (AlarmState::Alarm, Some(AlarmState::Ok)));
        assert_eq!(change.reason, "Threshold Crossed");
        let dimensions: Vec<_> =
            change.dimensions.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        assert_eq!(dimensions, [("LoadBalancer", "app/a/1"), ("TargetGroup", "targetgroup/a/1")]);
        assert!(change.rings());
    }

    #[test]
    fn only_the_beginning_of_an_alarm_rings() {
        let change = |state: &str, previous: Option<&str>| {
            let previous = previous.map(|value| json!({"value": value}));
            read(&json!({"alarmName": "a", "state": {"value": state}, "previousState": previous}))
                .rings()
        };
        assert!(change("ALARM", None));
        assert!(change("ALARM", Some("INSUFFICIENT_DATA")));
        assert!(!change("ALARM", Some("ALARM")));
        assert!(!change("OK", Some("ALARM")));
        assert!(!change("INSUFFICIENT_DATA", Some("OK")));
    }
}

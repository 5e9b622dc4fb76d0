//! Alarms of the user's own.

use shared::model::{Node, Tier, reference};
use shared::spec::{CustomAlarm, Spec};

use crate::alarm::{comparison, statistic};
use crate::cloudwatch::at;
use crate::{Alarm, MissingData};

pub fn nodes(spec: &Spec) -> Vec<Node> {
    // In the order of their names, whatever the spec's: the dashboard shows them in theirs.
    let mut custom: Vec<&CustomAlarm> = spec.alarms.custom.iter().collect();
    custom.sort_by_key(|it| &it.name);
    custom.into_iter().map(node).collect()
}

/// At `alarm-custom-<name>`, so that no name of the user's is one of ours.
fn node(custom: &CustomAlarm) -> Node {
    let topic = reference(Tier::Storage, "topic", "arn");
    let periods = i32::try_from(custom.periods).unwrap_or(i32::MAX);
    let alarm = Alarm {
        description: format!("Asked for by the stack's spec as {}.", custom.name),
        namespace: custom.namespace.clone(),
        metric: custom.metric.clone(),
        dimensions: custom.dimensions.clone(),
        statistic: statistic(custom.statistic).to_owned(),
        period_seconds: i32::try_from(custom.period_seconds).unwrap_or(i32::MAX),
        periods,
        periods_to_alarm: periods,
        comparison: comparison(custom.comparison).to_owned(),
        threshold: custom.threshold,
        // Nobody told us how the metric is written.
        missing_data: MissingData::Unknown,
        enabled: true,
        alarm_actions: [topic.clone()].into(),
        ok_actions: [topic].into(),
        foreign_settings: [].into(),
    };
    shared::aws::node(at(format!("alarm-custom-{}", custom.name)), &alarm)
}

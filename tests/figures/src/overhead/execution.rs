//! What an execution of a state machine came to.

use std::collections::BTreeMap;
use std::error::Error;

use aws_sdk_sfn::types::{HistoryEvent, HistoryEventType};
use serde_json::Value;
use shared::aws::Aws;
use shared::model::Tier;
use shared::tier::Act;

use super::local::{ACCOUNT, REGION};

/// Times are Unix seconds.
pub struct Execution {
    pub began: f64,
    pub ended: f64,
    /// States that were entered, and tasks that were tried again.
    pub transitions: usize,
    pub events: usize,
    /// Bytes of the largest data of an event.
    pub payload: usize,
    /// When a tier first had nothing left to do, or nothing until slow ones are through.
    pub calm: BTreeMap<Tier, f64>,
    pub history: Vec<HistoryEvent>,
}

impl Execution {
    pub async fn read(aws: &Aws, machine: &str, name: &str) -> Result<Self, Box<dyn Error>> {
        let sfn = aws.client(|config, calls| {
            let config = aws_sdk_sfn::config::Builder::from(config).interceptor(calls).build();
            aws_sdk_sfn::Client::from_conf(config)
        });
        let arn = format!("arn:aws:states:{REGION}:{ACCOUNT}:execution:terrace-{machine}:{name}");
        let request = sfn.get_execution_history().execution_arn(arn).include_execution_data(true);
        let mut pages = request.into_paginator().send();
        let mut events = Vec::new();
        while let Some(page) = pages.next().await {
            events.extend(page?.events);
        }
        let count = |kinds: &[HistoryEventType]| {
            events.iter().filter(|it| kinds.contains(&it.r#type)).count()
        };
        let entered = events.iter().filter(|it| it.state_entered_event_details().is_some()).count();
        let tried = count(&[HistoryEventType::TaskScheduled]);
        let tasks = count(&[HistoryEventType::TaskStateEntered]);
        let times = || events.iter().map(|it| it.timestamp.as_secs_f64());
        Ok(Self {
            began: times().fold(f64::INFINITY, f64::min),
            ended: times().fold(0.0, f64::max),
            transitions: entered + tried.saturating_sub(tasks),
            events: events.len(),
            payload: events.iter().map(largest).max().unwrap_or_default(),
            calm: calm(&events),
            history: events,
        })
    }

    /// Seconds from its begin until all of these tiers were calm.
    pub fn calm_after(&self, tiers: &[Tier]) -> f64 {
        let times = tiers.iter().map(|it| self.calm.get(it).copied().unwrap_or(self.ended));
        times.fold(self.began, f64::max) - self.began
    }
}

fn calm(events: &[HistoryEvent]) -> BTreeMap<Tier, f64> {
    let mut calm = BTreeMap::new();
    for event in events {
        let Some(answered) = event.task_succeeded_event_details() else { continue };
        let output: Value =
            answered.output().and_then(|it| serde_json::from_str(it).ok()).unwrap_or_default();
        // Of all functions, only tiers at work answer with how far they are.
        let Ok(act) = serde_json::from_value::<Act>(output["Payload"].clone()) else { continue };
        if act.is_calm() {
            calm.entry(act.tier).or_insert(event.timestamp.as_secs_f64());
        }
    }
    calm
}

fn largest(event: &HistoryEvent) -> usize {
    let data = [
        event.state_entered_event_details().and_then(|it| it.input()),
        event.state_exited_event_details().and_then(|it| it.output()),
        event.task_scheduled_event_details().map(|it| it.parameters()),
        event.task_succeeded_event_details().and_then(|it| it.output()),
        event.task_failed_event_details().and_then(|it| it.cause()),
        event.execution_started_event_details().and_then(|it| it.input()),
        event.execution_succeeded_event_details().and_then(|it| it.output()),
    ];
    data.into_iter().flatten().map(str::len).max().unwrap_or_default()
}

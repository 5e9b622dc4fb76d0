//! What happened in an execution since we last looked.

use aws_sdk_sfn::types::HistoryEvent;
use serde_json::Value;

use crate::context::Cloud;
use crate::failure::{Failure, Tried};

/// An event as far as progress goes.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    Entered(String),
    /// With what the state hands on.
    Exited(String, Value),
    /// What a function answered.
    Answered(Value),
    /// A function's failure, by its name, and what it said.
    Failed(String, String),
}

pub struct History {
    arn: String,
    /// Id of the newest event that was seen.
    seen: i64,
}

impl History {
    pub fn of(arn: &str) -> Self {
        Self { arn: arn.to_owned(), seen: 0 }
    }

    /// New events, the oldest first. Read backwards, so that each look costs what is new.
    pub async fn news(&mut self, cloud: &Cloud) -> Result<Vec<Event>, Failure> {
        let sfn = shared::client!(cloud, aws_sdk_sfn);
        let request = sfn.get_execution_history().execution_arn(&self.arn).reverse_order(true);
        let mut pages = request.into_paginator().send();
        let mut news: Vec<HistoryEvent> = Vec::new();
        while let Some(page) = pages.next().await {
            let events = page.tried("cannot read the history of the run")?.events;
            let known = events.iter().any(|it| it.id <= self.seen);
            news.extend(events.into_iter().filter(|it| it.id > self.seen));
            if known {
                break;
            }
        }
        self.seen = news.iter().map(|it| it.id).max().unwrap_or(self.seen);
        news.sort_by_key(|it| it.id);
        Ok(news.iter().filter_map(event).collect())
    }
}

fn event(it: &HistoryEvent) -> Option<Event> {
    if let Some(entered) = it.state_entered_event_details() {
        return Some(Event::Entered(entered.name().to_owned()));
    }
    if let Some(answered) = it.task_succeeded_event_details() {
        let payload = parsed(answered.output())["Payload"].take();
        return Some(Event::Answered(payload));
    }
    let task = it.task_failed_event_details().map(|it| (it.error(), it.cause()));
    let function = it.lambda_function_failed_event_details().map(|it| (it.error(), it.cause()));
    if let Some((error, cause)) = task.or(function) {
        let said = parsed(cause)["errorMessage"].as_str().unwrap_or_default().to_owned();
        return Some(Event::Failed(error.unwrap_or_default().to_owned(), said));
    }
    let exited = it.state_exited_event_details()?;
    Some(Event::Exited(exited.name().to_owned(), parsed(exited.output())))
}

fn parsed(output: Option<&str>) -> Value {
    output.and_then(|it| serde_json::from_str(it).ok()).unwrap_or_default()
}

//! The Lambda that reads API calls and alarms from the queue, and starts what answers them.

mod alarm;
mod api_call;

use std::sync::Arc;

use serde_json::{Value, json};
use shared::events::Event;
use shared::lambda::{self, Error, Failure, Home, Invocation};
use tracing::warn;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    lambda::serve(batch).await
}

/// A batch from SQS; messages that failed are given back, so that the others are not repeated.
async fn batch(home: Arc<Home>, batch: Value, _: Invocation) -> Result<Value, Failure> {
    let mut failed = Vec::new();
    for message in batch["Records"].as_array().into_iter().flatten() {
        if let Err(error) = answer(&home, message["body"].as_str().unwrap_or_default()).await {
            warn!(%error, message = %message["messageId"], "event not answered");
            failed.push(json!({ "itemIdentifier": message["messageId"] }));
        }
    }
    Ok(json!({ "batchItemFailures": failed }))
}

async fn answer(home: &Home, body: &str) -> Result<(), Failure> {
    let event: Value = serde_json::from_str(body)
        .map_err(|error| Failure::BadRequest(format!("the message is no JSON: {error}")))?;
    let read = Event::read(&event).map_err(|error| Failure::BadRequest(error.to_string()))?;
    match read {
        Some(Event::ApiCall(call)) => api_call::answer(home, &call).await,
        Some(Event::AlarmChange(change)) => alarm::answer(home, &change).await,
        Some(Event::Object(_) | Event::ExecutionEnded(_)) | None => Ok(()),
    }
}

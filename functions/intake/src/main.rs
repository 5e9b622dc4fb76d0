//! The Lambda that takes specs from the bucket, and schedules from the clock.

mod schedule;
mod spec_file;

use std::sync::Arc;

use serde_json::{Value, json};
use shared::events::{Event, ObjectChange};
use shared::lambda::{self, Error, Failure, Home, Invocation};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    lambda::serve(take).await
}

async fn take(home: Arc<Home>, event: Value, invocation: Invocation) -> Result<Value, Failure> {
    if event["detail-type"] == "Scheduled Event" {
        return schedule::look_at_all(&home, &event).await;
    }
    let read = Event::read(&event).map_err(|error| Failure::BadRequest(error.to_string()))?;
    match read {
        Some(Event::Object(object)) => match object.change {
            ObjectChange::Created => spec_file::put(&home, &invocation, &object).await,
            ObjectChange::Deleted => spec_file::deleted(&home, &object).await,
        },
        Some(Event::ApiCall(_) | Event::AlarmChange(_) | Event::ExecutionEnded(_)) | None => {
            Ok(json!({ "ignored": "neither a spec nor a schedule" }))
        }
    }
}

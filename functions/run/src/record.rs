//! What was done about an event, for people.

use serde_json::{Value, json};
use shared::lambda::{Failure, Home};
use shared::ledger::Key;
use shared::tell::tell;

use crate::unix_seconds;

/// Writes the response down and tells the topic who caused it and what was done.
pub async fn record(
    home: &Home,
    stack: &str,
    run: &str,
    cause: Value,
    results: Value,
) -> Result<Value, Failure> {
    let response = json!({
        "stack": stack, "run": run, "cause": cause, "results": results, "ended": unix_seconds(),
    });
    home.ledger.write(&Key::Response(stack, run), &response).await?;
    tell(home, stack, "answered an event", &format!("{response:#}")).await;
    Ok(response)
}

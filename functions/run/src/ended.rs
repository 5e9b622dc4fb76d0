//! Runs that ended without a word: aborted, timed out, or failed before they could say so.

use serde_json::{Value, json};
use shared::lambda::{Failure, Home};
use shared::ledger::{Execution, Key, Lease, Release, Run};
use shared::tell::tell;
use tracing::info;

use crate::{close, turn, unix_seconds};

/// Writes the report that the run could not write, frees its lease, and gives up its place in the queue.
pub async fn ended(home: &Home, name: &str, status: &str) -> Result<Value, Failure> {
    let Some(Execution { stack }) = home.ledger.read(&Key::Execution(name)).await? else {
        return Ok(json!({ "ignored": "no run of ours, or a look that holds nothing" }));
    };
    let reported = home.ledger.bytes(&Key::Report(&stack, name)).await?.is_some();
    let admitted: Option<Run> = home.ledger.read(&Key::Run(&stack, name)).await?;
    if !reported && admitted.is_some() {
        let text = format!("the execution ended as {status}; deploying again picks up from here");
        close::fail(home, &stack, name, &json!({ "Error": status, "Cause": text })).await?;
    }
    turn::forget(home, &stack, name).await?;
    // One that was superseded has written its report, and is nobody's trouble.
    if admitted.is_none() && !reported {
        let text = format!(
            "the execution `{name}` ended as {status} before it was let in; its cause is shown in Step Functions"
        );
        tell(home, &stack, "was not changed", &text).await;
    }
    let now = unix_seconds();
    Lease::release(&home.ledger, &stack, name, Release::Interrupted, now).await?;
    info!(%stack, status, "execution cleared up");
    Ok(json!({ "stack": stack, "run": name }))
}

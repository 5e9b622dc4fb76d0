//! The clock: every stack is compared with its spec.

use serde_json::{Value, json};
use shared::lambda::{Failure, Home};
use shared::ledger::{Key, StackRecord, StackState};
use shared::start::start;

/// Starts a look at every stack that stands.
pub async fn look_at_all(home: &Home, event: &Value) -> Result<Value, Failure> {
    let id = event["id"].as_str().unwrap_or_default();
    let mut looked_at = Vec::new();
    for stack in home.ledger.names("stacks/").await? {
        let record: Option<StackRecord> = home.ledger.read(&Key::Record(&stack)).await?;
        let stands = record.is_some_and(|it| match it.state {
            StackState::Ready | StackState::Failed => true,
            // Of a stack that waits to be built for the first time nothing stands.
            StackState::AwaitingApproval => it.known_good.is_some(),
            StackState::NotBuilt
            | StackState::Deploying
            | StackState::Destroying
            | StackState::Destroyed => false,
        });
        if stands {
            let machine = home.environment.machines.drift.as_deref();
            start(home, machine, &format!("drift-{stack}-{id}"), &json!({ "stack": stack }))
                .await?;
            looked_at.push(stack);
        }
    }
    Ok(json!({ "looked_at": looked_at }))
}

//! An alarm of a stack rings.

use serde_json::json;
use shared::events::AlarmChange;
use shared::lambda::{Failure, Home};
use shared::ledger::{Key, Whereabouts};
use shared::model::Tier;
use shared::start::start;
use tracing::info;

/// Alarms that are answered, and by which response of which tier.
const ANSWERS: &[(&str, Tier, &str)] =
    &[("alarm-unhealthy-host", Tier::Compute, "replace-unhealthy")];

pub async fn answer(home: &Home, change: &AlarmChange) -> Result<(), Failure> {
    if !change.rings() {
        return Ok(());
    }
    let Some(place) = home.ledger.read::<Whereabouts>(&Key::Id(&change.name)).await? else {
        return Ok(());
    };
    let known = ANSWERS.iter().find(|(alarm, ..)| *alarm == place.address.name());
    let Some((_, tier, action)) = known else { return Ok(()) };
    info!(stack = place.stack, alarm = change.name, action, "alarm recognised");
    let input = json!({
        "stack": place.stack,
        "run": change.id,
        "cause": {
            "alarm": change.name,
            "id": change.id,
            "time": change.time,
            "reason": change.reason,
        },
        "respond": [{ "tier": tier, "action": action }],
    });
    let machine = home.environment.machines.respond.as_deref();
    start(home, machine, &format!("{}-{}", place.stack, change.id), &input).await
}

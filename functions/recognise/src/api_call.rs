//! Somebody changed a security group, a network ACL or a route of a stack.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;
use shared::events::ApiCall;
use shared::lambda::{Failure, Home};
use shared::ledger::{Key, Whereabouts};
use shared::model::{Address, Tier};
use shared::start::start;
use tracing::info;

/// Has the touched addresses healed. The event only says where to look: the tier compares what
/// stands with what is wished.
pub async fn answer(home: &Home, call: &ApiCall) -> Result<(), Failure> {
    if !call.is_change() || call.is_own(&home.environment.own_roles) {
        return Ok(());
    }
    for (stack, tiers) in touched(home, call).await? {
        let heal: Vec<_> = tiers
            .into_iter()
            .map(|(tier, addresses)| json!({ "tier": tier, "addresses": addresses }))
            .collect();
        info!(%stack, event = call.name, who = call.actor.who(), "change recognised");
        let input = json!({
            "stack": stack,
            "run": call.id,
            "cause": {
                "event": call.name,
                "id": call.id,
                "time": call.time,
                "who": call.actor.who(),
                "arn": call.actor.arn(),
                "source_ip": call.actor.source_ip,
            },
            "heal": heal,
        });
        let machine = home.environment.machines.respond.as_deref();
        // The event's id is the name: delivered twice, it is answered once.
        start(home, machine, &format!("{stack}-{}", call.id), &input).await?;
    }
    Ok(())
}

type Touched = BTreeMap<String, BTreeMap<Tier, BTreeSet<Address>>>;

/// Which of the ids in the event the ledger calls ours.
async fn touched(home: &Home, call: &ApiCall) -> Result<Touched, Failure> {
    let mut touched = Touched::new();
    for id in &call.ids {
        if let Some(place) = home.ledger.read::<Whereabouts>(&Key::Id(id)).await? {
            let tiers = touched.entry(place.stack).or_default();
            tiers.entry(place.address.tier()).or_default().insert(place.address);
        }
    }
    Ok(touched)
}

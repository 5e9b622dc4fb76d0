//! What was done about an event, for people.

use std::collections::BTreeMap;

use futures::future::try_join_all;
use serde_json::{Value, json};
use shared::lambda::{Failure, Home};
use shared::ledger::{Key, Whereabouts};
use shared::model::Address;
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
    announce(home, stack, &results).await?;
    let response = json!({
        "stack": stack, "run": run, "cause": cause, "results": results, "ended": unix_seconds(),
    });
    home.ledger.write(&Key::Response(stack, run), &response).await?;
    tell(home, stack, "answered an event", &format!("{response:#}")).await;
    Ok(response)
}

/// What was healed has new parts, and the next event may name one of them alone.
async fn announce(home: &Home, stack: &str, results: &Value) -> Result<(), Failure> {
    let writes = new_ids(results).into_iter().map(|(id, address)| async move {
        let place = Whereabouts { stack: stack.to_owned(), address };
        home.ledger.write(&Key::Id(&id), &place).await
    });
    try_join_all(writes).await?;
    Ok(())
}

/// The `ids` of all answers of tiers.
fn new_ids(results: &Value) -> BTreeMap<String, Address> {
    let answers = results.as_array().into_iter().flatten();
    let pairs = answers.filter_map(|it| it["ids"].as_object()).flatten();
    let read = |(id, at): (&String, &Value)| Some((id.clone(), at.as_str()?.parse().ok()?));
    pairs.filter_map(read).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_those_of_all_answers() {
        let results = json!([
            { "tier": "network", "ids": { "rtbassoc-1": "network/route-table-private-a" } },
            { "tier": "firewall" },
        ]);
        let at = "network/route-table-private-a".parse().expect("an address");
        assert_eq!(new_ids(&results), [("rtbassoc-1".to_owned(), at)].into());
        assert_eq!(new_ids(&json!({ "Error": "Refused" })), BTreeMap::new());
    }
}

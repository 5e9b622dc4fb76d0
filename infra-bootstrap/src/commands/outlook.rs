//! What `terrace plan` says beside the plan: whether the account has room for it, and what the
//! stack costs a month.

use serde_json::{Value, json};
use shared::ledger::{Key, TierRecord};
use shared::model::Tier;
use shared::plan::Plan;
use shared::preflight::Preflight;

use crate::context::Cloud;
use crate::cost::{self, Estimate, Item, estimate};
use crate::failure::Failure;
use crate::render;

pub struct Outlook {
    /// Begins with a line of its own when there is something to say.
    pub text: String,
    /// `null` when nothing was looked at, as nothing would change.
    pub preflight: Value,
    /// `null` for a region without prices.
    pub cost: Value,
}

/// Reads what the look left in the ledger.
pub async fn of(
    cloud: &Cloud,
    stack: &str,
    run: &str,
    plan: &Plan,
    width: usize,
) -> Result<Outlook, Failure> {
    let preflight: Option<Preflight> = cloud.ledger.read(&Key::Preflight(stack, run)).await?;
    let said = match &preflight {
        Some(found) => render::preflight(found, width),
        None if plan.has_changes() => {
            "the look at the account did not come through: see the run's history".to_owned()
        }
        None => String::new(),
    };
    let mut records: Vec<TierRecord> = Vec::new();
    for tier in Tier::ALL {
        records.extend(cloud.ledger.read(&Key::Tier(stack, run, tier)).await?);
    }
    let (priced, cost) = costs(&records, &cloud.region, width);
    let parts = [said, priced].into_iter().filter(|it| !it.is_empty());
    let text = parts.map(|part| format!("\n\n{part}")).collect();
    Ok(Outlook { text, preflight: json!(preflight), cost })
}

fn costs(records: &[TierRecord], region: &str, width: usize) -> (String, Value) {
    let table = cost::table();
    let wish: Vec<Item> = records.iter().flat_map(|record| &record.wish).map(Item::from).collect();
    let live: Vec<Item> =
        records.iter().flat_map(|record| &record.part.live).map(Item::from).collect();
    let priced = |items: &[Item]| estimate(items, region, table);
    let (Some(wished), standing) = (priced(&wish), priced(&live)) else {
        let known = table.regions.keys().cloned().collect::<Vec<_>>().join(", ");
        return (render::no_prices(region, &known, width), Value::Null);
    };
    let text = render::cost(&wished, standing.as_ref(), region, width);
    let now = standing.as_ref().map_or(0.0, |it: &Estimate| it.monthly);
    let cost = json!({
        "region": region, "currency": "USD", "monthly": cents(wished.monthly),
        "standing": cents(now), "change": cents(wished.monthly - now), "estimate": wished,
    });
    (text, cost)
}

fn cents(dollars: f64) -> f64 {
    (dollars * 100.0).round() / 100.0
}

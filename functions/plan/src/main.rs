//! The Lambda that makes plans: wished nodes × what stands → steps. It links no resource code.

mod gate;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use shared::clock::unix_seconds;
use shared::lambda::{self, Error, Failure, Home, Invocation};
use shared::ledger::{Key, Lease, Mode, Run, TierRecord};
use shared::model::{Node, Stack, Tier};
use shared::plan::{Inventory, Observed, Options, Part, Plan, intend};
use tracing::{Instrument, info, info_span};

#[derive(Deserialize)]
struct Request {
    stack: String,
    run: String,
}

/// What the state machine needs to know of the plan; the plan itself is in the ledger.
#[derive(Serialize)]
struct Answer {
    /// Nothing to do and nothing to wait for.
    empty: bool,
    changes: bool,
    /// A person has to agree before anything is changed.
    approval: bool,
    hash: String,
    clear: Vec<Tier>,
    build: Vec<Tier>,
    retire: Vec<Tier>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    lambda::serve(plan).await
}

async fn plan(home: Arc<Home>, request: Request, _: Invocation) -> Result<Answer, Failure> {
    let Request { stack, run } = request;
    let span = info_span!("plan", %stack, %run);
    make(&home, &stack, &run).instrument(span).await
}

async fn make(home: &Home, stack: &str, run: &str) -> Result<Answer, Failure> {
    let ledger = &home.ledger;
    let run: Run = ledger.need(&Key::Run(stack, run)).await?;
    let inventory: Inventory = ledger.read(&Key::Inventory(stack)).await?.unwrap_or_default();
    let (wish, observed) = gather(home, stack, &run.run).await?;
    let options = Options { include_data: run.include_data, only: None };
    let plan = Plan::between(&wish, &observed, &inventory, &options);
    ledger.write(&Key::Plan(stack, &run.run), &plan).await?;
    info!(hash = plan.hash(), steps = plan.all_steps().count(), "plan made");
    let approval = match run.mode {
        Mode::Drift => {
            // Whoever looks may want to have just this.
            gate::show(home, stack, &plan).await?;
            false
        }
        Mode::Deploy | Mode::Destroy => {
            let approval = gate::pass(home, &run, &plan).await?;
            refuse(&plan)?;
            Lease::hold(ledger, stack, &run.run, unix_seconds()).await?;
            // Written before anything is made: a crash leaves no resource nobody knows of. Who
            // waits for a person means to make nothing yet.
            let next = intend(&inventory, &wish, &observed, &plan);
            if next != inventory && !approval {
                ledger.write(&Key::Inventory(stack), &next).await?;
            }
            approval
        }
    };
    Ok(Answer {
        empty: plan.is_empty(),
        changes: plan.has_changes(),
        approval,
        hash: plan.hash(),
        clear: plan.tiers(Part::Clear),
        build: plan.tiers(Part::Build),
        retire: plan.tiers(Part::Retire),
    })
}

/// The wish of all tiers, and all that stands.
async fn gather(home: &Home, stack: &str, run: &str) -> Result<(Stack, Observed), Failure> {
    let (mut wish, mut observed) = (Vec::<Node>::new(), Observed::default());
    let mut records: BTreeMap<Tier, TierRecord> = BTreeMap::new();
    for tier in Tier::ALL {
        records.insert(tier, home.ledger.need(&Key::Tier(stack, run, tier)).await?);
    }
    for record in records.into_values() {
        wish.extend(record.wish);
        observed.live.extend(record.part.live);
        observed.rules.extend(record.part.rules);
    }
    let wish = Stack::new(wish).map_err(|error| Failure::Refused(error.to_string()))?;
    Ok((wish, observed))
}

fn refuse(plan: &Plan) -> Result<(), Failure> {
    if plan.refused.is_empty() {
        return Ok(());
    }
    let refused = plan.refused.iter().map(|note| format!("`{}` {}", note.address, note.text));
    let text = refused.collect::<Vec<_>>().join("; ");
    Err(Failure::Refused(format!("nothing was changed: {text}")))
}

//! Whether the account can hold what a plan makes: looked at before the first change, and told
//! all at once.

mod databases;
mod machines;
mod need;
mod permissions;
mod quotas;
mod service_roles;
mod usage;
mod zones;

use futures::join;
use serde::{Deserialize, Serialize};
use shared::aws::Cx;
use shared::lambda::{Failure, Home, Invocation};
use shared::ledger::{Key, Mode, Run, TierRecord};
use shared::model::{Live, Node, Tier};
use shared::plan::Plan;
use shared::preflight::Preflight;
use tracing::{Instrument, info, info_span};

use need::Need;
pub use permissions::ACTIONS;

#[derive(Deserialize)]
pub struct Request {
    stack: String,
    run: String,
    /// Somebody is still to be asked: nothing is changed yet.
    #[serde(default)]
    approval: bool,
}

/// What the state machine is told; what was found is in the ledger.
#[derive(Serialize)]
pub struct Answer {
    shortfalls: usize,
    unchecked: usize,
    checked: usize,
}

/// Looks, writes down what was found, and refuses a deploy that would not go through.
pub async fn preflight(
    home: &Home,
    request: Request,
    invocation: Invocation,
) -> Result<Answer, Failure> {
    let Request { stack, run, approval } = request;
    let span = info_span!("preflight", %stack, %run);
    Box::pin(look(home, &stack, &run, approval, &invocation)).instrument(span).await
}

async fn look(
    home: &Home,
    stack: &str,
    run: &str,
    approval: bool,
    invocation: &Invocation,
) -> Result<Answer, Failure> {
    let ledger = &home.ledger;
    let Run { mode, started, .. } = ledger.need(&Key::Run(stack, run)).await?;
    let plan: Plan = ledger.need(&Key::Plan(stack, run)).await?;
    let (wish, live) = gather(home, stack, run).await?;
    let (scope, run_name) = (invocation.scope(stack), run.to_owned());
    let cx = Cx { scope, run: run_name, started, leaving: false, aws: home.aws.clone() };
    home.aws.take_calls();
    let is_deploy = match mode {
        Mode::Deploy => true,
        Mode::Drift | Mode::Destroy => false,
    };
    let (need, roles) = (Need::new(&plan, &wish, &live), &home.environment.own_roles);
    let mut found = Box::pin(check(&cx, &need, is_deploy && !approval, roles)).await;
    found.calls = home.aws.take_calls();
    ledger.write(&Key::Preflight(stack, run), &found).await?;
    info!(
        shortfalls = found.shortfalls.len(),
        unchecked = found.unchecked.len(),
        checked = found.checked,
        calls = found.calls.read(),
        "account looked at"
    );
    if is_deploy && found.is_short() {
        return Err(Failure::Refused(found.to_string()));
    }
    Ok(Answer {
        shortfalls: found.shortfalls.len(),
        unchecked: found.unchecked.len(),
        checked: found.checked,
    })
}

/// All checks side by side. Service-linked roles are made only when nothing else is short.
async fn check(cx: &Cx, need: &Need<'_>, makes_roles: bool, roles: &[String]) -> Preflight {
    let (quotas, zones, machines, databases, permissions, (missing, service_roles)) = join!(
        quotas::check(cx, need),
        zones::check(cx, need),
        machines::check(cx, need),
        databases::check(cx, need),
        permissions::check(cx, need, roles),
        service_roles::look(cx, need),
    );
    let mut found = Preflight::default();
    for part in [quotas, zones, machines, databases, permissions, service_roles] {
        found.add(part);
    }
    if makes_roles && !found.is_short() {
        found.add(service_roles::make(cx, &missing).await);
    }
    found.shortfalls.sort();
    found.shortfalls.dedup();
    found
}

/// What all tiers wish, and what stands.
async fn gather(home: &Home, stack: &str, run: &str) -> Result<(Vec<Node>, Vec<Live>), Failure> {
    let (mut wish, mut live) = (Vec::new(), Vec::new());
    for tier in Tier::ALL {
        let record: TierRecord = home.ledger.need(&Key::Tier(stack, run, tier)).await?;
        wish.extend(record.wish);
        live.extend(record.part.live);
    }
    Ok((wish, live))
}

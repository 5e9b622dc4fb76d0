//! A run's turn on its stack: the lease when nobody else is at work, else a place in the queue.

use shared::clock::unix_seconds;
use shared::lambda::{Failure, Home};
use shared::ledger::{
    ApiCalls, Asker, Condition, Key, Lease, LeaseError, Outcome, Queue, Report, Superseded, Ticket,
    Written, moment,
};
use shared::plan::Plan;
use shared::start::has_ended;
use tracing::info;

/// Races for the queue that are lost one after another.
const TRIES: u32 = 5;

/// Takes the lease of `stack`, or says who is at work, and keeps the run's place in the queue.
///
/// # Errors
/// `Busy` when it waits, `Refused` when it may not wait, `Superseded` when a later run has made it
/// pointless.
pub async fn take(
    home: &Home,
    stack: &str,
    ticket: &Ticket,
    may_wait: bool,
) -> Result<(), Failure> {
    let (ledger, key, run) = (&home.ledger, Key::Queue(stack), ticket.run.as_str());
    for _ in 0..TRIES {
        let standing: Option<(Queue, String)> = ledger.read_tagged(&key).await?;
        let (queue, condition) = match standing {
            Some((queue, tag)) => (queue, Condition::Unchanged(tag)),
            None => (Queue::default(), Condition::Absent),
        };
        // What came of an earlier try may never have been heard.
        let ours = holds(home, stack, run).await?;
        let entered = match queue.enter(ticket) {
            Ok(entered) => entered,
            Err(_) if ours => queue.clone(),
            Err(told) => return Err(superseded(home, stack, ticket, &told).await?),
        };
        let in_the_way = match entered.ahead(run).filter(|_| !ours) {
            Some(ahead) if is_gone(home, ahead).await => {
                ledger.write_if(&key, &queue.without(&ahead.run), &condition).await?;
                continue;
            }
            Some(ahead) => Some(format!(
                "run `{}`, which waits to change `{stack}` since {}",
                ahead.run,
                moment(ahead.since)
            )),
            None => {
                let asker = Asker { run, execution: ticket.execution.as_deref() };
                lease(home, stack, asker).await?
            }
        };
        let next = match &in_the_way {
            None => entered.without(run),
            Some(_) if may_wait => entered,
            Some(who) => return Err(Failure::Refused(unwilling(who))),
        };
        let written = next == queue
            || matches!(ledger.write_if(&key, &next, &condition).await?, Written::Yes(_));
        if written {
            return match in_the_way {
                None => Ok(()),
                Some(who) => Err(Failure::Busy(format!("queued behind {who}"))),
            };
        }
    }
    Err(Failure::NotYet(format!("many runs ask for `{stack}` at the same time")))
}

/// Forgets that `run` waited: it has ended.
pub async fn forget(home: &Home, stack: &str, run: &str) -> Result<(), Failure> {
    let key = Key::Queue(stack);
    for _ in 0..TRIES {
        let standing: Option<(Queue, String)> = home.ledger.read_tagged(&key).await?;
        let Some((queue, tag)) = standing else { return Ok(()) };
        let next = queue.without(run);
        if next == queue {
            return Ok(());
        }
        let condition = Condition::Unchanged(tag);
        if let Written::Yes(_) = home.ledger.write_if(&key, &next, &condition).await? {
            return Ok(());
        }
    }
    Err(Failure::NotYet(format!("many runs ask for `{stack}` at the same time")))
}

async fn holds(home: &Home, stack: &str, run: &str) -> Result<bool, Failure> {
    let lease: Option<Lease> = home.ledger.read(&Key::Lease(stack)).await?;
    Ok(lease.is_some_and(|it| it.run.as_deref() == Some(run)))
}

/// Whether a run that waits has ended, and nobody has said so.
async fn is_gone(home: &Home, ticket: &Ticket) -> bool {
    match &ticket.execution {
        Some(arn) => has_ended(home, arn).await,
        None => false,
    }
}

/// Takes the lease; who is in the way, if somebody is.
pub async fn lease(home: &Home, stack: &str, asker: Asker<'_>) -> Result<Option<String>, Failure> {
    let ended = async |arn: &str| has_ended(home, arn).await;
    match Lease::take(&home.ledger, stack, asker, ended, unix_seconds()).await {
        Ok(_) => Ok(None),
        Err(LeaseError::Held { run, since, .. }) => {
            Ok(Some(format!("run `{run}`, which changes `{stack}` since {}", moment(since))))
        }
        Err(LeaseError::CoolingDown { seconds, .. }) => Ok(Some(format!(
            "an interrupted run of `{stack}`, whose calls may still be under way for {seconds} s"
        ))),
        Err(error @ (LeaseError::Lost { .. } | LeaseError::Ledger(_))) => Err(error.into()),
    }
}

fn unwilling(who: &str) -> String {
    format!(
        "nothing was changed: this run was asked not to wait behind {who}; start it again later, or let it wait"
    )
}

/// Writes the report of a run that ends before it began; what to fail with.
async fn superseded(
    home: &Home,
    stack: &str,
    ticket: &Ticket,
    told: &Superseded,
) -> Result<Failure, Failure> {
    let text = format!(
        "run `{}`, asked for at {}, has taken the place of this one; nothing was changed by this one",
        told.by,
        moment(told.at)
    );
    let plan = Plan::default();
    let report = Report {
        stack: stack.to_owned(),
        run: ticket.run.clone(),
        mode: ticket.mode,
        // None was made of its spec.
        revision: 0,
        outcome: Outcome::Superseded,
        failure: Some(text.clone()),
        recovery: None,
        started: ticket.since,
        ended: unix_seconds(),
        site_usable: None,
        resources: std::collections::BTreeMap::new(),
        api_calls: ApiCalls::default(),
        plan_hash: plan.hash(),
        plan,
    };
    home.ledger.write(&Key::Report(stack, &ticket.run), &report).await?;
    info!(%stack, run = ticket.run, by = told.by, "run superseded");
    Ok(Failure::Superseded(text))
}

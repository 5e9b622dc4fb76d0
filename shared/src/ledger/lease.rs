//! One writer per stack.
//!
//! AWS checks no token of ours, so safety comes from time: a pass starts no call later than the
//! lease's end less a margin, and who takes over waits until the end has passed by the longest
//! time that a function may run. What is decided, and on what ground, is in [`decide`].

mod decide;

use serde::{Deserialize, Serialize};

use super::{Condition, Key, Ledger, LedgerError, Written};
use crate::clock::unix_seconds;
use crate::lambda::Failure;

pub use decide::{Asker, Holder, Holding, Taking, Terms, Wait};

/// The longest that a function of ours may run; the control plane's template says the same.
pub const FUNCTION_SECONDS: i64 = 60;

/// Every pass renews the lease, and passes come at least every 30 s.
pub const TERMS: Terms = Terms { lease: 5 * 60, margin: 30, function: FUNCTION_SECONDS, clocks: 5 };

/// Races that are lost one after another; each means that somebody else has moved on.
const TRIES: u32 = 5;

#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Lease {
    /// The run that may write; `None` when nobody does.
    pub run: Option<String>,
    /// The ARN of that run's execution.
    #[serde(default)]
    pub execution: Option<String>,
    /// Grows with every holder.
    pub number: u64,
    /// Unix seconds.
    pub since: i64,
    pub expires: i64,
}

#[derive(Debug, thiserror::Error)]
pub enum LeaseError {
    #[error("`{stack}` is being changed by run `{run}` since {since}", since = moment(*.since))]
    Held { stack: String, run: String, since: i64 },
    #[error(
        "the last run of `{stack}` was interrupted, and calls of it may still be under way for {seconds} s"
    )]
    CoolingDown { stack: String, seconds: i64 },
    #[error(
        "run `{run}` no longer holds the lease of `{stack}`; it stops before it changes anything"
    )]
    Lost { stack: String, run: String },
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

impl Lease {
    /// Takes the lease, or says who holds it. Taking one's own again is fine.
    ///
    /// `has_ended` tells whether an execution has ended; it is asked only when another run holds
    /// the lease. `now` was read before the call.
    pub async fn take(
        ledger: &Ledger,
        stack: &str,
        asker: Asker<'_>,
        has_ended: impl AsyncFn(&str) -> bool,
        now: i64,
    ) -> Result<Lease, LeaseError> {
        let key = Key::Lease(stack);
        for _ in 0..TRIES {
            let standing: Option<(Lease, String)> = ledger.read_tagged(&key).await?;
            let lease = standing.as_ref().map(|(lease, _)| lease);
            let holder = match lease.filter(|it| it.run.as_deref() != Some(asker.run)) {
                Some(Lease { execution: Some(arn), .. }) if has_ended(arn).await => Holder::Ended,
                Some(_) | None => Holder::Unknown,
            };
            let (wanted, is_ours) = match TERMS.take(lease, asker, holder, now) {
                Taking::Take(lease) => (lease, true),
                Taking::LetGo(lease) => (lease, false),
                Taking::Wait(wait) => return Err(wait.on(stack)),
            };
            let condition =
                standing.map_or(Condition::Absent, |(_, tag)| Condition::Unchanged(tag));
            match ledger.write_if(&key, &wanted, &condition).await? {
                Written::Yes(_) if is_ours => return Ok(wanted),
                Written::Yes(_) => {
                    let lease = cool(ledger, stack).await?;
                    let seconds = lease.map_or(0, |it| it.expires - now);
                    return Err(Wait::Cooling { seconds }.on(stack));
                }
                // Somebody moved it, or a retry of the SDK met what it had itself written.
                Written::No => (),
            }
        }
        Err(LeaseError::Held { stack: stack.to_owned(), run: "another".into(), since: now })
    }

    /// Proves that `run` still holds the lease, and renews it when a third has passed.
    /// `now` was read before the call: calls may be started for `TERMS.work(lease, now)` from then.
    pub async fn hold(
        ledger: &Ledger,
        stack: &str,
        run: &str,
        now: i64,
    ) -> Result<Lease, LeaseError> {
        let lost = || LeaseError::Lost { stack: stack.to_owned(), run: run.to_owned() };
        let key = Key::Lease(stack);
        for _ in 0..TRIES {
            let (lease, tag): (Lease, String) = ledger.read_tagged(&key).await?.ok_or_else(lost)?;
            match TERMS.hold(Some(&lease), run, now) {
                Holding::Lost => return Err(lost()),
                Holding::Keep => return Ok(lease),
                Holding::Renew(renewed) => {
                    let condition = Condition::Unchanged(tag);
                    // A tier beside this one was quicker; what it wrote may hold for both.
                    if let Written::Yes(_) = ledger.write_if(&key, &renewed, &condition).await? {
                        return Ok(renewed);
                    }
                }
            }
        }
        Err(lost())
    }

    /// Lets go, if `run` holds it. The number stays.
    ///
    /// After an interruption, functions of the run may still be at work: nobody takes the lease
    /// before they must have ended.
    pub async fn release(
        ledger: &Ledger,
        stack: &str,
        run: &str,
        how: Release,
        now: i64,
    ) -> Result<(), LedgerError> {
        let key = Key::Lease(stack);
        // Functions that are still at work renew it meanwhile, each at most once.
        loop {
            let Some((lease, tag)) = ledger.read_tagged::<Lease>(&key).await? else {
                return Ok(());
            };
            let Some(free) = TERMS.release(Some(&lease), run, how, now) else { return Ok(()) };
            let condition = Condition::Unchanged(tag);
            if let Written::Yes(_) = ledger.write_if(&key, &free, &condition).await? {
                break;
            }
        }
        match how {
            Release::Finished => Ok(()),
            Release::Interrupted => cool(ledger, stack).await.map(|_| ()),
        }
    }
}

/// Shortens the wait for a lease that was let go: now it is known that nobody begins any more.
/// As it stands then. Losing a race here costs seconds and nothing else.
async fn cool(ledger: &Ledger, stack: &str) -> Result<Option<Lease>, LedgerError> {
    let key = Key::Lease(stack);
    let Some((lease, tag)) = ledger.read_tagged::<Lease>(&key).await? else { return Ok(None) };
    // The clock is read after the lease: what is seen let go was let go before.
    let Some(cooled) = TERMS.cooled(&lease, unix_seconds()) else { return Ok(Some(lease)) };
    match ledger.write_if(&key, &cooled, &Condition::Unchanged(tag)).await? {
        Written::Yes(_) => Ok(Some(cooled)),
        Written::No => Ok(Some(lease)),
    }
}

impl Wait {
    fn on(self, stack: &str) -> LeaseError {
        let stack = stack.to_owned();
        match self {
            Wait::Held { run, since } => LeaseError::Held { stack, run, since },
            Wait::Cooling { seconds } => LeaseError::CoolingDown { stack, seconds },
        }
    }
}

impl From<LeaseError> for Failure {
    fn from(error: LeaseError) -> Self {
        match error {
            LeaseError::Held { .. } | LeaseError::CoolingDown { .. } => {
                Failure::Busy(error.to_string())
            }
            LeaseError::Lost { .. } => Failure::Lost(error.to_string()),
            LeaseError::Ledger(error) => error.into(),
        }
    }
}

/// How a run let go of its lease.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Release {
    /// All its functions have answered.
    Finished,
    /// Some may still be at work.
    Interrupted,
}

/// Unix seconds as people read them.
pub fn moment(seconds: i64) -> String {
    jiff::Timestamp::from_second(seconds).map_or_else(|_| seconds.to_string(), |it| it.to_string())
}

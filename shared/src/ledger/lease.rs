//! One writer per stack.
//!
//! AWS checks no token of ours, so safety comes from time: a pass starts no call later than the
//! lease's end less a margin, and who takes over waits until the end has passed by the longest
//! time that a function may run.

use serde::{Deserialize, Serialize};

use super::{Condition, Key, Ledger, LedgerError, Written};

/// Renewed by every pass, and passes come at least every 30 s.
const LEASE_SECONDS: i64 = 5 * 60;

/// No call is started later than this before the end.
pub const MARGIN_SECONDS: i64 = 30;

/// The longest that a function of ours may run; the control plane's template says the same.
const FUNCTION_SECONDS: i64 = 60;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lease {
    /// The run that may write; `None` when nobody does.
    pub run: Option<String>,
    /// Grows with every holder.
    pub number: u64,
    /// Unix seconds.
    pub since: i64,
    pub expires: i64,
}

#[derive(Debug, thiserror::Error)]
pub enum LeaseError {
    #[error("`{stack}` is being changed by run `{run}` since {since}; wait for it, or stop it, and try again", since = moment(*.since))]
    Held { stack: String, run: String, since: i64 },
    #[error(
        "the last run of `{stack}` was interrupted, and calls of it may still be under way; try again in {seconds} s"
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
    /// Takes the lease for `run`, or says who holds it. Taking one's own again is fine.
    pub async fn take(
        ledger: &Ledger,
        stack: &str,
        run: &str,
        now: i64,
    ) -> Result<Lease, LeaseError> {
        let key = Key::Lease(stack);
        let standing: Option<(Lease, String)> = ledger.read_tagged(&key).await?;
        let (number, condition) = match standing {
            None => (1, Condition::Absent),
            Some((lease, tag)) => match &lease.run {
                Some(holder) if holder != run && now < lease.expires + FUNCTION_SECONDS => {
                    let (stack, run) = (stack.to_owned(), holder.clone());
                    return Err(LeaseError::Held { stack, run, since: lease.since });
                }
                None if now < lease.expires => {
                    return Err(LeaseError::CoolingDown {
                        stack: stack.to_owned(),
                        seconds: lease.expires - now,
                    });
                }
                Some(_) | None => (lease.number + 1, Condition::Unchanged(tag)),
            },
        };
        let run = run.to_owned();
        let lease =
            Lease { run: Some(run.clone()), number, since: now, expires: now + LEASE_SECONDS };
        match ledger.write_if(&key, &lease, &condition).await? {
            Written::Yes(_) => Ok(lease),
            Written::No => {
                Err(LeaseError::Held { stack: stack.to_owned(), run: "another".into(), since: now })
            }
        }
    }

    /// Proves that `run` still holds the lease, and renews it when a third has passed.
    pub async fn hold(
        ledger: &Ledger,
        stack: &str,
        run: &str,
        now: i64,
    ) -> Result<Lease, LeaseError> {
        let lost = || LeaseError::Lost { stack: stack.to_owned(), run: run.to_owned() };
        let key = Key::Lease(stack);
        let (lease, tag): (Lease, String) = ledger.read_tagged(&key).await?.ok_or_else(lost)?;
        if lease.run.as_deref() != Some(run) || now >= lease.expires {
            return Err(lost());
        }
        if lease.expires - now > LEASE_SECONDS * 2 / 3 {
            return Ok(lease);
        }
        let renewed = Lease { expires: now + LEASE_SECONDS, ..lease };
        match ledger.write_if(&key, &renewed, &Condition::Unchanged(tag)).await? {
            Written::Yes(_) => Ok(renewed),
            // A tier beside this one was quicker; what it wrote holds for both.
            Written::No => {
                let lease: Lease = ledger.read(&key).await?.ok_or_else(lost)?;
                if lease.run.as_deref() == Some(run) { Ok(lease) } else { Err(lost()) }
            }
        }
    }

    /// Lets go, if `run` holds it. The number stays.
    ///
    /// After a failure, functions of the run may still be at work: nobody takes the lease
    /// before they must have ended.
    pub async fn release(
        ledger: &Ledger,
        stack: &str,
        run: &str,
        how: Release,
        now: i64,
    ) -> Result<(), LedgerError> {
        let key = Key::Lease(stack);
        let Some((lease, tag)) = ledger.read_tagged::<Lease>(&key).await? else { return Ok(()) };
        if lease.run.as_deref() == Some(run) {
            let expires = match how {
                Release::Finished => now,
                Release::Interrupted => now + FUNCTION_SECONDS,
            };
            // Moved in between: then it is no longer ours to let go.
            let free = Lease { run: None, expires, ..lease };
            ledger.write_if(&key, &free, &Condition::Unchanged(tag)).await?;
        }
        Ok(())
    }
}

/// How a run let go of its lease.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Release {
    /// All its functions have answered.
    Finished,
    /// Some may still be at work.
    Interrupted,
}

/// Unix seconds as people read them.
fn moment(seconds: i64) -> String {
    jiff::Timestamp::from_second(seconds).map_or_else(|_| seconds.to_string(), |it| it.to_string())
}

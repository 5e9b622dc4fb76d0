//! Who may write, decided. Pure, so that the tests can walk through all that can happen.
//!
//! What a decision may rely on: a function ends at most [`Terms::function`] after it began, and
//! read the clock after it began; two clocks differ by at most [`Terms::clocks`]; a conditional
//! write takes effect only on what was read. Nothing else: a function may stop for as long as it
//! lives between any two of its steps, and an answer may be lost.

use super::{Lease, Release};

/// How long things last, in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    /// From one renewal on.
    pub lease: i64,
    /// No call is started later than this before the lease's end. Longer than `clocks`.
    pub margin: i64,
    /// The longest that a function runs before Lambda ends it.
    pub function: i64,
    /// The most that the clocks of two functions differ.
    pub clocks: i64,
}

/// Who asks for the lease.
#[derive(Clone, Copy, Debug)]
pub struct Asker<'a> {
    pub run: &'a str,
    /// The ARN of its execution, by which others can tell whether it has ended.
    pub execution: Option<&'a str>,
}

/// What is known of the run that holds the lease.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holder {
    /// It may be at work.
    Unknown,
    /// Its execution has ended; functions that it called may still be at work.
    Ended,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Taking {
    /// Whoever gets this written holds the lease.
    Take(Lease),
    /// The holder ended without letting go: this lets go in its stead.
    LetGo(Lease),
    Wait(Wait),
}

/// Why a lease cannot be taken now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wait {
    Held { run: String, since: i64 },
    Cooling { seconds: i64 },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Holding {
    /// Calls may be started for as long as [`Terms::work`] says.
    Keep,
    /// The same, once this is written.
    Renew(Lease),
    /// Nothing may be started.
    Lost,
}

impl Terms {
    /// Taking one's own again is fine: that answer may have been lost.
    pub fn take(
        &self,
        standing: Option<&Lease>,
        asker: Asker<'_>,
        holder: Holder,
        now: i64,
    ) -> Taking {
        let Some(lease) = standing else { return Taking::Take(self.taken(0, now, asker, now)) };
        match (&lease.run, holder) {
            (Some(run), _) if run == asker.run => {
                Taking::Take(self.taken(lease.number, lease.since, asker, now))
            }
            (Some(_), _) if now >= lease.expires + self.function => {
                Taking::Take(self.taken(lease.number, now, asker, now))
            }
            (Some(_), Holder::Ended) => Taking::LetGo(self.free(lease, Release::Interrupted, now)),
            (Some(run), Holder::Unknown) => {
                Taking::Wait(Wait::Held { run: run.clone(), since: lease.since })
            }
            (None, _) if now < lease.expires => {
                Taking::Wait(Wait::Cooling { seconds: lease.expires - now })
            }
            (None, _) => Taking::Take(self.taken(lease.number, now, asker, now)),
        }
    }

    /// Whether `run` may go on; the lease is renewed when a third of it has passed.
    pub fn hold(&self, standing: Option<&Lease>, run: &str, now: i64) -> Holding {
        let own = standing.filter(|it| it.run.as_deref() == Some(run) && self.work(it, now) > 0);
        match own {
            None => Holding::Lost,
            Some(lease) if lease.expires - now > self.lease * 2 / 3 => Holding::Keep,
            Some(lease) => Holding::Renew(Lease { expires: now + self.lease, ..lease.clone() }),
        }
    }

    /// For how long after `now` calls may be started, in seconds.
    pub fn work(&self, lease: &Lease, now: i64) -> i64 {
        lease.expires - self.margin - now
    }

    /// What to write so that `run` lets go; `None` if it holds nothing.
    pub fn release(
        &self,
        standing: Option<&Lease>,
        run: &str,
        how: Release,
        now: i64,
    ) -> Option<Lease> {
        let own = standing.filter(|it| it.run.as_deref() == Some(run))?;
        Some(self.free(own, how, now))
    }

    /// A lease that was seen let go at `now` or earlier: all who found it held before that have
    /// ended a function's time later. `None` if it says so already.
    pub fn cooled(&self, standing: &Lease, now: i64) -> Option<Lease> {
        let expires = now + self.function + self.clocks;
        let sooner = standing.run.is_none() && expires < standing.expires;
        sooner.then(|| Lease { expires, ..standing.clone() })
    }

    fn taken(&self, number: u64, since: i64, asker: Asker<'_>, now: i64) -> Lease {
        Lease {
            run: Some(asker.run.to_owned()),
            execution: asker.execution.map(str::to_owned),
            number: number + 1,
            since,
            expires: now + self.lease,
        }
    }

    fn free(&self, lease: &Lease, how: Release, now: i64) -> Lease {
        let expires = match how {
            Release::Finished => now,
            // Who writes this may be as slow as a function may be, and until it is written
            // another may begin, which then has all its time before it.
            Release::Interrupted => now + 2 * self.function + self.clocks,
        };
        Lease { run: None, execution: None, expires, ..lease.clone() }
    }
}

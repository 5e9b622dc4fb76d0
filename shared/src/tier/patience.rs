//! When to ask a tier again.
//!
//! Each look costs three state transitions, and each second that a finished thing goes unnoticed is
//! a second more until the stack stands. So looks are close together where AWS usually gets ready,
//! and far apart elsewhere.

use crate::engine::{Board, Waiting};
use crate::model::Tier;

/// Between two looks, where nothing is known of how long it takes: soon at first.
const UNKNOWN: (i64, i64) = (2, 30);

/// Between two looks at what takes minutes: less gains little, more leaves a finished thing alone.
const KNOWN: (i64, i64) = (8, 90);

/// At least, around the time when it usually gets ready.
const USUAL_SECONDS: i64 = 5;

/// The first look at what is known to take longer.
const FIRST_SECONDS: i64 = 10;

/// While what takes minutes can hardly be ready yet. What goes wrong, goes wrong early, and a run
/// that says nothing for longer looks dead.
const EARLY_MAX: i64 = 120;

/// What a neighbour waits for is written down by its own pass, which comes first.
const AFTER_NEIGHBOUR_SECONDS: i64 = 2;

/// What takes longer than this is slow: whoever waits for nothing else does not ask meanwhile.
const SLOW_SECONDS: i64 = 4 * 60;

/// What usually takes between these varies little; what takes longer may be done in half the time.
const STEADY_SECONDS: std::ops::Range<i64> = 100..SLOW_SECONDS;

/// What a tier waits for after a pass, and what the tiers wait for that it needs.
pub(super) struct Waits {
    last: bool,
    own: Option<i64>,
    blocked: Option<i64>,
    neighbours: Vec<Option<Look>>,
    /// A neighbour has nothing to do either until others are through.
    idle_neighbour: bool,
}

/// The next look at what a neighbour waits for.
struct Look {
    seconds: i64,
    slow: bool,
}

impl Waits {
    pub(super) fn of(board: &Board, now: i64) -> Self {
        let own = board.waiting(board.tier);
        let (blocked, pending): (Vec<&Waiting>, Vec<&Waiting>) = own.partition(|it| it.blocked);
        let looks = |waiting: &[&Waiting]| waiting.iter().map(|it| look(it, now)).min();
        let busy = |tier: &Tier| board.waiting(*tier).next().is_some();
        Self {
            last: Tier::ALL.last() == Some(&board.tier),
            own: looks(&pending),
            blocked: looks(&blocked),
            idle_neighbour: board.neighbours().any(|tier| board.is_idle(tier)),
            neighbours: board
                .neighbours()
                .filter(busy)
                .map(|tier| {
                    let pending = board.waiting(tier).filter(|it| !it.blocked);
                    pending
                        .map(|it| Look { seconds: look(it, now), slow: is_slow(it) })
                        .min_by_key(|it| it.seconds)
                })
                .collect(),
        }
    }

    /// Seconds until the next pass can be of use.
    pub(super) fn seconds(&self) -> i64 {
        let neighbour = self.neighbours.iter().flatten().map(|it| it.seconds).min();
        let blocked = neighbour.map(|it| it + AFTER_NEIGHBOUR_SECONDS).or(self.blocked);
        self.own.or(blocked).unwrap_or(UNKNOWN.0)
    }

    /// Whether the tier has nothing to do until tiers that are at it are through: it need not be
    /// asked before. Nobody waits for the last tier, so it can always be left alone; another one only
    /// while all that it needs is slow.
    pub(super) fn are_idle(&self) -> bool {
        let at_it = self.idle_neighbour || self.neighbours.iter().flatten().count() > 0;
        let slow = self.neighbours.iter().all(|it| it.as_ref().is_none_or(|it| it.slow));
        self.own.is_none() && self.blocked.is_some() && at_it && (self.last || slow)
    }
}

fn look(waiting: &Waiting, now: i64) -> i64 {
    patience(waited(waiting, now), waiting.typical_seconds)
}

fn is_slow(waiting: &Waiting) -> bool {
    waiting.typical_seconds.is_some_and(|it| it >= SLOW_SECONDS)
}

/// Waits that were asked for count even if the clock says less: whoever keeps the time decides.
fn waited(waiting: &Waiting, now: i64) -> i64 {
    (now - waiting.since).max(waiting.asked_seconds)
}

/// Seconds until the next look at something that has been on its way for `waited` seconds and
/// usually takes `typical` ones.
pub fn patience(waited: i64, typical: Option<i64>) -> i64 {
    let Some(typical) = typical else {
        return (waited / 6).clamp(UNKNOWN.0, UNKNOWN.1);
    };
    let early = if STEADY_SECONDS.contains(&typical) { typical * 4 / 5 } else { typical / 2 };
    if waited < early {
        let seconds = waited.max(typical / 16).max(FIRST_SECONDS).min(early - waited);
        return seconds.clamp(USUAL_SECONDS, EARLY_MAX);
    }
    if (waited - typical).abs() <= typical / 10 {
        return (typical / 44).max(USUAL_SECONDS);
    }
    let seconds = if waited <= typical * 3 / 2 { typical / 26 } else { waited / 22 };
    seconds.clamp(KNOWN.0, KNOWN.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Looks at something that is ready after `ready` seconds: how many, and how late the last is.
    fn looks(ready: i64, typical: Option<i64>) -> (u32, i64) {
        let (mut now, mut count) = (0, 1);
        while now < ready {
            now += patience(now, typical);
            count += 1;
        }
        (count, now - ready)
    }

    /// In tenths of a second.
    fn mean_lateness(typical: i64, around: impl Iterator<Item = i64>) -> i64 {
        let late = around.map(|ready| looks(ready, Some(typical)).1);
        let (sum, count) = late.fold((0, 0), |(sum, count), it| (sum + it, count + 1));
        sum * 10 / count
    }

    #[test]
    fn a_slow_database_costs_few_looks() {
        let (count, late) = looks(26 * 60, Some(12 * 60));
        assert!(count <= 45, "{count} looks");
        assert!(late <= 90, "{late} s late");
        assert!(looks(75 * 60, Some(12 * 60)).0 <= 85, "as many as its deadline allows");
    }

    #[test]
    fn a_database_that_takes_as_long_as_usual_is_noticed_at_once() {
        for (typical, most) in [(12 * 60, 80), (330, 50)] {
            let usual = mean_lateness(typical, typical * 9 / 10..typical * 11 / 10);
            assert!(usual <= most, "{usual} tenths late for {typical} s");
            let likely = mean_lateness(typical, typical * 2 / 3..typical * 3 / 2);
            assert!(likely <= most * 16 / 10, "{likely} tenths late around {typical} s");
        }
    }

    #[test]
    fn what_takes_seconds_is_asked_for_soon() {
        assert_eq!([0, 6, 30, 90, 600].map(|waited| patience(waited, None)), [2, 2, 5, 15, 30]);
        assert!(looks(20, None).0 <= 11);
    }

    fn waits(last: bool, own: Option<i64>, neighbours: Vec<Option<Look>>) -> Waits {
        Waits { last, own, blocked: Some(30), neighbours, idle_neighbour: false }
    }

    #[test]
    fn who_waits_for_a_slow_neighbour_alone_is_idle() {
        let look = |slow| Some(Look { seconds: 15, slow });
        assert!(waits(false, None, vec![look(true), None]).are_idle());
        assert!(!waits(false, None, vec![look(true), look(false)]).are_idle(), "one is soon ready");
        assert!(waits(true, None, vec![look(false)]).are_idle(), "nobody waits for the last tier");
        assert!(!waits(true, Some(5), vec![look(true)]).are_idle(), "it waits for its own too");
        assert!(!waits(true, None, vec![None]).are_idle(), "nobody is at it: it would never end");
        assert!(!waits(true, None, Vec::new()).are_idle());
    }

    #[test]
    fn who_is_blocked_asks_just_after_the_neighbour() {
        let look = |seconds| Some(Look { seconds, slow: false });
        assert_eq!(waits(false, None, vec![look(20), look(9), None]).seconds(), 11);
        assert_eq!(waits(false, Some(4), vec![look(9)]).seconds(), 4);
        assert_eq!(waits(false, None, Vec::new()).seconds(), 30);
    }
}

//! When to ask a tier again.
//!
//! Each look costs three state transitions, and each second that a finished thing goes unnoticed is
//! a second more until the stack stands. So looks are close together where AWS usually gets ready,
//! and far apart elsewhere; and who waits for another tier asks just after that one has looked.

use crate::engine::{Board, Waiting};
use crate::model::{Tier, Usual};

/// Between two looks, where nothing is known of how long it takes: soon at first.
const UNKNOWN: (i64, i64) = (2, 30);

/// Between two looks at what is known to take its time: less gains little, more leaves a finished
/// thing alone.
const KNOWN: (i64, i64) = (5, 90);

/// At least, around the time when it usually gets ready.
const LIKELY_SECONDS: i64 = 4;

/// The first look at what is known to take longer.
const FIRST_SECONDS: i64 = 30;

/// While what takes minutes can hardly be ready yet. What goes wrong, goes wrong early, and a run
/// that says nothing for longer looks dead.
const EARLY_MAX: i64 = 120;

/// From half of all to 19 of 20, this many looks where readiness is likely, less likely, and late.
const LOOKS: (i64, i64, i64) = (48, 27, 16);

/// What is late is asked for again when it has taken another twentieth of its time.
const LATE: i64 = 20;

/// What a neighbour waits for is written down by its own pass, which comes first.
const AFTER_NEIGHBOUR_SECONDS: i64 = 2;

/// What takes longer than this is slow: whoever waits for nothing else does not ask meanwhile.
const SLOW_SECONDS: i64 = 4 * 60;

/// What a tier waits for after a pass, and the tiers that it waits for.
pub(super) struct Waits {
    last: bool,
    own: Option<i64>,
    blocked: Option<i64>,
    neighbours: Vec<Neighbour>,
}

/// A tier that has to come first.
struct Neighbour {
    /// Seconds until its next pass; below 0 when that should have been. None when it is done, or
    /// left alone.
    due: Option<i64>,
    at_it: At,
}

/// What a neighbour is at.
#[derive(Clone, Copy, PartialEq, Eq)]
enum At {
    /// It waits for AWS, for minutes.
    Slow,
    /// It waits for AWS.
    Quick,
    /// Nothing until others are through.
    Idle,
    /// Nothing of its own: it is done, or waits for others and looks.
    Nothing,
}

impl Waits {
    pub(super) fn of(board: &Board, now: i64) -> Self {
        let own = board.waiting(board.tier);
        let (blocked, pending): (Vec<&Waiting>, Vec<&Waiting>) =
            own.partition(|it| it.blocked_by.is_some());
        let looks = |waiting: &[&Waiting]| waiting.iter().map(|it| look(it, now)).min();
        let neighbour = |tier: Tier| Neighbour {
            due: board.due(tier).map(|due| due - now),
            at_it: at(board, tier),
        };
        Self {
            last: Tier::ALL.last() == Some(&board.tier),
            own: looks(&pending),
            blocked: looks(&blocked),
            neighbours: board.neighbours().into_iter().map(neighbour).collect(),
        }
    }

    /// Seconds until the next pass can be of use.
    pub(super) fn seconds(&self) -> i64 {
        let neighbour = self.neighbours.iter().filter_map(|it| it.due).map(after).min();
        let looks = [self.own, neighbour];
        looks.into_iter().flatten().min().or(self.blocked).unwrap_or(UNKNOWN.0)
    }

    /// Whether the tier has nothing to do until tiers that are at it are through: it need not be
    /// asked before. Nobody waits for the last tier, so it can always be left alone; another one only
    /// while all that it waits for is slow.
    pub(super) fn are_idle(&self) -> bool {
        let is = |it: &Neighbour, at: &[At]| at.contains(&it.at_it);
        let at_it = self.neighbours.iter().any(|it| is(it, &[At::Slow, At::Quick, At::Idle]));
        let slow = self.neighbours.iter().all(|it| !is(it, &[At::Quick]));
        self.own.is_none() && self.blocked.is_some() && at_it && (self.last || slow)
    }
}

fn at(board: &Board, tier: Tier) -> At {
    let mut pending = board.waiting(tier).filter(|it| it.blocked_by.is_none()).peekable();
    if board.is_idle(tier) {
        At::Idle
    } else if pending.peek().is_none() {
        At::Nothing
    } else if pending.all(is_slow) {
        At::Slow
    } else {
        At::Quick
    }
}

/// Seconds until just after a pass that is due in `seconds`. One that should have been may be under
/// way, or not come soon.
fn after(seconds: i64) -> i64 {
    if seconds >= 0 {
        return seconds + AFTER_NEIGHBOUR_SECONDS;
    }
    (-seconds / 2).clamp(AFTER_NEIGHBOUR_SECONDS, UNKNOWN.1)
}

fn look(waiting: &Waiting, now: i64) -> i64 {
    patience(waited(waiting, now), waiting.usual)
}

fn is_slow(waiting: &Waiting) -> bool {
    waiting.usual.is_some_and(|it| it.half_seconds >= SLOW_SECONDS)
}

/// Waits count even if the clock says less: whoever keeps the time decides.
fn waited(waiting: &Waiting, now: i64) -> i64 {
    (now - waiting.since).max(waiting.waited_seconds)
}

/// Seconds until the next look at something that has been on its way for `waited` seconds and
/// usually takes that long.
pub fn patience(waited: i64, usual: Option<Usual>) -> i64 {
    let Some(Usual { half_seconds: half, most_seconds: most }) = usual else {
        return (waited / 6).clamp(UNKNOWN.0, UNKNOWN.1);
    };
    // Times have about a lognormal distribution: 1 of 20 is ready by then.
    let early = half * half / most.max(1);
    if waited < early {
        let seconds = waited.max(half / 16).max(FIRST_SECONDS).min(early - waited);
        return seconds.clamp(LIKELY_SECONDS, EARLY_MAX);
    }
    let (likely, around, late) = LOOKS;
    if (waited - half).abs() <= half / 10 {
        return ((most - half) / likely).clamp(LIKELY_SECONDS, KNOWN.1);
    }
    let seconds = if waited <= half * 3 / 2 {
        (most - half) / around
    } else {
        ((most - half) / late).max(waited / LATE)
    };
    seconds.clamp(KNOWN.0, KNOWN.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const STANDBY: Usual = Usual::new(12 * 60, 25 * 60);
    const DATABASE: Usual = Usual::new(330, 610);

    /// Looks at something that is ready after `ready` seconds: how many, and how late the last is.
    fn looks(ready: i64, usual: Option<Usual>) -> (u32, i64) {
        let (mut now, mut count) = (0, 1);
        while now < ready {
            now += patience(now, usual);
            count += 1;
        }
        (count, now - ready)
    }

    /// In tenths of a second.
    fn mean_lateness(usual: Usual, around: impl Iterator<Item = i64>) -> i64 {
        let late = around.map(|ready| looks(ready, Some(usual)).1);
        let (sum, count) = late.fold((0, 0), |(sum, count), it| (sum + it, count + 1));
        sum * 10 / count
    }

    #[test]
    fn a_slow_database_costs_few_looks() {
        let (count, late) = looks(26 * 60, Some(STANDBY));
        assert!(count <= 45, "{count} looks");
        assert!(late <= 90, "{late} s late");
        assert!(looks(75 * 60, Some(STANDBY)).0 <= 85, "as many as its deadline allows");
    }

    #[test]
    fn a_database_that_takes_as_long_as_usual_is_noticed_at_once() {
        for (usual, most) in [(STANDBY, 80), (DATABASE, 50)] {
            let half = usual.half_seconds;
            let likely = mean_lateness(usual, half * 9 / 10..half * 11 / 10);
            assert!(likely <= most, "{likely} tenths late for {usual:?}");
            let around = mean_lateness(usual, half * 2 / 3..half * 3 / 2);
            assert!(around <= most * 16 / 10, "{around} tenths late around {usual:?}");
        }
    }

    #[test]
    fn what_takes_a_minute_or_two_is_noticed_within_four_seconds() {
        for (half, most) in [(35, 120), (61, 75), (107, 124), (148, 185)] {
            let usual = Usual::new(half, most);
            for ready in half * half / most..=half * 3 / 2 {
                let (count, late) = looks(ready, Some(usual));
                assert!(late <= 4, "{late} s after {ready} of {usual:?}");
                assert!(count <= 30, "{count} looks until {ready} of {usual:?}");
            }
        }
    }

    #[test]
    fn what_takes_seconds_is_asked_for_soon() {
        assert_eq!([0, 6, 30, 90, 600].map(|waited| patience(waited, None)), [2, 2, 5, 15, 30]);
        assert!(looks(20, None).0 <= 11);
    }

    fn waits(last: bool, own: Option<i64>, neighbours: Vec<Neighbour>) -> Waits {
        Waits { last, own, blocked: Some(30), neighbours }
    }

    fn neighbour(due: Option<i64>, at_it: At) -> Neighbour {
        Neighbour { due, at_it }
    }

    #[test]
    fn who_waits_for_a_slow_neighbour_alone_is_idle() {
        let at = |at_it| neighbour(Some(15), at_it);
        assert!(waits(false, None, vec![at(At::Slow), at(At::Nothing)]).are_idle());
        assert!(waits(false, None, vec![neighbour(None, At::Idle)]).are_idle());
        assert!(
            !waits(false, None, vec![at(At::Slow), at(At::Quick)]).are_idle(),
            "one is soon ready"
        );
        assert!(
            waits(true, None, vec![at(At::Quick)]).are_idle(),
            "nobody waits for the last tier"
        );
        assert!(!waits(true, Some(5), vec![at(At::Slow)]).are_idle(), "it waits for its own too");
        assert!(
            !waits(true, None, vec![at(At::Nothing)]).are_idle(),
            "nobody is at it: it would never end"
        );
        assert!(!waits(true, None, Vec::new()).are_idle());
    }

    #[test]
    fn who_is_blocked_asks_just_after_the_neighbour() {
        let due = |seconds| neighbour(Some(seconds), At::Quick);
        let left = || neighbour(None, At::Idle);
        assert_eq!(waits(false, None, vec![due(20), due(9), left()]).seconds(), 11);
        assert_eq!(waits(false, Some(4), vec![due(9)]).seconds(), 4);
        assert_eq!(waits(false, Some(40), vec![due(9)]).seconds(), 11);
        assert_eq!(waits(false, None, vec![due(-1)]).seconds(), 2, "it is at work");
        assert_eq!(waits(false, None, vec![due(-600)]).seconds(), 30, "it may never come");
        assert_eq!(waits(false, None, Vec::new()).seconds(), 30);
    }
}

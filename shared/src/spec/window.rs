//! The windows in which RDS works by itself, in UTC.

use super::text::{Checked, Refusal, text};

text! {
    /// A time of every day, such as `03:00-03:30` UTC, at least 30 minutes.
    DailyWindow, "daily-window", "03:00-03:30", check_daily
}

text! {
    /// A time of every week, such as `sun:04:00-sun:04:30` UTC, at least 30 minutes.
    WeeklyWindow, "weekly-window", "sun:04:00-sun:04:30", check_weekly
}

const DAY_MINUTES: u32 = 24 * 60;
const WEEK_MINUTES: u32 = 7 * DAY_MINUTES;
/// RDS refuses shorter windows.
const SHORTEST_MINUTES: u32 = 30;
const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

impl DailyWindow {
    pub(super) fn known(window: &str) -> Self {
        Self(window.to_owned())
    }

    /// RDS refuses a backup window that meets the maintenance window.
    pub fn meets(&self, weekly: &WeeklyWindow) -> bool {
        let Some((from, to)) = daily(&self.0) else { return false };
        let Some((start, end)) = weekly_minutes(&weekly.0) else { return false };
        let busy = length(start, end, WEEK_MINUTES);
        let backup = length(from, to, DAY_MINUTES);
        (0..7).map(|day| day * DAY_MINUTES + from).any(|begin| {
            length(start, begin, WEEK_MINUTES) < busy || length(begin, start, WEEK_MINUTES) < backup
        })
    }
}

impl WeeklyWindow {
    pub(super) fn known(window: &str) -> Self {
        Self(window.to_owned())
    }
}

fn check_daily(window: &str) -> Checked {
    let good =
        daily(window).is_some_and(|(from, to)| length(from, to, DAY_MINUTES) >= SHORTEST_MINUTES);
    let expected = "a daily window of at least 30 minutes in UTC, such as `03:00-03:30`";
    if good { Ok(()) } else { Err(Refusal::expected(expected)) }
}

fn check_weekly(window: &str) -> Checked {
    let long =
        |(from, to)| (SHORTEST_MINUTES..DAY_MINUTES).contains(&length(from, to, WEEK_MINUTES));
    let expected = "a weekly window of 30 minutes to a day in UTC, such as `sun:04:00-sun:04:30`";
    if weekly_minutes(window).is_some_and(long) { Ok(()) } else { Err(Refusal::expected(expected)) }
}

/// Minutes from one time to another on a clock that starts over.
fn length(from: u32, to: u32, clock: u32) -> u32 {
    (to + clock - from) % clock
}

fn daily(window: &str) -> Option<(u32, u32)> {
    let (from, to) = window.split_once('-')?;
    Some((minute(from)?, minute(to)?))
}

fn weekly_minutes(window: &str) -> Option<(u32, u32)> {
    let (from, to) = window.split_once('-')?;
    Some((weekday_minute(from)?, weekday_minute(to)?))
}

fn weekday_minute(text: &str) -> Option<u32> {
    let (day, time) = text.split_once(':')?;
    let days = DAYS.iter().position(|it| *it == day)?;
    Some(u32::try_from(days).ok()? * DAY_MINUTES + minute(time)?)
}

fn minute(time: &str) -> Option<u32> {
    let (hours, minutes) = time.split_once(':')?;
    let two = |text: &str| text.len() == 2 && text.chars().all(|c| c.is_ascii_digit());
    if !two(hours) || !two(minutes) {
        return None;
    }
    let (hours, minutes): (u32, u32) = (hours.parse().ok()?, minutes.parse().ok()?);
    (hours < 24 && minutes < 60).then_some(hours * 60 + minutes)
}

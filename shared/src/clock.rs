//! The clock.

use std::time::{SystemTime, UNIX_EPOCH};

/// Unix seconds.
pub fn unix_seconds() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}

/// `yyyymmddhhmmss`, UTC: a moment as part of a name.
pub fn stamp(unix_seconds: i64) -> String {
    let at = jiff::Timestamp::from_second(unix_seconds).unwrap_or_default();
    at.strftime("%Y%m%d%H%M%S").to_string()
}

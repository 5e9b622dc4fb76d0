//! How a call goes wrong.

use clap::ValueEnum;
use serde_json::{Value, json};

use crate::journal::Point;

/// The ways in which a call goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub enum How {
    /// AWS has trouble of its own, and nothing was done
    Before,
    /// AWS says that it has trouble of its own, and what was asked is done
    After,
    /// AWS says no, and nothing was done: the run fails
    Refused,
    /// The connection is cut without an answer after what was asked is done
    Lost,
    /// The function is ended by SIGKILL before its call takes effect
    KillBefore,
    /// The function is ended by SIGKILL after its call took effect
    KillAfter,
    /// The execution is stopped while the call is made
    Stop,
}

/// Long enough to stop the execution while the call is under way.
const DELAY_SECONDS: f64 = 0.7;

impl How {
    pub const ALL: [How; 7] = [
        How::Before,
        How::After,
        How::Refused,
        How::Lost,
        How::KillBefore,
        How::KillAfter,
        How::Stop,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            How::Before => "before",
            How::After => "after",
            How::Refused => "refused",
            How::Lost => "lost",
            How::KillBefore => "kill-before",
            How::KillAfter => "kill-after",
            How::Stop => "stop",
        }
    }

    pub fn of(name: &str) -> Option<How> {
        How::ALL.into_iter().find(|how| how.name() == name)
    }

    /// What to ask of the control surface, so that it befalls this call and no other.
    pub fn fault(self, point: &Point) -> Value {
        let mut fault = json!({
            "service": point.service,
            "action": point.action,
            "caller": point.caller,
            "skip": point.skip,
            "count": 1,
        });
        if !point.resource.is_empty() {
            fault["resource"] = json!(point.resource);
        }
        let ways: &[(&str, Value)] = match self {
            How::Before => &[("how", json!("error")), ("when", json!("before"))],
            How::After => &[("how", json!("error")), ("when", json!("after"))],
            How::Refused => &[
                ("how", json!("error")),
                ("when", json!("before")),
                ("code", json!("AccessDenied")),
                ("status", json!(403)),
                ("message", json!("not today")),
            ],
            How::Lost => &[("how", json!("cut")), ("when", json!("after"))],
            How::KillBefore => &[("how", json!("kill")), ("when", json!("before"))],
            How::KillAfter => &[("how", json!("kill")), ("when", json!("after"))],
            How::Stop => &[("how", json!("delay")), ("seconds", json!(DELAY_SECONDS))],
        };
        for (name, value) in ways {
            fault[*name] = value.clone();
        }
        fault
    }
}

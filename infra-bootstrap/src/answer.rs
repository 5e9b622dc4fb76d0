//! What a command says at its end.

use std::process::ExitCode;

use serde_json::Value;

/// What came of a command: text for people, one JSON object for programs, and the exit code.
pub struct Answer {
    pub text: String,
    pub json: Value,
    pub exit: Exit,
}

impl Answer {
    pub fn new(text: impl Into<String>, json: Value) -> Self {
        Self { text: text.into(), json, exit: Exit::Done }
    }

    pub fn exit(self, exit: Exit) -> Self {
        Self { exit, ..self }
    }
}

/// The exit codes, as `terrace --help` tells them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    Done,
    Failed,
    /// A plan that has changes.
    Changes,
    /// A spec with problems.
    RefusedSpec,
    /// No credentials, no endpoint, or no control plane there.
    Unreachable,
    /// The plan is no longer the one that was approved.
    Moved,
    /// A person said no, or a newer run took its place.
    Rejected,
    /// Failed, and the stack went back.
    WentBack,
    Usage,
    Interrupted,
}

impl Exit {
    pub const fn code(self) -> u8 {
        match self {
            Exit::Done => 0,
            Exit::Failed => 1,
            Exit::Changes => 2,
            Exit::RefusedSpec => 3,
            Exit::Unreachable => 4,
            Exit::Moved => 5,
            Exit::Rejected => 6,
            Exit::WentBack => 7,
            // `EX_USAGE` of sysexits: not 2, which a plan uses for "there are changes".
            Exit::Usage => 64,
            // 128 + SIGINT, as shells count.
            Exit::Interrupted => 130,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        ExitCode::from(exit.code())
    }
}

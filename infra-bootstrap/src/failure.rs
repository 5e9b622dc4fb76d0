//! Why a command failed: what it tried, why that did not work, and what a person can do.

use std::error::Error;
use std::fmt::Display;

use serde_json::{Value, json};
use shared::ledger::LedgerError;
use shared::spec::Problem;
use shared::world::CloudError;

use crate::answer::Exit;

#[derive(Debug)]
pub struct Failure {
    pub what: String,
    /// The nearest cause first.
    pub why: Vec<String>,
    pub hint: Option<String>,
    pub exit: Exit,
    /// A refused spec: its problems, and the text they point into.
    pub problems: Vec<Problem>,
    pub source: String,
}

impl Failure {
    pub fn new(what: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            why: Vec::new(),
            hint: None,
            exit: Exit::Failed,
            problems: Vec::new(),
            source: String::new(),
        }
    }

    /// A spec with problems, which are shown in its `source`.
    pub fn refused_spec(problems: Vec<Problem>, source: String) -> Self {
        let file = problems.first().map_or("the spec", |it| it.file.as_str());
        let what = match problems.len() {
            1 => format!("`{file}` has a problem"),
            many => format!("`{file}` has {many} problems"),
        };
        Self { exit: Exit::RefusedSpec, problems, source, ..Self::new(what) }
    }

    pub fn because(mut self, cause: impl Display) -> Self {
        self.why.push(cause.to_string());
        self
    }

    /// The error with everything that led to it.
    pub fn because_of(mut self, error: &(dyn Error + 'static)) -> Self {
        let mut next = Some(error);
        while let Some(cause) = next {
            let text = cause.to_string();
            // Some errors repeat their source's text in their own.
            if !self.why.iter().any(|said| said.contains(&text)) {
                self.why.push(text);
            }
            next = cause.source();
        }
        self
    }

    pub fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }

    pub fn exit(self, exit: Exit) -> Self {
        Self { exit, ..self }
    }

    pub fn to_json(&self) -> Value {
        let problems: Vec<Value> = self.problems.iter().map(problem).collect();
        let mut error = json!({ "what": self.what, "why": self.why, "hint": self.hint });
        if !problems.is_empty() {
            error["problems"] = json!(problems);
        }
        json!({ "error": error, "exit": self.exit.code() })
    }
}

pub fn problem(it: &Problem) -> Value {
    json!({
        "file": it.file, "line": it.place.line, "column": it.place.column, "field": it.field,
        "found": it.found, "expected": it.expected, "hint": it.hint,
    })
}

/// Puts what was tried before what AWS said of it.
pub trait Tried<T> {
    fn tried(self, what: impl Into<String>) -> Result<T, Failure>;
}

impl<T, E: Into<CloudError>> Tried<T> for Result<T, E> {
    fn tried(self, what: impl Into<String>) -> Result<T, Failure> {
        self.map_err(|error| explain(what.into(), &error.into()))
    }
}

/// What AWS's error means for the person in front of the screen.
fn explain(what: String, error: &CloudError) -> Failure {
    let (CloudError::NotYet { code, message } | CloudError::Refused { code, message }) = error
    else {
        return Failure::new(what).because(error);
    };
    let failure = Failure::new(what);
    match code.as_str() {
        "NoAnswer" => failure
            .because(no_answer(message))
            .hint("check `AWS_ENDPOINT_URL`, the region and the network; for the local cloud: `terrace local start`")
            .exit(Exit::Unreachable),
        "ExpiredToken" | "ExpiredTokenException" | "RequestExpired" => failure
            .because("the credentials have expired")
            .hint("get new ones, for example with `aws sso login`")
            .exit(Exit::Unreachable),
        "InvalidClientTokenId" | "InvalidAccessKeyId" | "UnrecognizedClientException"
        | "SignatureDoesNotMatch" | "AuthFailure" => failure
            .because(format!("{message} ({code})"))
            .hint("the access key is unknown there: check `AWS_PROFILE`, `AWS_ACCESS_KEY_ID` and `AWS_ENDPOINT_URL`")
            .exit(Exit::Unreachable),
        "NoSuchBucket" | "StateMachineDoesNotExist" => failure
            .because("there is no control plane in this account and region")
            .hint("stand it up with `terrace bootstrap`, or choose another region or profile")
            .exit(Exit::Unreachable),
        _ => failure.because(format!("{message} ({code})")),
    }
}

/// The SDK's chain of causes, less its own words for "it did not work".
fn no_answer(message: &str) -> String {
    let refused = message.contains("Connection refused") || message.contains("ConnectError");
    let unknown = message.contains("dns error") || message.contains("failed to lookup");
    match (refused, unknown) {
        (_, true) => "the host's name is not known".to_owned(),
        (true, false) => "nothing answers there".to_owned(),
        (false, false) => format!("no answer: {}", message.chars().take(200).collect::<String>()),
    }
}

impl From<LedgerError> for Failure {
    fn from(error: LedgerError) -> Self {
        match error {
            LedgerError::Cloud { verb, key, source } => {
                explain(format!("cannot {verb} `{key}` in the ledger"), &source)
            }
            LedgerError::Unreadable { .. } | LedgerError::Absent(_) => {
                Failure::new(error.to_string())
            }
        }
    }
}

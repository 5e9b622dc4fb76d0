//! What all Lambdas have in common: start-up, one handler, failures with fixed names.

use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use futures::FutureExt;
use lambda_runtime::{Context, Diagnostic, LambdaEvent, service_fn};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::aws::{Aws, Scope};
use crate::environment::Environment;
use crate::ledger::{Ledger, LedgerError};
use crate::telemetry;
use crate::world::CloudError;

pub use lambda_runtime::Error;

/// What an instance of a Lambda keeps while it is warm.
pub struct Home {
    pub environment: Environment,
    pub aws: Aws,
    pub ledger: Ledger,
}

/// One call of a Lambda.
#[derive(Clone, Debug)]
pub struct Invocation {
    /// Twelve digits, from the function's own ARN.
    pub account: String,
    pub region: String,
    /// When Lambda ends the invocation.
    pub deadline: SystemTime,
}

/// Why an invocation failed. The names are what state machines match in `ErrorEquals`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// The input is not what this function takes.
    #[error("{0}")]
    BadRequest(String),
    /// Somebody else is at work on the stack.
    #[error("{0}")]
    Busy(String),
    /// Another run has taken over: nothing more may be changed by this one.
    #[error("{0}")]
    Lost(String),
    /// A later run has made this one pointless before it began.
    #[error("{0}")]
    Superseded(String),
    /// The plan is no longer the one that was approved; nothing was changed.
    #[error("{0}")]
    Moved(String),
    /// AWS or the spec says no.
    #[error("{0}")]
    Refused(String),
    /// Past a deadline.
    #[error("{0}")]
    Stuck(String),
    /// Possible soon: the state machine tries again.
    #[error("{0}")]
    NotYet(String),
}

impl Failure {
    pub const fn name(&self) -> &'static str {
        match self {
            Failure::BadRequest(_) => "BadRequest",
            Failure::Busy(_) => "Busy",
            Failure::Lost(_) => "Lost",
            Failure::Superseded(_) => "Superseded",
            Failure::Moved(_) => "Moved",
            Failure::Refused(_) => "Refused",
            Failure::Stuck(_) => "Stuck",
            Failure::NotYet(_) => "NotYet",
        }
    }
}

impl From<Failure> for Diagnostic {
    fn from(failure: Failure) -> Self {
        Diagnostic { error_type: failure.name().to_owned(), error_message: failure.to_string() }
    }
}

impl From<CloudError> for Failure {
    fn from(error: CloudError) -> Self {
        match error {
            CloudError::NotYet { .. } => Failure::NotYet(error.to_string()),
            CloudError::Refused { .. } | CloudError::Incomplete(_) => {
                Failure::Refused(error.to_string())
            }
        }
    }
}

impl From<LedgerError> for Failure {
    fn from(error: LedgerError) -> Self {
        match &error {
            LedgerError::Cloud { source: CloudError::NotYet { .. }, .. } => {
                Failure::NotYet(error.to_string())
            }
            LedgerError::Cloud { .. } | LedgerError::Unreadable { .. } | LedgerError::Absent(_) => {
                Failure::Refused(error.to_string())
            }
        }
    }
}

impl Invocation {
    /// How long calls may still be started: a margin before Lambda ends the invocation.
    pub fn remaining(&self) -> Duration {
        /// Enough for the calls under way and for writing down what they did.
        const MARGIN: Duration = Duration::from_secs(8);
        let left = self.deadline.duration_since(SystemTime::now()).unwrap_or_default();
        left.saturating_sub(MARGIN)
    }

    pub fn scope(&self, stack: &str) -> Scope {
        Scope {
            stack: stack.to_owned(),
            account: self.account.clone(),
            region: self.region.clone(),
        }
    }

    fn of(context: &Context, region: &str) -> Self {
        // arn:aws:lambda:<region>:<account>:function:<name>
        let mut parts = context.invoked_function_arn.split(':').skip(3);
        let region = parts.next().filter(|it| !it.is_empty()).unwrap_or(region).to_owned();
        let account = parts.next().unwrap_or_default().to_owned();
        Self { account, region, deadline: context.deadline() }
    }
}

/// Telemetry, clients, run: the whole of a Lambda's `main`.
pub async fn serve<Q, A, F, Fut>(handle: F) -> Result<(), Error>
where
    Q: DeserializeOwned,
    A: Serialize,
    F: Fn(Arc<Home>, Q, Invocation) -> Fut,
    Fut: Future<Output = Result<A, Failure>>,
{
    telemetry::start();
    let environment = Environment::read()?;
    let aws = Aws::from_environment(&environment);
    let ledger = Ledger::new(&Aws::from_environment(&environment), &environment.ledger);
    let home = Arc::new(Home { environment, aws, ledger });
    let answer = |event: LambdaEvent<Value>| {
        let (home, handle) = (Arc::clone(&home), &handle);
        async move {
            let invocation = Invocation::of(&event.context, &home.environment.region);
            let request = serde_json::from_value(event.payload)
                .map_err(|error| Failure::BadRequest(format!("cannot read the input: {error}")))?;
            // Boxed: the type of a whole invocation is deeper than the compiler cares to lay out.
            handle(home, request, invocation).boxed_local().await.inspect_err(|failure| {
                tracing::error!(error = %failure, kind = failure.name(), "invocation failed");
            })
        }
    };
    lambda_runtime::run(service_fn(answer)).await
}

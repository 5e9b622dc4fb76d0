//! The Lambda that opens and closes runs: admit, publish, fail, release; and that clears up
//! after runs that ended without a word.

mod admit;
mod approve;
mod close;
mod ended;
mod inventory;
mod record;
mod recover;
mod revise;
mod turn;
mod untouched;

use std::sync::Arc;

use serde::Deserialize;
use serde_json::Value;
use shared::clock::unix_seconds;
use shared::lambda::{self, Error, Failure, Home, Invocation};
use shared::ledger::{Approved, Mode, Release};
use tracing::{Instrument, info_span};

#[derive(Deserialize)]
#[serde(tag = "verb", rename_all = "lowercase")]
enum Request {
    Admit {
        mode: Mode,
        name: String,
        #[serde(default)]
        execution: Option<String>,
        input: Value,
    },
    Publish {
        stack: String,
        run: String,
    },
    Fail {
        stack: String,
        run: String,
        error: Value,
    },
    Release {
        stack: String,
        run: String,
        how: Release,
    },
    /// Shows the plan to people; Step Functions waits with the token.
    Ask {
        stack: String,
        run: String,
        token: String,
    },
    /// Somebody has said yes.
    Resume {
        stack: String,
        run: String,
        #[serde(default)]
        execution: Option<String>,
        approved: Approved,
    },
    /// The run failed after its plan was made: does it go back?
    Recover {
        stack: String,
        run: String,
        entered: String,
        error: Value,
    },
    Record {
        stack: String,
        run: String,
        cause: Value,
        results: Value,
    },
    /// "Step Functions Execution Status Change", from EventBridge.
    Ended {
        name: String,
        status: String,
    },
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    lambda::serve(answer).await
}

async fn answer(
    home: Arc<Home>,
    request: Request,
    invocation: Invocation,
) -> Result<Value, Failure> {
    let span = match &request {
        Request::Admit { name: run, .. } | Request::Ended { name: run, .. } => {
            info_span!("run", %run)
        }
        Request::Publish { stack, run }
        | Request::Fail { stack, run, .. }
        | Request::Release { stack, run, .. }
        | Request::Ask { stack, run, .. }
        | Request::Resume { stack, run, .. }
        | Request::Recover { stack, run, .. }
        | Request::Record { stack, run, .. } => info_span!("run", %stack, %run),
    };
    let work = async {
        match request {
            Request::Admit { mode, name, execution, input } => {
                admit::admit(&home, &invocation, mode, &name, execution, input).await
            }
            Request::Publish { stack, run } => close::publish(&home, &stack, &run).await,
            Request::Fail { stack, run, error } => close::fail(&home, &stack, &run, &error).await,
            Request::Release { stack, run, how } => close::release(&home, &stack, &run, how).await,
            Request::Ask { stack, run, token } => approve::ask(&home, &stack, &run, token).await,
            Request::Resume { stack, run, execution, approved } => {
                approve::resume(&home, &stack, &run, execution.as_deref(), approved).await
            }
            Request::Recover { stack, run, entered, error } => {
                recover::recover(&home, &stack, &run, &entered, &error).await
            }
            Request::Record { stack, run, cause, results } => {
                record::record(&home, &stack, &run, cause, results).await
            }
            Request::Ended { name, status } => ended::ended(&home, &name, &status).await,
        }
    };
    work.instrument(span).await
}

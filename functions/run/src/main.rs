//! The Lambda that opens and closes runs: admit, publish, fail, release; and that clears up
//! after runs that ended without a word.

mod admit;
mod close;
mod ended;
mod record;
mod revise;

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use serde::Deserialize;
use serde_json::Value;
use shared::lambda::{self, Error, Failure, Home, Invocation};
use shared::ledger::{Mode, Release};
use tracing::{Instrument, info_span};

#[derive(Deserialize)]
#[serde(tag = "verb", rename_all = "lowercase")]
enum Request {
    Admit {
        mode: Mode,
        name: String,
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
        | Request::Record { stack, run, .. } => info_span!("run", %stack, %run),
    };
    let work = async {
        match request {
            Request::Admit { mode, name, input } => {
                admit::admit(&home, &invocation, mode, &name, input).await
            }
            Request::Publish { stack, run } => close::publish(&home, &stack, &run).await,
            Request::Fail { stack, run, error } => close::fail(&home, &stack, &run, &error).await,
            Request::Release { stack, run, how } => close::release(&home, &stack, &run, how).await,
            Request::Record { stack, run, cause, results } => {
                record::record(&home, &stack, &run, cause, results).await
            }
            Request::Ended { name, status } => ended::ended(&home, &name, &status).await,
        }
    };
    work.instrument(span).await
}

/// The clock, in Unix seconds.
fn unix_seconds() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}

//! Logs: one JSON object a line, with `timestamp` and `level`, and the stack, run and tier of
//! the invocation in `span`.

use tracing_subscriber::EnvFilter;

/// Starts logging to standard output. `RUST_LOG` sets the level; it is `info` by default.
pub fn start() {
    let level = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_span_list(false)
        .with_target(false)
        .with_env_filter(level)
        .init();
}

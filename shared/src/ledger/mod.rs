//! What we wanted and did, as JSON objects in one S3 bucket. AWS is the truth about what is.
//!
//! No secret is ever in it.

mod keys;
mod lease;
mod objects;
mod records;

pub use keys::Key;
pub use lease::{Lease, LeaseError, MARGIN_SECONDS, Release};
pub use objects::{Condition, Ledger, LedgerError, Written};
pub use records::{
    ApiCalls, Binding, Execution, Mode, Report, Run, StackRecord, StackState, TierRecord,
    Whereabouts,
};

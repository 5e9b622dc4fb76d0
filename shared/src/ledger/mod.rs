//! What we wanted and did, as JSON objects in one S3 bucket. AWS is the truth about what is.
//!
//! No secret is ever in it.

mod keys;
mod lease;
mod objects;
mod queue;
mod records;

pub use keys::Key;
pub use lease::{
    Asker, FUNCTION_SECONDS, Holder, Holding, Lease, LeaseError, Release, TERMS, Taking, Terms,
    Wait, moment,
};
pub use objects::{Condition, Ledger, LedgerError, Written};
pub use queue::{Queue, Superseded, Ticket};
pub use records::{
    ApiCalls, ApprovalRequest, Approved, Binding, Execution, Mode, Outcome, Recover, Recovery,
    Report, Run, StackRecord, StackState, TierRecord, Whereabouts,
};

//! Acting on a plan, one pass at a time.
//!
//! A pass does whatever is not blocked, looks again at what it touched, and returns. It never
//! waits, so a Lambda runs one pass per state of the machine. A crash between any two calls is
//! harmless: the next pass looks again.

mod attempt;
mod board;
mod pass;
mod work;

pub use board::{Board, Part as TierPart, Unseen, Waiting};
pub use pass::{Changed, Failure, Outcome, Pass, pass};

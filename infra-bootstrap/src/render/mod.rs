//! How things look on a screen: plain text that fits its width, with colour where it is shown.

mod failures;
mod plans;
mod problems;
mod tables;
mod words;

pub use failures::failure;
pub use plans::plan;
pub use tables::{resources, table};
pub use words::{clip, duration, moment, wrap};

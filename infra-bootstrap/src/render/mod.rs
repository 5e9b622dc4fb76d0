//! How things look on a screen: plain text that fits its width, with colour where it is shown.

mod costs;
mod failures;
mod plans;
mod preflights;
mod problems;
mod tables;
mod words;

pub use costs::{cost, no_prices};
pub use failures::failure;
pub use plans::plan;
pub use preflights::preflight;
pub use tables::{resources, table};
pub use words::{clip, duration, moment, wrap};

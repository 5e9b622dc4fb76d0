//! What a stack costs a month, by list prices. Pure: resources in, lines of a bill out.
//!
//! Whatever depends on traffic is named and not guessed; so is what the table has no price for.

mod bill;
mod prices;

pub use bill::{Estimate, Item, estimate};
pub use prices::table;

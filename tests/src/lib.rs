//! What the tests against the local cloud share: the cloud itself, a bench for resources, and
//! the contract that every kind keeps.

mod bench;
mod cloud;
pub mod contract;

pub use bench::Bench;
pub use cloud::{ACCOUNT, Cloud, REGION, root};

//! What we want and what is there, as data: nodes, their references, live resources.

mod address;
mod live;
mod node;
mod rules;
mod stack;

pub use address::{Address, BadAddress, Tier};
pub use live::{Facts, Identity, Live, Status};
pub use node::{Node, Reference, reference, references_in};
pub use rules::{Bound, Rules, Typical, Usual};
pub use stack::{Stack, StackError};

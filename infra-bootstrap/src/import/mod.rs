//! Taking over a VPC that stands already, and what in it is as a spec asks for.

mod mapping;
mod read;
mod take;

pub use mapping::{Mapping, map};
pub use read::{Standing, read};
pub use take::{Takeover, UNBUILT, check_stack};

//! The proof, in memory: the real specs through the real planner and engine, in the strictest of
//! clouds, with something going wrong at every changing call.

mod crash;
mod examples;
#[path = "../../shared/tests/laws/machine.rs"]
mod machine;
mod pairs;
mod schedule;
mod world;

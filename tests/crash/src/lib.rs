//! The crash proof on the local cloud: whatever call a run is cut off at, running again leaves what a
//! run without an accident leaves.
//!
//! A clean run of a scenario shows which changing calls Terrace's functions make, and what stands in the
//! whole account afterwards. Then, for each call and each way of going wrong, the cloud is brought back
//! to the moment before, the scenario runs with that call befallen, runs again, and has to come to the same.

use std::hash::{DefaultHasher, Hash, Hasher};

pub mod account;
mod aws;
mod cloud;
mod fault;
mod journal;
mod proof;
mod results;
mod scenario;

pub use cloud::Cloud;
pub use fault::How;
pub use proof::{Outcome, Proof, Verdict};
pub use results::Results;
pub use scenario::Scenario;

/// What went wrong with the proof itself, not with what it proves.
pub type Fallible<T> = Result<T, Box<dyn std::error::Error>>;

/// Where results go, unless told otherwise.
pub fn results_folder() -> Fallible<std::path::PathBuf> {
    Ok(cloud::profile_folder()?.join("crash-results"))
}

/// So many of these, drawn by the seed: the same seed draws the same.
pub fn chosen<T>(all: Vec<T>, count: Option<usize>, seed: u64) -> Vec<T> {
    let Some(count) = count else { return all };
    let mut drawn: Vec<(u64, T)> =
        all.into_iter().enumerate().map(|(index, it)| (lot((seed, index)), it)).collect();
    drawn.sort_by_key(|(lot, _)| *lot);
    drawn.into_iter().take(count).map(|(_, it)| it).collect()
}

/// In which of so many shards a point is, from 1. By its name: clean runs differ in a call or two, and
/// the shards have to cover them all the same.
pub fn shard(name: &str, of: u64) -> u64 {
    lot(name) % of + 1
}

/// As good as drawn, and the same every time.
fn lot(of: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    of.hash(&mut hasher);
    hasher.finish()
}

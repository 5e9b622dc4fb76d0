//! One pass over the steps of one tier.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::board::Board;
use super::work::Work;
use crate::model::{Address, Reference};
use crate::plan::Step;
use crate::world::{CloudError, World};

/// When a pass runs. `expired` says whether the pass may still start calls.
pub struct Pass<E: Fn() -> bool> {
    /// Unix seconds.
    pub now: i64,
    pub expired: E,
}

/// What a pass did and what is left.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    pub changed: Vec<Changed>,
    /// Steps that cannot be done before another; by address, why.
    pub blocked: BTreeMap<Address, String>,
    /// Steps that AWS asks patience for.
    pub pending: BTreeMap<Address, String>,
    pub failed: Vec<Failure>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Changed {
    pub address: Address,
    /// `create`, `update` or `delete`.
    pub action: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    pub address: Address,
    pub text: String,
    /// Past its deadline, rather than refused.
    pub stuck: bool,
}

impl Outcome {
    /// Nothing left to do or to wait for.
    pub fn is_done(&self) -> bool {
        self.blocked.is_empty() && self.pending.is_empty() && self.failed.is_empty()
    }

    /// Whether the facts that other tiers need are there, or wait for another tier: what does is
    /// done when that tier is, and no reason to stay here.
    pub fn is_usable(&self, exports: Option<&BTreeSet<Reference>>, board: &Board) -> bool {
        let is_there = |it: &Reference| {
            board.live(&it.address).is_some_and(|live| live.facts.contains_key(&it.fact))
        };
        let mut exports = exports.into_iter().flatten();
        exports.all(|it| is_there(it) || self.blocked.contains_key(&it.address))
    }
}

/// Does whatever of `steps` is not blocked, until nothing more can be done now.
pub async fn pass<W: World, E: Fn() -> bool>(
    world: &W,
    steps: &[&Step],
    board: &mut Board,
    pass: &Pass<E>,
) -> Result<Outcome, CloudError> {
    let mut work = Work::new(world, steps, board, pass);
    work.look().await?;
    loop {
        let ready = work.sort();
        if ready.is_empty() {
            break;
        }
        if (pass.expired)() {
            work.leave(&ready);
            break;
        }
        work.act(ready).await?;
    }
    work.keep_time();
    work.give_up();
    Ok(work.outcome)
}

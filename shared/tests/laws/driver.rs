//! Runs of the state machine in clouds of the laws' own kinds.

use shared::memory::{Memory, Pace};
use shared::model::Stack;

use super::machine::assert_same;
pub use super::machine::{End, Ledger, Recovery, block_on, deploy, observe, plan, run};
use super::stacks::kinds;

pub fn cloud(pace: Pace) -> Memory {
    Memory::new(kinds(), pace)
}

/// Deploys to a fresh cloud.
pub async fn deployed(stacks: &[&Stack], pace: Pace) -> (Memory, Ledger) {
    let (cloud, mut ledger) = (cloud(pace), Ledger::default());
    for stack in stacks {
        deploy(&cloud, stack, &mut ledger).await;
    }
    (cloud, ledger)
}

/// The cloud holds what a fresh one holds after deploying `stack`, and nothing else of ours.
pub async fn assert_holds(cloud: &Memory, stack: &Stack) {
    let (fresh, _) = deployed(&[stack], Pace::default()).await;
    assert_same(cloud, &fresh);
}

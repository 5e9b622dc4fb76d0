//! Visits every state that can be reached, the nearest first.

use std::collections::{HashSet, VecDeque};
use std::fmt;

use shared::ledger::Terms;

use crate::model::{Step, World};

pub enum Found {
    Nothing {
        states: usize,
    },
    /// What happened, from the beginning on.
    TwoWriters {
        steps: Vec<Step>,
    },
}

/// Looks for a state in which two runs write: the shortest way to one, if there is any.
pub fn search(start: World, terms: Terms) -> Found {
    let mut seen = HashSet::from([start.clone()]);
    // Where each state came from, by its place in this list.
    let mut ways: Vec<(usize, Step)> = vec![(0, Step::Time)];
    let mut waiting = VecDeque::from([(start, 0)]);
    while let Some((world, way)) = waiting.pop_front() {
        for (step, next) in world.next(&terms) {
            if seen.insert(next.clone()) {
                ways.push((way, step));
                if next.has_two_writers() {
                    return Found::TwoWriters { steps: steps(&ways) };
                }
                waiting.push_back((next, ways.len() - 1));
            }
        }
    }
    Found::Nothing { states: seen.len() }
}

/// Every state that can be reached.
pub fn reachable(start: World, terms: Terms) -> HashSet<World> {
    let mut seen = HashSet::from([start.clone()]);
    let mut waiting = vec![start];
    while let Some(world) = waiting.pop() {
        for (_, next) in world.next(&terms) {
            if seen.insert(next.clone()) {
                waiting.push(next);
            }
        }
    }
    seen
}

fn steps(ways: &[(usize, Step)]) -> Vec<Step> {
    let mut at = ways.len() - 1;
    let mut steps = Vec::new();
    while at > 0 {
        steps.push(ways[at].1);
        at = ways[at].0;
    }
    steps.reverse();
    steps
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Found::Nothing { states } => write!(f, "no two writers in {states} states"),
            Found::TwoWriters { steps } => {
                write!(f, "two writers after {} steps:", steps.len())?;
                steps.iter().try_for_each(|step| write!(f, "\n  {step:?}"))
            }
        }
    }
}

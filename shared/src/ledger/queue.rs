//! Who waits for a stack.
//!
//! `stacks/<stack>/queued.json` holds the runs that were asked for while another was at work, in
//! the order in which they asked. What is asked later supersedes what it makes pointless: a deploy
//! an older deploy, a destroy all that waits. A deploy that is asked for after a destroy waits for
//! it, because whoever asked for it knew of the destroy.

use serde::{Deserialize, Serialize};

use super::Mode;

/// Runs that were superseded are remembered until they have ended, or until this many more were.
const REMEMBERED: usize = 50;

/// Changed by conditional writes alone.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Queue {
    /// The next to run first.
    pub waiting: Vec<Ticket>,
    /// Those that still have to be told.
    #[serde(default)]
    pub superseded: Vec<Superseded>,
}

/// A run that asks to be let in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ticket {
    pub run: String,
    /// The ARN of its execution.
    #[serde(default)]
    pub execution: Option<String>,
    pub mode: Mode,
    /// The SHA-256 of the spec that it brings; `None` if it takes the stack as it was last asked for.
    #[serde(default)]
    pub spec: Option<String>,
    /// Unix seconds.
    pub since: i64,
}

/// A run whose wish a later one has made pointless.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Superseded {
    pub run: String,
    pub by: String,
    /// Unix seconds.
    pub at: i64,
}

impl Queue {
    /// The queue with `ticket` in it, which supersedes what it makes pointless. A run that stands
    /// in it keeps its place.
    ///
    /// # Errors
    /// When a later run has superseded it meanwhile.
    pub fn enter(&self, ticket: &Ticket) -> Result<Queue, Superseded> {
        if let Some(told) = self.superseded.iter().find(|it| it.run == ticket.run) {
            return Err(told.clone());
        }
        if self.waiting.iter().any(|it| it.run == ticket.run) {
            return Ok(self.clone());
        }
        let (out, mut waiting): (Vec<Ticket>, Vec<Ticket>) =
            self.waiting.iter().cloned().partition(|it| ticket.weight() >= it.weight());
        waiting.push(ticket.clone());
        let told = out.into_iter().map(|it| Superseded {
            run: it.run,
            by: ticket.run.clone(),
            at: ticket.since,
        });
        let mut superseded: Vec<Superseded> = self.superseded.iter().cloned().chain(told).collect();
        superseded.drain(..superseded.len().saturating_sub(REMEMBERED));
        Ok(Queue { waiting, superseded })
    }

    /// Whom `run` stands behind.
    pub fn ahead(&self, run: &str) -> Option<&Ticket> {
        let before = self.waiting.iter().take_while(|it| it.run != run);
        before.last()
    }

    /// The queue once `run` neither waits nor has to be told anything.
    #[must_use]
    pub fn without(&self, run: &str) -> Queue {
        let mut queue = self.clone();
        queue.waiting.retain(|it| it.run != run);
        queue.superseded.retain(|it| it.run != run);
        queue
    }
}

impl Ticket {
    /// What weighs as much or more makes a waiting run pointless.
    fn weight(&self) -> u8 {
        match (self.mode, &self.spec) {
            (Mode::Destroy, _) => 2,
            (Mode::Deploy, Some(_)) => 1,
            // Builds what was last asked for: what waits asks for something newer.
            // Looks wait for nobody.
            (Mode::Deploy, None) | (Mode::Drift, _) => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ticket(run: &str) -> Ticket {
        let (mode, spec) = match run.as_bytes()[0] {
            b'x' => (Mode::Destroy, None),
            b'a' => (Mode::Deploy, None),
            _ => (Mode::Deploy, Some(run.to_owned())),
        };
        Ticket { run: run.to_owned(), execution: None, mode, spec, since: 7 }
    }

    fn runs(queue: &Queue) -> Vec<&str> {
        queue.waiting.iter().map(|it| it.run.as_str()).collect()
    }

    /// Deploys of a spec are `d…`, deploys of what was asked for last `a…`, destroys `x…`.
    #[test]
    fn what_is_asked_later_supersedes_what_it_makes_pointless() {
        type Case = (
            &'static [&'static str],
            &'static [&'static str],
            &'static [(&'static str, &'static str)],
        );
        let cases: [Case; 7] = [
            (&["d1", "d2"], &["d2"], &[("d1", "d2")]),
            (&["d1", "d2", "d3"], &["d3"], &[("d1", "d2"), ("d2", "d3")]),
            (&["d1", "x1"], &["x1"], &[("d1", "x1")]),
            (&["x1", "d1"], &["x1", "d1"], &[]),
            (&["x1", "d1", "d2"], &["x1", "d2"], &[("d1", "d2")]),
            (&["d1", "a1", "a2"], &["d1", "a2"], &[("a1", "a2")]),
            (&["x1", "d1", "x2"], &["x2"], &[("x1", "x2"), ("d1", "x2")]),
        ];
        for (asked, waiting, superseded) in cases {
            let mut queue = Queue::default();
            for run in asked {
                queue = queue.enter(&ticket(run)).expect("it is new");
            }
            assert_eq!(runs(&queue), waiting, "{asked:?}");
            let told: Vec<_> =
                queue.superseded.iter().map(|it| (it.run.as_str(), it.by.as_str())).collect();
            assert_eq!(told, superseded, "{asked:?}");
        }
    }

    #[test]
    fn a_superseded_run_is_told_by_whom_until_it_is_forgotten() {
        let queue = Queue::default().enter(&ticket("d1")).expect("it is new");
        let queue = queue.enter(&ticket("d2")).expect("it is new");
        let told = queue.enter(&ticket("d1")).expect_err("it was superseded");
        assert_eq!((told.by.as_str(), told.at), ("d2", 7));
        assert_eq!(queue.without("d1").superseded, []);
    }

    #[test]
    fn a_run_that_waits_keeps_its_place_and_stands_behind_the_one_before() {
        let queue = Queue::default().enter(&ticket("x1")).expect("it is new");
        let queue = queue.enter(&ticket("d1")).expect("it is new");
        assert_eq!(queue.enter(&ticket("x1")).expect("it waits"), queue);
        assert_eq!(queue.ahead("x1"), None);
        assert_eq!(queue.ahead("d1").map(|it| it.run.as_str()), Some("x1"));
        assert_eq!(queue.without("x1").ahead("d1"), None);
    }

    #[test]
    fn only_so_many_are_remembered() {
        let mut queue = Queue::default();
        for number in 0..2 * REMEMBERED {
            queue = queue.enter(&ticket(&format!("d{number}"))).expect("it is new");
        }
        assert_eq!((queue.waiting.len(), queue.superseded.len()), (1, REMEMBERED));
    }
}

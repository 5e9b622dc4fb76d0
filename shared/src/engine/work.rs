//! What a pass does between two looks.

use std::collections::{BTreeMap, BTreeSet};

use futures::{StreamExt, stream};
use tracing::{info, warn};

use super::attempt::{Attempt, Call, attempt};
use super::board::{Board, Waiting};
use super::pass::{Changed, Failure, Outcome, Pass};
use crate::model::{Address, Live, Node, Status, Tier};
use crate::plan::Step;
use crate::world::{CloudError, World};

/// Calls of one tier under way at once: well below EC2's buckets of 50 for mutating calls.
const CALLS_AT_ONCE: usize = 8;

/// Calls for one resource in one pass before the pass lets go of it.
const CALLS_MAX: u32 = 3;

/// A pass under way.
pub struct Work<'a, W, E: Fn() -> bool> {
    pub world: &'a W,
    pub steps: &'a [&'a Step],
    pub board: &'a mut Board,
    pub pass: &'a Pass<E>,
    pub outcome: Outcome,
    /// Calls made for each step.
    calls: BTreeMap<Address, u32>,
    /// Steps that AWS asked patience for, and why: nothing more is tried in this pass.
    patient: BTreeMap<Address, String>,
    /// The tier that each blocked step waits for.
    blocked_by: BTreeMap<Address, Tier>,
}

/// A step that can be done, and the call that does it.
pub type Ready<'a> = (&'a Step, Box<Call>);

impl<'a, W: World, E: Fn() -> bool> Work<'a, W, E> {
    pub fn new(
        world: &'a W,
        steps: &'a [&'a Step],
        board: &'a mut Board,
        pass: &'a Pass<E>,
    ) -> Self {
        let (calls, patient, blocked_by) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        Self { world, steps, board, pass, outcome: Outcome::default(), calls, patient, blocked_by }
    }

    /// Looks at every kind that has a step: the board may be minutes old.
    pub async fn look(&mut self) -> Result<(), CloudError> {
        let kinds: BTreeSet<&str> = self.steps.iter().map(|step| step.kind.as_str()).collect();
        for kind in kinds {
            self.board.relist(kind, self.world.list(kind).await?, self.pass.now);
        }
        Ok(())
    }

    /// Which steps can be done now; the others are noted in the outcome.
    pub fn sort(&mut self) -> Vec<Ready<'a>> {
        self.outcome.blocked.clear();
        self.outcome.pending.clear();
        let mut ready = Vec::new();
        for step in self.steps {
            let address = &step.address;
            if self.outcome.failed.iter().any(|it| it.address == *address) {
                continue;
            }
            let attempt = match self.patient.get(address) {
                Some(why) => Attempt::Pending(why.clone()),
                None => attempt(step, self.board),
            };
            match attempt {
                Attempt::Done => (),
                Attempt::Blocked { by, why } => {
                    self.outcome.blocked.insert(address.clone(), why);
                    self.blocked_by.insert(address.clone(), by.tier());
                }
                Attempt::Pending(why) => self.put_off(address, &why),
                Attempt::Hopeless(why) => self.fail(address, why),
                Attempt::Call(_) if self.calls.get(address) >= Some(&CALLS_MAX) => {
                    self.put_off(address, "it does not read back as written yet");
                }
                Attempt::Call(call) => ready.push((*step, call)),
            }
        }
        ready
    }

    /// Makes the calls, until time is up, and looks at what they touched.
    pub async fn act(&mut self, ready: Vec<Ready<'a>>) -> Result<(), CloudError> {
        let (world, expired) = (self.world, &self.pass.expired);
        let results: Vec<_> = stream::iter(ready)
            .take_while(|_| std::future::ready(!expired()))
            .map(|(step, call)| async move { (step, perform(world, step, *call).await) })
            .buffer_unordered(CALLS_AT_ONCE)
            .collect()
            .await;
        let touched: BTreeSet<&str> = results.iter().map(|(step, _)| step.kind.as_str()).collect();
        for (step, result) in results {
            self.note(step, result);
        }
        for kind in touched {
            self.read_back(kind).await?;
        }
        Ok(())
    }

    fn note(&mut self, step: &Step, result: Result<Done, CloudError>) {
        *self.calls.entry(step.address.clone()).or_default() += 1;
        match result {
            Ok(Done { made: Some(live), .. }) if self.board.is_spoken_for(&live) => {
                let id = live.id().unwrap_or_default();
                let text = format!(
                    "`{id}` has stood here before and is not the one that counts: if the next run \
                     says so too, remove it, or give the stack another name"
                );
                self.fail(&step.address, text);
            }
            Ok(Done { changed, made }) => {
                self.outcome.changed.push(changed);
                if let Some(live) = made {
                    self.board.made(live, self.pass.now);
                }
            }
            Err(CloudError::NotYet { code, message }) => {
                self.patient.insert(step.address.clone(), format!("{message} ({code})"));
            }
            Err(error @ (CloudError::Refused { .. } | CloudError::Incomplete(_))) => {
                warn!(address = %step.address, %error, "change refused");
                self.fail(&step.address, error.to_string());
            }
        }
    }

    /// Lists a kind again. What was made is not forgotten because AWS is tired of being asked.
    async fn read_back(&mut self, kind: &str) -> Result<(), CloudError> {
        match self.world.list(kind).await {
            Ok(live) => self.board.relist(kind, live, self.pass.now),
            Err(CloudError::NotYet { code, message }) => {
                for step in self.steps.iter().filter(|step| step.kind == kind) {
                    self.patient.insert(step.address.clone(), format!("{message} ({code})"));
                }
            }
            Err(error @ (CloudError::Refused { .. } | CloudError::Incomplete(_))) => {
                return Err(error);
            }
        }
        Ok(())
    }

    /// The pass ran out of time: what it could have done is left to the next one.
    pub fn leave(&mut self, ready: &[Ready]) {
        for (step, _) in ready {
            self.put_off(&step.address, "left to the next pass");
        }
    }

    /// Remembers since when each step waits.
    pub fn keep_time(&mut self) {
        let before = std::mem::take(&mut self.board.own().waiting);
        let mut waiting = BTreeMap::new();
        for step in self.steps {
            let address = &step.address;
            let (pending, blocked) =
                (self.outcome.pending.get(address), self.outcome.blocked.get(address));
            let Some(why) = pending.or(blocked) else { continue };
            let blocked = pending.is_none();
            let rules = self.board.rules(&step.kind);
            let usual = match &step.node {
                Some(node) => rules.usual(node),
                None => rules.typical_deletion,
            };
            // What AWS would not begin with yet is not on its way.
            let usual = usual.filter(|_| !blocked && self.board.live(address).is_some());
            let same = |it: &&Waiting| {
                it.blocked_by.is_some() == blocked && it.usual.is_some() == usual.is_some()
            };
            let known = before.get(address).filter(same);
            waiting.insert(
                address.clone(),
                Waiting {
                    since: known.map_or(self.pass.now, |it| it.since),
                    blocked_by: self.blocked_by.get(address).copied().filter(|_| blocked),
                    usual,
                    waited_seconds: known.map_or(0, |it| it.waited_seconds),
                    why: why.clone(),
                },
            );
        }
        self.board.own().waiting = waiting;
    }

    /// Gives up what is past the deadline of its kind. What waits for another step is no fault of
    /// its own and has no deadline.
    pub fn give_up(&mut self) {
        for step in self.steps {
            let address = &step.address;
            let waiting = self.board.own().waiting.get(address);
            let waiting = waiting.filter(|it| it.blocked_by.is_none()).cloned();
            let Some(Waiting { since, why, .. }) = waiting else { continue };
            let deadline = self.board.rules(&step.kind).deadline_seconds;
            let waited = self.pass.now - since;
            if deadline > 0 && waited > i64::try_from(deadline).unwrap_or(i64::MAX) {
                self.board.own().waiting.remove(address);
                self.outcome.pending.remove(address);
                let text = format!("still not done after {waited} s: {why}");
                let address = address.clone();
                self.outcome.failed.push(Failure { address, text, stuck: true });
            }
        }
    }

    fn put_off(&mut self, address: &Address, why: &str) {
        self.outcome.pending.insert(address.clone(), why.to_owned());
    }

    fn fail(&mut self, address: &Address, text: String) {
        self.outcome.failed.push(Failure { address: address.clone(), text, stuck: false });
    }
}

struct Done {
    changed: Changed,
    made: Option<Live>,
}

async fn perform(world: &impl World, step: &Step, call: Call) -> Result<Done, CloudError> {
    let (action, made) = match call {
        Call::Create(node) => {
            let facts = world.create(&node).await?;
            let Node { address, kind, spec, .. } = node;
            ("create", Some(Live { address, kind, spec, facts, status: Status::Pending }))
        }
        Call::Update(node, live) => {
            world.update(&node, &live).await?;
            ("update", None)
        }
        Call::Delete(live) => {
            world.delete(&live).await?;
            ("delete", None)
        }
    };
    info!(address = %step.address, action, "changed");
    let changed = Changed { address: step.address.clone(), action: action.to_owned() };
    Ok(Done { changed, made })
}

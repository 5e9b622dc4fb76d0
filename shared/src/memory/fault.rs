//! Calls that go wrong on request.

use super::state::State;
use crate::world::CloudError;

/// One call that will go wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    pub at: At,
    pub how: How,
    /// The process ends with it: no further call arrives until there is a new one.
    pub is_deadly: bool,
}

/// Which call, counted from 1 over the cloud's life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum At {
    Read(u64),
    Write(u64),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// The request never arrived.
    Lost,
    /// It arrived and worked; the answer was lost.
    Unanswered,
    /// Of the several calls that it takes, only the first arrived.
    Halfway,
    /// It was one too many.
    Throttled,
    /// AWS says no, for reasons of its own.
    Refused,
}

/// Throttling at random, the same for the same seed.
#[derive(Clone, Copy, Debug, Default)]
pub struct Throttle {
    /// Of a hundred calls, how many are too many.
    pub percent: u64,
    pub seed: u64,
}

impl Throttle {
    /// Whether the next call is one too many.
    fn strikes(&mut self) -> bool {
        // A linear congruential generator: Knuth's MMIX. Its upper bits are random enough.
        self.seed = self
            .seed
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.seed >> 33) % 100 < self.percent
    }
}

impl State {
    pub fn read<T>(
        &mut self,
        effect: impl FnOnce(&mut Self, Extent) -> Result<T, CloudError>,
    ) -> Result<T, CloudError> {
        self.reads += u64::from(!self.is_cut_off);
        self.go_wrong(At::Read(self.reads), effect)
    }

    pub fn write<T>(
        &mut self,
        effect: impl FnOnce(&mut Self, Extent) -> Result<T, CloudError>,
    ) -> Result<T, CloudError> {
        self.writes += u64::from(!self.is_cut_off);
        self.go_wrong(At::Write(self.writes), effect)
    }

    fn go_wrong<T>(
        &mut self,
        at: At,
        effect: impl FnOnce(&mut Self, Extent) -> Result<T, CloudError>,
    ) -> Result<T, CloudError> {
        if self.is_cut_off {
            return Err(no_answer());
        }
        if self.throttle.strikes() {
            return Err(throttled());
        }
        let Some(fault) = self.faults.iter().find(|fault| fault.at == at).copied() else {
            return effect(self, Extent::Whole);
        };
        self.is_cut_off = fault.is_deadly;
        match fault.how {
            How::Lost => Err(no_answer()),
            How::Unanswered => effect(self, Extent::Whole).and(Err(no_answer())),
            How::Halfway => effect(self, Extent::Half).and(Err(no_answer())),
            How::Throttled => Err(throttled()),
            How::Refused => Err(CloudError::refused("Injected", "refused on request")),
        }
    }
}

/// How much of a change is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    Whole,
    /// The first of several calls.
    Half,
}

fn no_answer() -> CloudError {
    CloudError::not_yet("NoAnswer", "no answer came")
}

fn throttled() -> CloudError {
    CloudError::not_yet("Throttling", "rate exceeded")
}

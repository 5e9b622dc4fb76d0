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
    /// It was one too many.
    Throttled,
    /// AWS says no, for reasons of its own.
    Refused,
}

impl State {
    pub fn read<T>(
        &mut self,
        effect: impl FnOnce(&mut Self) -> Result<T, CloudError>,
    ) -> Result<T, CloudError> {
        self.reads += u64::from(!self.is_cut_off);
        self.go_wrong(At::Read(self.reads), effect)
    }

    pub fn write<T>(
        &mut self,
        effect: impl FnOnce(&mut Self) -> Result<T, CloudError>,
    ) -> Result<T, CloudError> {
        self.writes += u64::from(!self.is_cut_off);
        self.go_wrong(At::Write(self.writes), effect)
    }

    fn go_wrong<T>(
        &mut self,
        at: At,
        effect: impl FnOnce(&mut Self) -> Result<T, CloudError>,
    ) -> Result<T, CloudError> {
        if self.is_cut_off {
            return Err(no_answer());
        }
        let Some(fault) = self.faults.iter().find(|fault| fault.at == at).copied() else {
            return effect(self);
        };
        self.is_cut_off = fault.is_deadly;
        match fault.how {
            How::Lost => Err(no_answer()),
            How::Unanswered => effect(self).and(Err(no_answer())),
            How::Throttled => Err(CloudError::not_yet("Throttling", "rate exceeded")),
            How::Refused => Err(CloudError::refused("Injected", "refused on request")),
        }
    }
}

fn no_answer() -> CloudError {
    CloudError::not_yet("NoAnswer", "no answer came")
}

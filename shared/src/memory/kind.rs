//! What a kind of resource is like, and how slow the cloud is.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::model::Rules;

/// A kind of resource: what the planner is told of it, and what AWS makes of it.
#[derive(Clone, Debug, Default)]
pub struct Kind {
    pub name: &'static str,
    /// What the planner is told.
    pub rules: Rules,
    pub birth: Birth,
    /// Facts besides `id`, `arn` and `name`, and whether they are there from birth.
    pub facts: BTreeMap<String, Known>,
    pub manners: Manners,
}

/// What happens when AWS is asked twice for one address.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Birth {
    /// It makes two.
    #[default]
    Nameless,
    /// One for each client token, which is another in each run and after each death.
    Token,
    /// The same, but the token does not know of deaths: AWS goes on answering with what is gone.
    TokenOfRun,
    /// One: it is known by its name or its place. Made again, it has another id.
    Placed,
    /// One: it is known by its name, which is its id too. Made again, it has the same.
    Named,
}

/// When a fact can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known {
    AtBirth,
    OnceReady,
}

/// What else AWS is strict about.
#[derive(Clone, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a trait of its own that AWS has or not")]
pub struct Manners {
    /// Of these fields together AWS takes the same values only once, whatever the planner knows.
    pub unique: Vec<String>,
    /// What these fields name has to be ready, not just there.
    pub ready_first: Vec<String>,
    /// Others can use it only a while after it was made: a role is not assumable at once.
    pub spreads: bool,
    /// It goes on holding what it used for a while after it is gone: interfaces.
    pub lingers: bool,
    /// It only mentions what it names, which may go: a dashboard.
    pub mentions: bool,
    /// Made and changed in several calls, so that a crash leaves it half done.
    pub in_steps: bool,
    /// A switch that has to be off before it can be deleted; the call that deletes sees to it.
    pub switch: Option<&'static str>,
    /// How many an account may have.
    pub quota: Option<usize>,
    /// How many times slower than the cloud's pace; 0 for as slow.
    pub slowness: u32,
}

/// How long things take, in looks at their kind, and in refusals for what is not ready to be used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pace {
    /// A new resource is not listed at all, and not known to others; in looks and refusals.
    pub hidden: u32,
    /// A new resource is pending.
    pub creating: u32,
    /// An updated resource is pending.
    pub updating: u32,
    /// A deleted resource is still listed.
    pub deleting: u32,
    /// A new resource that spreads cannot be used; in looks and refusals.
    pub spreading: u32,
    /// A deleted resource that lingers holds what it used; in refusals.
    pub lingering: u32,
}

impl Pace {
    /// The pace at which a kind lives.
    #[must_use]
    pub fn of(self, kind: &Kind) -> Self {
        let (times, manners) = (kind.manners.slowness.max(1), &kind.manners);
        Self {
            creating: self.creating * times,
            deleting: self.deleting * times,
            spreading: if manners.spreads { self.spreading } else { 0 },
            lingering: if manners.lingers { self.lingering } else { 0 },
            ..self
        }
    }
}

impl Kind {
    /// Whether AWS would not take both.
    pub fn collide(&self, one: &Value, other: &Value) -> bool {
        let same = |field: &String| !one[field].is_null() && one[field] == other[field];
        let unique = &self.manners.unique;
        !unique.is_empty() && unique.iter().all(same)
    }

    /// What is set in the call that makes it; the other fields may be left for later calls.
    pub fn is_set_at_birth(&self, field: &str) -> bool {
        let bears = |it: &String| it == field || it.starts_with(&format!("{field}."));
        field == "name"
            || self.rules.immutable.iter().any(bears)
            || self.manners.unique.iter().any(bears)
    }
}

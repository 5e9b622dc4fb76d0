//! What a look at the account before the first change found: all that is short, at once.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::aws::Tally;

/// What was found. Nothing short and nothing unchecked: AWS has room for the plan, as far as it
/// tells.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Preflight {
    /// What AWS would refuse.
    pub shortfalls: Vec<Shortfall>,
    /// What could not be looked at: neither a pass nor a block.
    pub unchecked: Vec<Unchecked>,
    /// What was done or will be done about it: service-linked roles.
    pub notes: Vec<String>,
    /// Things that were compared.
    pub checked: usize,
    /// API calls that it took.
    pub calls: Tally,
}

/// Something that the plan needs and the account does not have.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Shortfall {
    /// What is short: `Elastic IP addresses`.
    pub what: String,
    /// What there is, and what the plan needs, with the reason: `5, of which 4 are used`.
    pub have: String,
    pub need: String,
    /// What a person can do: what to ask AWS for, or what would work instead.
    pub hint: String,
}

/// A check that could not be made.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Unchecked {
    pub what: String,
    pub why: String,
}

impl Preflight {
    /// What another look found, too.
    pub fn add(&mut self, other: Preflight) {
        self.shortfalls.extend(other.shortfalls);
        self.unchecked.extend(other.unchecked);
        self.notes.extend(other.notes);
        self.checked += other.checked;
        self.calls.add(&other.calls);
    }

    pub fn is_short(&self) -> bool {
        !self.shortfalls.is_empty()
    }
}

impl fmt::Display for Shortfall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: have {}, need {}; {}", self.what, self.have, self.need, self.hint)
    }
}

impl fmt::Display for Unchecked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not checked: {}: {}", self.what, self.why)
    }
}

/// One paragraph a shortfall, as a failed run tells it.
impl fmt::Display for Preflight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let many = self.shortfalls.len();
        let things = if many == 1 { "thing is" } else { "things are" };
        write!(f, "nothing was changed: {many} {things} missing for this plan")?;
        for (number, shortfall) in (1..).zip(&self.shortfalls) {
            write!(f, "\n({number}) {shortfall}")?;
        }
        for unchecked in &self.unchecked {
            write!(f, "\n{unchecked}")?;
        }
        Ok(())
    }
}

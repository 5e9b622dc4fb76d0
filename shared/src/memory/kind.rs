//! What a kind of resource is like, and how slow the cloud is.

use crate::model::Rules;

/// A kind of resource. One whose rules name unique fields is bound to its name.
#[derive(Clone, Debug)]
pub struct Kind {
    pub name: &'static str,
    pub rules: Rules,
    /// Creating takes a client token: asked twice for one address, it makes one resource.
    pub has_token: bool,
    /// Has the fact `endpoint` only once it is ready.
    pub has_late_fact: bool,
}

impl Kind {
    /// Asked twice, it makes two.
    pub fn makes_duplicates(&self) -> bool {
        !self.has_token && self.rules.unique.is_empty()
    }
}

/// How long things take, in looks at their kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pace {
    /// A new resource is not listed at all.
    pub hidden: u32,
    /// A new resource is pending.
    pub creating: u32,
    /// An updated resource is pending.
    pub updating: u32,
    /// A deleted resource is still listed.
    pub deleting: u32,
}

//! What one wished node needs, seen by itself.

use std::collections::BTreeMap;

use serde_json::Value;

use super::between::Planner;
use crate::diff::{Difference, diff};
use crate::model::{Address, Facts, Live, Node, Reference, Status, references_in};

/// What has to happen to one wished node.
pub(super) enum Verdict {
    Keep,
    /// As wished as far as can be seen now; says what is waited for.
    Wait(String),
    Create,
    Update(Vec<Difference>),
    /// Says why it cannot be mended in place.
    Replace(String),
}

impl<'a> Planner<'a> {
    /// The verdict on `node`, when `facts` are those that will still be true.
    pub fn verdict(&self, node: &Node, facts: &BTreeMap<Address, Facts>) -> Verdict {
        let Some(live) = self.live.get(&node.address) else { return Verdict::Create };
        if live.kind != node.kind {
            return Verdict::Replace(format!("it is a {}", live.kind));
        }
        match &live.status {
            Status::Failed(why) => return Verdict::Replace(format!("it failed: {why}")),
            Status::Pending => return Verdict::Wait("is not ready yet".to_owned()),
            Status::Ready => (),
        }
        let want = node.resolve(facts);
        let late = want.references().into_iter().find(|it| facts.contains_key(&it.address));
        match late {
            Some(it) => Verdict::Wait(format!("waits: `{}` has no {} yet", it.address, it.fact)),
            None => self.compare(&want, live),
        }
    }

    fn compare(&self, want: &Node, live: &'a Live) -> Verdict {
        let rules = self.observed.rules(&want.kind);
        let differences = diff(&want.spec, &live.spec, &rules);
        let (unknown, fixed): (Vec<_>, Vec<_>) = differences
            .iter()
            .filter(|it| rules.is_immutable(&it.field))
            .partition(|it| self.is_unknown(&it.want));
        match (fixed.first(), unknown.first()) {
            (Some(difference), _) => Verdict::Replace(difference.to_string()),
            (None, Some(difference)) => {
                let it = references_in(&difference.want).into_iter().next();
                let what = it.map(|it| format!("`{}` has no {} yet", it.address, it.fact));
                Verdict::Wait(format!("waits: {}", what.unwrap_or_default()))
            }
            (None, None) if differences.is_empty() => Verdict::Keep,
            (None, None) => Verdict::Update(differences),
        }
    }

    /// Whether nobody can say yet what a value will be: it refers to something that is lost, and
    /// that may come back as it was (a key that only lost its alias). The facts of what is made
    /// for the first time, or anew, are not known either, but they are other ones for certain.
    fn is_unknown(&self, value: &Value) -> bool {
        let references = references_in(value);
        let is_lost = |it: &Reference| {
            !self.live.contains_key(&it.address)
                && !self.has_replaced(&it.address)
                && self.inventory.contains_key(&it.address)
        };
        !references.is_empty() && references.iter().all(is_lost)
    }
}

//! What one wished node needs, seen by itself.

use std::collections::BTreeMap;

use super::between::Planner;
use crate::diff::{Difference, diff};
use crate::model::{Address, Facts, Live, Node, Status};

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
        match differences.iter().find(|it| rules.is_immutable(&it.field)) {
            Some(difference) => Verdict::Replace(difference.to_string()),
            None if differences.is_empty() => Verdict::Keep,
            None => Verdict::Update(differences),
        }
    }
}

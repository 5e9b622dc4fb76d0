//! One resource and its life.

use serde_json::Value;

use super::kind::{Kind, Pace};
use crate::model::{Address, Facts, Live, Node, Status};

pub struct Object {
    pub id: String,
    pub address: Address,
    pub kind: String,
    pub spec: Value,
    pub stage: Stage,
    /// Somebody else made it, and gave it our tags.
    pub is_strange: bool,
    /// Looks for which it is not listed yet.
    hidden: u32,
    /// Looks for which its stage goes on.
    left: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    Creating,
    /// On its way to failure.
    Spoiling,
    Updating,
    Standing,
    Failed,
    Deleting,
    Gone,
}

impl Object {
    pub fn new(id: String, node: &Node, stage: Stage, pace: Pace) -> Self {
        let Node { address, kind, spec, .. } = node.clone();
        let (hidden, left) = (pace.hidden, pace.creating);
        Self { id, address, kind, spec, stage, is_strange: false, hidden, left }
    }

    pub fn enter(&mut self, stage: Stage, looks: u32) {
        (self.stage, self.left) = (stage, looks);
        self.come_to_rest();
    }

    /// One look: what is shown, and time goes on.
    pub fn look(&mut self, kind: &Kind) -> Option<Live> {
        if let Some(less) = self.hidden.checked_sub(1) {
            self.hidden = less;
            return None;
        }
        self.come_to_rest();
        self.left = self.left.saturating_sub(1);
        self.live(kind)
    }

    fn come_to_rest(&mut self) {
        if self.left == 0 {
            self.stage = match self.stage {
                Stage::Creating | Stage::Updating | Stage::Standing => Stage::Standing,
                Stage::Spoiling | Stage::Failed => Stage::Failed,
                Stage::Deleting | Stage::Gone => Stage::Gone,
            };
        }
    }

    fn live(&self, kind: &Kind) -> Option<Live> {
        let status = match self.stage {
            Stage::Creating | Stage::Spoiling | Stage::Updating | Stage::Deleting => {
                Status::Pending
            }
            Stage::Standing => Status::Ready,
            Stage::Failed => Status::Failed("spoilt on request".to_owned()),
            Stage::Gone => return None,
        };
        let (address, kind_name, spec) =
            (self.address.clone(), self.kind.clone(), self.spec.clone());
        Some(Live { address, kind: kind_name, spec, facts: self.facts(kind), status })
    }

    pub fn facts(&self, kind: &Kind) -> Facts {
        let mut facts = Facts::new();
        let mut know = |fact: &str, value: String| _ = facts.insert(fact.to_owned(), value);
        know("id", self.id.clone());
        know("arn", self.arn());
        if let Some(name) = self.spec["name"].as_str() {
            know("name", name.to_owned());
        }
        if kind.has_late_fact && self.stage == Stage::Standing {
            know("endpoint", format!("{}.memory", self.id));
        }
        facts
    }

    pub fn arn(&self) -> String {
        format!("arn:memory:{}", self.id)
    }

    pub fn is_hidden(&self) -> bool {
        self.hidden > 0
    }
}

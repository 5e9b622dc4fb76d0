//! One resource and its life.

use std::collections::BTreeSet;

use serde_json::Value;

use super::ids;
use super::kind::{Kind, Known, Pace};
use crate::model::{Address, Facts, Live, Node, Status};

#[derive(Clone)]
pub struct Object {
    pub id: String,
    pub address: Address,
    pub kind: String,
    pub spec: Value,
    /// Ids that the spec names, and so holds.
    holds: BTreeSet<String>,
    /// It holds nothing of what it names.
    mentions: bool,
    pub stage: Stage,
    /// Somebody else made it, and gave it our tags.
    pub is_strange: bool,
    /// The run that made it: part of its client token.
    pub run: u64,
    /// What it was asked to be at birth: a token asks for the same.
    pub asked: Value,
    /// Looks and refusals for which it is not listed yet.
    hidden: u32,
    /// Looks for which its stage goes on.
    left: u32,
    /// Looks and refusals until others may use it.
    spreading: u32,
    /// Refusals until it lets go, once it is gone.
    lingering: u32,
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
    /// Not listed any more, and still holding what it used.
    Lingering,
    Gone,
}

impl Object {
    pub fn new(id: String, node: &Node, stage: Stage, kind: &Kind, pace: Pace) -> Self {
        let (mentions, pace) = (kind.manners.mentions, pace.of(kind));
        let Node { address, kind, spec, .. } = node.clone();
        Self {
            id,
            address,
            kind,
            holds: ids::held(&spec),
            mentions,
            asked: spec.clone(),
            spec,
            stage,
            is_strange: false,
            run: 0,
            hidden: pace.hidden,
            left: pace.creating,
            spreading: pace.spreading,
            lingering: pace.lingering,
        }
    }

    pub fn become_like(&mut self, spec: Value) {
        self.holds = ids::held(&spec);
        self.spec = spec;
    }

    pub fn enter(&mut self, stage: Stage, looks: u32) {
        (self.stage, self.left) = (stage, looks);
        self.come_to_rest();
    }

    /// Whether it is not ready; each refusal for it brings that nearer, as a look does.
    pub fn is_unready(&mut self) -> bool {
        let is_unready = self.stage != Stage::Standing;
        self.left = self.left.saturating_sub(1);
        self.come_to_rest();
        is_unready
    }

    /// One look: what is shown, and time goes on.
    pub fn look(&mut self, kind: &Kind) -> Option<Live> {
        if let Some(less) = self.hidden.checked_sub(1) {
            self.hidden = less;
            return None;
        }
        self.come_to_rest();
        self.left = self.left.saturating_sub(1);
        self.spreading = self.spreading.saturating_sub(1);
        self.live(kind)
    }

    /// Whether it holds `id` now; each refusal for it brings the end nearer.
    pub fn holds_up(&mut self, id: &str) -> bool {
        if self.mentions || !self.holds.contains(id) || self.stage == Stage::Gone {
            return false;
        }
        if self.stage == Stage::Lingering {
            self.lingering -= 1;
            if self.lingering == 0 {
                self.stage = Stage::Gone;
            }
        }
        true
    }

    /// Whether others cannot use it yet; each refusal for it brings the end nearer.
    pub fn is_spreading(&mut self) -> bool {
        let spreads = self.spreading > 0;
        self.spreading = self.spreading.saturating_sub(1);
        spreads
    }

    fn come_to_rest(&mut self) {
        if self.left == 0 {
            self.stage = match self.stage {
                Stage::Creating | Stage::Updating | Stage::Standing => Stage::Standing,
                Stage::Spoiling | Stage::Failed => Stage::Failed,
                Stage::Deleting if self.lingering > 0 => Stage::Lingering,
                Stage::Lingering => Stage::Lingering,
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
            Stage::Lingering | Stage::Gone => return None,
        };
        let (address, kind_name, spec) =
            (self.address.clone(), self.kind.clone(), self.spec.clone());
        Some(Live { address, kind: kind_name, spec, facts: self.facts(kind), status })
    }

    pub fn facts(&self, kind: &Kind) -> Facts {
        let mut facts = Facts::new();
        let mut know = |fact: &str, value: String| _ = facts.insert(fact.to_owned(), value);
        know("id", self.id.clone());
        know("arn", format!("arn:memory:{}", self.id));
        if let Some(name) = self.spec["name"].as_str() {
            know("name", name.to_owned());
        }
        for (fact, known) in &kind.facts {
            let is_known = match known {
                Known::AtBirth => true,
                Known::OnceReady => self.stage == Stage::Standing,
            };
            if is_known {
                know(fact, ids::fact(fact, &self.id));
            }
        }
        facts
    }

    /// Whether AWS does not know it everywhere yet; each refusal for it brings the end nearer.
    pub fn is_hidden(&mut self) -> bool {
        let hides = self.hidden > 0;
        self.hidden = self.hidden.saturating_sub(1);
        hides
    }

    /// Whether there is anything left of it that a person would see.
    pub fn is_there(&self) -> bool {
        !matches!(self.stage, Stage::Lingering | Stage::Gone)
    }
}

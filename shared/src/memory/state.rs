//! What stands in the cloud, and how it changes.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::fault::{Extent, Fault, Throttle};
use super::ids;
use super::kind::{Birth, Kind, Pace};
use super::object::{Object, Stage};
use super::refusals::unknown;
use crate::model::{Address, Bound, Facts, Live, Node};
use crate::world::CloudError;

#[derive(Clone, Default)]
pub struct State {
    pub kinds: Vec<Kind>,
    pub pace: Pace,
    /// Oldest first.
    pub objects: Vec<Object>,
    pub spoilt: BTreeSet<Address>,
    pub faults: Vec<Fault>,
    pub throttle: Throttle,
    pub is_cut_off: bool,
    pub reads: u64,
    pub writes: u64,
    /// Which run is making calls: part of every client token.
    pub run: u64,
    born: u64,
    /// Ids that come back when what is its own id is made again.
    names: BTreeMap<(String, Address), String>,
    /// What tokens that know of no deaths have made in this run.
    tokens: BTreeMap<(String, Address), (u64, Facts)>,
}

impl State {
    pub fn new(kinds: Vec<Kind>, pace: Pace) -> Self {
        Self { kinds, pace, ..Self::default() }
    }

    pub fn list(&mut self, kind: &str) -> Vec<Live> {
        let Some(kind) = self.kinds.iter().find(|it| it.name == kind) else { return Vec::new() };
        let of_kind = self.objects.iter_mut().filter(|it| it.kind == kind.name);
        let shown = of_kind.filter_map(|object| object.look(kind)).collect();
        self.objects.retain(|it| it.stage != Stage::Gone);
        shown
    }

    pub fn create(&mut self, node: &Node, extent: Extent) -> Result<Facts, CloudError> {
        let kind = self.kind(&node.kind)?;
        self.check_references(node, &kind, &Value::Null)?;
        if let Some(twin) = self.twin(node, &kind)? {
            return Ok(twin);
        }
        self.check_quota(&kind)?;
        let is_spoilt = self.spoilt.remove(&node.address);
        let stage = if is_spoilt { Stage::Spoiling } else { Stage::Creating };
        let id = self.id_for(node, &kind);
        let mut object = Object::new(id, node, stage, &kind, self.pace);
        object.run = self.run;
        let halfway = extent == Extent::Half && kind.manners.in_steps;
        let spec = if halfway { bare(&kind, &node.spec) } else { node.spec.clone() };
        object.become_like(readable(&kind, spec));
        let facts = object.facts(&kind);
        self.objects.push(object);
        if kind.birth == Birth::TokenOfRun {
            let token = (node.kind.clone(), node.address.clone());
            self.tokens.insert(token, (self.run, facts.clone()));
        }
        Ok(facts)
    }

    pub fn update(&mut self, node: &Node, live: &Live, extent: Extent) -> Result<(), CloudError> {
        let kind = self.kind(&node.kind)?;
        let at = self.find(live).ok_or_else(|| unknown(live.id()))?;
        let before = self.objects[at].spec.clone();
        self.check_references(node, &kind, &before)?;
        self.check_name(node, &kind, live.id())?;
        self.check_change(&self.objects[at], node, &kind)?;
        let updating = self.pace.of(&kind).updating;
        let object = &mut self.objects[at];
        let halfway = extent == Extent::Half && kind.manners.in_steps;
        let spec = if halfway { between(&object.spec, &node.spec) } else { node.spec.clone() };
        object.become_like(readable(&kind, spec));
        object.enter(Stage::Updating, updating);
        Ok(())
    }

    pub fn delete(&mut self, live: &Live, extent: Extent) -> Result<(), CloudError> {
        let Some(at) = self.find(live) else { return Ok(()) };
        let object = &self.objects[at];
        match object.stage {
            Stage::Deleting | Stage::Lingering | Stage::Gone => return Ok(()),
            Stage::Creating | Stage::Spoiling | Stage::Updating => {
                return Err(CloudError::refused("IncorrectState", format!("`{}`", object.id)));
            }
            Stage::Standing | Stage::Failed => (),
        }
        if object.is_strange {
            return Err(CloudError::refused("NotOurs", format!("`{}`", object.id)));
        }
        let kind = self.kind(&object.kind)?;
        if let Some(switch) = kind.manners.switch {
            // First the switch goes off; then AWS deletes, if nothing else is in the way.
            self.objects[at].spec[switch] = false.into();
            if extent == Extent::Half {
                return Ok(());
            }
        }
        self.check_users(at)?;
        let deleting = self.pace.of(&kind).deleting;
        self.objects[at].enter(Stage::Deleting, deleting);
        self.objects.retain(|it| it.stage != Stage::Gone);
        Ok(())
    }

    pub fn place_stranger(&mut self, node: &Node) -> String {
        let id = self.next_id();
        let kind = self.kind(&node.kind).unwrap_or_default();
        let mut object = Object::new(id.clone(), node, Stage::Standing, &kind, Pace::default());
        object.is_strange = true;
        self.objects.push(object);
        id
    }

    pub fn shape(&self) -> Vec<(Address, String, String)> {
        let addresses: BTreeMap<&str, String> = self
            .objects
            .iter()
            .filter(|it| it.is_there())
            .map(|it| (it.id.as_str(), it.address.to_string()))
            .collect();
        let ours = self.objects.iter().filter(|it| !it.is_strange && it.is_there());
        let mut shape: Vec<_> = ours
            .map(|it| {
                let mut spec = it.spec.clone();
                let kind = self.kinds.iter().find(|kind| kind.name == it.kind);
                for field in kind.into_iter().flat_map(|kind| kind.rules.bounded.keys()) {
                    spec[field] = Value::Null;
                }
                let text = ids::without(&spec.to_string(), |id| addresses.get(id).cloned());
                (it.address.clone(), format!("{} {:?}", it.kind, it.stage), text)
            })
            .collect();
        shape.sort();
        shape
    }

    fn kind(&self, name: &str) -> Result<Kind, CloudError> {
        let kind = self.kinds.iter().find(|kind| kind.name == name).cloned();
        kind.ok_or_else(|| CloudError::refused("UnknownKind", format!("`{name}`")))
    }

    /// The one that answers a second `create` of the same: ours, and not on its way out.
    fn twin(&self, node: &Node, kind: &Kind) -> Result<Option<Facts>, CloudError> {
        let is_ours = |it: &&Object| {
            it.kind == node.kind && it.address == node.address && !it.is_strange && it.is_there()
        };
        // A token of another run is another token.
        let answers = |it: &&Object| match kind.birth {
            Birth::Token | Birth::TokenOfRun => it.run == self.run,
            Birth::Nameless => true,
            Birth::Placed | Birth::Named => {
                kind.manners.unique.is_empty() || kind.collide(&it.spec, &node.spec)
            }
        };
        let mut ours = self.objects.iter().filter(is_ours);
        let twin = ours.find(|it| it.stage != Stage::Deleting && answers(it));
        match kind.birth {
            Birth::Nameless => Ok(None),
            Birth::Token | Birth::TokenOfRun => match twin {
                Some(twin) if twin.asked == node.spec => Ok(Some(twin.facts(kind))),
                Some(twin) => {
                    let text = format!("`{}` was made otherwise with this token", twin.id);
                    Err(CloudError::refused("IdempotentParameterMismatch", text))
                }
                None => Ok(self.of_the_dead(node, kind)),
            },
            Birth::Placed | Birth::Named => match twin {
                Some(twin) => Ok(Some(twin.facts(kind))),
                None => self.check_name(node, kind, None).map(|()| None),
            },
        }
    }

    /// A token that was used in this run, and does not know of deaths, is answered as it was.
    fn of_the_dead(&self, node: &Node, kind: &Kind) -> Option<Facts> {
        let token = (node.kind.clone(), node.address.clone());
        let (run, facts) = self.tokens.get(&token)?;
        (kind.birth == Birth::TokenOfRun && *run == self.run).then(|| facts.clone())
    }

    /// What is its own id has the same again, unless that is still there.
    fn id_for(&mut self, node: &Node, kind: &Kind) -> String {
        if kind.birth != Birth::Named {
            return self.next_id();
        }
        let name = (node.kind.clone(), node.address.clone());
        match self.names.get(&name) {
            Some(id) if !self.objects.iter().any(|it| it.id == *id && it.is_there()) => id.clone(),
            Some(_) | None => {
                let id = self.next_id();
                self.names.insert(name, id.clone());
                id
            }
        }
    }

    fn find(&self, live: &Live) -> Option<usize> {
        self.objects.iter().position(|it| Some(it.id.as_str()) == live.id() && it.is_there())
    }

    fn next_id(&mut self) -> String {
        self.born += 1;
        ids::id(self.born)
    }
}

/// The spec without what only allows something, which nobody can read back.
fn readable(kind: &Kind, mut spec: Value) -> Value {
    for bound in kind.rules.bounded.values() {
        match bound {
            Bound::Among { field } => spec[field] = Value::Array(Vec::new()),
            Bound::AtLeast | Bound::Within { .. } | Bound::IfSaid => (),
        }
    }
    spec
}

/// What stands after the first of the calls that make it.
fn bare(kind: &Kind, spec: &Value) -> Value {
    let mut bare = spec.clone();
    for (field, value) in bare.as_object_mut().into_iter().flatten() {
        if !kind.is_set_at_birth(field) {
            *value = Value::Null;
        }
    }
    bare
}

/// Every other of the fields that differ is changed already.
fn between(old: &Value, new: &Value) -> Value {
    let mut spec = old.clone();
    let fields = new.as_object().into_iter().flatten();
    for (field, value) in fields.filter(|(field, value)| old[*field] != **value).step_by(2) {
        spec[field] = value.clone();
    }
    spec
}

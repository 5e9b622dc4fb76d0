//! What stands in the cloud, and what it refuses.

use std::collections::BTreeSet;

use serde_json::Value;

use super::fault::Fault;
use super::kind::{Kind, Pace};
use super::object::{Object, Stage};
use crate::model::{Address, Bound, Facts, Live, Node, Rules};
use crate::world::CloudError;

pub struct State {
    pub kinds: Vec<Kind>,
    pub pace: Pace,
    /// Oldest first.
    pub objects: Vec<Object>,
    pub spoilt: BTreeSet<Address>,
    pub faults: Vec<Fault>,
    pub is_cut_off: bool,
    pub reads: u64,
    pub writes: u64,
    born: u64,
}

/// How every id begins; six digits follow, so that none is the beginning of another.
const ID: &str = "id-";
const DIGITS: usize = 6;

impl State {
    pub fn new(kinds: Vec<Kind>, pace: Pace) -> Self {
        let (objects, spoilt, faults) = (Vec::new(), BTreeSet::new(), Vec::new());
        Self {
            kinds,
            pace,
            objects,
            spoilt,
            faults,
            is_cut_off: false,
            reads: 0,
            writes: 0,
            born: 0,
        }
    }

    pub fn list(&mut self, kind: &str) -> Vec<Live> {
        let Ok(kind) = self.kind(kind) else { return Vec::new() };
        let of_kind = self.objects.iter_mut().filter(|it| it.kind == kind.name);
        let shown = of_kind.filter_map(|object| object.look(&kind)).collect();
        self.objects.retain(|it| it.stage != Stage::Gone);
        shown
    }

    pub fn create(&mut self, node: &Node) -> Result<Facts, CloudError> {
        let kind = self.kind(&node.kind)?;
        self.check_references(node)?;
        if let Some(twin) = self.twin(node, &kind)? {
            return Ok(twin);
        }
        let is_spoilt = self.spoilt.remove(&node.address);
        let stage = if is_spoilt { Stage::Spoiling } else { Stage::Creating };
        let object = Object::new(self.next_id(), node, stage, self.pace);
        let facts = object.facts(&kind);
        self.objects.push(object);
        Ok(facts)
    }

    pub fn update(&mut self, node: &Node, live: &Live) -> Result<(), CloudError> {
        let kind = self.kind(&node.kind)?;
        self.check_references(node)?;
        self.check_name(node, &kind.rules, live.id())?;
        let at = self.find(live).ok_or_else(|| unknown(live.id()))?;
        let (object, updating) = (&mut self.objects[at], self.pace.updating);
        if object.is_strange || object.kind != node.kind || object.stage != Stage::Standing {
            let Object { id, kind, stage, .. } = object;
            let text = format!("`{id}`, a {kind}, is {stage:?} and cannot be updated");
            return Err(CloudError::refused("IncorrectState", text));
        }
        if let Some(field) = forbidden(&kind.rules, &object.spec, &node.spec) {
            let text = format!("`{field}` of `{}` cannot be changed so", object.id);
            return Err(CloudError::refused("InvalidParameter", text));
        }
        object.spec = node.spec.clone();
        object.enter(Stage::Updating, updating);
        Ok(())
    }

    pub fn delete(&mut self, live: &Live) -> Result<(), CloudError> {
        let Some(at) = self.find(live) else { return Ok(()) };
        let object = &self.objects[at];
        match object.stage {
            Stage::Deleting | Stage::Gone => return Ok(()),
            Stage::Creating | Stage::Spoiling | Stage::Updating => {
                return Err(CloudError::refused("IncorrectState", format!("`{}`", object.id)));
            }
            Stage::Standing | Stage::Failed => (),
        }
        if object.is_strange {
            return Err(CloudError::refused("NotOurs", format!("`{}`", object.id)));
        }
        let uses = |it: &&Object| it.id != object.id && ids(&it.spec).contains(&object.id);
        if let Some(user) = self.objects.iter().find(uses) {
            let text = format!("`{}` at `{}` uses `{}`", user.id, user.address, object.id);
            return Err(CloudError::not_yet("DependencyViolation", text));
        }
        let deleting = self.pace.deleting;
        self.objects[at].enter(Stage::Deleting, deleting);
        self.objects.retain(|it| it.stage != Stage::Gone);
        Ok(())
    }

    pub fn place_stranger(&mut self, node: &Node) -> String {
        let id = self.next_id();
        let mut object = Object::new(id.clone(), node, Stage::Standing, Pace::default());
        object.is_strange = true;
        self.objects.push(object);
        id
    }

    pub fn shape(&self) -> Vec<(Address, String, String)> {
        let ours = self.objects.iter().filter(|it| !it.is_strange);
        let mut shape: Vec<_> = ours
            .map(|it| {
                let mut spec = it.spec.clone();
                let kind = self.kinds.iter().find(|kind| kind.name == it.kind);
                for field in kind.into_iter().flat_map(|kind| kind.rules.bounded.keys()) {
                    spec[field] = Value::Null;
                }
                let text = self.objects.iter().fold(spec.to_string(), |text, other| {
                    text.replace(&other.id, &other.address.to_string())
                });
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
        let twin = self.objects.iter().find(|it| {
            let is_ours = it.kind == node.kind && it.address == node.address && !it.is_strange;
            is_ours && it.stage != Stage::Deleting
        });
        match twin {
            Some(_) if kind.makes_duplicates() => Ok(None),
            Some(twin) if kind.has_token || kind.rules.collide(&twin.spec, &node.spec) => {
                Ok(Some(twin.facts(kind)))
            }
            Some(_) | None => self.check_name(node, &kind.rules, None).map(|()| None),
        }
    }

    fn check_name(&self, node: &Node, rules: &Rules, own: Option<&str>) -> Result<(), CloudError> {
        let others = self.objects.iter().filter(|it| it.kind == node.kind && Some(&*it.id) != own);
        let mut holders = others.filter(|it| rules.collide(&it.spec, &node.spec));
        holders.next().map_or(Ok(()), |it| {
            let text = format!("`{}` at `{}` has the name", it.id, it.address);
            Err(CloudError::refused("EntityAlreadyExists", text))
        })
    }

    fn check_references(&self, node: &Node) -> Result<(), CloudError> {
        if let Some(reference) = node.references().into_iter().next() {
            let text = format!("`{}` of `{}` is not resolved", reference.fact, reference.address);
            return Err(CloudError::refused("UnresolvedReference", text));
        }
        for id in ids(&node.spec) {
            match self.objects.iter().find(|it| it.id == id) {
                Some(it) if it.is_hidden() => {
                    return Err(CloudError::not_yet("InvalidID.NotFound", format!("`{id}`")));
                }
                Some(it) if !matches!(it.stage, Stage::Deleting | Stage::Failed) => (),
                Some(_) | None => return Err(unknown(Some(&id))),
            }
        }
        Ok(())
    }

    fn find(&self, live: &Live) -> Option<usize> {
        self.objects.iter().position(|it| Some(it.id.as_str()) == live.id())
    }

    fn next_id(&mut self) -> String {
        self.born += 1;
        format!("{ID}{:0DIGITS$}", self.born)
    }
}

fn unknown(id: Option<&str>) -> CloudError {
    CloudError::refused("InvalidID.NotFound", format!("`{}`", id.unwrap_or_default()))
}

/// A field that AWS would not change from `old` to `new`.
fn forbidden<'r>(rules: &'r Rules, old: &Value, new: &Value) -> Option<&'r String> {
    let shrinks = |field: &String| old[field].as_f64() > new[field].as_f64();
    let mut growing = rules.bounded.iter().filter(|(_, bound)| **bound == Bound::AtLeast);
    let immutable = rules.immutable.iter().find(|field| old[*field] != new[*field]);
    immutable.or_else(|| growing.find(|(field, _)| shrinks(field)).map(|(field, _)| field))
}

/// Every id that a spec mentions, wherever.
fn ids(spec: &Value) -> BTreeSet<String> {
    let text = spec.to_string();
    let rest = text.match_indices(ID).map(|(at, _)| text[at..].chars().take(ID.len() + DIGITS));
    rest.map(String::from_iter).filter(|id| id.ends_with(|c: char| c.is_ascii_digit())).collect()
}

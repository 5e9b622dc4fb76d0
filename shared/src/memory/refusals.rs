//! What the cloud refuses.

use serde_json::Value;

use super::ids;
use super::kind::{Birth, Kind};
use super::object::{Object, Stage};
use super::state::State;
use crate::model::{Bound, Node, Rules};
use crate::world::CloudError;

impl State {
    /// What a node names has to be there, and what it did not name `before` of use too.
    pub fn check_references(
        &mut self,
        node: &Node,
        kind: &Kind,
        before: &Value,
    ) -> Result<(), CloudError> {
        if let Some(reference) = node.references().into_iter().next() {
            let text = format!("`{}` of `{}` is not resolved", reference.fact, reference.address);
            return Err(CloudError::refused("UnresolvedReference", text));
        }
        let known = ids::held(before);
        for id in ids::held(&node.spec) {
            let named = self.objects.iter_mut().find(|it| it.id == id && it.is_there());
            let named = named.ok_or_else(|| unknown(Some(&id)))?;
            check_there(named)?;
            if !known.contains(&id) {
                check_usable(named, asks_for_readiness(kind, node, &id))?;
            }
        }
        Ok(())
    }

    /// What has the name that `node` wants, other than `own`.
    pub fn check_name(
        &self,
        node: &Node,
        kind: &Kind,
        own: Option<&str>,
    ) -> Result<(), CloudError> {
        let is_address_its_name =
            matches!(kind.birth, Birth::Placed | Birth::Named) && kind.manners.unique.is_empty();
        let holder = self.objects.iter().find(|it| {
            let is_other = it.kind == node.kind && Some(&*it.id) != own && it.is_there();
            let has_address = is_address_its_name && it.address == node.address;
            is_other && (has_address || kind.collide(&it.spec, &node.spec))
        });
        match holder {
            None => Ok(()),
            Some(it) if it.stage == Stage::Deleting && it.address == node.address => {
                Err(CloudError::not_yet("ConflictException", format!("`{}` is going", it.id)))
            }
            Some(it) => {
                let text = format!("`{}` at `{}` has the name", it.id, it.address);
                Err(CloudError::refused("EntityAlreadyExists", text))
            }
        }
    }

    pub fn check_quota(&self, kind: &Kind) -> Result<(), CloudError> {
        let count = self.objects.iter().filter(|it| it.kind == kind.name && it.is_there()).count();
        if kind.manners.quota.is_none_or(|quota| count < quota) {
            return Ok(());
        }
        let text = format!("{count} of {} are there", kind.name);
        Err(CloudError::refused("LimitExceeded", text))
    }

    pub fn check_change(
        &self,
        object: &Object,
        node: &Node,
        kind: &Kind,
    ) -> Result<(), CloudError> {
        if object.is_strange || object.kind != node.kind || object.stage != Stage::Standing {
            let Object { id, kind, stage, .. } = object;
            let text = format!("`{id}`, a {kind}, is {stage:?} and cannot be updated");
            return Err(CloudError::refused("IncorrectState", text));
        }
        if let Some(field) = forbidden(&kind.rules, &object.spec, &node.spec) {
            let text = format!("`{field}` of `{}` cannot be changed so", object.id);
            return Err(CloudError::refused("InvalidParameter", text));
        }
        Ok(())
    }

    /// Nothing that is used can go.
    pub fn check_users(&mut self, at: usize) -> Result<(), CloudError> {
        let (id, mut refusal) = (self.objects[at].id.clone(), None);
        for user in self.objects.iter_mut().filter(|it| it.id != id) {
            if user.holds_up(&id) {
                let text = format!("`{}` at `{}` uses `{id}`", user.id, user.address);
                refusal = Some(CloudError::not_yet("DependencyViolation", text));
                break;
            }
        }
        self.objects.retain(|it| it.stage != Stage::Gone);
        refusal.map_or(Ok(()), Err)
    }
}

pub fn unknown(id: Option<&str>) -> CloudError {
    CloudError::refused("InvalidID.NotFound", format!("`{}`", id.unwrap_or_default()))
}

fn check_there(named: &mut Object) -> Result<(), CloudError> {
    if named.is_hidden() {
        return Err(CloudError::not_yet("InvalidID.NotFound", format!("`{}`", named.id)));
    }
    if matches!(named.stage, Stage::Deleting | Stage::Failed) {
        return Err(unknown(Some(&named.id)));
    }
    Ok(())
}

/// Whether another may begin to use `named` now.
fn check_usable(named: &mut Object, has_to_be_ready: bool) -> Result<(), CloudError> {
    if has_to_be_ready && named.is_unready() {
        let text = format!("`{}` is not ready", named.id);
        return Err(CloudError::not_yet("UnavailableEntity", text));
    }
    if named.is_spreading() {
        let text = format!("`{}` has not been propagated yet", named.id);
        return Err(CloudError::not_yet("InvalidParameterValue", text));
    }
    Ok(())
}

fn asks_for_readiness(kind: &Kind, node: &Node, id: &str) -> bool {
    let mut fields = kind.manners.ready_first.iter();
    fields.any(|field| ids::held(&node.spec[field]).contains(id))
}

/// A field that AWS would not change from `old` to `new`.
fn forbidden<'r>(rules: &'r Rules, old: &Value, new: &Value) -> Option<&'r String> {
    let at = |spec: &Value, field: &str| {
        spec.pointer(&format!("/{}", field.replace('.', "/"))).cloned().unwrap_or_default()
    };
    let shrinks = |field: &String| at(old, field).as_f64() > at(new, field).as_f64();
    let mut growing = rules.bounded.iter().filter(|(_, bound)| **bound == Bound::AtLeast);
    let immutable = rules.immutable.iter().find(|field| at(old, field) != at(new, field));
    immutable.or_else(|| growing.find(|(field, _)| shrinks(field)).map(|(field, _)| field))
}

//! One resource we want, and the references in it.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Address, Facts, Live, Tier};

/// One resource we want. Data, so that it crosses a state machine unchanged.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Node {
    pub address: Address,
    pub kind: String,
    /// Strings in it may hold `${tier/name.fact}`.
    pub spec: Value,
    /// Must be ready first, though no field refers to it (a listener after its WAF).
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub after: BTreeSet<Address>,
    /// Holds data that this stack's spec protects.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub protected: bool,
}

/// `${tier/name.fact}`, read.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Reference {
    pub address: Address,
    pub fact: String,
}

/// The text that stands for a fact of another node: `reference(Tier::Network, "vpc", "id")`.
pub fn reference(tier: Tier, name: &str, fact: &str) -> String {
    format!("${{{tier}/{name}.{fact}}}")
}

/// Every reference in a spec or in a part of one.
pub fn references_in(value: &Value) -> BTreeSet<Reference> {
    let mut found = BTreeSet::new();
    visit(value, &mut |text| found.extend(holes(text).filter_map(parse)));
    found
}

impl Node {
    pub fn references(&self) -> BTreeSet<Reference> {
        references_in(&self.spec)
    }

    /// Everything that has to stand before this node can.
    pub fn needs(&self) -> BTreeSet<Address> {
        let referred = self.references().into_iter().map(|it| it.address);
        referred.chain(self.after.iter().cloned()).collect()
    }

    /// The node with every fact that is known filled in.
    #[must_use]
    pub fn resolve(&self, facts: &impl Known) -> Node {
        let mut node = self.clone();
        fill(&mut node.spec, facts);
        node
    }

    pub fn is_resolved(&self) -> bool {
        self.references().is_empty()
    }
}

/// Where facts are looked up.
pub trait Known {
    fn fact(&self, reference: &Reference) -> Option<&str>;
}

impl Known for BTreeMap<Address, Live> {
    fn fact(&self, reference: &Reference) -> Option<&str> {
        self.get(&reference.address)?.facts.get(&reference.fact).map(String::as_str)
    }
}

impl Known for BTreeMap<Address, Facts> {
    fn fact(&self, reference: &Reference) -> Option<&str> {
        self.get(&reference.address)?.get(&reference.fact).map(String::as_str)
    }
}

fn holes(text: &str) -> impl Iterator<Item = &str> {
    text.split("${").skip(1).filter_map(|rest| rest.split_once('}')).map(|(hole, _)| hole)
}

/// `None` for what only looks like ours: IAM's `${aws:username}`, a shell's `${PATH}`.
fn parse(hole: &str) -> Option<Reference> {
    let (address, fact) = hole.rsplit_once('.')?;
    Some(Reference { address: address.parse().ok()?, fact: fact.to_owned() })
}

fn fill(value: &mut Value, facts: &impl Known) {
    match value {
        Value::String(text) => *text = filled(text, facts),
        Value::Array(items) => items.iter_mut().for_each(|item| fill(item, facts)),
        Value::Object(fields) => {
            let renamed = std::mem::take(fields).into_iter().map(|(key, mut value)| {
                fill(&mut value, facts);
                (filled(&key, facts), value)
            });
            *fields = renamed.collect();
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => (),
    }
}

fn filled(text: &str, facts: &impl Known) -> String {
    holes(text).fold(text.to_owned(), |filled, hole| {
        match parse(hole).as_ref().and_then(|reference| facts.fact(reference)) {
            Some(value) => filled.replace(&format!("${{{hole}}}"), value),
            None => filled,
        }
    })
}

fn visit(value: &Value, look: &mut impl FnMut(&str)) {
    match value {
        Value::String(text) => look(text),
        Value::Array(items) => items.iter().for_each(|item| visit(item, look)),
        Value::Object(fields) => fields.iter().for_each(|(key, value)| {
            look(key);
            visit(value, look);
        }),
        Value::Null | Value::Bool(_) | Value::Number(_) => (),
    }
}

//! A stack that stands as its spec asks, without any cloud: the wishes of all tiers, with facts.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use shared::aws::Scope;
use shared::model::{Address, Facts, Live, Node, Stack, Status};
use shared::plan::{Action, Inventory, Observed, Options, Owned, Plan, Step};
use shared::revision::{Pinned, Revision};
use shared::spec::Spec;

/// What stands, and the ledger's word on it.
pub struct Standing {
    pub observed: Observed,
    pub inventory: Inventory,
}

/// The wish of all tiers for a spec: the smallest one with `more` in it.
pub fn wish(more: &Value) -> Stack {
    let mut spec = json!({ "terrace": 1, "name": "shop", "region": "eu-central-1",
        "bastion": { "ssh_from": ["203.0.113.0/24"], "public_key":
            "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDsl/Fgi9d3N+AAwL7PPGtnZkeipWtM/k1qQMIvY34Mh" } });
    merge(&mut spec, more);
    let spec: Spec = serde_json::from_value(spec).unwrap_or_else(|error| panic!("{more}: {error}"));
    let scope = Scope {
        stack: spec.name.to_string(),
        account: "111122223333".to_owned(),
        region: spec.region.to_string(),
    };
    let revision = Revision { number: 1, spec, pinned: Pinned::default() };
    let nodes = tiers::all().flat_map(|tier| (tier.wish)(&revision, &scope));
    Stack::new(nodes.collect()).unwrap_or_else(|error| panic!("{more}: {error}"))
}

fn merge(into: &mut Value, more: &Value) {
    match (into, more) {
        (Value::Object(into), Value::Object(more)) => {
            for (field, value) in more {
                merge(into.entry(field).or_insert(Value::Null), value);
            }
        }
        (into, more) => *into = more.clone(),
    }
}

impl Standing {
    /// All of `stack`, ready.
    pub fn of(stack: &Stack) -> Self {
        let facts = facts(stack);
        let live = stack.nodes().iter().map(|node| {
            let Node { address, kind, spec, .. } = node.resolve(&facts);
            let facts = facts[&address].clone();
            Live { address, kind, spec, facts, status: Status::Ready }
        });
        let rules = tiers::all().flat_map(|tier| tier.kinds);
        let rules = rules.map(|kind| (kind.name.to_owned(), kind.rules())).collect();
        let inventory = stack.nodes().iter().map(|node| {
            let id = Some(facts[&node.address]["id"].clone());
            (node.address.clone(), Owned { id, protected: node.protected, ..Owned::default() })
        });
        Self { observed: Observed { live: live.collect(), rules }, inventory: inventory.collect() }
    }

    pub fn live(&mut self, address: &str) -> &mut Live {
        let mut all = self.observed.live.iter_mut();
        all.find(|live| live.address.to_string() == address).expect(address)
    }

    pub fn lose(&mut self, address: &str) {
        self.observed.live.retain(|live| live.address.to_string() != address);
    }

    pub fn plan(&self, stack: &Stack) -> Plan {
        Plan::between(stack, &self.observed, &self.inventory, &Options::default())
    }
}

/// Facts as AWS would give them: every one that something refers to, and every id.
fn facts(stack: &Stack) -> BTreeMap<Address, Facts> {
    let fact = |address: &Address, fact: &str| match fact {
        "arn" => format!("arn:aws:test:::{address}"),
        other => format!("{other}-of-{address}"),
    };
    let mut facts: BTreeMap<Address, Facts> = BTreeMap::new();
    for node in stack.nodes() {
        let id = fact(&node.address, "id");
        facts.entry(node.address.clone()).or_default().insert("id".to_owned(), id);
        for it in node.references() {
            let value = fact(&it.address, &it.fact);
            facts.entry(it.address).or_default().insert(it.fact, value);
        }
    }
    facts
}

/// Addresses in order, as text.
pub fn addresses(steps: &[Step], wanted: fn(&Action) -> bool) -> Vec<String> {
    let steps = steps.iter().filter(|step| wanted(&step.action));
    let mut addresses: Vec<String> = steps.map(|step| step.address.to_string()).collect();
    addresses.sort();
    addresses
}

pub fn is_create(action: &Action) -> bool {
    *action == Action::Create
}

pub fn is_update(action: &Action) -> bool {
    matches!(action, Action::Update(_))
}

pub fn is_delete(action: &Action) -> bool {
    *action == Action::Delete
}

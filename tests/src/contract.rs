//! The contract that every kind keeps: absent → listed; create twice; every mutable field
//! updates and reads back; delete twice; tags.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use serde_json::Value;
use shared::diff::diff;
use shared::model::{Node, Rules, Tier};
use shared::spec::STACK_NAME_MAX;

use crate::Bench;

/// The kinds that were put through the contract, by tier.
static CHECKED: Mutex<BTreeSet<(Tier, &str)>> = Mutex::new(BTreeSet::new());

/// A node and what may be changed on it: `("field.inner", value)`.
pub struct Case {
    pub node: Node,
    pub changes: Vec<(&'static str, Value)>,
    /// Fields that a wish never changes, with the reason.
    pub constant: Vec<(&'static str, &'static str)>,
    /// EC2's and KMS's four kinds with neither token nor name make another when asked twice.
    pub makes_another: bool,
}

impl Case {
    pub fn new(node: Node) -> Self {
        Self { node, changes: Vec::new(), constant: Vec::new(), makes_another: false }
    }

    #[must_use]
    pub fn change(mut self, field: &'static str, value: Value) -> Self {
        self.changes.push((field, value));
        self
    }

    #[must_use]
    pub fn constant(mut self, field: &'static str, why: &'static str) -> Self {
        self.constant.push((field, why));
        self
    }

    #[must_use]
    pub fn makes_another(mut self) -> Self {
        self.makes_another = true;
        self
    }
}

/// Puts one kind through all of it. What it needs must stand already; it stands afterwards.
pub async fn check(bench: &mut Bench, case: Case) {
    let node = bench.resolve(&case.node);
    let at = node.address.clone();
    let kind = bench.kind(&node);
    assert_eq!(
        untouched(&node, &case, kind.immutable),
        Vec::<String>::new(),
        "no change of `{at}` for these"
    );
    assert_eq!(
        bench.cx.scope.stack.len(),
        STACK_NAME_MAX,
        "`{at}` is to be tried with the longest stack name"
    );
    assert!(bench.find(&node).await.is_empty(), "`{at}` is listed before it is made");

    bench.stand(case.node.clone()).await;
    if !case.makes_another {
        bench.create(&node).await.unwrap_or_else(|error| panic!("`{at}` created twice: {error}"));
        assert_eq!(bench.find(&node).await.len(), 1, "`{at}` created twice makes one");
    }

    for (field, value) in &case.changes {
        let top = field.split('.').next().unwrap_or(field);
        assert!(!kind.immutable.contains(&top), "`{field}` of `{at}` cannot be updated");
        let changed = changed(&node, field, value);
        assert_ne!(changed.spec, node.spec, "`{field}` of `{at}` is no change");
        bench.until_as_wished(&changed).await;
        bench.until_as_wished(&node).await;
    }

    let live = bench.find(&node).await.remove(0);
    bench.remove(&node).await;
    bench.delete(&live).await.unwrap_or_else(|error| panic!("`{at}` deleted twice: {error}"));
    bench.stand(case.node).await;
    checked(at.tier(), kind.name);
}

/// Says that a kind that no plan makes has kept a contract of its own.
pub fn checked(tier: Tier, kind: &'static str) {
    CHECKED.lock().unwrap_or_else(PoisonError::into_inner).insert((tier, kind));
}

/// The kinds of all tiers that no test has put through the contract.
pub fn unchecked() -> Vec<String> {
    let checked = CHECKED.lock().unwrap_or_else(PoisonError::into_inner);
    let of = |tier: Tier| crate::bench::kinds(tier).iter().map(move |kind| (tier, kind.name));
    let all = Tier::ALL.into_iter().flat_map(of);
    all.filter(|it| !checked.contains(it)).map(|(tier, kind)| format!("{kind} of {tier}")).collect()
}

fn changed(node: &Node, field: &str, value: &Value) -> Node {
    let mut changed = node.clone();
    *place(&mut changed.spec, field) = value.clone();
    changed
}

/// The mutable fields, and the parts of those that have parts, that no change of the case alters.
fn untouched(node: &Node, case: &Case, immutable: &[&str]) -> Vec<String> {
    let touched: BTreeSet<String> = case
        .changes
        .iter()
        .flat_map(|(field, value)| {
            diff(&node.spec, &changed(node, field, value).spec, &Rules::default())
        })
        .map(|it| it.field)
        .collect();
    let is_touched = |field: &String| {
        let within = format!("{field}.");
        touched.iter().any(|it| it == field || it.starts_with(&within))
    };
    let may_stay = |field: &String| {
        let top = field.split('.').next().unwrap_or(field);
        immutable.contains(&top) || case.constant.iter().any(|(it, _)| it == field)
    };
    parts(&node.spec).into_iter().filter(|it| !may_stay(it) && !is_touched(it)).collect()
}

/// `field`, or `field.part` for each part of it; a policy is one thing.
fn parts(spec: &Value) -> Vec<String> {
    let fields = spec.as_object().into_iter().flatten();
    let parts = |(field, value): (&String, &Value)| match value.as_object() {
        Some(parts) if !parts.contains_key("Statement") && !parts.is_empty() => {
            parts.keys().map(|part| format!("{field}.{part}")).collect()
        }
        Some(_) | None => vec![field.clone()],
    };
    fields.flat_map(parts).collect()
}

/// The value at a dotted path.
fn place<'a>(spec: &'a mut Value, field: &str) -> &'a mut Value {
    field.split('.').fold(spec, |value, name| {
        value.get_mut(name).unwrap_or_else(|| panic!("the spec has no `{name}` of `{field}`"))
    })
}

//! The contract that every kind keeps: absent → listed; create twice; every mutable field
//! updates and reads back; delete twice; tags.

use serde_json::Value;
use shared::model::Node;

use crate::Bench;

/// A node and what may be changed on it: `("field.inner", value)`.
pub struct Case {
    pub node: Node,
    pub changes: Vec<(&'static str, Value)>,
    /// EC2's and KMS's four kinds with neither token nor name make another when asked twice.
    pub makes_another: bool,
}

impl Case {
    pub fn new(node: Node) -> Self {
        Self { node, changes: Vec::new(), makes_another: false }
    }

    pub fn change(mut self, field: &'static str, value: Value) -> Self {
        self.changes.push((field, value));
        self
    }

    pub fn makes_another(mut self) -> Self {
        self.makes_another = true;
        self
    }
}

/// Puts one kind through all of it. What it needs must stand already; it stands afterwards.
pub async fn check(bench: &mut Bench, case: Case) {
    let node = bench.resolve(&case.node);
    let at = node.address.clone();
    assert!(bench.find(&node).await.is_empty(), "`{at}` is listed before it is made");

    bench.stand(case.node.clone()).await;
    if !case.makes_another {
        bench.create(&node).await.unwrap_or_else(|error| panic!("`{at}` created twice: {error}"));
        assert_eq!(bench.find(&node).await.len(), 1, "`{at}` created twice makes one");
    }

    let immutable = bench.kind(&node).immutable;
    for (field, value) in &case.changes {
        let top = field.split('.').next().unwrap_or(field);
        assert!(!immutable.contains(&top), "`{field}` of `{at}` cannot be updated");
        let mut changed = node.clone();
        *place(&mut changed.spec, field) = value.clone();
        assert_ne!(changed.spec, node.spec, "`{field}` of `{at}` is no change");
        bench.until_as_wished(&changed).await;
        bench.until_as_wished(&node).await;
    }

    let live = bench.find(&node).await.remove(0);
    bench.remove(&node).await;
    bench.delete(&live).await.unwrap_or_else(|error| panic!("`{at}` deleted twice: {error}"));
    bench.stand(case.node).await;
}

/// The value at a dotted path.
fn place<'a>(spec: &'a mut Value, field: &str) -> &'a mut Value {
    field.split('.').fold(spec, |value, name| {
        value.get_mut(name).unwrap_or_else(|| panic!("the spec has no `{name}` of `{field}`"))
    })
}

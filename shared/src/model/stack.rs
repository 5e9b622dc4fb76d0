//! All nodes of a stack, in dependency order.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{Address, Node};

/// Nodes in dependency order.
///
/// Invariant: a node needs only nodes before it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Vec<Node>", into = "Vec<Node>")]
pub struct Stack {
    nodes: Vec<Node>,
}

#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum StackError {
    #[error("`{0}` is defined twice")]
    Duplicate(Address),
    #[error("`{from}` refers to `{to}`, which is not in the stack")]
    Dangling { from: Address, to: Address },
    #[error("these resources refer to each other in a circle: {}", join(.0))]
    Cycle(Vec<Address>),
}

impl Stack {
    pub fn new(mut nodes: Vec<Node>) -> Result<Self, StackError> {
        // The same nodes in another order are the same stack.
        nodes.sort_by(|a, b| a.address.cmp(&b.address));
        let mut known = BTreeSet::new();
        for node in &nodes {
            if !known.insert(&node.address) {
                return Err(StackError::Duplicate(node.address.clone()));
            }
        }
        for node in &nodes {
            if let Some(to) = node.needs().into_iter().find(|to| !known.contains(to)) {
                return Err(StackError::Dangling { from: node.address.clone(), to });
            }
        }
        Ok(Self { nodes: in_dependency_order(nodes)? })
    }

    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    pub fn get(&self, address: &Address) -> Option<&Node> {
        self.nodes.iter().find(|node| node.address == *address)
    }
}

impl TryFrom<Vec<Node>> for Stack {
    type Error = StackError;

    fn try_from(nodes: Vec<Node>) -> Result<Self, StackError> {
        Self::new(nodes)
    }
}

impl From<Stack> for Vec<Node> {
    fn from(stack: Stack) -> Self {
        stack.nodes
    }
}

fn in_dependency_order(nodes: Vec<Node>) -> Result<Vec<Node>, StackError> {
    let (mut todo, mut done, mut placed) = (nodes, Vec::new(), BTreeSet::new());
    while !todo.is_empty() {
        let (free, blocked): (Vec<_>, Vec<_>) =
            todo.into_iter().partition(|node| node.needs().is_subset(&placed));
        if free.is_empty() {
            return Err(StackError::Cycle(blocked.into_iter().map(|node| node.address).collect()));
        }
        placed.extend(free.iter().map(|node| node.address.clone()));
        done.extend(free);
        todo = blocked;
    }
    Ok(done)
}

fn join(addresses: &[Address]) -> String {
    addresses.iter().map(Address::to_string).collect::<Vec<_>>().join(", ")
}

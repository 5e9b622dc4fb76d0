//! A stack as all tiers wish for it, of which a test stands up what its node needs.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use shared::model::{Address, Live, Node, Stack, Tier};
use shared::revision::{Pinned, Revision};
use support::contract::{Case, check};
use support::{Bench, Cloud};

/// Amazon Linux 2023 for arm64, as the local cloud knows it from the start.
const IMAGE: &str = "ami-0c2023a1b2c3d4e60";
const KEY: &str =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f";

pub struct Stage {
    pub bench: Bench,
    nodes: Vec<Node>,
}

impl Stage {
    /// A stack that may go without a trace; `change` alters its spec.
    pub fn new(cloud: &Cloud, stack: &str, change: impl FnOnce(&mut Value)) -> Self {
        let bench = Bench::new(cloud, stack);
        let nodes = wish(&bench, change);
        Self { bench, nodes }
    }

    pub fn node(&self, tier: Tier, name: &str) -> Node {
        let at = Address::new(tier, name);
        let found = self.nodes.iter().find(|node| node.address == at);
        found.unwrap_or_else(|| panic!("no tier makes `{at}`")).clone()
    }

    /// Takes the wishes of another spec from now on.
    pub fn wish(&mut self, change: impl FnOnce(&mut Value)) {
        self.nodes = wish(&self.bench, change);
    }

    /// Stands up all that a node needs, but not the node.
    pub async fn stand_needs(&mut self, tier: Tier, name: &str) {
        let mut needed: BTreeSet<Address> = BTreeSet::new();
        let mut todo = vec![Address::new(tier, name)];
        while let Some(address) = todo.pop() {
            let node = self.node(address.tier(), address.name());
            todo.extend(node.needs().into_iter().filter(|it| needed.insert(it.clone())));
        }
        let needed = self.nodes.iter().filter(|node| needed.contains(&node.address)).cloned();
        let needed = Stack::new(needed.collect()).expect("a stack without holes");
        for node in needed.nodes() {
            self.bench.stand(node.clone()).await;
        }
    }

    /// Stands up a node and all that it needs.
    pub async fn stand(&mut self, tier: Tier, name: &str) -> Live {
        self.stand_needs(tier, name).await;
        let node = self.node(tier, name);
        self.bench.stand(node).await
    }

    /// Puts a node whose needs stand through the contract, with no call that its tier's role
    /// does not allow.
    pub async fn keeps_contract(
        &mut self,
        tier: Tier,
        name: &str,
        changes: Vec<(&'static str, Value)>,
    ) {
        self.keeps_contract_but(tier, name, changes, Vec::new()).await;
    }

    /// The same where fields never change, each with the reason.
    pub async fn keeps_contract_but(
        &mut self,
        tier: Tier,
        name: &str,
        changes: Vec<(&'static str, Value)>,
        constant: Vec<(&'static str, &'static str)>,
    ) {
        let case = Case { changes, constant, ..Case::new(self.node(tier, name)) };
        self.bench.cx.aws.take_calls();
        check(&mut self.bench, case).await;
        let kinds = tiers::definition(tier).kinds.iter().flat_map(|kind| kind.grants);
        let granted: BTreeSet<&str> = kinds.flat_map(|grant| grant.actions).copied().collect();
        for (operation, _) in self.bench.cx.aws.take_calls().by_operation() {
            let action = action(operation);
            assert!(granted.contains(&*action), "no grant of the {tier} tier has `{action}`");
        }
    }

    /// What is listed at a node's address.
    pub async fn find(&self, tier: Tier, name: &str) -> Vec<Live> {
        self.bench.find(&self.node(tier, name)).await
    }
}

fn wish(bench: &Bench, change: impl FnOnce(&mut Value)) -> Vec<Node> {
    let scope = &bench.cx.scope;
    let mut spec = json!({
        "terrace": 1,
        "name": scope.stack,
        "region": scope.region,
        "bastion": { "public_key": KEY, "ssh_from": ["203.0.113.0/24"] },
        "database": { "protection": false, "final_snapshot": false },
        "ingress": { "protection": false },
    });
    change(&mut spec);
    let spec = serde_json::from_value(spec).expect("a spec");
    let pinned = Pinned { app_ami: IMAGE.to_owned(), bastion_ami: IMAGE.to_owned() };
    let revision = Revision { number: 1, spec, pinned };
    tiers::all().flat_map(|tier| (tier.wish)(&revision, scope)).collect()
}

/// `ec2:RunInstances` for `EC2.RunInstances`: services have other names in IAM.
fn action(operation: &str) -> String {
    let (service, verb) = operation.split_once('.').expect("a service and what it does");
    let prefix = match service {
        "Elastic Load Balancing v2" => "elasticloadbalancing".to_owned(),
        "Resource Groups Tagging API" => "tag".to_owned(),
        other => other.to_lowercase().replace(' ', ""),
    };
    format!("{prefix}:{verb}")
}

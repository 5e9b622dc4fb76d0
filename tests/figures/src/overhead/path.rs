//! The critical path: how long a stack takes at the least, whoever builds it.
//!
//! A resource can be made when what it refers to exists and what it comes after is ready; making it
//! is one call. It is ready when what the local cloud drew for it has passed.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use shared::model::{Address, Node, references_in};

/// What is drawn for a kind when it is made.
const READY: [(&str, &[&str]); 10] = [
    ("AWS::EC2::VPC", &["vpc available"]),
    ("AWS::EC2::Subnet", &["subnet available"]),
    ("AWS::EC2::NatGateway", &["nat gateway available"]),
    ("AWS::EC2::Instance", &["instance running"]),
    ("AWS::AutoScaling::AutoScalingGroup", &["group member in service"]),
    ("AWS::ElasticLoadBalancingV2::LoadBalancer", &["load balancer active"]),
    ("AWS::RDS::DBInstance", &["database available", "database with standby available"]),
    ("AWS::IAM::Role", &["role usable"]),
    ("AWS::IAM::InstanceProfile", &["instance profile usable"]),
    ("AWS::CertificateManager::Certificate", &["certificate usable"]),
];

/// What exists at once and is refused to others until they have heard of it.
const SETTLES: [&str; 3] =
    ["AWS::IAM::Role", "AWS::IAM::InstanceProfile", "AWS::CertificateManager::Certificate"];

/// What is drawn for a kind when it is deleted.
const GONE: [(&str, &[&str]); 5] = [
    ("AWS::EC2::NatGateway", &["nat gateway deleted"]),
    ("AWS::EC2::Instance", &["instance terminated"]),
    ("AWS::AutoScaling::AutoScalingGroup", &["instance terminated"]),
    ("AWS::ElasticLoadBalancingV2::LoadBalancer", &["load balancer interfaces gone"]),
    ("AWS::RDS::DBInstance", &["database deleted", "snapshot available"]),
];

/// Nodes of a stack, and what the local cloud drew for them.
pub struct Paths {
    nodes: BTreeMap<Address, Node>,
    call_seconds: f64,
    drawn: Vec<Drawn>,
}

/// Something that took its time.
struct Drawn {
    kind: String,
    called: String,
    seconds: f64,
}

impl Paths {
    /// From what `GET /_terrace/lag` tells, and the wishes of all tiers.
    pub fn new(nodes: Vec<Node>, lag: &Value) -> Self {
        let text = |it: &Value, field: &str| it[field].as_str().unwrap_or_default().to_owned();
        let drawn = lag["drawn"].as_array().into_iter().flatten().map(|it| Drawn {
            kind: text(it, "kind"),
            called: text(it, "called"),
            seconds: it["seconds"].as_f64().unwrap_or_default(),
        });
        Self {
            nodes: nodes.into_iter().map(|node| (node.address.clone(), node)).collect(),
            call_seconds: lag["call_seconds"].as_f64().unwrap_or_default(),
            drawn: drawn.collect(),
        }
    }

    /// Seconds until all that `chosen` picks is ready.
    pub fn to_ready(&self, chosen: impl Fn(&Node) -> bool) -> f64 {
        let mut known = BTreeMap::new();
        let ready = |node: &Node, known: &mut _| self.ready(node, known);
        longest(self.nodes.values().filter(|it| chosen(it)).map(|node| ready(node, &mut known)))
    }

    /// Seconds until all is gone.
    pub fn to_gone(&self) -> f64 {
        let mut users: BTreeMap<&Address, BTreeSet<&Address>> = BTreeMap::new();
        let referred: Vec<(Address, &Address)> = self
            .nodes
            .values()
            .flat_map(|node| {
                references_in(&node.spec).into_iter().map(|it| (it.address, &node.address))
            })
            .collect();
        for (used, user) in &referred {
            users.entry(used).or_default().insert(user);
        }
        let mut known = BTreeMap::new();
        longest(self.nodes.values().map(|node| self.gone(node, &users, &mut known)))
    }

    fn ready(&self, node: &Node, known: &mut BTreeMap<Address, f64>) -> f64 {
        self.exists(node, known) + self.takes(&READY, node)
    }

    /// Seconds until the call that makes it is answered.
    fn exists(&self, node: &Node, known: &mut BTreeMap<Address, f64>) -> f64 {
        if let Some(seconds) = known.get(&node.address) {
            return *seconds;
        }
        let mut begins = 0.0_f64;
        for address in node.needs() {
            let Some(needed) = self.nodes.get(&address) else { continue };
            let waits = node.after.contains(&address) || SETTLES.contains(&needed.kind.as_str());
            let from = if waits { self.ready(needed, known) } else { self.exists(needed, known) };
            begins = begins.max(from);
        }
        let seconds = begins + self.call_seconds;
        known.insert(node.address.clone(), seconds);
        seconds
    }

    fn gone<'a>(
        &'a self,
        node: &'a Node,
        users: &BTreeMap<&Address, BTreeSet<&'a Address>>,
        known: &mut BTreeMap<&'a Address, f64>,
    ) -> f64 {
        if let Some(seconds) = known.get(&node.address) {
            return *seconds;
        }
        let users_of = users.get(&node.address).into_iter().flatten();
        let users_of: Vec<&Node> = users_of.filter_map(|it| self.nodes.get(*it)).collect();
        let begins = longest(users_of.into_iter().map(|user| self.gone(user, users, known)));
        let seconds = begins + self.call_seconds + self.takes(&GONE, node);
        known.insert(&node.address, seconds);
        seconds
    }

    /// What was drawn for the node: under its address or a name that ends like it, else the longest
    /// of its kind; of several of one name (members of a group) the longest.
    fn takes(&self, kinds: &[(&str, &[&str])], node: &Node) -> f64 {
        let Some((_, kinds)) = kinds.iter().find(|(kind, _)| *kind == node.kind) else {
            return 0.0;
        };
        let address = node.address.to_string();
        let of_kind = |kind: &str| {
            let drawn: Vec<&Drawn> = self.drawn.iter().filter(|it| it.kind == kind).collect();
            let is_own = |it: &&&Drawn| {
                let name = format!("-{}", node.address.name());
                // The snapshot that a deletion waits for; others of the database are not waited for.
                let is_final = it.called.starts_with("final ");
                it.called == address || it.called.ends_with(&name) || is_final
            };
            let own: Vec<f64> = drawn.iter().filter(is_own).map(|it| it.seconds).collect();
            if own.is_empty() {
                longest(drawn.iter().map(|it| it.seconds))
            } else {
                longest(own.into_iter())
            }
        };
        kinds.iter().map(|kind| of_kind(kind)).sum()
    }
}

fn longest(seconds: impl Iterator<Item = f64>) -> f64 {
    seconds.fold(0.0, f64::max)
}

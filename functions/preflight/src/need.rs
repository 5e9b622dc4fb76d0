//! What a plan needs of an account. Pure: the plan and what stands, no cloud.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use shared::model::{Address, Live, Node, Tier};
use shared::plan::{Action, Part, Plan, Step};

/// A plan with the nodes that it is made for and what stands.
pub struct Need<'a> {
    plan: &'a Plan,
    wish: BTreeMap<&'a Address, &'a Node>,
    live: BTreeMap<&'a Address, &'a Live>,
}

/// Machines of one node that are made or changed: a bastion, or a scaling group's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fleet {
    pub address: Address,
    /// In the order in which they are tried.
    pub types: Vec<String>,
    pub zones: BTreeSet<String>,
    /// Running beside those that run already.
    pub more: i64,
    pub image: Option<String>,
}

/// A database that is made or changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Database {
    pub engine: String,
    /// `17`, or `17.5` when the spec says so.
    pub version: String,
    /// The version that it has to come from.
    pub from_version: Option<String>,
    pub class: String,
    pub storage_type: String,
    pub storage_gib: i64,
    pub standby: bool,
    pub zones: BTreeSet<String>,
}

/// The resource with most rules of its kind, and how many in one direction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Longest {
    pub address: Address,
    pub rules: i64,
}

impl<'a> Need<'a> {
    pub fn new(plan: &'a Plan, wish: &'a [Node], live: &'a [Live]) -> Self {
        Self {
            plan,
            wish: wish.iter().map(|node| (&node.address, node)).collect(),
            live: live.iter().map(|live| (&live.address, live)).collect(),
        }
    }

    /// How many of a kind there will be beside those that stand. What makes way goes first; what
    /// is retired goes last, and takes room until then.
    pub fn more(&self, kind: &str) -> i64 {
        let of_kind = |step: &&Step| step.kind == kind;
        let made = self.made().filter(of_kind).count();
        let gone = self.clearing().filter(of_kind).count();
        count(made) - count(gone)
    }

    /// NAT gateways that come, by zone.
    pub fn nat_gateways(&self) -> BTreeMap<String, i64> {
        const KIND: &str = "AWS::EC2::NatGateway";
        let mut by_zone: BTreeMap<String, i64> = BTreeMap::new();
        for step in self.made().filter(|step| step.kind == KIND) {
            for zone in step.node.iter().flat_map(|node| self.zones_of(node)) {
                *by_zone.entry(zone).or_default() += 1;
            }
        }
        for step in self.clearing().filter(|step| step.kind == KIND) {
            let node = self.wish.get(&step.address);
            for zone in node.into_iter().flat_map(|node| self.zones_of(node)) {
                *by_zone.entry(zone).or_default() -= 1;
            }
        }
        by_zone.retain(|_, more| *more > 0);
        by_zone
    }

    /// Zones in which subnets are made.
    pub fn zones(&self) -> BTreeSet<String> {
        let subnets = self.made().filter(|step| step.kind == "AWS::EC2::Subnet");
        subnets.filter_map(|step| text(&step.node.as_ref()?.spec, "zone")).collect()
    }

    pub fn fleets(&self) -> Vec<Fleet> {
        let changed = self.plan.steps(Part::Build).iter();
        changed.filter_map(|step| self.fleet(step)).collect()
    }

    pub fn database(&self) -> Option<Database> {
        /// A change in these asks AWS for another instance.
        const FIELDS: [&str; 5] =
            ["engine_version", "class", "storage_type", "storage_gib", "standby"];
        let mut steps = self.plan.steps(Part::Build).iter();
        let step = steps.find(|step| step.kind == "AWS::RDS::DBInstance")?;
        let from_version = match &step.action {
            Action::Create => None,
            Action::Update(differences) => {
                let mut fields = differences.iter();
                fields.clone().find(|it| FIELDS.contains(&it.field.as_str()))?;
                let version = fields.find(|it| it.field == "engine_version");
                version.and_then(|it| it.live.as_str().map(str::to_owned))
            }
            Action::Wait | Action::Delete => return None,
        };
        let node = self.wish.get(&step.address).copied().or(step.node.as_ref())?;
        let spec = &node.spec;
        let group = node.references().into_iter().map(|it| it.address);
        let group = group.filter_map(|at| self.wish.get(&at).copied());
        Some(Database {
            engine: text(spec, "engine")?,
            version: text(spec, "engine_version")?,
            from_version,
            class: text(spec, "class")?,
            storage_type: text(spec, "storage_type").unwrap_or_default(),
            storage_gib: spec["storage_gib"].as_i64().unwrap_or_default(),
            standby: spec["standby"] == true,
            zones: group.flat_map(|group| self.zones_of(group)).collect(),
        })
    }

    /// Of all nodes of a kind that are made or changed, the one with most rules a direction.
    pub fn longest(&self, kind: &str) -> Option<Longest> {
        let steps = self.plan.steps(Part::Build).iter();
        let steps = steps.filter(|step| step.kind == kind && is_change(&step.action));
        let nodes = steps.filter_map(|step| self.wish.get(&step.address).copied());
        let longest =
            nodes.map(|node| Longest { address: node.address.clone(), rules: rules(&node.spec) });
        longest.max_by_key(|it| it.rules)
    }

    /// Kinds that the plan makes, changes or takes away, by tier.
    pub fn kinds(&self) -> BTreeMap<Tier, BTreeSet<(&'a str, Verb)>> {
        let mut kinds: BTreeMap<Tier, BTreeSet<(&str, Verb)>> = BTreeMap::new();
        for step in self.plan.all_steps() {
            let verb = match step.action {
                Action::Create => Verb::Create,
                Action::Delete => Verb::Delete,
                Action::Update(_) | Action::Wait => continue,
            };
            kinds.entry(step.address.tier()).or_default().insert((step.kind.as_str(), verb));
        }
        kinds
    }

    /// Whether something of the kind is made.
    pub fn makes(&self, kind: &str) -> bool {
        self.made().any(|step| step.kind == kind)
    }

    fn made(&self) -> impl Iterator<Item = &'a Step> {
        self.plan.steps(Part::Build).iter().filter(|step| step.action == Action::Create)
    }

    fn clearing(&self) -> impl Iterator<Item = &'a Step> {
        self.plan.steps(Part::Clear).iter().filter(|step| step.action == Action::Delete)
    }

    fn fleet(&self, step: &Step) -> Option<Fleet> {
        let group = match step.kind.as_str() {
            "AWS::AutoScaling::AutoScalingGroup" => true,
            "AWS::EC2::Instance" => false,
            _ => return None,
        };
        let node = self.wish.get(&step.address).copied()?;
        let live = self.live.get(&step.address).map(|live| &live.spec);
        let running = live.map_or(0, |it| if group { number(it, "desired") } else { 1 });
        let wanted = if group {
            let (min, max) = (number(&node.spec, "min"), number(&node.spec, "max"));
            let desired = live.map_or(number(&node.spec, "desired"), |_| running);
            desired.clamp(min, max.max(min))
        } else {
            1
        };
        let is_cleared = self.clearing().any(|it| it.address == step.address);
        let more = match &step.action {
            // What stands beside its successor for a while counts as well.
            Action::Create if live.is_some() && !is_cleared => wanted,
            Action::Create | Action::Update(_) => wanted - running,
            Action::Wait | Action::Delete => return None,
        };
        let types = if group { list(&node.spec, "instance_types") } else { Vec::new() };
        let types = types.into_iter().chain(text(&node.spec, "instance_type")).collect();
        let template = node.references().into_iter();
        let template = template.filter_map(|it| self.wish.get(&it.address).copied());
        let mut images = template.chain([node]).filter_map(|it| text(&it.spec, "image"));
        let image = images.next();
        Some(Fleet {
            address: node.address.clone(),
            types,
            zones: if group { self.zones_of(node) } else { self.zones_of(&placed(node)) },
            more,
            image,
        })
    }

    /// The zones of the subnets that a node refers to.
    fn zones_of(&self, node: &Node) -> BTreeSet<String> {
        let subnets = node.references().into_iter();
        let subnets = subnets.filter_map(|it| self.wish.get(&it.address).copied());
        subnets.filter_map(|subnet| text(&subnet.spec, "zone")).collect()
    }
}

/// The node with no more of its spec than the subnet it is made in; others it may move to.
fn placed(node: &Node) -> Node {
    Node { spec: node.spec["subnet_id"].clone(), ..node.clone() }
}

/// What is done to a kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verb {
    Create,
    Delete,
}

fn is_change(action: &Action) -> bool {
    match action {
        Action::Create | Action::Update(_) => true,
        Action::Wait | Action::Delete => false,
    }
}

/// Rules in the direction and of the address family that has more of them: AWS counts IPv4 and
/// IPv6 apart ("Amazon VPC quotas"), and a rule that names a group or a list in both.
fn rules(spec: &Value) -> i64 {
    let most = ["ingress", "egress"].into_iter().map(|direction| {
        let listed = spec[direction].as_array().into_iter().flatten();
        let numbered = spec["entries"].as_object().into_iter().flatten();
        let numbered = numbered.filter(|(key, _)| key.starts_with(direction)).map(|(_, it)| it);
        let peers = listed.map(|it| &it["peer"]).chain(numbered.map(|it| &it["cidr"]));
        let peers: Vec<&str> = peers.filter_map(Value::as_str).collect();
        let v6 = peers.iter().filter(|it| it.contains(':')).count();
        let v4 = peers.iter().filter(|it| !it.contains(':') && is_cidr(it)).count();
        peers.len() - v4.min(v6)
    });
    count(most.max().unwrap_or_default())
}

/// `10.0.0.0/16`, and no reference, group or list.
fn is_cidr(peer: &str) -> bool {
    peer.starts_with(|it: char| it.is_ascii_digit())
}

fn text(spec: &Value, field: &str) -> Option<String> {
    spec[field].as_str().filter(|it| !it.is_empty()).map(str::to_owned)
}

fn list(spec: &Value, field: &str) -> Vec<String> {
    let items = spec[field].as_array().into_iter().flatten();
    items.filter_map(|it| it.as_str().map(str::to_owned)).collect()
}

fn number(spec: &Value, field: &str) -> i64 {
    spec[field].as_i64().unwrap_or_default()
}

pub fn count(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests;

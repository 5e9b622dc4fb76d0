//! The security groups and who may speak to whom.
//!
//! ```text
//! sources ──443, 80──▶ public-alb ──app port──▶ private ──database port──▶ database
//! ssh_from ──22──▶ public-bastion ──22──────────▶ private ──443──▶ internet
//!                  public-bastion ──443──▶ internet
//! ```
//!
//! The way out is HTTPS alone: that is what Systems Manager, Secrets Manager, S3, CloudWatch and
//! Amazon Linux's packages are reached by, and plain HTTP could bring in what somebody altered
//! on the way. Names and time come from the VPC itself, past all groups. The database asks
//! nobody.

use std::collections::BTreeSet;

use ipnet::IpNet;
use shared::aws::{Scope, node};
use shared::model::{Node, Tier, reference};
use shared::spec::{Nat, Spec};

use crate::{ANYWHERE, HTTP, HTTPS, Rule, SSH, SecurityGroup, SecurityGroupRules, at, vpc_id};

/// The public tier has two groups: one for both would open the load balancer's ports on the
/// bastion.
const ALB: &str = "public-alb";
const BASTION: &str = "public-bastion";
const PRIVATE: &str = "private";
const DATABASE: &str = "database";

type Rules = BTreeSet<Rule>;

/// The groups and the rules of each.
pub fn wish(spec: &Spec, scope: &Scope) -> Vec<Node> {
    let mut nodes = Vec::new();
    let mut add = |name: &str, description: &str, (ingress, egress): (Rules, Rules)| {
        let group = SecurityGroup {
            vpc_id: vpc_id(),
            name: scope.name(name),
            description: description.to_owned(),
        };
        let rules = SecurityGroupRules { group_id: id(name), ingress, egress };
        nodes.push(node(at(name), &group));
        nodes.push(node(at(format!("{name}-rules")), &rules));
    };
    add(ALB, "public_sg: HTTPS, and HTTP to be redirected, to the load balancer", alb(spec));
    if spec.bastion.enabled {
        add(BASTION, "public_sg: SSH to the bastion", bastion(spec));
    }
    add(
        PRIVATE,
        "private_sg: the application, from the load balancer and the bastion",
        private(spec),
    );
    add(DATABASE, "db_sg: the database, from the application", database(spec));
    nodes
}

fn id(group: &str) -> String {
    reference(Tier::Firewall, group, "id")
}

fn alb(spec: &Spec) -> (Rules, Rules) {
    let ports = [HTTPS, HTTP].into_iter();
    let ingress = ports.flat_map(|port| from_each(port, &spec.ingress.sources));
    (ingress.collect(), [Rule::tcp(spec.app.port, id(PRIVATE))].into())
}

fn bastion(spec: &Spec) -> (Rules, Rules) {
    let egress = [Rule::tcp(SSH, id(PRIVATE)), Rule::tcp(HTTPS, ANYWHERE)];
    (from_each(SSH, &spec.bastion.ssh_from).collect(), egress.into())
}

fn private(spec: &Spec) -> (Rules, Rules) {
    let mut ingress = Rules::from([Rule::tcp(spec.app.port, id(ALB))]);
    ingress.extend(spec.bastion.enabled.then(|| Rule::tcp(SSH, id(BASTION))));
    let mut egress = Rules::from([Rule::tcp(spec.database.port, id(DATABASE))]);
    egress.extend(has_way_out(spec).then(|| Rule::tcp(HTTPS, ANYWHERE)));
    (ingress, egress)
}

fn database(spec: &Spec) -> (Rules, Rules) {
    ([Rule::tcp(spec.database.port, id(PRIVATE))].into(), Rules::new())
}

fn from_each(port: u16, sources: &[IpNet]) -> impl Iterator<Item = Rule> {
    sources.iter().map(move |source| Rule::tcp(port, source.trunc().to_string()))
}

/// Whether private subnets reach the internet.
pub fn has_way_out(spec: &Spec) -> bool {
    match spec.network.nat {
        Nat::PerZone | Nat::Single => true,
        Nat::None => false,
    }
}

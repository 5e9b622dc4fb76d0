//! The kinds of the real tiers in a cloud in memory: the planner is told what the tiers tell it,
//! and the cloud behaves as AWS does.

use std::collections::{BTreeMap, BTreeSet};

use shared::memory::{Birth, Kind, Known, Manners, Memory, Pace};
use shared::model::{Address, Rules, Stack};

use crate::examples;

/// A cloud with all kinds, and the facts that `stacks` ask of them.
pub fn cloud(stacks: &[&Stack], pace: Pace) -> Memory {
    Memory::new(kinds(stacks), pace)
}

fn kinds(stacks: &[&Stack]) -> Vec<Kind> {
    let facts = facts(stacks);
    let kind = |(name, rules): (&'static str, Rules)| {
        let mut manners = manners(name);
        if manners.unique.is_empty() {
            manners.unique.clone_from(&rules.unique);
        }
        let facts = facts.get(name).cloned().unwrap_or_default();
        Kind { name, rules, birth: birth(name), facts, manners }
    };
    examples::rules().into_iter().map(kind).collect()
}

/// The facts by which the nodes of the stacks refer to each other, by kind.
fn facts(stacks: &[&Stack]) -> BTreeMap<String, BTreeMap<String, Known>> {
    let nodes = || stacks.iter().flat_map(|stack| stack.nodes());
    let kinds: BTreeMap<&Address, &str> = nodes().map(|it| (&it.address, &*it.kind)).collect();
    let mut facts: BTreeMap<String, BTreeMap<String, Known>> = BTreeMap::new();
    let references: BTreeSet<_> = nodes().flat_map(|node| node.references()).collect();
    for it in references.into_iter().filter(|it| !["id", "arn"].contains(&&*it.fact)) {
        let kind = kinds[&it.address];
        let known =
            if LATE.contains(&(kind, &*it.fact)) { Known::OnceReady } else { Known::AtBirth };
        facts.entry(kind.to_owned()).or_default().insert(it.fact, known);
    }
    facts
}

/// Facts that AWS tells once the resource is ready, or nearly so.
const LATE: [(&str, &str); 3] = [
    ("AWS::RDS::DBInstance", "endpoint"),
    ("AWS::RDS::DBInstance", "port"),
    ("AWS::RDS::DBInstance", "secret_arn"),
];

/// What AWS makes of it when it is asked twice: section "Create idempotency" of each service's
/// API reference.
fn birth(kind: &str) -> Birth {
    match kind {
        // `ImportCertificate` takes no token either, and `RequestCertificate`'s lives an hour.
        "AWS::EC2::VPC"
        | "AWS::EC2::InternetGateway"
        | "AWS::EC2::EIP"
        | "AWS::KMS::Key"
        | "AWS::CertificateManager::Certificate" => Birth::Nameless,
        "AWS::EC2::NatGateway" | "AWS::EC2::Instance" => Birth::Token,
        "AWS::EC2::RouteTable" | "AWS::EC2::NetworkAcl" | "AWS::EC2::FlowLog" => Birth::TokenOfRun,
        "AWS::EC2::Subnet"
        | "AWS::EC2::SecurityGroup"
        | "AWS::EC2::SecurityGroup#rules"
        | "AWS::EC2::EIPAssociation"
        | "AWS::EC2::KeyPair"
        | "AWS::EC2::LaunchTemplate"
        | "AWS::ElasticLoadBalancingV2::LoadBalancer"
        | "AWS::ElasticLoadBalancingV2::TargetGroup"
        | "AWS::ElasticLoadBalancingV2::Listener"
        | "AWS::WAFv2::WebACL"
        | "AWS::SNS::Subscription" => Birth::Placed,
        _ => Birth::Named,
    }
}

fn manners(kind: &str) -> Manners {
    let fields = |fields: &[&str]| fields.iter().map(|it| (*it).to_owned()).collect();
    let plain = Manners::default();
    match kind {
        "AWS::EC2::VPC" | "AWS::EC2::InternetGateway" => {
            Manners { quota: Some(5), in_steps: true, ..plain }
        }
        "AWS::EC2::EIP" => Manners { quota: Some(5), ..plain },
        "AWS::EC2::Subnet" => {
            Manners { unique: fields(&["vpc_id", "cidr"]), in_steps: true, ..plain }
        }
        "AWS::EC2::SecurityGroup" => Manners { unique: fields(&["vpc_id", "name"]), ..plain },
        "AWS::EC2::RouteTable" => {
            Manners { ready_first: fields(&["routes"]), in_steps: true, ..plain }
        }
        "AWS::EC2::NatGateway" => Manners { lingers: true, slowness: 3, ..plain },
        "AWS::EC2::Instance" => Manners { lingers: true, slowness: 2, ..plain },
        "AWS::EC2::EIPAssociation" => Manners { ready_first: fields(&["instance_id"]), ..plain },
        "AWS::RDS::DBInstance" => Manners {
            lingers: true,
            slowness: 6,
            switch: Some("deletion_protection"),
            in_steps: true,
            ..plain
        },
        "AWS::AutoScaling::AutoScalingGroup" => {
            Manners { lingers: true, slowness: 2, in_steps: true, ..plain }
        }
        "AWS::ElasticLoadBalancingV2::LoadBalancer" => {
            Manners { lingers: true, slowness: 3, in_steps: true, ..plain }
        }
        "AWS::ElasticLoadBalancingV2::Listener" => {
            Manners { ready_first: fields(&["certificate"]), ..plain }
        }
        "AWS::WAFv2::WebACLAssociation" => {
            Manners { ready_first: fields(&["load_balancer"]), ..plain }
        }
        "AWS::IAM::Role" | "AWS::KMS::Key" => Manners { spreads: true, in_steps: true, ..plain },
        "AWS::IAM::InstanceProfile" | "AWS::IAM::ManagedPolicy" | "AWS::WAFv2::WebACL" => {
            Manners { spreads: true, ..plain }
        }
        // A key goes with its alias; what a dashboard shows may go.
        "AWS::CloudWatch::Dashboard" | "AWS::KMS::Alias" => Manners { mentions: true, ..plain },
        // Its name says both.
        "AWS::ElasticLoadBalancingV2::TargetGroup" => {
            Manners { unique: fields(&["vpc_id", "port"]), in_steps: true, ..plain }
        }
        "AWS::S3::Bucket"
        | "AWS::EC2::NetworkAcl"
        | "AWS::EC2::SecurityGroup#rules"
        | "AWS::RDS::DBParameterGroup"
        | "AWS::CloudTrail::Trail"
        | "AWS::Logs::LogGroup"
        | "AWS::IAM::User"
        | "AWS::IAM::Group" => Manners { in_steps: true, ..plain },
        _ => plain,
    }
}

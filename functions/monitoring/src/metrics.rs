//! Which metrics CloudWatch has of which resource.

use std::collections::BTreeMap;

use shared::model::{Address, Tier, reference};
use shared::spec::{Certificate, Nat, Spec, WafMode, Zone};

/// Something that metrics are written of: a namespace and the dimensions that name it. The
/// values are facts of other tiers.
#[derive(Clone)]
pub struct Source {
    pub namespace: &'static str,
    pub dimensions: BTreeMap<String, String>,
    /// What must be ready before its metrics are worth watching; nothing for what is not ours.
    pub of: Option<Address>,
}

impl Source {
    fn new<const N: usize>(
        namespace: &'static str,
        dimensions: [(&str, String); N],
        of: Address,
    ) -> Self {
        let dimensions = dimensions.map(|(name, value)| (name.to_owned(), value));
        Self { namespace, dimensions: dimensions.into(), of: Some(of) }
    }
}

/// The load balancer as a whole.
pub fn load_balancer() -> Source {
    let alb = reference(Tier::Edge, "alb", "full_name");
    Source::new("AWS/ApplicationELB", [("LoadBalancer", alb)], at(Tier::Edge, "alb"))
}

/// The application's instances, as the load balancer sees them.
pub fn targets() -> Source {
    let (alb, group) = (
        reference(Tier::Edge, "alb", "full_name"),
        reference(Tier::Edge, "target-group", "full_name"),
    );
    let dimensions = [("LoadBalancer", alb), ("TargetGroup", group)];
    Source::new("AWS/ApplicationELB", dimensions, at(Tier::Edge, "alb"))
}

/// The application's instances, all together.
pub fn instances() -> Source {
    let group = reference(Tier::Compute, "scaling-group", "name");
    let of = at(Tier::Compute, "scaling-group");
    Source::new("AWS/EC2", [("AutoScalingGroupName", group)], of)
}

pub fn bastion() -> Source {
    let id = reference(Tier::Compute, "bastion", "id");
    Source::new("AWS/EC2", [("InstanceId", id)], at(Tier::Compute, "bastion"))
}

pub fn database() -> Source {
    let id = reference(Tier::Database, "instance", "id");
    Source::new("AWS/RDS", [("DBInstanceIdentifier", id)], at(Tier::Database, "instance"))
}

/// The NAT gateways with the letters of their zones.
pub fn nat_gateways(spec: &Spec) -> Vec<(char, Source)> {
    let zones: Vec<Zone> = match spec.network.nat {
        Nat::PerZone => spec.zones(),
        Nat::Single => spec.zones().into_iter().take(1).collect(),
        Nat::None => Vec::new(),
    };
    let source = |zone: Zone| {
        let name = format!("nat-{}", zone.letter);
        let id = reference(Tier::Network, &name, "id");
        let of = at(Tier::Network, &name);
        (zone.letter, Source::new("AWS/NATGateway", [("NatGatewayId", id)], of))
    };
    zones.into_iter().map(source).collect()
}

/// The web ACL with all its rules, if it blocks: one that only counts has no blocked requests.
pub fn firewall(spec: &Spec) -> Option<Source> {
    match spec.ingress.waf.mode {
        WafMode::Count => None,
        WafMode::Block => {
            let dimensions = [
                ("WebACL", reference(Tier::Edge, "web-acl", "name")),
                ("Region", spec.region.to_string()),
                ("Rule", "ALL".to_owned()),
            ];
            Some(Source::new("AWS/WAFV2", dimensions, at(Tier::Edge, "web-acl")))
        }
    }
}

/// The certificate, ours or one that was there.
pub fn certificate(spec: &Spec) -> Source {
    let source = |arn: String, of: Option<Address>| Source {
        namespace: "AWS/CertificateManager",
        dimensions: [("CertificateArn".to_owned(), arn)].into(),
        of,
    };
    match &spec.ingress.certificate {
        Certificate::Arn(arn) => source(arn.to_string(), None),
        own @ (Certificate::SelfSigned | Certificate::Domain(_)) => {
            let name = own.node_name().unwrap_or_default();
            source(reference(Tier::Edge, &name, "arn"), Some(at(Tier::Edge, &name)))
        }
    }
}

fn at(tier: Tier, name: &str) -> Address {
    Address::new(tier, name)
}

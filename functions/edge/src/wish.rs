//! The tier's nodes.

use shared::aws::{Scope, node};
use shared::model::{Address, Node, Tier, reference};
use shared::revision::Revision;
use shared::spec::{self, Spec, SubnetTier, WafMode};

use crate::{
    Action, Attributes, Certificate, Check, Data, Effect, Health, Listener, LoadBalancer,
    RecordSet, Rule, TargetGroup, WebAcl, WebAclAssociation, WebAclLogging, named,
};

/// TLS 1.3 and the best of 1.2, with key exchange that withstands quantum computers where the
/// client knows it: what AWS recommends for new listeners.
const TLS_POLICY: &str = "ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09";

const HTTP: u16 = 80;
const HTTPS: u16 = 443;

/// As long as the targets of a rolling update may finish their requests.
const DEREGISTRATION_SECONDS: u32 = 30;

/// ACM's records never change; a resolver may keep them.
const VALIDATION_TTL_SECONDS: u32 = 300;

/// The tier's nodes.
pub fn wish(revision: &Revision, scope: &Scope) -> Vec<Node> {
    let spec = &revision.spec;
    let mut nodes = certificate(spec);
    nodes.extend([load_balancer(spec), target_group(spec)]);
    nodes.extend(firewall(spec, scope));
    nodes.extend(listeners(spec));
    nodes
}

/// The certificate, and for a domain its records.
fn certificate(spec: &Spec) -> Vec<Node> {
    let Some(name) = spec.ingress.certificate.node_name() else { return Vec::new() };
    let domain = match &spec.ingress.certificate {
        spec::Certificate::Domain(domain) => domain,
        spec::Certificate::SelfSigned | spec::Certificate::Arn(_) => {
            // No certificate authority knows this name, and no name server outside.
            let domain = format!("{}.terrace.internal", spec.name);
            let certificate = Certificate { domain, hosted_zone: None, lasts: true };
            return vec![node(at(name), &certificate)];
        }
    };
    let (hosted_zone, domain) = (domain.hosted_zone.to_string(), domain.name.to_string());
    let wish =
        Certificate { domain: domain.clone(), hosted_zone: Some(hosted_zone.clone()), lasts: true };
    let certificate = own(&name, "arn");
    let proof = RecordSet {
        hosted_zone: hosted_zone.clone(),
        name: own(&name, "validation_name"),
        data: Data::Cname {
            value: own(&name, "validation_value"),
            ttl_seconds: VALIDATION_TTL_SECONDS,
        },
        certificate: certificate.clone(),
    };
    let alias = RecordSet {
        hosted_zone,
        name: domain.clone(),
        data: Data::Alias { dns_name: own("alb", "dns_name"), zone_id: own("alb", "zone_id") },
        certificate,
    };
    vec![
        node(at(&name), &wish),
        node(at(named("validation-record", &domain)), &proof),
        node(at(named("alias", &domain)), &alias),
    ]
}

fn load_balancer(spec: &Spec) -> Node {
    // One subnet a zone: AWS takes no second one.
    let subnets = spec.subnets().into_iter();
    let subnets = subnets.filter(|it| it.tier == SubnetTier::Public && it.index == 1);
    let wish = LoadBalancer {
        subnets: subnets
            .map(|it| reference(Tier::Network, &format!("subnet-public-{}", it.zone.letter), "id"))
            .collect(),
        security_groups: [reference(Tier::Firewall, "public-alb", "id")].into(),
        attributes: Attributes {
            log_bucket: Some(reference(Tier::Storage, "alb-logs", "name")),
            log_prefix: Some("alb".to_owned()),
            drop_invalid_headers: true,
            desync_mode: "defensive".to_owned(),
            deletion_protection: spec.ingress.protection,
            idle_timeout_seconds: spec.ingress.idle_timeout_seconds,
            waf_fail_open: false,
        },
    };
    // AWS tries the bucket when logging is switched on. A public load balancer needs a VPC that
    // has its gateway.
    let after = [
        Address::new(Tier::Storage, "alb-logs-policy"),
        Address::new(Tier::Network, "internet-gateway"),
    ];
    Node { after: after.into(), ..node(at("alb"), &wish) }
}

fn target_group(spec: &Spec) -> Node {
    let wish = TargetGroup {
        vpc_id: reference(Tier::Network, "vpc", "id"),
        port: spec.app.port,
        health: Health {
            path: spec.app.health_path.to_string(),
            codes: "200".to_owned(),
            interval_seconds: 10,
            timeout_seconds: 5,
            healthy_after: 2,
            unhealthy_after: 3,
        },
        deregistration_seconds: DEREGISTRATION_SECONDS,
    };
    node(at("target-group"), &wish)
}

fn firewall(spec: &Spec, scope: &Scope) -> [Node; 3] {
    let waf = &spec.ingress.waf;
    let effect = match waf.mode {
        WafMode::Block => Effect::Block,
        WafMode::Count => Effect::Count,
    };
    let limit =
        Rule { name: "rate-limit".to_owned(), check: Check::RateLimit(waf.rate_limit), effect };
    let managed = waf.rule_groups.iter().map(|group| {
        let name = group.name().to_owned();
        Rule { name: name.clone(), check: Check::Managed(name), effect }
    });
    let acl = WebAcl {
        rules: std::iter::once(limit).chain(managed).collect(),
        passes_by_default: true,
        metrics: true,
    };
    let association =
        WebAclAssociation { load_balancer: own("alb", "arn"), web_acl: own("web-acl", "arn") };
    let log_group = format!("log-group:{}", reference(Tier::Storage, "waf-logs", "name"));
    let logging = WebAclLogging {
        web_acl: own("web-acl", "arn"),
        log_group: scope.arn("logs", &log_group),
        redacted_headers: ["authorization", "cookie"].map(str::to_owned).into(),
    };
    [
        node(at("web-acl"), &acl),
        node(at("web-acl-association"), &association),
        node(at("web-acl-logging"), &logging),
    ]
}

/// Exposure comes last.
fn listeners(spec: &Spec) -> [Node; 2] {
    let (certificate, issued) = match &spec.ingress.certificate {
        spec::Certificate::Arn(arn) => (arn.to_string(), None),
        made @ (spec::Certificate::SelfSigned | spec::Certificate::Domain(_)) => {
            let name = made.node_name().unwrap_or_default();
            (own(&name, "arn"), Some(at(name)))
        }
    };
    let https = Listener {
        load_balancer: own("alb", "arn"),
        port: HTTPS,
        protocol: "HTTPS".to_owned(),
        certificate: Some(certificate),
        tls_policy: Some(TLS_POLICY.to_owned()),
        action: Action::Forward(own("target-group", "arn")),
    };
    let http = Listener {
        load_balancer: own("alb", "arn"),
        port: HTTP,
        protocol: "HTTP".to_owned(),
        certificate: None,
        tls_policy: None,
        action: Action::RedirectToHttps(HTTPS),
    };
    let guarded = at("web-acl-association");
    // A certificate that ACM has not issued yet is refused.
    let after = issued.into_iter().chain([guarded.clone()]).collect();
    [
        Node { after, ..node(at("listener-https"), &https) },
        Node { after: [guarded].into(), ..node(at("listener-http"), &http) },
    ]
}

fn own(name: &str, fact: &str) -> String {
    reference(Tier::Edge, name, fact)
}

fn at(name: impl Into<String>) -> Address {
    Address::new(Tier::Edge, name)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use shared::spec::Domain;

    use super::*;

    fn wished(change: impl FnOnce(&mut Spec)) -> Vec<Node> {
        let mut spec = Spec::new(
            "an-18-letters-name".parse().expect("a name"),
            "eu-central-1".parse().expect("a region"),
            spec::Bastion { enabled: false, ..spec::Bastion::default() },
        );
        change(&mut spec);
        let scope = Scope {
            stack: spec.name.to_string(),
            account: "123456789012".to_owned(),
            region: spec.region.to_string(),
        };
        wish(&Revision { number: 1, spec, pinned: shared::revision::Pinned::default() }, &scope)
    }

    fn of_domain(name: &str) -> spec::Certificate {
        spec::Certificate::Domain(Domain {
            name: name.parse().expect("a domain"),
            hosted_zone: "Z0123456789ABCDEFGHIJ".parse().expect("a zone"),
        })
    }

    fn find<'a>(nodes: &'a [Node], name: &str) -> &'a Node {
        nodes.iter().find(|it| it.address == at(name)).expect(name)
    }

    #[test]
    fn the_load_balancer_has_one_subnet_in_each_zone() {
        let nodes = wished(|spec| {
            spec.network.zones = spec::Zones::Count(3);
            spec.network.subnets_per_tier = 2;
        });
        let subnets = ["a", "b", "c"]
            .map(|letter| reference(Tier::Network, &format!("subnet-public-{letter}"), "id"));
        assert_eq!(find(&nodes, "alb").spec["subnets"], serde_json::json!(subnets));
    }

    #[test]
    fn listeners_open_after_the_firewall_stands() {
        for nodes in [wished(|_| ()), wished(|it| it.ingress.certificate = of_domain("x.example"))]
        {
            for name in ["listener-https", "listener-http"] {
                assert!(find(&nodes, name).after.contains(&at("web-acl-association")), "{name}");
            }
        }
    }

    #[test]
    fn a_given_certificate_is_no_node() {
        let arn = "arn:aws:acm:eu-central-1:123456789012:certificate/12345678";
        let nodes = wished(|spec| {
            spec.ingress.certificate = spec::Certificate::Arn(arn.parse().expect("an ARN"));
        });
        assert!(nodes.iter().all(|it| it.kind != "AWS::CertificateManager::Certificate"));
        assert_eq!(find(&nodes, "listener-https").spec["certificate"], arn);
    }

    #[test]
    fn another_domain_shares_no_node_with_the_one_before() {
        let addresses = |certificate| -> BTreeSet<Address> {
            let nodes = wished(|spec| spec.ingress.certificate = certificate);
            nodes.into_iter().map(|it| it.address).filter(|it| it.name().contains("cert")).collect()
        };
        let domains = ["shop.example.org", "*.example.org"].map(of_domain);
        let all = domains.into_iter().chain([spec::Certificate::SelfSigned]).map(addresses);
        let all: Vec<_> = all.collect();
        assert!(all.iter().all(|it| !it.is_empty()), "{all:?}");
        assert!(all[0].is_disjoint(&all[1]) && all[1].is_disjoint(&all[2]), "{all:?}");
    }

    #[test]
    fn every_address_is_one() {
        for domain in ["shop.example.org", "*.example.org"] {
            for node in wished(|spec| spec.ingress.certificate = of_domain(domain)) {
                assert_eq!(node.address.to_string().parse(), Ok(node.address.clone()));
            }
        }
    }

    #[test]
    fn names_fit_where_aws_takes_32_characters() {
        let scope = Scope {
            stack: "a".repeat(spec::STACK_NAME_MAX),
            account: "123456789012".to_owned(),
            region: "ap-southeast-4".to_owned(),
        };
        assert!(["alb", "12345", "waf"].iter().all(|part| scope.name(part).len() <= 32));
    }
}

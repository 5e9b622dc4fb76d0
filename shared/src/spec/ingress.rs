//! The `ingress` section: who reaches the load balancer, with what certificate, past which WAF.

use ipnet::IpNet;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::text::{Checked, Refusal, text};

/// The way in: load balancer, certificate and web application firewall.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Ingress {
    /// Who may open HTTPS (and HTTP, which is redirected), as CIDR blocks.
    #[schemars(schema_with = "super::formats::networks")]
    pub sources: Vec<IpNet>,
    /// The certificate of the HTTPS listener.
    pub certificate: Certificate,
    /// The web application firewall.
    pub waf: Waf,
    /// Seconds after which an idle connection is closed.
    #[schemars(range(min = 1, max = 4000))]
    pub idle_timeout_seconds: u32,
    /// Whether AWS refuses to delete the load balancer.
    pub protection: bool,
}

impl Default for Ingress {
    fn default() -> Self {
        Self {
            sources: vec![
                IpNet::new_assert(std::net::Ipv4Addr::UNSPECIFIED.into(), 0),
                IpNet::new_assert(std::net::Ipv6Addr::UNSPECIFIED.into(), 0),
            ],
            certificate: Certificate::SelfSigned,
            waf: Waf::default(),
            idle_timeout_seconds: 60,
            protection: true,
        }
    }
}

/// Where the certificate of the HTTPS listener comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Certificate {
    /// A self-signed certificate is imported: for trying out, browsers warn.
    SelfSigned,
    /// The ARN of a certificate that ACM holds, in the stack's region.
    Arn(CertificateArn),
    /// A certificate is requested for the domain, proved and pointed at the load balancer by
    /// records in its hosted zone.
    Domain(Domain),
}

impl Certificate {
    /// The name of the node that holds the certificate; none when one is given. Each domain has
    /// a node of its own, so that the next certificate stands before the last one goes.
    pub fn node_name(&self) -> Option<String> {
        match self {
            Self::SelfSigned => Some("certificate".to_owned()),
            Self::Arn(_) => None,
            Self::Domain(domain) => {
                Some(format!("certificate-{}", domain.name.as_str().replace('*', "wildcard")))
            }
        }
    }
}

/// A domain and the hosted zone that answers for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Domain {
    /// The name people type, such as `shop.example.org`.
    pub name: DomainName,
    /// The id of the public Route 53 hosted zone, such as `Z0123456789ABCDEFGHIJ`.
    pub hosted_zone: HostedZoneId,
}

/// The web application firewall in front of the load balancer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Waf {
    /// Whether matching requests are blocked or only counted.
    pub mode: WafMode,
    /// AWS's managed rule groups, in the order in which they look at a request.
    #[schemars(length(max = 10))]
    #[schemars(extend("uniqueItems" = true))]
    pub rule_groups: Vec<ManagedRuleGroup>,
    /// Requests one address may make in five minutes before it is held back.
    #[schemars(range(min = 10, max = 2_000_000_000))]
    pub rate_limit: u32,
}

impl Default for Waf {
    fn default() -> Self {
        Self {
            mode: WafMode::Block,
            rule_groups: vec![
                ManagedRuleGroup::AWSManagedRulesAmazonIpReputationList,
                ManagedRuleGroup::AWSManagedRulesCommonRuleSet,
                ManagedRuleGroup::AWSManagedRulesKnownBadInputsRuleSet,
            ],
            rate_limit: 2000,
        }
    }
}

/// What the firewall does with a request that matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum WafMode {
    /// The request is answered with 403.
    Block,
    /// The request passes and is counted: for trying rules out.
    Count,
}

/// A rule group that AWS keeps and that needs no settings of its own, by AWS's name.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
pub enum ManagedRuleGroup {
    AWSManagedRulesAdminProtectionRuleSet,
    AWSManagedRulesAmazonIpReputationList,
    AWSManagedRulesAnonymousIpList,
    AWSManagedRulesCommonRuleSet,
    AWSManagedRulesKnownBadInputsRuleSet,
    AWSManagedRulesLinuxRuleSet,
    AWSManagedRulesPHPRuleSet,
    AWSManagedRulesSQLiRuleSet,
    AWSManagedRulesUnixRuleSet,
    AWSManagedRulesWindowsRuleSet,
    AWSManagedRulesWordPressRuleSet,
}

impl ManagedRuleGroup {
    /// The name that WAF knows it by.
    pub fn name(self) -> &'static str {
        match self {
            Self::AWSManagedRulesAdminProtectionRuleSet => "AWSManagedRulesAdminProtectionRuleSet",
            Self::AWSManagedRulesAmazonIpReputationList => "AWSManagedRulesAmazonIpReputationList",
            Self::AWSManagedRulesAnonymousIpList => "AWSManagedRulesAnonymousIpList",
            Self::AWSManagedRulesCommonRuleSet => "AWSManagedRulesCommonRuleSet",
            Self::AWSManagedRulesKnownBadInputsRuleSet => "AWSManagedRulesKnownBadInputsRuleSet",
            Self::AWSManagedRulesLinuxRuleSet => "AWSManagedRulesLinuxRuleSet",
            Self::AWSManagedRulesPHPRuleSet => "AWSManagedRulesPHPRuleSet",
            Self::AWSManagedRulesSQLiRuleSet => "AWSManagedRulesSQLiRuleSet",
            Self::AWSManagedRulesUnixRuleSet => "AWSManagedRulesUnixRuleSet",
            Self::AWSManagedRulesWindowsRuleSet => "AWSManagedRulesWindowsRuleSet",
            Self::AWSManagedRulesWordPressRuleSet => "AWSManagedRulesWordPressRuleSet",
        }
    }
}

text! {
    /// The ARN of a certificate in ACM.
    CertificateArn, "acm-certificate-arn",
    "arn:aws:acm:eu-central-1:123456789012:certificate/12345678-1234-1234-1234-123456789012",
    check_certificate_arn
}

impl CertificateArn {
    /// The region the certificate is in; a load balancer takes only its own region's.
    pub fn region(&self) -> &str {
        self.as_str().split(':').nth(3).unwrap_or_default()
    }
}

text! {
    /// A fully qualified domain name without its last dot.
    DomainName, "domain-name", "shop.example.org", check_domain
}

text! {
    /// The id of a Route 53 hosted zone.
    HostedZoneId, "hosted-zone-id", "Z0123456789ABCDEFGHIJ", check_hosted_zone
}

fn check_certificate_arn(arn: &str) -> Checked {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    match parts[..] {
        ["arn", partition, "acm", region, account, resource]
            if partition.starts_with("aws")
                && region.parse::<super::Region>().is_ok()
                && super::people::is_account(account)
                && resource.starts_with("certificate/")
                && resource.len() > "certificate/".len() =>
        {
            Ok(())
        }
        _ => Err(Refusal::expected(
            "the ARN of an ACM certificate, `arn:aws:acm:<region>:<account>:certificate/<id>`",
        )),
    }
}

/// ACM takes names of up to 253 characters; the common name of a certificate ends at 64.
fn check_domain(name: &str) -> Checked {
    let refusal = Refusal::expected("a lower-case domain name such as `shop.example.org`");
    let bare = name.strip_prefix("*.").unwrap_or(name);
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
    };
    if bare.contains('.') && name.len() <= 64 && bare.split('.').all(label) {
        return Ok(());
    }
    Err(match name.strip_prefix("https://") {
        Some(host) => {
            refusal.hint(format!("leave out `https://`: `{}`", host.trim_end_matches('/')))
        }
        None => refusal,
    })
}

fn check_hosted_zone(id: &str) -> Checked {
    let good = id.starts_with('Z')
        && (8..=32).contains(&id.len())
        && id.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit());
    if good {
        return Ok(());
    }
    let refusal = Refusal::expected("a hosted zone's id such as `Z0123456789ABCDEFGHIJ`");
    Err(match id.strip_prefix("/hostedzone/") {
        Some(bare) => refusal.hint(format!("leave out `/hostedzone/`: `{bare}`")),
        None => refusal,
    })
}

//! `AWS::ElasticLoadBalancingV2::LoadBalancer`: the application load balancer.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use aws_sdk_elasticloadbalancingv2::types::{
    self, IpAddressType, LoadBalancerAttribute, LoadBalancerSchemeEnum, LoadBalancerStateEnum,
    LoadBalancerTypeEnum,
};
use serde::{Deserialize, Serialize};
use shared::aws::{Cx, Grant, LiveOf, OrAbsent, Resource};
use shared::model::{Address, Facts, Status, Usual};
use shared::world::CloudError;

use crate::elb::{self, client};
use crate::tagged::{self, not_ours};

const ABSENT: &[&str] = &["LoadBalancerNotFound"];
/// The name is taken by one with other settings.
const TAKEN: &[&str] = &["DuplicateLoadBalancerName"];

/// An internet-facing load balancer, IPv4.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LoadBalancer {
    /// One in each zone: AWS takes no second one.
    pub subnets: BTreeSet<String>,
    pub security_groups: BTreeSet<String>,
    #[serde(flatten)]
    pub attributes: Attributes,
}

/// Of all attributes, those we manage.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Attributes {
    /// Where requests are logged; none when logging is off.
    pub log_bucket: Option<String>,
    pub log_prefix: Option<String>,
    pub drop_invalid_headers: bool,
    /// `defensive`, `strictest` or `monitor`.
    pub desync_mode: String,
    pub deletion_protection: bool,
    pub idle_timeout_seconds: u32,
    /// Whether requests pass when the firewall does not answer.
    pub waf_fail_open: bool,
}

impl Resource for LoadBalancer {
    const KIND: &'static str = "AWS::ElasticLoadBalancingV2::LoadBalancer";
    /// Provisioning takes two to three minutes; it has never been seen to take ten.
    const DEADLINE: Duration = Duration::from_mins(15);
    const TYPICAL: &'static [(&'static str, Usual)] = &[("", Usual::new(148, 185))];
    const GRANTS: &'static [Grant] = &[
        tagged::GRANT,
        Grant::on(
            &[
                "elasticloadbalancing:DescribeLoadBalancers",
                "elasticloadbalancing:DescribeLoadBalancerAttributes",
                "elasticloadbalancing:DescribeTags",
            ],
            "*",
            "ELB lists have no resource-level permissions",
        ),
        Grant::on(
            &[
                "elasticloadbalancing:AddTags",
                "elasticloadbalancing:CreateLoadBalancer",
                "elasticloadbalancing:DeleteLoadBalancer",
                "elasticloadbalancing:ModifyLoadBalancerAttributes",
                "elasticloadbalancing:SetSecurityGroups",
                "elasticloadbalancing:SetSubnets",
            ],
            "arn:aws:elasticloadbalancing:{region}:{account}:loadbalancer/app/terrace-*",
            "the stack's load balancer",
        ),
        Grant::on(
            &["iam:CreateServiceLinkedRole"],
            "arn:aws:iam::{account}:role/aws-service-role/elasticloadbalancing.amazonaws.com/*",
            "the account's first load balancer brings its service-linked role",
        )
        .when(
            "StringEquals",
            "iam:AWSServiceName",
            &["elasticloadbalancing.amazonaws.com"],
        ),
    ];

    async fn list(cx: &Cx) -> Result<Vec<LiveOf<Self>>, CloudError> {
        let mut found = Vec::new();
        for ours in elb::load_balancers(cx).await? {
            let request = client(cx).describe_load_balancers().load_balancer_arns(&ours.arn);
            let Some(answer) = request.send().await.or_absent(ABSENT)? else { continue };
            let request = client(cx).describe_load_balancer_attributes();
            let request = request.load_balancer_arn(&ours.arn);
            let Some(attributes) = request.send().await.or_absent(ABSENT)? else { continue };
            let attributes = Attributes::read(attributes.attributes());
            let one = answer.load_balancers().iter();
            found.extend(one.map(|it| Self::live(ours.address.clone(), it, attributes.clone())));
        }
        Ok(found)
    }

    async fn create(&self, cx: &Cx, at: &Address) -> Result<Facts, CloudError> {
        let name = cx.scope.name("alb");
        let request = client(cx)
            .create_load_balancer()
            .name(&name)
            .r#type(LoadBalancerTypeEnum::Application)
            .scheme(LoadBalancerSchemeEnum::InternetFacing)
            .ip_address_type(IpAddressType::Ipv4)
            .set_subnets(Some(self.subnets.iter().cloned().collect()))
            .set_security_groups(Some(self.security_groups.iter().cloned().collect()))
            .set_tags(Some(elb::tags(cx, at)));
        if let Some(made) = request.send().await.or_absent(TAKEN)? {
            let made = made.load_balancers().first();
            return made.map(facts).ok_or(CloudError::Incomplete("a load balancer"));
        }
        let answer = client(cx).describe_load_balancers().names(&name).send().await?;
        match answer.load_balancers().first() {
            Some(it)
                if elb::is_ours(cx, it.load_balancer_arn().unwrap_or_default(), at).await? =>
            {
                Ok(facts(it))
            }
            Some(_) | None => Err(not_ours("the load balancer", &name)),
        }
    }

    async fn update(&self, cx: &Cx, live: &LiveOf<Self>) -> Result<(), CloudError> {
        let arn = &live.facts["id"];
        if self.subnets != live.spec.subnets {
            let request = client(cx).set_subnets().load_balancer_arn(arn);
            let subnets = self.subnets.iter().cloned().collect();
            request.set_subnets(Some(subnets)).send().await?;
        }
        if self.security_groups != live.spec.security_groups {
            let request = client(cx).set_security_groups().load_balancer_arn(arn);
            let groups = self.security_groups.iter().cloned().collect();
            request.set_security_groups(Some(groups)).send().await?;
        }
        if self.attributes != live.spec.attributes {
            modify(cx, arn, &self.attributes.pairs()).await?;
        }
        Ok(())
    }

    async fn delete(cx: &Cx, live: &LiveOf<Self>) -> Result<(), CloudError> {
        let arn = &live.facts["id"];
        if live.spec.attributes.deletion_protection {
            modify(cx, arn, &[("deletion_protection.enabled", "false".to_owned())]).await?;
        }
        let request = client(cx).delete_load_balancer().load_balancer_arn(arn);
        request.send().await.or_absent(ABSENT)?;
        Ok(())
    }
}

impl LoadBalancer {
    fn live(address: Address, it: &types::LoadBalancer, attributes: Attributes) -> LiveOf<Self> {
        let subnets = it.availability_zones().iter().filter_map(|zone| zone.subnet_id());
        let spec = Self {
            subnets: subnets.map(str::to_owned).collect(),
            security_groups: it.security_groups().iter().cloned().collect(),
            attributes,
        };
        LiveOf { address, spec, facts: facts(it), status: status(it.state()) }
    }
}

impl Attributes {
    fn read(attributes: &[LoadBalancerAttribute]) -> Self {
        let shown: BTreeMap<&str, &str> =
            attributes.iter().filter_map(|it| Some((it.key()?, it.value()?))).collect();
        let text = |key| shown.get(key).copied().unwrap_or_default();
        let logged = |key| (text("access_logs.s3.enabled") == "true").then(|| text(key).to_owned());
        Self {
            log_bucket: logged("access_logs.s3.bucket"),
            log_prefix: logged("access_logs.s3.prefix"),
            drop_invalid_headers: text("routing.http.drop_invalid_header_fields.enabled") == "true",
            desync_mode: text("routing.http.desync_mitigation_mode").to_owned(),
            deletion_protection: text("deletion_protection.enabled") == "true",
            idle_timeout_seconds: text("idle_timeout.timeout_seconds").parse().unwrap_or(0),
            waf_fail_open: text("waf.fail_open.enabled") == "true",
        }
    }

    fn pairs(&self) -> Vec<(&'static str, String)> {
        let mut pairs = vec![
            ("access_logs.s3.enabled", self.log_bucket.is_some().to_string()),
            ("deletion_protection.enabled", self.deletion_protection.to_string()),
            ("idle_timeout.timeout_seconds", self.idle_timeout_seconds.to_string()),
            ("routing.http.desync_mitigation_mode", self.desync_mode.clone()),
            (
                "routing.http.drop_invalid_header_fields.enabled",
                self.drop_invalid_headers.to_string(),
            ),
            ("waf.fail_open.enabled", self.waf_fail_open.to_string()),
        ];
        if let Some(bucket) = &self.log_bucket {
            pairs.push(("access_logs.s3.bucket", bucket.clone()));
            pairs.push(("access_logs.s3.prefix", self.log_prefix.clone().unwrap_or_default()));
        }
        pairs
    }
}

async fn modify(cx: &Cx, arn: &str, pairs: &[(&str, String)]) -> Result<(), CloudError> {
    let attribute = |(key, value): &(&str, String)| {
        LoadBalancerAttribute::builder().key(*key).value(value).build()
    };
    let request = client(cx).modify_load_balancer_attributes().load_balancer_arn(arn);
    request.set_attributes(Some(pairs.iter().map(attribute).collect())).send().await?;
    Ok(())
}

fn facts(it: &types::LoadBalancer) -> Facts {
    let arn = it.load_balancer_arn().unwrap_or_default();
    let shown = [
        ("id", arn),
        ("arn", arn),
        ("full_name", elb::full_name(arn)),
        ("dns_name", it.dns_name().unwrap_or_default()),
        ("zone_id", it.canonical_hosted_zone_id().unwrap_or_default()),
    ];
    let present = shown.into_iter().filter(|(_, value)| !value.is_empty());
    present.map(|(fact, value)| (fact.to_owned(), value.to_owned())).collect()
}

/// `active_impaired` serves, with fewer addresses than it should have.
fn status(state: Option<&types::LoadBalancerState>) -> Status {
    match state.and_then(types::LoadBalancerState::code) {
        Some(LoadBalancerStateEnum::Active | LoadBalancerStateEnum::ActiveImpaired) => {
            Status::Ready
        }
        Some(LoadBalancerStateEnum::Failed) => {
            let why = state.and_then(types::LoadBalancerState::reason);
            Status::Failed(why.unwrap_or("AWS gives no reason").to_owned())
        }
        Some(_) | None => Status::Pending,
    }
}

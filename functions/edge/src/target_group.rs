//! `AWS::ElasticLoadBalancingV2::TargetGroup`: the application's instances, as the load
//! balancer sees them.

use aws_sdk_elasticloadbalancingv2::types::{
    self, Matcher, ProtocolEnum, TargetGroupAttribute, TargetTypeEnum,
};
use serde::{Deserialize, Serialize};
use shared::aws::{Cx, Grant, LiveOf, OrAbsent, Resource};
use shared::model::{Address, Facts, Status};
use shared::world::CloudError;

use crate::elb::{self, client};
use crate::tagged::{self, not_ours, tagged};

const ABSENT: &[&str] = &["TargetGroupNotFound"];
/// The name is taken by one with other settings.
const TAKEN: &[&str] = &["DuplicateTargetGroupName"];
const DEREGISTRATION: &str = "deregistration_delay.timeout_seconds";

/// A group of instances that speak HTTP.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TargetGroup {
    pub vpc_id: String,
    pub port: u16,
    pub health: Health,
    /// How long a target that leaves may finish its requests.
    pub deregistration_seconds: u32,
}

/// When a target counts as healthy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Health {
    pub path: String,
    /// HTTP status codes that count as healthy.
    pub codes: String,
    pub interval_seconds: u32,
    pub timeout_seconds: u32,
    /// Good answers in a row until healthy.
    pub healthy_after: u32,
    /// Bad answers in a row until unhealthy.
    pub unhealthy_after: u32,
}

impl Resource for TargetGroup {
    const KIND: &'static str = "AWS::ElasticLoadBalancingV2::TargetGroup";
    const IMMUTABLE: &'static [&'static str] = &["vpc_id", "port"];
    /// Its name says what cannot be changed, so the next one stands before the listener moves.
    const MAKE_BEFORE_BREAK: bool = true;
    const OUTAGES: &'static [(&'static str, &'static str)] = &[(
        "port",
        "the site answers with errors (502 to 504) until instances that listen on the new port are \
         healthy, which takes minutes",
    )];
    const GRANTS: &'static [Grant] = &[
        tagged::GRANT,
        Grant::on(
            &[
                "elasticloadbalancing:DescribeTags",
                "elasticloadbalancing:DescribeTargetGroups",
                "elasticloadbalancing:DescribeTargetGroupAttributes",
            ],
            "*",
            "ELB lists have no resource-level permissions",
        ),
        Grant::on(
            &[
                "elasticloadbalancing:AddTags",
                "elasticloadbalancing:CreateTargetGroup",
                "elasticloadbalancing:DeleteTargetGroup",
                "elasticloadbalancing:ModifyTargetGroup",
                "elasticloadbalancing:ModifyTargetGroupAttributes",
            ],
            "arn:aws:elasticloadbalancing:{region}:{account}:targetgroup/terrace-*",
            "the stack's target group",
        ),
    ];

    async fn list(cx: &Cx) -> Result<Vec<LiveOf<Self>>, CloudError> {
        let mut found = Vec::new();
        for ours in tagged(cx, "elasticloadbalancing:targetgroup").await? {
            let request = client(cx).describe_target_groups().target_group_arns(&ours.arn);
            let Some(answer) = request.send().await.or_absent(ABSENT)? else { continue };
            let request = client(cx).describe_target_group_attributes().target_group_arn(&ours.arn);
            let Some(attributes) = request.send().await.or_absent(ABSENT)? else { continue };
            let seconds = deregistration_seconds(attributes.attributes());
            let one = answer.target_groups().iter();
            found.extend(one.map(|it| Self::live(ours.address.clone(), it, seconds)));
        }
        Ok(found)
    }

    async fn create(&self, cx: &Cx, at: &Address) -> Result<Facts, CloudError> {
        let name = self.name(cx, at);
        let Health { path, codes, .. } = &self.health;
        let request = client(cx)
            .create_target_group()
            .name(&name)
            .protocol(ProtocolEnum::Http)
            .target_type(TargetTypeEnum::Instance)
            .vpc_id(&self.vpc_id)
            .port(self.port.into())
            .health_check_path(path)
            .matcher(Matcher::builder().http_code(codes).build())
            .health_check_interval_seconds(signed(self.health.interval_seconds))
            .health_check_timeout_seconds(signed(self.health.timeout_seconds))
            .healthy_threshold_count(signed(self.health.healthy_after))
            .unhealthy_threshold_count(signed(self.health.unhealthy_after))
            .set_tags(Some(elb::tags(cx, at)));
        if let Some(made) = request.send().await.or_absent(TAKEN)? {
            let arn = made.target_groups().first().and_then(types::TargetGroup::target_group_arn);
            return arn.map(facts).ok_or(CloudError::Incomplete("a target group"));
        }
        let answer = client(cx).describe_target_groups().names(&name).send().await?;
        let arn = answer.target_groups().first().and_then(types::TargetGroup::target_group_arn);
        match arn {
            Some(arn) if elb::is_ours(cx, arn, at).await? => Ok(facts(arn)),
            Some(_) | None => Err(not_ours("the target group", &name)),
        }
    }

    async fn update(&self, cx: &Cx, live: &LiveOf<Self>) -> Result<(), CloudError> {
        let arn = &live.facts["id"];
        let Health { path, codes, .. } = &self.health;
        if self.health != live.spec.health {
            let request = client(cx)
                .modify_target_group()
                .target_group_arn(arn)
                .health_check_enabled(true)
                .health_check_path(path)
                .matcher(Matcher::builder().http_code(codes).build())
                .health_check_interval_seconds(signed(self.health.interval_seconds))
                .health_check_timeout_seconds(signed(self.health.timeout_seconds))
                .healthy_threshold_count(signed(self.health.healthy_after))
                .unhealthy_threshold_count(signed(self.health.unhealthy_after));
            request.send().await?;
        }
        if self.deregistration_seconds != live.spec.deregistration_seconds {
            let seconds = self.deregistration_seconds.to_string();
            let attribute = TargetGroupAttribute::builder().key(DEREGISTRATION).value(seconds);
            let request = client(cx).modify_target_group_attributes().target_group_arn(arn);
            request.attributes(attribute.build()).send().await?;
        }
        Ok(())
    }

    async fn delete(cx: &Cx, live: &LiveOf<Self>) -> Result<(), CloudError> {
        let request = client(cx).delete_target_group().target_group_arn(&live.facts["id"]);
        request.send().await.or_absent(ABSENT)?;
        Ok(())
    }
}

impl TargetGroup {
    /// AWS takes 32 characters, which leaves five for a hash of VPC and port.
    fn name(&self, cx: &Cx, at: &Address) -> String {
        const HASH_LENGTH: usize = 5;
        let Self { vpc_id, port, .. } = self;
        cx.scope.name(&cx.token(at, &format!("{vpc_id}/{port}"))[..HASH_LENGTH])
    }

    fn live(
        address: Address,
        it: &types::TargetGroup,
        deregistration_seconds: u32,
    ) -> LiveOf<Self> {
        let text = |it: Option<&str>| it.unwrap_or_default().to_owned();
        let number = |it: Option<i32>| it.and_then(|it| u32::try_from(it).ok()).unwrap_or(0);
        let spec = Self {
            vpc_id: text(it.vpc_id()),
            port: it.port().and_then(|port| port.try_into().ok()).unwrap_or(0),
            health: Health {
                path: text(it.health_check_path()),
                codes: text(it.matcher().and_then(Matcher::http_code)),
                interval_seconds: number(it.health_check_interval_seconds()),
                timeout_seconds: number(it.health_check_timeout_seconds()),
                healthy_after: number(it.healthy_threshold_count()),
                unhealthy_after: number(it.unhealthy_threshold_count()),
            },
            deregistration_seconds,
        };
        let facts = facts(it.target_group_arn().unwrap_or_default());
        LiveOf { address, spec, facts, status: Status::Ready }
    }
}

fn facts(arn: &str) -> Facts {
    let facts = [("id", arn), ("arn", arn), ("full_name", elb::full_name(arn))];
    facts.into_iter().map(|(fact, value)| (fact.to_owned(), value.to_owned())).collect()
}

fn deregistration_seconds(attributes: &[TargetGroupAttribute]) -> u32 {
    let seconds = attributes.iter().find(|it| it.key() == Some(DEREGISTRATION));
    seconds.and_then(|it| it.value()?.parse().ok()).unwrap_or(0)
}

/// AWS's models have signed numbers; ours are small.
fn signed(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

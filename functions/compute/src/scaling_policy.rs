//! `AWS::AutoScaling::ScalingPolicy`: keeps the average CPU use where the spec wants it.

use aws_sdk_autoscaling::types::{
    self, MetricType, PredefinedMetricSpecification, TargetTrackingConfiguration,
};
use serde::{Deserialize, Serialize};
use shared::aws::{Cx, Grant, LiveOf, Resource};
use shared::model::{Address, Facts, Status, Tier};
use shared::world::CloudError;

use crate::auto_scaling::{DESCRIBE, GROUPS, client, unless_gone};

/// Within its group.
const NAME: &str = "terrace-cpu";

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ScalingPolicy {
    /// Name of the group.
    pub scaling_group: String,
    pub cpu_target_percent: f64,
    /// Whether instances are also taken away.
    pub scales_in: bool,
    pub enabled: bool,
}

impl Resource for ScalingPolicy {
    const KIND: &'static str = "AWS::AutoScaling::ScalingPolicy";
    const IMMUTABLE: &'static [&'static str] = &["scaling_group"];
    const GRANTS: &'static [Grant] = &[
        DESCRIBE,
        Grant::on(
            &["autoscaling:DeletePolicy", "autoscaling:PutScalingPolicy"],
            GROUPS,
            "the policy of the stack's group",
        ),
    ];

    async fn list(cx: &Cx) -> Result<Vec<LiveOf<Self>>, CloudError> {
        let request = client(cx).describe_policies().policy_names(NAME);
        let request = request.auto_scaling_group_name(cx.scope.name("app"));
        let answer = unless_gone(request.send().await)?;
        let found = answer.and_then(|it| it.scaling_policies).unwrap_or_default();
        Ok(found.iter().filter(|it| it.policy_name() == Some(NAME)).map(Self::live).collect())
    }

    async fn create(&self, cx: &Cx, _: &Address) -> Result<Facts, CloudError> {
        self.put(cx).await
    }

    async fn update(&self, cx: &Cx, _: &LiveOf<Self>) -> Result<(), CloudError> {
        self.put(cx).await?;
        Ok(())
    }

    async fn delete(cx: &Cx, live: &LiveOf<Self>) -> Result<(), CloudError> {
        let request = client(cx).delete_policy().policy_name(NAME);
        let request = request.auto_scaling_group_name(&live.spec.scaling_group);
        unless_gone(request.send().await)?;
        Ok(())
    }
}

impl ScalingPolicy {
    /// One call makes it and changes it.
    async fn put(&self, cx: &Cx) -> Result<Facts, CloudError> {
        let cpu = PredefinedMetricSpecification::builder()
            .predefined_metric_type(MetricType::AsgAverageCpuUtilization);
        let target = TargetTrackingConfiguration::builder()
            .predefined_metric_specification(cpu.build())
            .target_value(self.cpu_target_percent)
            .disable_scale_in(!self.scales_in);
        let request = client(cx)
            .put_scaling_policy()
            .auto_scaling_group_name(&self.scaling_group)
            .policy_name(NAME)
            .policy_type("TargetTrackingScaling")
            .target_tracking_configuration(target.build())
            .enabled(self.enabled);
        let made = request.send().await?;
        facts(made.policy_arn()).ok_or(CloudError::Incomplete("a scaling policy's ARN"))
    }

    fn live(it: &types::ScalingPolicy) -> LiveOf<Self> {
        let target = it.target_tracking_configuration();
        let metric = target.and_then(|it| it.predefined_metric_specification());
        let cpu = metric.map(PredefinedMetricSpecification::predefined_metric_type);
        let cpu = cpu.flatten() == Some(&MetricType::AsgAverageCpuUtilization);
        let percent = target
            .filter(|_| cpu)
            .and_then(aws_sdk_autoscaling::types::TargetTrackingConfiguration::target_value);
        let spec = Self {
            scaling_group: it.auto_scaling_group_name().unwrap_or_default().to_owned(),
            cpu_target_percent: percent.unwrap_or(0.0),
            scales_in: target.is_some_and(|it| it.disable_scale_in() != Some(true)),
            enabled: it.enabled() != Some(false),
        };
        let address = Address::new(Tier::Compute, "scaling-policy");
        let facts = facts(it.policy_arn()).unwrap_or_default();
        LiveOf { address, spec, facts, status: Status::Ready }
    }
}

fn facts(arn: Option<&str>) -> Option<Facts> {
    let arn = arn?.to_owned();
    Some(Facts::from([("id".to_owned(), arn.clone()), ("arn".to_owned(), arn)]))
}

//! `AWS::AutoScaling::AutoScalingGroup`, its process `ReplaceUnhealthy`.
//!
//! Instances start while the database is still being made, and an application without its
//! database answers no health check. So the group begins with replacement suspended, and this
//! node, which comes after the database's parameters, resumes it: it is there when the process
//! runs. Suspended behind our back, it is missing, and healed like anything else.

use serde::{Deserialize, Serialize};
use shared::aws::{Cx, Grant, LiveOf, Resource};
use shared::model::{Address, Facts, Status, Tier};
use shared::world::CloudError;

use crate::auto_scaling::{
    DESCRIBE, GROUPS, REPLACE_UNHEALTHY, client, is_suspended, ours, unless_gone,
};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Replacement {
    /// Name of the group.
    pub scaling_group: String,
}

impl Resource for Replacement {
    const KIND: &'static str = "AWS::AutoScaling::AutoScalingGroup#ReplaceUnhealthy";
    const IMMUTABLE: &'static [&'static str] = &["scaling_group"];
    const GRANTS: &'static [Grant] = &[
        DESCRIBE,
        Grant::on(
            &["autoscaling:ResumeProcesses", "autoscaling:SuspendProcesses"],
            GROUPS,
            "the stack's group",
        ),
        Grant::on(
            &["autoscaling:TerminateInstanceInAutoScalingGroup"],
            GROUPS,
            "the response that replaces an unhealthy instance",
        ),
        Grant::on(
            &["autoscaling:DescribeScalingActivities", "elasticloadbalancing:DescribeTargetHealth"],
            "*",
            "what that response looks at first has no resource-level permissions",
        ),
    ];

    async fn list(cx: &Cx) -> Result<Vec<LiveOf<Self>>, CloudError> {
        let running = ours(cx).await?.filter(|group| !is_suspended(group, REPLACE_UNHEALTHY));
        let name = running.and_then(|group| group.auto_scaling_group_name);
        Ok(name.map(|scaling_group| Self { scaling_group }.live()).into_iter().collect())
    }

    async fn create(&self, cx: &Cx, _: &Address) -> Result<Facts, CloudError> {
        let request = client(cx).resume_processes().auto_scaling_group_name(&self.scaling_group);
        request.scaling_processes(REPLACE_UNHEALTHY).send().await?;
        Ok(self.facts())
    }

    /// Nothing of it can be changed.
    async fn update(&self, _: &Cx, _: &LiveOf<Self>) -> Result<(), CloudError> {
        Ok(())
    }

    async fn delete(cx: &Cx, live: &LiveOf<Self>) -> Result<(), CloudError> {
        let request = client(cx).suspend_processes();
        let request = request.auto_scaling_group_name(&live.spec.scaling_group);
        unless_gone(request.scaling_processes(REPLACE_UNHEALTHY).send().await)?;
        Ok(())
    }
}

impl Replacement {
    fn live(self) -> LiveOf<Self> {
        let address = Address::new(Tier::Compute, "scaling-group-replacement");
        let facts = self.facts();
        LiveOf { address, spec: self, facts, status: Status::Ready }
    }

    fn facts(&self) -> Facts {
        Facts::from([("id".to_owned(), format!("{}/{REPLACE_UNHEALTHY}", self.scaling_group))])
    }
}

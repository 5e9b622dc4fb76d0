//! `AWS::EC2::FlowLog`, of a VPC into CloudWatch Logs.

use aws_sdk_ec2::types::{
    self, FlowLogsResourceType, LogDestinationType, ResourceType, TrafficType, UnsuccessfulItem,
};
use serde::{Deserialize, Serialize};
use shared::aws::{Cx, Grant, LiveOf, OrAbsent, Resource, classified};
use shared::model::{Address, Facts, Status};
use shared::world::CloudError;

const TAKEN: &[&str] = &["FlowLogAlreadyExists"];
const ABSENT: &[&str] = &["InvalidFlowLogId.NotFound"];

/// Nothing of a flow log can be changed but its tags.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FlowLog {
    pub vpc_id: String,
    /// The log group's name.
    pub log_group: String,
    /// The role by which EC2 writes there.
    pub role_arn: String,
    /// `ALL`, `ACCEPT` or `REJECT`.
    pub traffic: String,
    /// 60 or 600: the longest time over which packets are summed up.
    pub aggregation_seconds: i32,
}

impl Resource for FlowLog {
    const KIND: &'static str = "AWS::EC2::FlowLog";
    const IMMUTABLE: &'static [&'static str] =
        &["vpc_id", "log_group", "role_arn", "traffic", "aggregation_seconds"];
    /// AWS takes two logs of one VPC, but not with the same configuration.
    const UNIQUE: &'static [&'static str] =
        &["vpc_id", "log_group", "traffic", "aggregation_seconds"];
    const MAKE_BEFORE_BREAK: bool = true;
    const GRANTS: &'static [Grant] = &[
        Grant::on(
            &["ec2:DescribeFlowLogs"],
            "*",
            "EC2's reading calls have no resource-level permissions",
        ),
        Grant::on(
            &["ec2:CreateFlowLogs", "ec2:DeleteFlowLogs"],
            "arn:aws:ec2:{region}:{account}:vpc-flow-log/*",
            "the stack's own flow log",
        ),
        Grant::on(
            &["ec2:CreateTags"],
            "arn:aws:ec2:{region}:{account}:vpc-flow-log/*",
            "tags are set only in the call that makes it",
        )
        .when("StringEquals", "ec2:CreateAction", &["CreateFlowLogs"]),
        Grant::on(
            &["ec2:CreateFlowLogs"],
            "arn:aws:ec2:{region}:{account}:vpc/*",
            "the flow log records the stack's VPC",
        ),
        Grant::on(
            &["iam:PassRole"],
            "arn:aws:iam::{account}:role/terrace/*",
            "the flow log writes by the stack's role",
        )
        .when("StringEquals", "iam:PassedToService", &["vpc-flow-logs.amazonaws.com"]),
    ];

    async fn list(cx: &Cx) -> Result<Vec<LiveOf<Self>>, CloudError> {
        let request = ec2::client(cx).describe_flow_logs().filter(ec2::of_stack(cx));
        let logs: Vec<_> = request.into_paginator().items().send().try_collect().await?;
        let ours = logs
            .iter()
            .filter_map(|log| Some(Self::live(ec2::tags(log.tags()).address(&cx.scope)?, log)));
        ours.collect()
    }

    async fn create(&self, cx: &Cx, at: &Address) -> Result<Facts, CloudError> {
        let request = ec2::client(cx)
            .create_flow_logs()
            .resource_type(FlowLogsResourceType::Vpc)
            .resource_ids(&self.vpc_id)
            .traffic_type(self.traffic.as_str().into())
            .log_destination_type(LogDestinationType::CloudWatchLogs)
            .log_group_name(&self.log_group)
            .deliver_logs_permission_arn(&self.role_arn)
            .max_aggregation_interval(self.aggregation_seconds)
            .tag_specifications(ec2::tag(cx, at, ResourceType::VpcFlowLog));
        // A token is good for one configuration only.
        let Self { vpc_id, log_group, role_arn, traffic, aggregation_seconds } = self;
        let generation =
            format!("{}/{vpc_id}/{log_group}/{role_arn}/{traffic}/{aggregation_seconds}", cx.run);
        let made = request.client_token(cx.token(at, &generation)).send().await.or_absent(TAKEN)?;
        let Some(made) = made else { return self.standing(cx, at).await };
        // The answer is 200 even when nothing was made.
        match made.unsuccessful().first() {
            Some(item) if has_code(item, TAKEN) => self.standing(cx, at).await,
            Some(item) => Err(failure(item)),
            None => ec2::facts(made.flow_log_ids().first().map(String::as_str), "a flow log's id"),
        }
    }

    /// Every field is immutable.
    async fn update(&self, _: &Cx, _: &LiveOf<Self>) -> Result<(), CloudError> {
        Ok(())
    }

    async fn delete(cx: &Cx, live: &LiveOf<Self>) -> Result<(), CloudError> {
        let request = ec2::client(cx).delete_flow_logs().flow_log_ids(ec2::id(live)?);
        let Some(answer) = request.send().await.or_absent(ABSENT)? else { return Ok(()) };
        match answer.unsuccessful().iter().find(|item| !has_code(item, ABSENT)) {
            Some(item) => Err(failure(item)),
            None => Ok(()),
        }
    }
}

impl FlowLog {
    fn live(address: Address, log: &types::FlowLog) -> Result<LiveOf<Self>, CloudError> {
        let spec = Self {
            vpc_id: log.resource_id().unwrap_or_default().to_owned(),
            log_group: log.log_group_name().unwrap_or_default().to_owned(),
            role_arn: log.deliver_logs_permission_arn().unwrap_or_default().to_owned(),
            traffic: log.traffic_type().map(TrafficType::as_str).unwrap_or_default().to_owned(),
            aggregation_seconds: log.max_aggregation_interval().unwrap_or_default(),
        };
        let facts = ec2::facts(log.flow_log_id(), "a flow log's id")?;
        // Delivery that fails comes back by itself when role and group are right again.
        Ok(LiveOf { address, spec, facts, status: Status::Ready })
    }

    /// There is such a flow log: our own, made when an answer was lost, or a stranger's.
    async fn standing(&self, cx: &Cx, at: &Address) -> Result<Facts, CloudError> {
        let request = ec2::client(cx).describe_flow_logs();
        let request = request.filter(ec2::filter("resource-id", &self.vpc_id));
        let found = request.filter(ec2::filter("log-group-name", &self.log_group)).send().await?;
        let is_same = |log: &types::FlowLog| {
            log.traffic_type().map(TrafficType::as_str) == Some(&self.traffic)
                && log.max_aggregation_interval() == Some(self.aggregation_seconds)
        };
        let ours = |log: &&types::FlowLog| {
            is_same(log) && ec2::tags(log.tags()).address(&cx.scope).as_ref() == Some(at)
        };
        if let Some(log) = found.flow_logs().iter().find(ours) {
            return ec2::facts(log.flow_log_id(), "a flow log's id");
        }
        let text = match found.flow_logs().first().and_then(types::FlowLog::flow_log_id) {
            Some(id) => format!(
                "flow log `{id}` of `{}` writes to `{}` and is not of this stack: delete it",
                self.vpc_id, self.log_group,
            ),
            None => return Err(CloudError::not_yet(TAKEN[0], "it is there, but not shown yet")),
        };
        Err(CloudError::refused(TAKEN[0], text))
    }
}

fn has_code(item: &UnsuccessfulItem, codes: &[&str]) -> bool {
    item.error().and_then(|it| it.code()).is_some_and(|code| codes.contains(&code))
}

fn failure(item: &UnsuccessfulItem) -> CloudError {
    let code = item.error().and_then(|it| it.code()).unwrap_or("NoAnswer");
    let message = item.error().and_then(|it| it.message()).unwrap_or("no reason given");
    classified(code, message)
}

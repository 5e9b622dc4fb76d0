//! What the kinds of Auto Scaling have in common.

use aws_sdk_autoscaling::Client;
use aws_sdk_autoscaling::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_autoscaling::types::{AutoScalingGroup, InstanceRefresh, InstanceRefreshStatus};
use shared::aws::{Cx, Grant, Tags};
use shared::model::{Address, Tier};
use shared::world::CloudError;

pub const DESCRIBE: Grant = Grant::on(
    &[
        "autoscaling:DescribeAutoScalingGroups",
        "autoscaling:DescribeInstanceRefreshes",
        "autoscaling:DescribePolicies",
    ],
    "*",
    "Auto Scaling's reading calls have no resource-level permissions",
);

/// Where the permissions on a group end.
pub const GROUPS: &str =
    "arn:aws:autoscaling:{region}:{account}:autoScalingGroup:*:autoScalingGroupName/terrace-*";

/// The process that puts a new instance in the place of one that is unhealthy.
pub const REPLACE_UNHEALTHY: &str = "ReplaceUnhealthy";

pub fn client(cx: &Cx) -> Client {
    shared::client!(cx, aws_sdk_autoscaling)
}

pub fn address() -> Address {
    Address::new(Tier::Compute, "scaling-group")
}

/// The stack's group: the name is ours and so are the tags, which come along.
pub async fn ours(cx: &Cx) -> Result<Option<AutoScalingGroup>, CloudError> {
    let request = client(cx).describe_auto_scaling_groups();
    let answer = request.auto_scaling_group_names(cx.scope.name("app")).send().await?;
    let found = answer.auto_scaling_groups.unwrap_or_default().into_iter().next();
    Ok(found.filter(|group| {
        let tags = Tags::read(group.tags().iter().map(|tag| (tag.key(), tag.value())));
        tags.address(&cx.scope) == Some(address())
    }))
}

/// Whether the group keeps this process from running.
pub fn is_suspended(group: &AutoScalingGroup, process: &str) -> bool {
    group.suspended_processes().iter().any(|it| it.process_name() == Some(process))
}

/// The group's last instance refresh: AWS shows the newest first.
pub async fn last_refresh(
    cx: &Cx,
    group: &AutoScalingGroup,
) -> Result<Option<InstanceRefresh>, CloudError> {
    let request = client(cx).describe_instance_refreshes().max_records(1);
    let request = request.set_auto_scaling_group_name(group.auto_scaling_group_name.clone());
    Ok(request.send().await?.instance_refreshes.unwrap_or_default().into_iter().next())
}

/// How an instance refresh stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refresh {
    UnderWay,
    Done,
    /// It ended, and instances may be left as they were.
    Broken,
}

impl Refresh {
    pub fn of(refresh: &InstanceRefresh) -> Self {
        use InstanceRefreshStatus::{
            Cancelled, Failed, RollbackFailed, RollbackSuccessful, Successful,
        };
        match refresh.status() {
            Some(Successful) => Self::Done,
            Some(Cancelled | Failed | RollbackFailed | RollbackSuccessful) => Self::Broken,
            // Also states that are newer than this SDK.
            Some(_) | None => Self::UnderWay,
        }
    }
}

/// Auto Scaling says with one code that something is wrong and that it is not there.
pub fn unless_gone<T, E, R>(result: Result<T, SdkError<E, R>>) -> Result<Option<T>, CloudError>
where
    SdkError<E, R>: ProvideErrorMetadata + Into<CloudError>,
{
    match result {
        Ok(found) => Ok(Some(found)),
        Err(error) if says_gone(error.code(), error.message()) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

fn says_gone(code: Option<&str>, message: Option<&str>) -> bool {
    code == Some("ValidationError")
        && message.is_some_and(|it| it.to_lowercase().contains("not found"))
}

#[cfg(test)]
mod tests {
    use super::says_gone;

    #[test]
    fn only_a_missing_group_is_gone() {
        let code = Some("ValidationError");
        assert!(says_gone(code, Some("AutoScalingGroup name not found - null")));
        assert!(says_gone(code, Some("Group terrace-x-app not found")));
        assert!(!says_gone(code, Some("Max size must be at least min size")));
        assert!(!says_gone(Some("AccessDenied"), Some("not found")));
    }
}

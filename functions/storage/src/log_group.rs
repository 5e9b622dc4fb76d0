//! `AWS::Logs::LogGroup`

use aws_sdk_cloudwatchlogs::types;
use futures::future::try_join_all;
use serde::{Deserialize, Serialize};
use shared::aws::{Cx, Grant, LiveOf, OrAbsent, Resource, Scope};
use shared::model::{Address, Facts, Status};
use shared::world::CloudError;

use crate::{logs, names};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LogGroup {
    pub name: String,
    /// `None`: its logs are kept for ever.
    pub retention_days: Option<i32>,
    /// ARN of the key it is encrypted with; `None`: with a key of AWS.
    pub key: Option<String>,
    /// CloudWatch Logs' `logGroupClass`; fixed at birth.
    pub class: String,
}

impl Resource for LogGroup {
    const KIND: &'static str = "AWS::Logs::LogGroup";
    const IMMUTABLE: &'static [&'static str] = &["name", "class"];
    const GRANTS: &'static [Grant] = &[
        Grant::on(
            &["logs:DescribeLogGroups"],
            "*",
            "CloudWatch Logs lists groups by prefix, not by ARN",
        ),
        Grant::on(CHANGES, "arn:aws:logs:{region}:{account}:log-group:/terrace/*", OWN),
        Grant::on(
            CHANGES,
            "arn:aws:logs:{region}:{account}:log-group:aws-waf-logs-terrace-*",
            "WAF takes only groups named so",
        ),
        Grant::on(
            CHANGES,
            "arn:aws:logs:{region}:{account}:log-group:/aws/rds/instance/terrace-*",
            "the groups that the stack's database writes to",
        ),
    ];

    /// One call a prefix.
    async fn list(cx: &Cx) -> Result<Vec<LiveOf<Self>>, CloudError> {
        let prefixes = names::log_group_prefixes(&cx.scope);
        let groups = try_join_all(prefixes.into_iter().map(|prefix| below(cx, prefix))).await?;
        let groups = groups.iter().flatten();
        Ok(groups.filter_map(|group| Self::live(&cx.scope, group)).collect())
    }

    async fn create(&self, cx: &Cx, at: &Address) -> Result<Facts, CloudError> {
        let tags = cx.tags(at);
        let tags = tags.pairs().map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
        let request = logs(cx).create_log_group().log_group_name(&self.name).set_tags(Some(tags));
        let request = request.log_group_class(self.class.as_str().into());
        let made = request.set_kms_key_id(self.key.clone()).send().await;
        // RDS makes a group of this name when it is quicker: the next look tells what differs.
        if made.or_absent(&["ResourceAlreadyExistsException"])?.is_some() {
            retain(cx, &self.name, self.retention_days).await?;
        }
        Ok(facts(&cx.scope, &self.name))
    }

    async fn update(&self, cx: &Cx, live: &LiveOf<Self>) -> Result<(), CloudError> {
        if self.retention_days != live.spec.retention_days {
            retain(cx, &self.name, self.retention_days).await?;
        }
        if self.key != live.spec.key {
            encrypt(cx, &self.name, self.key.as_deref()).await?;
        }
        Ok(())
    }

    async fn delete(cx: &Cx, live: &LiveOf<Self>) -> Result<(), CloudError> {
        let request = logs(cx).delete_log_group().log_group_name(&live.spec.name);
        request.send().await.or_absent(&["ResourceNotFoundException"])?;
        Ok(())
    }
}

const CHANGES: &[&str] = &[
    "logs:AssociateKmsKey",
    "logs:CreateLogGroup",
    "logs:DeleteLogGroup",
    "logs:DeleteRetentionPolicy",
    "logs:DisassociateKmsKey",
    "logs:PutRetentionPolicy",
    "logs:TagResource",
];

const OWN: &str = "the stack's own log groups";

impl LogGroup {
    fn live(scope: &Scope, group: &types::LogGroup) -> Option<LiveOf<Self>> {
        let name = group.log_group_name()?.to_owned();
        let address = names::log_group_address(scope, &name)?;
        let facts = facts(scope, &name);
        let spec = Self {
            name,
            retention_days: group.retention_in_days(),
            key: group.kms_key_id().map(str::to_owned),
            class: group.log_group_class().map_or("STANDARD", |class| class.as_str()).to_owned(),
        };
        Some(LiveOf { address, spec, facts, status: Status::Ready })
    }
}

async fn below(cx: &Cx, prefix: String) -> Result<Vec<types::LogGroup>, CloudError> {
    let mut found = Vec::new();
    let request = logs(cx).describe_log_groups().log_group_name_prefix(prefix);
    let mut groups = request.into_paginator().items().send();
    while let Some(group) = groups.next().await {
        found.push(group?);
    }
    Ok(found)
}

async fn retain(cx: &Cx, name: &str, days: Option<i32>) -> Result<(), CloudError> {
    match days {
        Some(days) => {
            let request = logs(cx).put_retention_policy().log_group_name(name);
            request.retention_in_days(days).send().await?;
        }
        None => _ = logs(cx).delete_retention_policy().log_group_name(name).send().await?,
    }
    Ok(())
}

async fn encrypt(cx: &Cx, name: &str, key: Option<&str>) -> Result<(), CloudError> {
    match key {
        Some(key) => {
            logs(cx).associate_kms_key().log_group_name(name).kms_key_id(key).send().await?;
        }
        None => _ = logs(cx).disassociate_kms_key().log_group_name(name).send().await?,
    }
    Ok(())
}

/// The ARN without the `:*` of its streams: so policies, flow logs and WAF name a group.
fn facts(scope: &Scope, name: &str) -> Facts {
    let arn = scope.arn("logs", &format!("log-group:{name}"));
    let facts = [("id", name.to_owned()), ("name", name.to_owned()), ("arn", arn)];
    facts.into_iter().map(|(fact, value)| (fact.to_owned(), value)).collect()
}

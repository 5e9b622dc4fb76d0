//! `AWS::RDS::DBParameterGroup`

use std::collections::BTreeMap;

use aws_sdk_rds::types::{self, ApplyMethod};
use serde::{Deserialize, Serialize};
use shared::aws::{Cx, Grant, LiveOf, OrAbsent, Resource, Scope};
use shared::model::{Address, Facts, Status};
use shared::world::CloudError;

use crate::rds;

const ABSENT: &[&str] = &["DBParameterGroupNotFound"];
const THERE: &[&str] = &["DBParameterGroupAlreadyExists"];

/// RDS changes no more parameters than this in one call.
const PARAMETERS_A_CALL: usize = 20;

/// How the engine is set up: what differs from its family's defaults.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ParameterGroup {
    pub name: String,
    /// Engine and major version, such as `postgres17`.
    pub family: String,
    pub description: String,
    /// Values by name. Every other parameter has its default.
    pub parameters: BTreeMap<String, String>,
}

impl Resource for ParameterGroup {
    const KIND: &'static str = "AWS::RDS::DBParameterGroup";
    const IMMUTABLE: &'static [&'static str] = &["name", "family", "description"];
    const UNIQUE: &'static [&'static str] = &["name"];
    /// Its name says its family: the group of the next major version stands before the instance
    /// moves to it, in the call that upgrades it.
    const MAKE_BEFORE_BREAK: bool = true;
    const GRANTS: &'static [Grant] = &[
        Grant::on(
            &["rds:DescribeDBParameterGroups"],
            "arn:aws:rds:{region}:{account}:pg:*",
            "groups of two families stand while the instance moves from one to the other",
        ),
        Grant::on(
            &[
                "rds:AddTagsToResource",
                "rds:CreateDBParameterGroup",
                "rds:DeleteDBParameterGroup",
                "rds:DescribeDBParameters",
                "rds:ListTagsForResource",
                "rds:ModifyDBParameterGroup",
                "rds:ResetDBParameterGroup",
            ],
            "arn:aws:rds:{region}:{account}:pg:terrace-*",
            "the stack's own parameter groups",
        ),
    ];

    /// By name, among the account's: RDS allows 50 of them in a region, and a page holds 100.
    async fn list(cx: &Cx) -> Result<Vec<LiveOf<Self>>, CloudError> {
        let request = rds::client(cx).describe_db_parameter_groups();
        let mut pages = request.into_paginator().items().send();
        let mut found = Vec::new();
        while let Some(group) = pages.next().await {
            let group = group?;
            let family = rds::text(group.db_parameter_group_family());
            let name = Self::named(&cx.scope, &family);
            if group.db_parameter_group_name() == Some(&name) {
                let description = rds::text(group.description());
                let parameters = changed_parameters(cx, &name).await?;
                let spec = Self { name, family, description, parameters };
                let (address, facts) = (rds::at("parameter-group"), facts(&group)?);
                found.push(LiveOf { address, spec, facts, status: Status::Ready });
            }
        }
        Ok(found)
    }

    /// The parameters are set before the facts are given: an instance that starts with the
    /// group has them from its first moment.
    async fn create(&self, cx: &Cx, at: &Address) -> Result<Facts, CloudError> {
        let request = rds::client(cx)
            .create_db_parameter_group()
            .db_parameter_group_name(&self.name)
            .db_parameter_group_family(&self.family)
            .description(&self.description)
            .set_tags(Some(rds::tag(cx, at)));
        let made = request.send().await.or_absent(THERE)?;
        if let Some(group) = made.as_ref().and_then(|made| made.db_parameter_group()) {
            let values =
                self.parameters.clone().into_iter().map(|(name, value)| (name, Some(value)));
            self.set(cx, &values.collect::<Vec<_>>()).await?;
            return facts(group);
        }
        let standing = find(cx, &self.name).await?;
        let facts = facts(&standing.ok_or(CloudError::Incomplete("a parameter group"))?)?;
        rds::prove_ours(cx, at, &facts["arn"]).await?;
        Ok(facts)
    }

    async fn update(&self, cx: &Cx, live: &LiveOf<Self>) -> Result<(), CloudError> {
        let (want, live) = (&self.parameters, &live.spec.parameters);
        let differing = want.iter().filter(|(name, value)| live.get(*name) != Some(value));
        let differing = differing.map(|(name, value)| (name.clone(), Some(value.clone())));
        self.set(cx, &differing.collect::<Vec<_>>()).await?;
        let foreign = live.keys().filter(|name| !want.contains_key(*name));
        self.reset(cx, &foreign.map(|name| (name.clone(), None)).collect::<Vec<_>>()).await
    }

    async fn delete(cx: &Cx, live: &LiveOf<Self>) -> Result<(), CloudError> {
        let request = rds::client(cx).delete_db_parameter_group();
        request.db_parameter_group_name(&live.spec.name).send().await.or_absent(ABSENT)?;
        Ok(())
    }
}

impl ParameterGroup {
    /// The name that the stack's group of a family has; RDS takes no dots in it.
    pub fn named(scope: &Scope, family: &str) -> String {
        scope.name(&format!("db-parameters-{}", family.replace('.', "-")))
    }

    async fn set(&self, cx: &Cx, values: &[Setting]) -> Result<(), CloudError> {
        for few in values.chunks(PARAMETERS_A_CALL) {
            let request = rds::client(cx).modify_db_parameter_group();
            let request = request.db_parameter_group_name(&self.name);
            let now =
                request.clone().set_parameters(Some(parameters(few, &ApplyMethod::Immediate)));
            if waits_for_reboot(now.send().await.map_err(CloudError::from))? {
                let later = parameters(few, &ApplyMethod::PendingReboot);
                request.set_parameters(Some(later)).send().await?;
            }
        }
        Ok(())
    }

    /// Back to the family's defaults.
    async fn reset(&self, cx: &Cx, names: &[Setting]) -> Result<(), CloudError> {
        for few in names.chunks(PARAMETERS_A_CALL) {
            let request = rds::client(cx).reset_db_parameter_group().reset_all_parameters(false);
            let request = request.db_parameter_group_name(&self.name);
            let now =
                request.clone().set_parameters(Some(parameters(few, &ApplyMethod::Immediate)));
            if waits_for_reboot(now.send().await.map_err(CloudError::from))? {
                let later = parameters(few, &ApplyMethod::PendingReboot);
                request.set_parameters(Some(later)).send().await?;
            }
        }
        Ok(())
    }
}

/// A parameter's name, and its value unless it is to have the default.
type Setting = (String, Option<String>);

fn parameters(few: &[Setting], method: &ApplyMethod) -> Vec<types::Parameter> {
    let parameter = |(name, value): &Setting| {
        let parameter = types::Parameter::builder().parameter_name(name);
        parameter.set_parameter_value(value.clone()).apply_method(method.clone()).build()
    };
    few.iter().map(parameter).collect()
}

/// Whether AWS refused to change parameters at once because one of them waits for a reboot.
/// Which ones do, only the whole list of several hundred would say.
fn waits_for_reboot<T>(answer: Result<T, CloudError>) -> Result<bool, CloudError> {
    match answer {
        Ok(_) => Ok(false),
        Err(CloudError::Refused { code, .. }) if code == "InvalidParameterCombination" => Ok(true),
        Err(error) => Err(error),
    }
}

/// The parameters whose values somebody has set.
async fn changed_parameters(cx: &Cx, name: &str) -> Result<BTreeMap<String, String>, CloudError> {
    let request = rds::client(cx).describe_db_parameters().db_parameter_group_name(name);
    let mut pages = request.source("user").into_paginator().items().send();
    let mut found = BTreeMap::new();
    while let Some(parameter) = pages.next().await {
        let parameter = parameter?;
        found.insert(rds::text(parameter.parameter_name()), rds::text(parameter.parameter_value()));
    }
    Ok(found)
}

async fn find(cx: &Cx, name: &str) -> Result<Option<types::DbParameterGroup>, CloudError> {
    let request = rds::client(cx).describe_db_parameter_groups().db_parameter_group_name(name);
    let answer = request.send().await.or_absent(ABSENT)?;
    Ok(answer.and_then(|it| it.db_parameter_groups.unwrap_or_default().into_iter().next()))
}

fn facts(group: &types::DbParameterGroup) -> Result<Facts, CloudError> {
    let name = group.db_parameter_group_name();
    let name = name.ok_or(CloudError::Incomplete("a parameter group's name"))?;
    let arn = group.db_parameter_group_arn();
    let arn = arn.ok_or(CloudError::Incomplete("a parameter group's ARN"))?;
    let facts = [("id", name), ("name", name), ("arn", arn)];
    Ok(facts.map(|(fact, value)| (fact.to_owned(), value.to_owned())).into())
}

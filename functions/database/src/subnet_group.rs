//! `AWS::RDS::DBSubnetGroup`

use std::collections::BTreeSet;

use aws_sdk_rds::types;
use serde::{Deserialize, Serialize};
use shared::aws::{Cx, Grant, LiveOf, OrAbsent, Resource, Scope};
use shared::model::{Address, Facts, Status};
use shared::world::CloudError;

use crate::rds;

const ABSENT: &[&str] = &["DBSubnetGroupNotFoundFault"];
const THERE: &[&str] = &["DBSubnetGroupAlreadyExists"];

/// The subnets in which the instance and its standby may stand.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SubnetGroup {
    pub name: String,
    pub description: String,
    pub subnets: BTreeSet<String>,
}

impl Resource for SubnetGroup {
    const KIND: &'static str = "AWS::RDS::DBSubnetGroup";
    const IMMUTABLE: &'static [&'static str] = &["name"];
    const GRANTS: &'static [Grant] = &[Grant::on(
        &[
            "rds:AddTagsToResource",
            "rds:CreateDBSubnetGroup",
            "rds:DeleteDBSubnetGroup",
            "rds:DescribeDBSubnetGroups",
            "rds:ListTagsForResource",
            "rds:ModifyDBSubnetGroup",
        ],
        "arn:aws:rds:{region}:{account}:subgrp:terrace-*",
        "the stack's own subnet group",
    )];

    async fn list(cx: &Cx) -> Result<Vec<LiveOf<Self>>, CloudError> {
        let group = find(cx, &Self::named(&cx.scope)).await?;
        group.iter().map(Self::live).collect()
    }

    async fn create(&self, cx: &Cx, at: &Address) -> Result<Facts, CloudError> {
        let request = rds::client(cx)
            .create_db_subnet_group()
            .db_subnet_group_name(&self.name)
            .db_subnet_group_description(&self.description)
            .set_subnet_ids(Some(self.subnets.iter().cloned().collect()))
            .set_tags(Some(rds::tag(cx, at)));
        let made = request.send().await.or_absent(THERE)?;
        if let Some(group) = made.as_ref().and_then(|made| made.db_subnet_group()) {
            return facts(group);
        }
        let standing = find(cx, &self.name).await?;
        let facts = facts(&standing.ok_or(CloudError::Incomplete("a subnet group"))?)?;
        rds::prove_ours(cx, at, &facts["arn"]).await?;
        Ok(facts)
    }

    async fn update(&self, cx: &Cx, _: &LiveOf<Self>) -> Result<(), CloudError> {
        let request = rds::client(cx)
            .modify_db_subnet_group()
            .db_subnet_group_name(&self.name)
            .db_subnet_group_description(&self.description)
            .set_subnet_ids(Some(self.subnets.iter().cloned().collect()));
        request.send().await?;
        Ok(())
    }

    async fn delete(cx: &Cx, live: &LiveOf<Self>) -> Result<(), CloudError> {
        let request =
            rds::client(cx).delete_db_subnet_group().db_subnet_group_name(&live.spec.name);
        request.send().await.or_absent(ABSENT)?;
        Ok(())
    }
}

impl SubnetGroup {
    /// The name that the stack's group has.
    pub fn named(scope: &Scope) -> String {
        scope.name("db-subnets")
    }

    fn live(group: &types::DbSubnetGroup) -> Result<LiveOf<Self>, CloudError> {
        let subnets = group.subnets().iter().filter_map(types::Subnet::subnet_identifier);
        let spec = Self {
            name: rds::text(group.db_subnet_group_name()),
            description: rds::text(group.db_subnet_group_description()),
            subnets: subnets.map(str::to_owned).collect(),
        };
        let address = rds::at("subnet-group");
        Ok(LiveOf { address, spec, facts: facts(group)?, status: Status::Ready })
    }
}

async fn find(cx: &Cx, name: &str) -> Result<Option<types::DbSubnetGroup>, CloudError> {
    let request = rds::client(cx).describe_db_subnet_groups().db_subnet_group_name(name);
    let answer = request.send().await.or_absent(ABSENT)?;
    Ok(answer.and_then(|it| it.db_subnet_groups.unwrap_or_default().into_iter().next()))
}

fn facts(group: &types::DbSubnetGroup) -> Result<Facts, CloudError> {
    let name =
        group.db_subnet_group_name().ok_or(CloudError::Incomplete("a subnet group's name"))?;
    let arn = group.db_subnet_group_arn().ok_or(CloudError::Incomplete("a subnet group's ARN"))?;
    let facts = [("id", name), ("name", name), ("arn", arn)];
    Ok(facts.map(|(fact, value)| (fact.to_owned(), value.to_owned())).into())
}

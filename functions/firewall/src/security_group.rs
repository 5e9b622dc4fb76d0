//! `AWS::EC2::SecurityGroup`: the bare group. Its rules are a resource of their own, because
//! groups refer to each other.

use std::time::Duration;

use aws_sdk_ec2::types::{self, ResourceType};
use ec2::interfaces::or_name;
use serde::{Deserialize, Serialize};
use shared::aws::{Cx, Grant, LiveOf, OrAbsent, Resource};
use shared::model::{Address, Facts, Status};
use shared::world::CloudError;

use crate::{ANYWHERE, Rule};

const ABSENT: &[&str] = &["InvalidGroup.NotFound"];
const TAKEN: &[&str] = &["InvalidGroup.Duplicate"];

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SecurityGroup {
    pub vpc_id: String,
    /// Unique within the VPC.
    pub name: String,
    /// For people; AWS lets nobody change it.
    pub description: String,
}

impl Resource for SecurityGroup {
    const KIND: &'static str = "AWS::EC2::SecurityGroup";
    const IMMUTABLE: &'static [&'static str] = &["vpc_id", "name", "description"];
    /// Load balancers and databases let go of their groups minutes after they are gone.
    const DEADLINE: Duration = Duration::from_mins(20);
    const GRANTS: &'static [Grant] = &[
        ec2::interfaces::GRANT,
        Grant::on(
            &["ec2:DescribeSecurityGroups"],
            "*",
            "EC2's reading calls have no resource-level permissions",
        ),
        Grant::on(
            &[
                "ec2:CreateSecurityGroup",
                "ec2:DeleteSecurityGroup",
                "ec2:RevokeSecurityGroupEgress",
            ],
            "arn:aws:ec2:{region}:{account}:security-group/*",
            "the stack's own groups",
        ),
        Grant::on(
            &["ec2:CreateTags"],
            "arn:aws:ec2:{region}:{account}:security-group/*",
            "tags are set only in the call that makes it",
        )
        .when("StringEquals", "ec2:CreateAction", &["CreateSecurityGroup"]),
        Grant::on(
            &["ec2:CreateSecurityGroup"],
            "arn:aws:ec2:{region}:{account}:vpc/*",
            "groups are made in the stack's VPC",
        ),
    ];

    async fn list(cx: &Cx) -> Result<Vec<LiveOf<Self>>, CloudError> {
        let groups = of_stack(cx).await?;
        groups.iter().map(|(address, group)| Self::live(address.clone(), group)).collect()
    }

    async fn create(&self, cx: &Cx, at: &Address) -> Result<Facts, CloudError> {
        let request = ec2::client(cx).create_security_group().vpc_id(&self.vpc_id);
        let request = request.group_name(&self.name).description(&self.description);
        let request = request.tag_specifications(ec2::tag(cx, at, ResourceType::SecurityGroup));
        let Some(made) = request.send().await.or_absent(TAKEN)? else {
            return self.standing(cx, at).await;
        };
        let facts = ec2::facts(made.group_id(), "a security group's id")?;
        close(cx, &facts["id"]).await?;
        Ok(facts)
    }

    /// Every field is immutable.
    async fn update(&self, _: &Cx, _: &LiveOf<Self>) -> Result<(), CloudError> {
        Ok(())
    }

    async fn delete(cx: &Cx, live: &LiveOf<Self>) -> Result<(), CloudError> {
        let id = ec2::id(live)?;
        let answer = ec2::client(cx).delete_security_group().group_id(id).send().await;
        let answer = answer.or_absent(ABSENT);
        or_name(answer, cx, ec2::filter("group-id", id)).await.map(drop)
    }
}

impl SecurityGroup {
    fn live(address: Address, group: &types::SecurityGroup) -> Result<LiveOf<Self>, CloudError> {
        let spec = Self {
            vpc_id: group.vpc_id().unwrap_or_default().to_owned(),
            name: group.group_name().unwrap_or_default().to_owned(),
            description: group.description().unwrap_or_default().to_owned(),
        };
        let facts = ec2::facts(group.group_id(), "a security group's id")?;
        Ok(LiveOf { address, spec, facts, status: Status::Ready })
    }

    /// The name is taken: by our own group, made when an answer was lost, or by a stranger's.
    async fn standing(&self, cx: &Cx, at: &Address) -> Result<Facts, CloudError> {
        let request = ec2::client(cx).describe_security_groups();
        let request = request.filters(ec2::filter("vpc-id", &self.vpc_id));
        let found = request.filters(ec2::filter("group-name", &self.name)).send().await?;
        let Some(group) = found.security_groups().first() else {
            let text = format!("`{}` is the name of a group that is not shown yet", self.name);
            return Err(CloudError::not_yet(TAKEN[0], text));
        };
        let facts = ec2::facts(group.group_id(), "a security group's id")?;
        if ec2::tags(group.tags()).address(&cx.scope).as_ref() == Some(at) {
            return Ok(facts);
        }
        let text = format!(
            "security group `{}` ({}) is there and has no tags of this stack: delete it if nothing uses it",
            self.name, facts["id"],
        );
        Err(CloudError::refused(TAKEN[0], text))
    }
}

/// AWS lets a new group speak to everybody. Should we not get as far as here, the group's rules
/// take that away.
async fn close(cx: &Cx, id: &str) -> Result<(), CloudError> {
    const CLOSED: &[&str] = &["InvalidPermission.NotFound"];
    let everybody = Rule { protocol: "-1".to_owned(), from: -1, to: -1, peer: ANYWHERE.to_owned() };
    let request = ec2::client(cx).revoke_security_group_egress().group_id(id);
    request.ip_permissions(everybody.permission()).send().await.or_absent(CLOSED)?;
    Ok(())
}

/// The stack's groups with all that is in them.
pub async fn of_stack(cx: &Cx) -> Result<Vec<(Address, types::SecurityGroup)>, CloudError> {
    let request = ec2::client(cx).describe_security_groups().filters(ec2::of_stack(cx));
    let groups: Vec<_> = request.into_paginator().items().send().try_collect().await?;
    let ours = groups
        .into_iter()
        .filter_map(|group| Some((ec2::tags(group.tags()).address(&cx.scope)?, group)));
    Ok(ours.collect())
}

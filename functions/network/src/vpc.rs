//! `AWS::EC2::VPC`, with the group and the ACL that AWS makes with it.

use std::time::Duration;

use aws_sdk_ec2::types::{self, AttributeBooleanValue, ResourceType, VpcAttributeName};
use serde::{Deserialize, Serialize};
use shared::aws::{Cx, Grant, LiveOf, OrAbsent, Resource};
use shared::model::{Address, Facts, Status};
use shared::world::CloudError;

use crate::defaults::Defaults;
use crate::{guard_duty, guests};

const ABSENT: &[&str] = &["InvalidVpcID.NotFound"];

/// A VPC. Its default group and ACL come and go with it, so they are fields of it and no
/// resources of their own.
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own in AWS")]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Vpc {
    pub cidr: String,
    pub dns_support: bool,
    pub dns_hostnames: bool,
    /// The default security group admits nothing (control EC2.2).
    pub default_group_empty: bool,
    /// The default network ACL admits nothing: a subnet is closed until it has an ACL of ours.
    pub default_acl_empty: bool,
}

impl Resource for Vpc {
    const KIND: &'static str = "AWS::EC2::VPC";
    const IMMUTABLE: &'static [&'static str] = &["cidr"];
    /// Deleting waits for the last network interface, and services take minutes over theirs.
    const DEADLINE: Duration = Duration::from_mins(20);
    const GRANTS: &'static [Grant] = &[
        guests::GRANT,
        Grant::on(
            &[
                "ec2:DescribeNetworkAcls",
                "ec2:DescribeSecurityGroups",
                "ec2:DescribeVpcAttribute",
                "ec2:DescribeVpcs",
            ],
            "*",
            "EC2's reading calls have no resource-level permissions",
        ),
        Grant::on(
            &["ec2:CreateVpc", "ec2:DeleteVpc", "ec2:ModifyVpcAttribute"],
            "arn:aws:ec2:{region}:{account}:vpc/*",
            "the stack's own network",
        ),
        Grant::on(
            &["ec2:CreateTags"],
            "arn:aws:ec2:{region}:{account}:vpc/*",
            "tags are set only in the call that makes it",
        )
        .when("StringEquals", "ec2:CreateAction", &["CreateVpc"]),
        Grant::on(
            &["ec2:RevokeSecurityGroupEgress", "ec2:RevokeSecurityGroupIngress"],
            "arn:aws:ec2:{region}:{account}:security-group/*",
            "the VPC's default group is emptied",
        ),
        Grant::on(
            &["ec2:DeleteNetworkAclEntry"],
            "arn:aws:ec2:{region}:{account}:network-acl/*",
            "the VPC's default ACL is emptied",
        ),
    ];

    async fn list(cx: &Cx) -> Result<Vec<LiveOf<Self>>, CloudError> {
        let request = ec2::client(cx).describe_vpcs().filters(ec2::of_stack(cx));
        let vpcs: Vec<_> = request.into_paginator().items().send().try_collect().await?;
        let mut found = Vec::new();
        for vpc in vpcs {
            if let Some(address) = ec2::tags(vpc.tags()).address(&cx.scope) {
                found.push(Self::live(cx, address, &vpc).await?);
            }
        }
        Ok(found)
    }

    async fn create(&self, cx: &Cx, at: &Address) -> Result<Facts, CloudError> {
        let request = ec2::client(cx).create_vpc().cidr_block(&self.cidr);
        let request = request.tag_specifications(ec2::tag(cx, at, ResourceType::Vpc));
        // Neither token nor name: a second try could make a second VPC.
        let made = request.customize().config_override(ec2::once()).send().await?;
        ec2::facts(made.vpc().and_then(types::Vpc::vpc_id), "a VPC's id")
    }

    async fn update(&self, cx: &Cx, live: &LiveOf<Self>) -> Result<(), CloudError> {
        let id = ec2::id(live)?;
        // One attribute per call. Host names need resolution, so that is switched on first.
        if self.dns_support != live.spec.dns_support {
            let request = ec2::client(cx).modify_vpc_attribute().vpc_id(id);
            request.enable_dns_support(flag(self.dns_support)).send().await?;
        }
        if self.dns_hostnames != live.spec.dns_hostnames {
            let request = ec2::client(cx).modify_vpc_attribute().vpc_id(id);
            request.enable_dns_hostnames(flag(self.dns_hostnames)).send().await?;
        }
        if self.default_group_empty && !live.spec.default_group_empty {
            crate::defaults::empty_group(cx, ec2::fact(live, "default_group")?).await?;
        }
        if self.default_acl_empty && !live.spec.default_acl_empty {
            crate::defaults::empty_acl(cx, ec2::fact(live, "default_acl")?).await?;
        }
        Ok(())
    }

    async fn delete(cx: &Cx, live: &LiveOf<Self>) -> Result<(), CloudError> {
        let id = ec2::id(live)?;
        let request = ec2::client(cx).delete_vpc().vpc_id(id);
        let answer = request.send().await.or_absent(ABSENT);
        guard_duty::or_clear(answer, cx, id, ec2::filter("vpc-id", id)).await
    }
}

impl Vpc {
    async fn live(cx: &Cx, address: Address, vpc: &types::Vpc) -> Result<LiveOf<Self>, CloudError> {
        let mut facts = ec2::facts(vpc.vpc_id(), "a VPC's id")?;
        let defaults = Defaults::of(cx, &facts["id"]).await?;
        let spec = Self {
            cidr: vpc.cidr_block().unwrap_or_default().to_owned(),
            dns_support: attribute(cx, &facts["id"], VpcAttributeName::EnableDnsSupport).await?,
            dns_hostnames: attribute(cx, &facts["id"], VpcAttributeName::EnableDnsHostnames)
                .await?,
            default_group_empty: defaults.group_empty,
            default_acl_empty: defaults.acl_empty,
        };
        facts.extend(defaults.group.map(|id| ("default_group".to_owned(), id)));
        facts.extend(defaults.acl.map(|id| ("default_acl".to_owned(), id)));
        if cx.leaving {
            let held = guests::of(cx, &facts["id"]).await?;
            facts.extend(held);
        }
        let status = match vpc.state() {
            Some(types::VpcState::Pending) => Status::Pending,
            _ => Status::Ready,
        };
        Ok(LiveOf { address, spec, facts, status })
    }
}

fn flag(value: bool) -> AttributeBooleanValue {
    AttributeBooleanValue::builder().value(value).build()
}

async fn attribute(cx: &Cx, id: &str, name: VpcAttributeName) -> Result<bool, CloudError> {
    let request = ec2::client(cx).describe_vpc_attribute().vpc_id(id).attribute(name);
    let answer = request.send().await?;
    let found = answer.enable_dns_support().or(answer.enable_dns_hostnames());
    Ok(found.and_then(AttributeBooleanValue::value).unwrap_or(false))
}

//! `AWS::EC2::Subnet`

use std::time::Duration;

use aws_sdk_ec2::types::{self, AttributeBooleanValue, ResourceType};
use ipnet::Ipv4Net;
use serde::{Deserialize, Serialize};
use shared::aws::{Cx, Grant, LiveOf, OrAbsent, Resource};
use shared::model::{Address, Facts, Status};
use shared::world::CloudError;

use crate::guard_duty;

const ABSENT: &[&str] = &["InvalidSubnetID.NotFound"];
const TAKEN: &[&str] = &["InvalidSubnet.Conflict"];

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Subnet {
    pub vpc_id: String,
    /// The availability zone's name.
    pub zone: String,
    pub cidr: String,
    /// Whether interfaces born here get a public address (control EC2.15 wants it off).
    pub map_public_ip: bool,
}

impl Resource for Subnet {
    const KIND: &'static str = "AWS::EC2::Subnet";
    const IMMUTABLE: &'static [&'static str] = &["vpc_id", "zone", "cidr"];
    const UNIQUE: &'static [&'static str] = &["vpc_id", "cidr"];
    /// Deleting waits for the last network interface, and services take minutes over theirs.
    const DEADLINE: Duration = Duration::from_mins(20);
    const GRANTS: &'static [Grant] = &[
        ec2::interfaces::GRANT,
        Grant::on(
            &["ec2:DescribeSubnets"],
            "*",
            "EC2's reading calls have no resource-level permissions",
        ),
        Grant::on(
            &["ec2:CreateSubnet", "ec2:DeleteSubnet", "ec2:ModifySubnetAttribute"],
            "arn:aws:ec2:{region}:{account}:subnet/*",
            "the stack's own subnets",
        ),
        Grant::on(
            &["ec2:CreateTags"],
            "arn:aws:ec2:{region}:{account}:subnet/*",
            "tags are set only in the call that makes it",
        )
        .when("StringEquals", "ec2:CreateAction", &["CreateSubnet"]),
        Grant::on(
            &["ec2:CreateSubnet"],
            "arn:aws:ec2:{region}:{account}:vpc/*",
            "subnets are made in the stack's VPC",
        ),
        Grant::on(
            &["ec2:DescribeSecurityGroups", "ec2:DescribeVpcEndpoints"],
            "*",
            "EC2's reading calls have no resource-level permissions",
        ),
        Grant::on(
            &["ec2:DeleteVpcEndpoints"],
            "arn:aws:ec2:{region}:{account}:vpc-endpoint/*",
            "what GuardDuty has put into the VPC holds its subnets",
        )
        .when("StringEquals", "aws:ResourceTag/GuardDutyManaged", &["true"]),
        Grant::on(
            &["ec2:DeleteSecurityGroup"],
            "arn:aws:ec2:{region}:{account}:security-group/*",
            "what GuardDuty has put into the VPC holds it",
        )
        .when("StringEquals", "aws:ResourceTag/GuardDutyManaged", &["true"]),
    ];

    async fn list(cx: &Cx) -> Result<Vec<LiveOf<Self>>, CloudError> {
        let request = ec2::client(cx).describe_subnets().filters(ec2::of_stack(cx));
        let subnets: Vec<_> = request.into_paginator().items().send().try_collect().await?;
        let ours = subnets.iter().filter_map(|subnet| {
            Some(Self::live(ec2::tags(subnet.tags()).address(&cx.scope)?, subnet))
        });
        ours.collect()
    }

    async fn create(&self, cx: &Cx, at: &Address) -> Result<Facts, CloudError> {
        let request = ec2::client(cx).create_subnet().vpc_id(&self.vpc_id).cidr_block(&self.cidr);
        let request = request.availability_zone(&self.zone);
        let request = request.tag_specifications(ec2::tag(cx, at, ResourceType::Subnet));
        match request.send().await.or_absent(TAKEN)? {
            Some(made) => {
                ec2::facts(made.subnet().and_then(types::Subnet::subnet_id), "a subnet's id")
            }
            None => self.standing(cx, at).await,
        }
    }

    async fn update(&self, cx: &Cx, live: &LiveOf<Self>) -> Result<(), CloudError> {
        let flag = AttributeBooleanValue::builder().value(self.map_public_ip).build();
        let request = ec2::client(cx).modify_subnet_attribute().subnet_id(ec2::id(live)?);
        request.map_public_ip_on_launch(flag).send().await?;
        Ok(())
    }

    async fn delete(cx: &Cx, live: &LiveOf<Self>) -> Result<(), CloudError> {
        let id = ec2::id(live)?;
        let answer = ec2::client(cx).delete_subnet().subnet_id(id).send().await.or_absent(ABSENT);
        guard_duty::or_clear(answer, cx, &live.spec.vpc_id, ec2::filter("subnet-id", id)).await
    }
}

impl Subnet {
    fn live(address: Address, subnet: &types::Subnet) -> Result<LiveOf<Self>, CloudError> {
        let spec = Self {
            vpc_id: subnet.vpc_id().unwrap_or_default().to_owned(),
            zone: subnet.availability_zone().unwrap_or_default().to_owned(),
            cidr: subnet.cidr_block().unwrap_or_default().to_owned(),
            map_public_ip: subnet.map_public_ip_on_launch().unwrap_or(false),
        };
        let status = match subnet.state() {
            Some(types::SubnetState::Pending) => Status::Pending,
            Some(types::SubnetState::Failed) => Status::Failed("AWS could not make it".to_owned()),
            _ => Status::Ready,
        };
        let facts = ec2::facts(subnet.subnet_id(), "a subnet's id")?;
        Ok(LiveOf { address, spec, facts, status })
    }

    /// The range is taken: by our own subnet, made when an answer was lost, or by a stranger's.
    async fn standing(&self, cx: &Cx, at: &Address) -> Result<Facts, CloudError> {
        let request =
            ec2::client(cx).describe_subnets().filters(ec2::filter("vpc-id", &self.vpc_id));
        let subnets: Vec<_> = request.into_paginator().items().send().try_collect().await?;
        let in_the_way =
            subnets.iter().find(|it| overlap(&self.cidr, it.cidr_block().unwrap_or_default()));
        let Some(subnet) = in_the_way else {
            let text = format!("`{}` is taken by a subnet that is not shown yet", self.cidr);
            return Err(CloudError::not_yet(TAKEN[0], text));
        };
        let facts = ec2::facts(subnet.subnet_id(), "a subnet's id")?;
        let owner = ec2::tags(subnet.tags()).address(&cx.scope);
        if owner.as_ref() == Some(at) && subnet.cidr_block() == Some(&self.cidr) {
            return Ok(facts);
        }
        let whose = match owner {
            Some(owner) => format!("this stack's `{owner}`"),
            None => "not of this stack".to_owned(),
        };
        let text = format!(
            "`{}` overlaps subnet `{}`, which is {whose}: delete that subnet, or choose another `network.cidr`",
            self.cidr, facts["id"],
        );
        Err(CloudError::refused(TAKEN[0], text))
    }
}

fn overlap(one: &str, other: &str) -> bool {
    match (one.parse::<Ipv4Net>(), other.parse::<Ipv4Net>()) {
        (Ok(one), Ok(other)) => one.contains(&other) || other.contains(&one),
        (Err(_), _) | (_, Err(_)) => false,
    }
}

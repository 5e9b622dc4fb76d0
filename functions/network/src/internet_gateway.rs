//! `AWS::EC2::InternetGateway`, with its attachment.

use std::time::Duration;

use aws_sdk_ec2::types::{self, ResourceType};
use serde::{Deserialize, Serialize};
use shared::aws::{Cx, Grant, LiveOf, OrAbsent, Resource};
use shared::model::{Address, Facts, Status};
use shared::world::CloudError;

const ABSENT: &[&str] = &["InvalidInternetGatewayID.NotFound"];
const DETACHED: &[&str] = &["Gateway.NotAttached", "InvalidInternetGatewayID.NotFound"];
const ATTACHED: &[&str] = &["Resource.AlreadyAssociated"];

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct InternetGateway {
    /// Where it is attached; empty while it is attached nowhere.
    pub vpc_id: String,
}

impl Resource for InternetGateway {
    const KIND: &'static str = "AWS::EC2::InternetGateway";
    /// It comes off only when the last public address in the VPC is gone.
    const DEADLINE: Duration = Duration::from_mins(20);
    const GRANTS: &'static [Grant] = &[
        Grant::on(
            &["ec2:DescribeInternetGateways"],
            "*",
            "EC2's reading calls have no resource-level permissions",
        ),
        Grant::on(
            &[
                "ec2:AttachInternetGateway",
                "ec2:CreateInternetGateway",
                "ec2:DeleteInternetGateway",
                "ec2:DetachInternetGateway",
            ],
            "arn:aws:ec2:{region}:{account}:internet-gateway/*",
            "the stack's own gateway",
        ),
        Grant::on(
            &["ec2:CreateTags"],
            "arn:aws:ec2:{region}:{account}:internet-gateway/*",
            "tags are set only in the call that makes it",
        )
        .when("StringEquals", "ec2:CreateAction", &["CreateInternetGateway"]),
        Grant::on(
            &["ec2:AttachInternetGateway", "ec2:DetachInternetGateway"],
            "arn:aws:ec2:{region}:{account}:vpc/*",
            "the gateway is attached to the stack's VPC",
        ),
    ];

    async fn list(cx: &Cx) -> Result<Vec<LiveOf<Self>>, CloudError> {
        let request = ec2::client(cx).describe_internet_gateways().filters(ec2::of_stack(cx));
        let gateways: Vec<_> = request.into_paginator().items().send().try_collect().await?;
        let ours = gateways.iter().filter_map(|gateway| {
            Some(Self::live(ec2::tags(gateway.tags()).address(&cx.scope)?, gateway))
        });
        ours.collect()
    }

    async fn create(&self, cx: &Cx, at: &Address) -> Result<Facts, CloudError> {
        let request = ec2::client(cx).create_internet_gateway();
        let request = request.tag_specifications(ec2::tag(cx, at, ResourceType::InternetGateway));
        // Neither token nor name: a second try could make a second gateway.
        let made = request.customize().config_override(ec2::once()).send().await?;
        let id = made.internet_gateway().and_then(types::InternetGateway::internet_gateway_id);
        let facts = ec2::facts(id, "an internet gateway's id")?;
        // At once, because NAT gateways and routes can be made from here on.
        attach(cx, &facts["id"], &self.vpc_id).await?;
        Ok(facts)
    }

    async fn update(&self, cx: &Cx, live: &LiveOf<Self>) -> Result<(), CloudError> {
        let id = ec2::id(live)?;
        detach(cx, id, &live.spec.vpc_id).await?;
        attach(cx, id, &self.vpc_id).await
    }

    async fn delete(cx: &Cx, live: &LiveOf<Self>) -> Result<(), CloudError> {
        let id = ec2::id(live)?;
        detach(cx, id, &live.spec.vpc_id).await?;
        let request = ec2::client(cx).delete_internet_gateway().internet_gateway_id(id);
        request.send().await.or_absent(ABSENT)?;
        Ok(())
    }
}

impl InternetGateway {
    /// A gateway that is attached nowhere is ready: to be attached is a difference.
    fn live(
        address: Address,
        gateway: &types::InternetGateway,
    ) -> Result<LiveOf<Self>, CloudError> {
        let facts = ec2::facts(gateway.internet_gateway_id(), "an internet gateway's id")?;
        let attached = gateway.attachments().iter().find_map(|it| it.vpc_id());
        let spec = Self { vpc_id: attached.unwrap_or_default().to_owned() };
        Ok(LiveOf { address, spec, facts, status: Status::Ready })
    }
}

/// A gateway that is attached already shows the next look where. That the VPC has another one
/// is another error, whose text says so.
async fn attach(cx: &Cx, id: &str, vpc: &str) -> Result<(), CloudError> {
    let request = ec2::client(cx).attach_internet_gateway().internet_gateway_id(id);
    request.vpc_id(vpc).send().await.or_absent(ATTACHED)?;
    Ok(())
}

async fn detach(cx: &Cx, id: &str, vpc: &str) -> Result<(), CloudError> {
    if !vpc.is_empty() {
        let request = ec2::client(cx).detach_internet_gateway().internet_gateway_id(id);
        request.vpc_id(vpc).send().await.or_absent(DETACHED)?;
    }
    Ok(())
}

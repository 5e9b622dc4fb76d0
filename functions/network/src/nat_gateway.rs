//! `AWS::EC2::NatGateway`

use std::time::Duration;

use aws_sdk_ec2::types::{self, NatGatewayState, ResourceType};
use serde::{Deserialize, Serialize};
use shared::aws::{ADDRESS_TAG, Cx, Grant, LiveOf, OrAbsent, RUN_TAG, Resource};
use shared::model::{Address, Facts, Status, Usual};
use shared::world::CloudError;

const ABSENT: &[&str] = &["NatGatewayNotFound", "InvalidNatGatewayID.NotFound"];
const NO_WAY_OUT: &[&str] = &["Gateway.NotAttached"];

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NatGateway {
    /// The public subnet it stands in.
    pub subnet_id: String,
    /// Its Elastic IP.
    pub allocation_id: String,
}

impl Resource for NatGateway {
    const KIND: &'static str = "AWS::EC2::NatGateway";
    const IMMUTABLE: &'static [&'static str] = &["subnet_id", "allocation_id"];
    /// Two minutes are usual, in both directions.
    const DEADLINE: Duration = Duration::from_mins(10);
    const TYPICAL: &'static [(&'static str, Usual)] = &[("", Usual::new(107, 124))];
    const TYPICAL_DELETION: Option<Usual> = Some(Usual::new(61, 75));
    const GRANTS: &'static [Grant] = &[
        Grant::on(
            &["ec2:DescribeNatGateways"],
            "*",
            "EC2's reading calls have no resource-level permissions",
        ),
        Grant::on(
            &["ec2:CreateNatGateway", "ec2:DeleteNatGateway"],
            "arn:aws:ec2:{region}:{account}:natgateway/*",
            "the stack's own NAT gateways",
        ),
        Grant::on(
            &["ec2:CreateTags"],
            "arn:aws:ec2:{region}:{account}:natgateway/*",
            "tags are set only in the call that makes it",
        )
        .when("StringEquals", "ec2:CreateAction", &["CreateNatGateway"]),
        Grant::on(
            &["ec2:CreateNatGateway"],
            "arn:aws:ec2:{region}:{account}:subnet/*",
            "NAT gateways stand in the stack's public subnets",
        ),
        Grant::on(
            &["ec2:CreateNatGateway"],
            "arn:aws:ec2:{region}:{account}:elastic-ip/*",
            "NAT gateways take the stack's addresses",
        ),
    ];

    async fn list(cx: &Cx) -> Result<Vec<LiveOf<Self>>, CloudError> {
        // Deleted gateways stay in AWS's lists for an hour.
        let there = in_state(["pending", "available", "failed", "deleting"]);
        let request =
            ec2::client(cx).describe_nat_gateways().filter(ec2::of_stack(cx)).filter(there);
        let gateways: Vec<_> = request.into_paginator().items().send().try_collect().await?;
        let ours = gateways.iter().filter_map(|gateway| {
            Some(Self::live(ec2::tags(gateway.tags()).address(&cx.scope)?, gateway))
        });
        ours.collect()
    }

    async fn create(&self, cx: &Cx, at: &Address) -> Result<Facts, CloudError> {
        let request = ec2::client(cx).create_nat_gateway().subnet_id(&self.subnet_id);
        let request = request.allocation_id(&self.allocation_id);
        let request = request.tag_specifications(ec2::tag(cx, at, ResourceType::Natgateway));
        let made = request.client_token(token(cx, at).await?).send().await;
        let Some(made) = made.or_absent(NO_WAY_OUT)? else {
            let text = "the VPC's internet gateway is not attached";
            return Err(CloudError::not_yet(NO_WAY_OUT[0], text));
        };
        let id = made.nat_gateway().and_then(types::NatGateway::nat_gateway_id);
        ec2::facts(id, "a NAT gateway's id")
    }

    /// Nothing that we ask of a NAT gateway can be changed.
    async fn update(&self, _: &Cx, _: &LiveOf<Self>) -> Result<(), CloudError> {
        Ok(())
    }

    async fn delete(cx: &Cx, live: &LiveOf<Self>) -> Result<(), CloudError> {
        let request = ec2::client(cx).delete_nat_gateway().nat_gateway_id(ec2::id(live)?);
        request.send().await.or_absent(ABSENT)?;
        Ok(())
    }
}

impl NatGateway {
    fn live(address: Address, gateway: &types::NatGateway) -> Result<LiveOf<Self>, CloudError> {
        let allocation = gateway.nat_gateway_addresses().iter().find_map(|it| it.allocation_id());
        let spec = Self {
            subnet_id: gateway.subnet_id().unwrap_or_default().to_owned(),
            allocation_id: allocation.unwrap_or_default().to_owned(),
        };
        let facts = ec2::facts(gateway.nat_gateway_id(), "a NAT gateway's id")?;
        Ok(LiveOf { address, spec, facts, status: status(gateway) })
    }
}

/// A token that is this run's, because the run is in the tags that come with it, and that no
/// gateway had before: one that failed or was deleted keeps its own.
async fn token(cx: &Cx, at: &Address) -> Result<String, CloudError> {
    let request = ec2::client(cx).describe_nat_gateways();
    let request = request.filter(ec2::filter(&format!("tag:{RUN_TAG}"), &cx.run));
    let request = request.filter(ec2::filter(&format!("tag:{ADDRESS_TAG}"), &at.to_string()));
    let gone =
        request.filter(ec2::of_stack(cx)).filter(in_state(["deleting", "deleted", "failed"]));
    let gone: Vec<_> = gone.into_paginator().items().send().try_collect().await?;
    Ok(cx.token(at, &format!("{}/{}", cx.run, gone.len())))
}

fn in_state<const N: usize>(states: [&str; N]) -> types::Filter {
    let states = states.map(str::to_owned).to_vec();
    types::Filter::builder().name("state").set_values(Some(states)).build()
}

fn status(gateway: &types::NatGateway) -> Status {
    match gateway.state() {
        Some(NatGatewayState::Available) => Status::Ready,
        Some(NatGatewayState::Failed) => {
            let code = gateway.failure_code().unwrap_or("no reason given");
            Status::Failed(match gateway.failure_message() {
                Some(message) => format!("{message} ({code})"),
                None => code.to_owned(),
            })
        }
        _ => Status::Pending,
    }
}

//! `AWS::EC2::EIP`: the address by which people reach the bastion, whichever machine it is.

use std::time::Duration;

use aws_sdk_ec2::types::{self, DomainType, ResourceType};
use serde::{Deserialize, Serialize};
use shared::aws::{ADDRESS_TAG, Cx, Grant, LiveOf, OrAbsent, Resource};
use shared::model::{Address, Facts, Status, Tier};
use shared::world::CloudError;

/// `AuthFailure`: it was released, and AWS has given it to somebody else.
const ABSENT: &[&str] = &["InvalidAllocationID.NotFound", "AuthFailure"];

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ElasticIp {
    /// `vpc`; there is no other for new addresses.
    pub domain: String,
}

impl Default for ElasticIp {
    fn default() -> Self {
        Self { domain: DomainType::Vpc.as_str().to_owned() }
    }
}

impl Resource for ElasticIp {
    const KIND: &'static str = "AWS::EC2::EIP";
    const IMMUTABLE: &'static [&'static str] = &["domain"];
    const DEADLINE: Duration = Duration::from_mins(10);
    const GRANTS: &'static [Grant] = &[
        Grant::on(
            &["ec2:DescribeAddresses"],
            "*",
            "EC2's reading calls have no resource-level permissions",
        ),
        Grant::on(
            &["ec2:AllocateAddress", "ec2:ReleaseAddress"],
            "arn:aws:ec2:{region}:{account}:elastic-ip/*",
            "the bastion's address",
        ),
        Grant::on(
            &["ec2:CreateTags"],
            "arn:aws:ec2:{region}:{account}:elastic-ip/*",
            "tags are set only in the call that makes it",
        )
        .when("StringEquals", "ec2:CreateAction", &["AllocateAddress"]),
    ];

    async fn list(cx: &Cx) -> Result<Vec<LiveOf<Self>>, CloudError> {
        addresses(cx).await?.into_iter().map(|(address, it)| Self::live(address, &it)).collect()
    }

    async fn create(&self, cx: &Cx, at: &Address) -> Result<Facts, CloudError> {
        let request = ec2::client(cx).allocate_address().domain(self.domain.as_str().into());
        let request = request.tag_specifications(ec2::tag(cx, at, ResourceType::ElasticIp));
        // Neither token nor name: a second try could take a second address.
        let made = request.customize().config_override(ec2::once()).send().await?;
        facts(made.allocation_id(), made.public_ip())
    }

    /// Nothing of an address can be changed.
    async fn update(&self, _: &Cx, _: &LiveOf<Self>) -> Result<(), CloudError> {
        Ok(())
    }

    async fn delete(cx: &Cx, live: &LiveOf<Self>) -> Result<(), CloudError> {
        let request = ec2::client(cx).release_address().allocation_id(ec2::id(live)?);
        request.send().await.or_absent(ABSENT)?;
        Ok(())
    }
}

/// This tier's addresses: NAT gateways have some of their own.
pub async fn addresses(cx: &Cx) -> Result<Vec<(Address, types::Address)>, CloudError> {
    let own = ec2::filter(&format!("tag:{ADDRESS_TAG}"), &format!("{}/*", Tier::Compute));
    let request = ec2::client(cx).describe_addresses().filters(ec2::of_stack(cx)).filters(own);
    let found = request.send().await?.addresses.unwrap_or_default().into_iter();
    let ours = found.filter_map(|it| Some((ec2::tags(it.tags()).address(&cx.scope)?, it)));
    Ok(ours.filter(|(address, _)| address.tier() == Tier::Compute).collect())
}

impl ElasticIp {
    fn live(address: Address, it: &types::Address) -> Result<LiveOf<Self>, CloudError> {
        let domain = it.domain().map(DomainType::as_str).unwrap_or_default().to_owned();
        let facts = facts(it.allocation_id(), it.public_ip())?;
        Ok(LiveOf { address, spec: Self { domain }, facts, status: Status::Ready })
    }
}

fn facts(id: Option<&str>, address: Option<&str>) -> Result<Facts, CloudError> {
    let mut facts = ec2::facts(id, "an allocation's id")?;
    facts.extend(address.map(|it| ("address".to_owned(), it.to_owned())));
    Ok(facts)
}

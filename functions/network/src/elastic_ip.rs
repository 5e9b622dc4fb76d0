//! `AWS::EC2::EIP`, for the NAT gateways.

use std::time::Duration;

use aws_sdk_ec2::types::{self, DomainType, ResourceType};
use serde::{Deserialize, Serialize};
use shared::aws::{Cx, Grant, LiveOf, OrAbsent, Resource};
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
    /// Its NAT gateway lets go of it minutes after it is gone.
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
            "the addresses of the stack's NAT gateways",
        ),
        Grant::on(
            &["ec2:CreateTags"],
            "arn:aws:ec2:{region}:{account}:elastic-ip/*",
            "tags are set only in the call that makes it",
        )
        .when("StringEquals", "ec2:CreateAction", &["AllocateAddress"]),
    ];

    async fn list(cx: &Cx) -> Result<Vec<LiveOf<Self>>, CloudError> {
        let request = ec2::client(cx).describe_addresses().filters(ec2::of_stack(cx));
        let found = request.send().await?;
        let ours = found.addresses().iter().filter_map(|it| {
            let address = ec2::tags(it.tags()).address(&cx.scope)?;
            // The bastion has one too.
            (address.tier() == Tier::Network).then(|| Self::live(address, it))
        });
        ours.collect()
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

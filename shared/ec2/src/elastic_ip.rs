//! `AWS::EC2::EIP`: the tiers `network` and `compute` have some each.

use std::fmt::Debug;
use std::marker::PhantomData;
use std::time::Duration;

use aws_sdk_ec2::types::{self, DomainType, ResourceType};
use serde::{Deserialize, Serialize};
use shared::aws::{ADDRESS_TAG, Cx, Grant, LiveOf, OrAbsent, Resource};
use shared::model::{Address, Facts, Status, Tier};
use shared::world::CloudError;

/// `AuthFailure`: it was released, and AWS has given it to somebody else.
const ABSENT: &[&str] = &["InvalidAllocationID.NotFound", "AuthFailure"];

/// Whose addresses they are: a tier sees its own alone.
pub trait Owner: Clone + Debug + PartialEq + Send + Sync + 'static {
    const TIER: Tier;
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound = "")]
pub struct ElasticIp<O> {
    /// `vpc`; there is no other for new addresses.
    pub domain: String,
    #[serde(skip)]
    owner: PhantomData<O>,
}

impl<O> Default for ElasticIp<O> {
    fn default() -> Self {
        Self { domain: DomainType::Vpc.as_str().to_owned(), owner: PhantomData }
    }
}

impl<O: Owner> Resource for ElasticIp<O> {
    const KIND: &'static str = "AWS::EC2::EIP";
    const IMMUTABLE: &'static [&'static str] = &["domain"];
    /// A NAT gateway lets go of its own minutes after it is gone.
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
            "the addresses of the stack's NAT gateways and of its bastion",
        ),
        Grant::on(
            &["ec2:CreateTags"],
            "arn:aws:ec2:{region}:{account}:elastic-ip/*",
            "tags are set only in the call that makes it",
        )
        .when("StringEquals", "ec2:CreateAction", &["AllocateAddress"]),
    ];

    async fn list(cx: &Cx) -> Result<Vec<LiveOf<Self>>, CloudError> {
        let found = addresses(cx, O::TIER).await?.into_iter();
        found.map(|(address, it)| Self::live(address, &it)).collect()
    }

    async fn create(&self, cx: &Cx, at: &Address) -> Result<Facts, CloudError> {
        let request = crate::client(cx).allocate_address().domain(self.domain.as_str().into());
        let request = request.tag_specifications(crate::tag(cx, at, ResourceType::ElasticIp));
        // Neither token nor name: a second try could take a second address.
        let made = request.customize().config_override(crate::once()).send().await?;
        facts(made.allocation_id(), made.public_ip())
    }

    /// Nothing of an address can be changed.
    async fn update(&self, _: &Cx, _: &LiveOf<Self>) -> Result<(), CloudError> {
        Ok(())
    }

    async fn delete(cx: &Cx, live: &LiveOf<Self>) -> Result<(), CloudError> {
        let request = crate::client(cx).release_address().allocation_id(crate::id(live)?);
        request.send().await.or_absent(ABSENT)?;
        Ok(())
    }
}

/// The stack's addresses that belong to `tier`.
pub async fn addresses(cx: &Cx, tier: Tier) -> Result<Vec<(Address, types::Address)>, CloudError> {
    let own = crate::filter(&format!("tag:{ADDRESS_TAG}"), &format!("{tier}/*"));
    let request = crate::client(cx).describe_addresses().filters(crate::of_stack(cx)).filters(own);
    let found = request.send().await?.addresses.unwrap_or_default().into_iter();
    let ours = found.filter_map(|it| Some((crate::tags(it.tags()).address(&cx.scope)?, it)));
    Ok(ours.filter(|(address, _)| address.tier() == tier).collect())
}

impl<O: Owner> ElasticIp<O> {
    fn live(address: Address, it: &types::Address) -> Result<LiveOf<Self>, CloudError> {
        let domain = it.domain().map(DomainType::as_str).unwrap_or_default().to_owned();
        let mut facts = facts(it.allocation_id(), it.public_ip())?;
        facts.extend(it.public_ip().map(|address| ("loss".to_owned(), loss(address))));
        let spec = Self { domain, owner: PhantomData };
        Ok(LiveOf { address, spec, facts, status: Status::Ready })
    }
}

/// What goes with it, for people.
fn loss(address: &str) -> String {
    format!("{address} is given back for good: who admits the stack by it has to learn another")
}

fn facts(id: Option<&str>, address: Option<&str>) -> Result<Facts, CloudError> {
    let mut facts = crate::facts(id, "an allocation's id")?;
    facts.extend(address.map(|it| ("address".to_owned(), it.to_owned())));
    Ok(facts)
}

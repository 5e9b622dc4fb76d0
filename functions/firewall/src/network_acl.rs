//! `AWS::EC2::NetworkAcl`, with its entries and the subnets behind it.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_ec2::types::{self, Filter, PortRange, ResourceType};
use futures::{TryStreamExt, stream};
use serde::{Deserialize, Serialize};
use shared::aws::{Cx, Grant, LiveOf, OrAbsent, Resource};
use shared::model::{Address, Facts, Status};
use shared::world::CloudError;

use crate::Entry;
use crate::entry::{Change, Entries, changes, place};

const ABSENT: &[&str] = &["InvalidNetworkAclID.NotFound"];
const NO_ENTRY: &[&str] = &["InvalidNetworkAclEntry.NotFound", "InvalidNetworkAclID.NotFound"];
/// Somebody was quicker; how the entry stands shows the next look.
const ADDED: &[&str] = &["NetworkAclEntryAlreadyExists"];
/// Entries are told apart by their numbers: the order in which they come makes no difference.
const ENTRIES_AT_ONCE: usize = 4;
const NO_ASSOCIATION: &[&str] = &["InvalidAssociationID.NotFound"];

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NetworkAcl {
    pub vpc_id: String,
    /// By direction and number: `ingress-100`.
    pub entries: Entries,
    /// Ids of the subnets behind it.
    pub subnets: BTreeSet<String>,
}

impl Resource for NetworkAcl {
    const KIND: &'static str = "AWS::EC2::NetworkAcl";
    const IMMUTABLE: &'static [&'static str] = &["vpc_id"];
    const GRANTS: &'static [Grant] = &[
        Grant::on(
            &["ec2:DescribeNetworkAcls"],
            "*",
            "EC2's reading calls have no resource-level permissions",
        ),
        Grant::on(
            &[
                "ec2:CreateNetworkAcl",
                "ec2:CreateNetworkAclEntry",
                "ec2:DeleteNetworkAcl",
                "ec2:DeleteNetworkAclEntry",
                "ec2:ReplaceNetworkAclAssociation",
                "ec2:ReplaceNetworkAclEntry",
            ],
            "arn:aws:ec2:{region}:{account}:network-acl/*",
            "the stack's own ACLs",
        ),
        Grant::on(
            &["ec2:CreateTags"],
            "arn:aws:ec2:{region}:{account}:network-acl/*",
            "tags are set only in the call that makes it",
        )
        .when("StringEquals", "ec2:CreateAction", &["CreateNetworkAcl"]),
        Grant::on(
            &["ec2:ReplaceNetworkAclAssociation"],
            "arn:aws:ec2:{region}:{account}:subnet/*",
            "the stack's subnets come behind its ACLs",
        ),
        Grant::on(
            &["ec2:CreateNetworkAcl"],
            "arn:aws:ec2:{region}:{account}:vpc/*",
            "ACLs are made in the stack's VPC",
        ),
    ];

    async fn list(cx: &Cx) -> Result<Vec<LiveOf<Self>>, CloudError> {
        let acls = describe(cx, ec2::of_stack(cx)).await?;
        let ours = acls
            .iter()
            .filter_map(|acl| Some(Self::live(ec2::tags(acl.tags()).address(&cx.scope)?, acl)));
        ours.collect()
    }

    /// Makes an ACL that denies everything; entries and subnets are differences.
    async fn create(&self, cx: &Cx, at: &Address) -> Result<Facts, CloudError> {
        let request = ec2::client(cx).create_network_acl().vpc_id(&self.vpc_id);
        let request = request.tag_specifications(ec2::tag(cx, at, ResourceType::NetworkAcl));
        // Made again in another VPC by the same run, it is another ACL.
        let generation = format!("{}/{}", cx.run, self.vpc_id);
        let made = request.client_token(cx.token(at, &generation)).send().await?;
        let id = made.network_acl().and_then(types::NetworkAcl::network_acl_id);
        ec2::facts(id, "a network ACL's id")
    }

    /// Entries first: a subnet that comes over finds them.
    async fn update(&self, cx: &Cx, live: &LiveOf<Self>) -> Result<(), CloudError> {
        let id = ec2::id(live)?;
        stream::iter(changes(&live.spec.entries, &self.entries).into_iter().map(Ok))
            .try_for_each_concurrent(ENTRIES_AT_ONCE, async |change| apply(cx, id, &change).await)
            .await?;
        let coming: Vec<_> = self.subnets.difference(&live.spec.subnets).cloned().collect();
        if !coming.is_empty() {
            let behind = types::Filter::builder().name("association.subnet-id");
            let acls = describe(cx, behind.set_values(Some(coming.clone())).build()).await?;
            let standing: BTreeMap<_, _> = acls.iter().flat_map(associations).collect();
            for subnet in coming {
                let association = standing.get(&subnet).ok_or_else(|| unseen(&subnet))?;
                move_to(cx, id, association).await?.ok_or_else(|| unseen(&subnet))?;
            }
        }
        let leaving = live.spec.subnets.difference(&self.subnets);
        send_away(cx, live, leaving).await
    }

    async fn delete(cx: &Cx, live: &LiveOf<Self>) -> Result<(), CloudError> {
        send_away(cx, live, live.spec.subnets.iter()).await?;
        let request = ec2::client(cx).delete_network_acl().network_acl_id(ec2::id(live)?);
        request.send().await.or_absent(ABSENT)?;
        Ok(())
    }
}

impl NetworkAcl {
    /// Beside the id, the facts hold each association's id by its subnet's.
    fn live(address: Address, acl: &types::NetworkAcl) -> Result<LiveOf<Self>, CloudError> {
        let mut facts = ec2::facts(acl.network_acl_id(), "a network ACL's id")?;
        let behind: BTreeMap<_, _> = associations(acl).collect();
        let spec = Self {
            vpc_id: acl.vpc_id().unwrap_or_default().to_owned(),
            entries: Entry::all_of(acl.entries()),
            subnets: behind.keys().cloned().collect(),
        };
        facts.extend(behind);
        Ok(LiveOf { address, spec, facts, status: Status::Ready })
    }
}

async fn describe(cx: &Cx, filter: Filter) -> Result<Vec<types::NetworkAcl>, CloudError> {
    let request = ec2::client(cx).describe_network_acls().filters(filter);
    Ok(request.into_paginator().items().send().try_collect().await?)
}

/// Association ids by subnet.
fn associations(acl: &types::NetworkAcl) -> impl Iterator<Item = (String, String)> {
    acl.associations().iter().filter_map(|it| {
        Some((it.subnet_id()?.to_owned(), it.network_acl_association_id()?.to_owned()))
    })
}

async fn apply(cx: &Cx, acl: &str, change: &Change) -> Result<(), CloudError> {
    let bad = |key: &str| CloudError::refused("BadEntry", format!("`{key}` is no entry's place"));
    let client = ec2::client(cx);
    match change {
        Change::Create(key, entry) => {
            let (egress, number) = place(key).ok_or_else(|| bad(key))?;
            let request = client.create_network_acl_entry().network_acl_id(acl).egress(egress);
            let request = request.rule_number(number).protocol(&entry.protocol);
            let request = request.rule_action(entry.action.as_str().into());
            let request = request.cidr_block(&entry.cidr).port_range(ports(entry));
            request.send().await.or_absent(ADDED)?;
        }
        Change::Replace(key, entry) => {
            let (egress, number) = place(key).ok_or_else(|| bad(key))?;
            let request = client.replace_network_acl_entry().network_acl_id(acl).egress(egress);
            let request = request.rule_number(number).protocol(&entry.protocol);
            let request = request.rule_action(entry.action.as_str().into());
            request.cidr_block(&entry.cidr).port_range(ports(entry)).send().await?;
        }
        Change::Delete(key) => {
            let (egress, number) = place(key).ok_or_else(|| bad(key))?;
            let request = client.delete_network_acl_entry().network_acl_id(acl).egress(egress);
            request.rule_number(number).send().await.or_absent(NO_ENTRY)?;
        }
    }
    Ok(())
}

fn ports(entry: &Entry) -> PortRange {
    PortRange::builder().from(entry.from).to(entry.to).build()
}

/// Puts the subnet of an association behind another ACL; `None` if there is no such association
/// any more.
async fn move_to(cx: &Cx, acl: &str, association: &str) -> Result<Option<()>, CloudError> {
    let request = ec2::client(cx).replace_network_acl_association().network_acl_id(acl);
    let moved = request.association_id(association).send().await.or_absent(NO_ASSOCIATION)?;
    Ok(moved.map(|_| ()))
}

/// Puts subnets behind the VPC's default ACL: a subnet is never without one.
async fn send_away(
    cx: &Cx,
    live: &LiveOf<NetworkAcl>,
    subnets: impl Iterator<Item = &String>,
) -> Result<(), CloudError> {
    let mut subnets = subnets.peekable();
    if subnets.peek().is_none() {
        return Ok(());
    }
    let request = ec2::client(cx).describe_network_acls();
    let request = request.filters(ec2::filter("vpc-id", &live.spec.vpc_id));
    let found = request.filters(ec2::filter("default", "true")).send().await?;
    let default = found.network_acls().first().and_then(|it| it.network_acl_id());
    let default = default.ok_or(CloudError::Incomplete("the VPC's default ACL"))?;
    for subnet in subnets {
        move_to(cx, default, ec2::fact(live, subnet)?).await?;
    }
    Ok(())
}

fn unseen(subnet: &str) -> CloudError {
    let text = format!("the ACL in front of `{subnet}` is not shown yet");
    CloudError::not_yet(NO_ASSOCIATION[0], text)
}

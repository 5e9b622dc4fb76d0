//! `AWS::EC2::RouteTable`, with its routes and the subnets that follow it.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_ec2::types::{
    self, ResourceType, RouteOrigin, RouteTableAssociationStateCode as State,
};
use serde::{Deserialize, Serialize};
use shared::aws::{Cx, Grant, LiveOf, OrAbsent, Resource};
use shared::model::{Address, Facts, Status};
use shared::world::CloudError;

const ABSENT: &[&str] = &["InvalidRouteTableID.NotFound"];
const NO_ROUTE: &[&str] = &["InvalidRoute.NotFound", "InvalidRouteTableID.NotFound"];
const NO_ASSOCIATION: &[&str] = &["InvalidAssociationID.NotFound"];
const FOLLOWS_ANOTHER: &[&str] = &["Resource.AlreadyAssociated"];

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RouteTable {
    pub vpc_id: String,
    /// Ids of internet or NAT gateways by destination CIDR, without the VPC's own route.
    pub routes: BTreeMap<String, String>,
    /// Ids of the subnets that follow it.
    pub subnets: BTreeSet<String>,
}

impl Resource for RouteTable {
    const KIND: &'static str = "AWS::EC2::RouteTable";
    const IMMUTABLE: &'static [&'static str] = &["vpc_id"];
    const GRANTS: &'static [Grant] = &[
        Grant::on(
            &["ec2:DescribeRouteTables"],
            "*",
            "EC2's reading calls have no resource-level permissions",
        ),
        Grant::on(
            &[
                "ec2:AssociateRouteTable",
                "ec2:CreateRoute",
                "ec2:CreateRouteTable",
                "ec2:DeleteRoute",
                "ec2:DeleteRouteTable",
                "ec2:DisassociateRouteTable",
                "ec2:ReplaceRoute",
                "ec2:ReplaceRouteTableAssociation",
            ],
            "arn:aws:ec2:{region}:{account}:route-table/*",
            "the stack's own route tables",
        ),
        Grant::on(
            &["ec2:CreateTags"],
            "arn:aws:ec2:{region}:{account}:route-table/*",
            "tags are set only in the call that makes it",
        )
        .when("StringEquals", "ec2:CreateAction", &["CreateRouteTable"]),
        Grant::on(
            &[
                "ec2:AssociateRouteTable",
                "ec2:DisassociateRouteTable",
                "ec2:ReplaceRouteTableAssociation",
            ],
            "arn:aws:ec2:{region}:{account}:subnet/*",
            "the stack's subnets follow its route tables",
        ),
        Grant::on(
            &["ec2:CreateRouteTable"],
            "arn:aws:ec2:{region}:{account}:vpc/*",
            "route tables are made in the stack's VPC",
        ),
    ];

    async fn list(cx: &Cx) -> Result<Vec<LiveOf<Self>>, CloudError> {
        let request = ec2::client(cx).describe_route_tables().filters(ec2::of_stack(cx));
        let tables: Vec<_> = request.into_paginator().items().send().try_collect().await?;
        let ours = tables.iter().filter_map(|table| {
            Some(Self::live(ec2::tags(table.tags()).address(&cx.scope)?, table))
        });
        ours.collect()
    }

    /// Makes an empty table; routes and subnets are differences.
    async fn create(&self, cx: &Cx, at: &Address) -> Result<Facts, CloudError> {
        let request = ec2::client(cx).create_route_table().vpc_id(&self.vpc_id);
        let request = request.tag_specifications(ec2::tag(cx, at, ResourceType::RouteTable));
        // Made again in another VPC by the same run, it is another table.
        let generation = format!("{}/{}", cx.run, self.vpc_id);
        let made = request.client_token(cx.token(at, &generation)).send().await?;
        let id = made.route_table().and_then(types::RouteTable::route_table_id);
        ec2::facts(id, "a route table's id")
    }

    /// Routes first: a subnet that comes over finds its way at once.
    async fn update(&self, cx: &Cx, live: &LiveOf<Self>) -> Result<(), CloudError> {
        let id = ec2::id(live)?;
        for (destination, target) in &self.routes {
            match live.spec.routes.get(destination) {
                None => create_route(cx, id, destination, target).await?,
                Some(standing) if standing == target => (),
                Some(_) => replace_route(cx, id, destination, target).await?,
            }
        }
        for destination in live.spec.routes.keys().filter(|it| !self.routes.contains_key(*it)) {
            delete_route(cx, id, destination).await?;
        }
        for subnet in self.subnets.difference(&live.spec.subnets) {
            associate(cx, id, subnet).await?;
        }
        for subnet in live.spec.subnets.difference(&self.subnets) {
            disassociate(cx, ec2::fact(live, subnet)?).await?;
        }
        Ok(())
    }

    async fn delete(cx: &Cx, live: &LiveOf<Self>) -> Result<(), CloudError> {
        for subnet in &live.spec.subnets {
            disassociate(cx, ec2::fact(live, subnet)?).await?;
        }
        let request = ec2::client(cx).delete_route_table().route_table_id(ec2::id(live)?);
        request.send().await.or_absent(ABSENT)?;
        Ok(())
    }
}

impl RouteTable {
    /// Beside the id, the facts hold each association's id by its subnet's.
    fn live(address: Address, table: &types::RouteTable) -> Result<LiveOf<Self>, CloudError> {
        let mut facts = ec2::facts(table.route_table_id(), "a route table's id")?;
        let routes = table.routes().iter().filter(|route| is_ours_to_set(route));
        let followers = associations(table);
        let spec = Self {
            vpc_id: table.vpc_id().unwrap_or_default().to_owned(),
            routes: routes.filter_map(|it| Some((destination(it)?, target(it)?))).collect(),
            subnets: followers.keys().cloned().collect(),
        };
        facts.extend(followers);
        Ok(LiveOf { address, spec, facts, status: Status::Ready })
    }
}

/// Association ids by subnet.
fn associations(table: &types::RouteTable) -> BTreeMap<String, String> {
    let stands = |it: &&types::RouteTableAssociation| {
        let state = it.association_state().and_then(|it| it.state());
        !matches!(state, Some(State::Disassociating | State::Disassociated | State::Failed))
    };
    let standing = table.associations().iter().filter(stands);
    let pairs = standing.filter_map(|it| Some((it.subnet_id()?, it.route_table_association_id()?)));
    pairs.map(|(subnet, id)| (subnet.to_owned(), id.to_owned())).collect()
}

/// Not the VPC's own route, nor what gateway endpoints and VPN gateways write here: those
/// cannot be changed in the table.
fn is_ours_to_set(route: &types::Route) -> bool {
    let by_endpoint = route.gateway_id().is_some_and(|id| id == "local" || id.starts_with("vpce-"));
    !by_endpoint && route.origin() != Some(&RouteOrigin::EnableVgwRoutePropagation)
}

fn destination(route: &types::Route) -> Option<String> {
    let found = route.destination_cidr_block().or(route.destination_ipv6_cidr_block());
    found.or(route.destination_prefix_list_id()).map(str::to_owned)
}

fn target(route: &types::Route) -> Option<String> {
    let found = route
        .nat_gateway_id()
        .or(route.gateway_id())
        .or(route.transit_gateway_id())
        .or(route.vpc_peering_connection_id())
        .or(route.egress_only_internet_gateway_id())
        .or(route.local_gateway_id())
        .or(route.carrier_gateway_id())
        .or(route.core_network_arn())
        .or(route.network_interface_id())
        .or(route.instance_id());
    found.map(str::to_owned)
}

async fn create_route(cx: &Cx, table: &str, to: &str, target: &str) -> Result<(), CloudError> {
    /// Somebody was quicker; whether it is our route shows the next look.
    const EXISTS: &[&str] = &["RouteAlreadyExists"];
    let request = ec2::client(cx).create_route().route_table_id(table).destination_cidr_block(to);
    let request =
        if is_nat(target) { request.nat_gateway_id(target) } else { request.gateway_id(target) };
    request.send().await.or_absent(EXISTS)?;
    Ok(())
}

async fn replace_route(cx: &Cx, table: &str, to: &str, target: &str) -> Result<(), CloudError> {
    let request = ec2::client(cx).replace_route().route_table_id(table).destination_cidr_block(to);
    let request =
        if is_nat(target) { request.nat_gateway_id(target) } else { request.gateway_id(target) };
    request.send().await?;
    Ok(())
}

fn is_nat(target: &str) -> bool {
    target.starts_with("nat-")
}

/// A stranger's route may go to an IPv6 range or a prefix list.
async fn delete_route(cx: &Cx, table: &str, to: &str) -> Result<(), CloudError> {
    let request = ec2::client(cx).delete_route().route_table_id(table);
    let request = if to.starts_with("pl-") {
        request.destination_prefix_list_id(to)
    } else if to.contains(':') {
        request.destination_ipv6_cidr_block(to)
    } else {
        request.destination_cidr_block(to)
    };
    request.send().await.or_absent(NO_ROUTE)?;
    Ok(())
}

/// Brings a subnet here, from wherever it is.
async fn associate(cx: &Cx, table: &str, subnet: &str) -> Result<(), CloudError> {
    let request = ec2::client(cx).associate_route_table().route_table_id(table).subnet_id(subnet);
    if request.send().await.or_absent(FOLLOWS_ANOTHER)?.is_some() {
        return Ok(());
    }
    let follows = ec2::filter("association.subnet-id", subnet);
    let found = ec2::client(cx).describe_route_tables().filters(follows).send().await?;
    let followed = found.route_tables().iter().find_map(|it| associations(it).remove(subnet));
    let Some(association) = followed else {
        let text = format!("`{subnet}` follows a route table that is not shown yet");
        return Err(CloudError::not_yet(FOLLOWS_ANOTHER[0], text));
    };
    let request = ec2::client(cx).replace_route_table_association().route_table_id(table);
    request.association_id(association).send().await?;
    Ok(())
}

async fn disassociate(cx: &Cx, association: &str) -> Result<(), CloudError> {
    let request = ec2::client(cx).disassociate_route_table().association_id(association);
    request.send().await.or_absent(NO_ASSOCIATION)?;
    Ok(())
}

//! What stands in a VPC.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_ec2::Client;
use aws_sdk_ec2::types::{
    Filter, InternetGateway, NatGateway, NatGatewayState, NetworkAcl, RouteTable, SecurityGroup,
    Subnet, Tag, Vpc,
};
use serde_json::{Value, json};
use shared::aws::{ADDRESS_TAG, STACK_TAG};
use shared::world::CloudError;

use crate::context::Cloud;
use crate::failure::{Failure, Tried};

/// One thing, told in the words in which the tiers state their wishes.
#[derive(Clone, Debug, PartialEq)]
pub struct Thing {
    pub id: String,
    pub kind: &'static str,
    /// As far as it tells whether it fits.
    pub spec: Value,
    /// The stack and the address that its tags name.
    pub owner: Option<(String, String)>,
    /// Why it cannot be taken over, whatever the spec says.
    pub unfit: Option<String>,
}

/// All of a VPC that may be taken over, the VPC first.
#[derive(Clone, Debug, PartialEq)]
pub struct Standing {
    pub things: Vec<Thing>,
}

pub const VPC: &str = "AWS::EC2::VPC";
pub const SUBNET: &str = "AWS::EC2::Subnet";
pub const GATEWAY: &str = "AWS::EC2::InternetGateway";
pub const ADDRESS: &str = "AWS::EC2::EIP";
pub const NAT: &str = "AWS::EC2::NatGateway";
pub const TABLE: &str = "AWS::EC2::RouteTable";
pub const ACL: &str = "AWS::EC2::NetworkAcl";
pub const GROUP: &str = "AWS::EC2::SecurityGroup";

/// Reads it; changes nothing.
pub async fn read(cloud: &Cloud, vpc: &str) -> Result<Standing, Failure> {
    let ec2 = shared::client!(cloud, aws_sdk_ec2);
    let found = ec2.describe_vpcs().vpc_ids(vpc).send().await;
    let found = found.tried(format!("cannot look at `{vpc}`"))?;
    let none = || Failure::new(format!("there is no `{vpc}`, {}", cloud.place()));
    let itself = found.vpcs().first().and_then(of_vpc).ok_or_else(none)?;
    let inside = inside(&ec2, vpc).await.tried(format!("cannot look into `{vpc}`"))?;
    Ok(Standing { things: std::iter::once(itself).chain(inside).collect() })
}

async fn inside(ec2: &Client, vpc: &str) -> Result<Vec<Thing>, CloudError> {
    let filter = |name: &str| Filter::builder().name(name).values(vpc).build();
    let within = || filter("vpc-id");
    let mut things = Vec::new();
    let mut subnets = ec2.describe_subnets().filters(within()).into_paginator().items().send();
    while let Some(subnet) = subnets.next().await {
        things.extend(of_subnet(&subnet?));
    }
    let attached = ec2.describe_internet_gateways().filters(filter("attachment.vpc-id"));
    let mut gateways = attached.into_paginator().items().send();
    while let Some(gateway) = gateways.next().await {
        things.extend(of_gateway(&gateway?, vpc));
    }
    let mut nats = ec2.describe_nat_gateways().filter(within()).into_paginator().items().send();
    let mut allocations = Vec::new();
    while let Some(nat) = nats.next().await {
        let nat = of_nat(&nat?);
        allocations.extend(
            nat.iter().filter_map(|it| it.spec["allocation_id"].as_str().map(str::to_owned)),
        );
        things.extend(nat);
    }
    things.extend(addresses(ec2, allocations).await?);
    let mut tables = ec2.describe_route_tables().filters(within()).into_paginator().items().send();
    while let Some(table) = tables.next().await {
        things.extend(of_table(&table?));
    }
    let mut acls = ec2.describe_network_acls().filters(within()).into_paginator().items().send();
    while let Some(acl) = acls.next().await {
        things.extend(of_acl(&acl?));
    }
    let mut groups =
        ec2.describe_security_groups().filters(within()).into_paginator().items().send();
    while let Some(group) = groups.next().await {
        things.extend(of_group(&group?));
    }
    Ok(things)
}

async fn addresses(ec2: &Client, allocations: Vec<String>) -> Result<Vec<Thing>, CloudError> {
    if allocations.is_empty() {
        return Ok(Vec::new());
    }
    let found = ec2.describe_addresses().set_allocation_ids(Some(allocations)).send().await?;
    let things = found.addresses().iter().filter_map(|it| {
        let spec = json!({ "domain": it.domain().map(|it| it.as_str()) });
        Some(thing(it.allocation_id()?, ADDRESS, spec, it.tags()))
    });
    Ok(things.collect())
}

fn of_vpc(vpc: &Vpc) -> Option<Thing> {
    Some(thing(vpc.vpc_id()?, VPC, json!({ "cidr": vpc.cidr_block() }), vpc.tags()))
}

fn of_subnet(subnet: &Subnet) -> Option<Thing> {
    let spec = json!({
        "vpc_id": subnet.vpc_id(), "zone": subnet.availability_zone(),
        "cidr": subnet.cidr_block(),
        "map_public_ip": subnet.map_public_ip_on_launch().unwrap_or(false),
    });
    Some(thing(subnet.subnet_id()?, SUBNET, spec, subnet.tags()))
}

fn of_gateway(gateway: &InternetGateway, vpc: &str) -> Option<Thing> {
    let spec = json!({ "vpc_id": vpc });
    Some(thing(gateway.internet_gateway_id()?, GATEWAY, spec, gateway.tags()))
}

/// Those that are gone are shown for an hour.
fn of_nat(nat: &NatGateway) -> Option<Thing> {
    let is_there = nat.state() == Some(&NatGatewayState::Available);
    let addresses = nat.nat_gateway_addresses();
    let allocation = addresses.first().and_then(|it| it.allocation_id());
    let spec = json!({ "subnet_id": nat.subnet_id(), "allocation_id": allocation });
    let found = thing(nat.nat_gateway_id()?, NAT, spec, nat.tags());
    let several = (addresses.len() != 1).then(|| "it has not just one address".to_owned());
    is_there.then_some(Thing { unfit: several, ..found })
}

fn of_table(table: &RouteTable) -> Option<Thing> {
    let associations = table.associations();
    let subnets: BTreeSet<_> = associations.iter().filter_map(|it| it.subnet_id()).collect();
    let routes: BTreeMap<_, _> = table
        .routes()
        .iter()
        .filter_map(|it| {
            let target = it.nat_gateway_id().or(it.gateway_id()).unwrap_or("another target");
            Some((it.destination_cidr_block()?, target))
        })
        .filter(|(_, target)| *target != "local")
        .collect();
    let spec = json!({ "vpc_id": table.vpc_id(), "routes": routes, "subnets": subnets });
    let found = thing(table.route_table_id()?, TABLE, spec, table.tags());
    let is_main = associations.iter().any(|it| it.main() == Some(true));
    let unfit = is_main.then(|| "the main table comes and goes with its VPC".to_owned());
    Some(Thing { unfit, ..found })
}

fn of_acl(acl: &NetworkAcl) -> Option<Thing> {
    let subnets: BTreeSet<_> = acl.associations().iter().filter_map(|it| it.subnet_id()).collect();
    let entries = firewall::Entry::all_of(acl.entries());
    let spec = json!({ "vpc_id": acl.vpc_id(), "subnets": subnets, "entries": entries });
    let found = thing(acl.network_acl_id()?, ACL, spec, acl.tags());
    let is_default = acl.is_default() == Some(true);
    let unfit = is_default.then(|| "the default ACL comes and goes with its VPC".to_owned());
    Some(Thing { unfit, ..found })
}

fn of_group(group: &SecurityGroup) -> Option<Thing> {
    let spec = json!({
        "vpc_id": group.vpc_id(), "name": group.group_name(), "description": group.description(),
    });
    let found = thing(group.group_id()?, GROUP, spec, group.tags());
    let is_default = group.group_name() == Some("default");
    let unfit = is_default.then(|| "the default group comes and goes with its VPC".to_owned());
    Some(Thing { unfit, ..found })
}

fn thing(id: &str, kind: &'static str, spec: Value, tags: &[Tag]) -> Thing {
    let tag = |key: &str| {
        let found = tags.iter().find(|it| it.key() == Some(key));
        found.and_then(Tag::value).map(str::to_owned)
    };
    let owner = tag(STACK_TAG).map(|stack| (stack, tag(ADDRESS_TAG).unwrap_or_default()));
    Thing { id: id.to_owned(), kind, spec, owner, unfit: None }
}

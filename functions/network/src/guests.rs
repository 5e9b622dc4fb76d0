//! What others have put into the VPC. AWS takes nothing away from under it, so a stack that is to
//! go has to be told before anything of it is removed.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_ec2::types::{NetworkInterface, Tag};
use shared::aws::{Cx, Grant, STACK_TAG};
use shared::model::Facts;
use shared::world::CloudError;

/// Looked at only when the stack is to go.
pub const GRANT: Grant = Grant::on(
    &[
        "ec2:DescribeInternetGateways",
        "ec2:DescribeNetworkInterfaces",
        "ec2:DescribeRouteTables",
        "ec2:DescribeSubnets",
        "ec2:DescribeTags",
        "ec2:DescribeVpcEndpoints",
    ],
    "*",
    "what others have in the VPC would hold it, and EC2's reading calls have no resource-level \
     permissions",
);

/// What `GuardDuty` puts there is cleared on the way.
const GUARD_DUTY_GROUP: &str = "GuardDutyManagedSecurityGroup";
const GUARD_DUTY_TAG: &str = "GuardDutyManaged";

/// Facts `guests of <id>`: what holds the VPC, a subnet or a group of ours, for people.
pub async fn of(cx: &Cx, vpc: &str) -> Result<Facts, CloudError> {
    let mut guests = Guests { vpc, ours: ours(cx).await?, held: BTreeMap::new() };
    interfaces(cx, &mut guests).await?;
    parts(cx, &mut guests).await?;
    let held = guests.held.into_iter();
    Ok(held.map(|(id, who)| (format!("guests of {id}"), who.join(", "))).collect())
}

/// What is known while one looks.
struct Guests<'a> {
    vpc: &'a str,
    /// Ids with the stack's tag.
    ours: BTreeSet<String>,
    /// Who holds what of ours.
    held: BTreeMap<String, Vec<String>>,
}

impl Guests<'_> {
    fn holds(&mut self, held: &str, who: &str) {
        self.held.entry(held.to_owned()).or_default().push(who.to_owned());
    }

    /// Something of somebody's that keeps the VPC itself from going.
    fn note(&mut self, what: &str, id: Option<&str>, tags: &[Tag]) {
        let Some(id) = id.filter(|id| !self.ours.contains(*id)) else { return };
        let tag = |key: &str| tags.iter().find(|it| it.key() == Some(key)).and_then(Tag::value);
        let name = tag("Name").map(|it| format!(", \"{it}\""));
        let stack = tag(STACK_TAG).map(|it| format!(", of the stack `{it}`"));
        let told = [name, stack].map(Option::unwrap_or_default).concat();
        let vpc = self.vpc.to_owned();
        self.holds(&vpc, &format!("`{id}` ({what}{told})"));
    }
}

/// Everything of EC2 that carries the stack's tag.
async fn ours(cx: &Cx) -> Result<BTreeSet<String>, CloudError> {
    let request = ec2::client(cx).describe_tags().filters(ec2::filter("key", STACK_TAG));
    let request = request.filters(ec2::filter("value", &cx.scope.stack));
    let tags: Vec<_> = request.into_paginator().items().send().try_collect().await?;
    Ok(tags.into_iter().filter_map(|it| it.resource_id).collect())
}

async fn interfaces(cx: &Cx, guests: &mut Guests<'_>) -> Result<(), CloudError> {
    for interface in ec2::interfaces::found(cx, ec2::filter("vpc-id", guests.vpc)).await? {
        if belongs(&interface, &guests.ours) {
            continue;
        }
        let groups = ec2::interfaces::groups(&interface);
        let held: Vec<&str> = groups.chain(interface.subnet_id()).chain([guests.vpc]).collect();
        for id in held {
            guests.holds(id, &ec2::interfaces::in_words(&interface));
        }
    }
    Ok(())
}

/// Whether an interface goes with something of ours. Services make theirs in our groups and give
/// them no tags; only NAT gateways have no group, and are named in their description.
fn belongs(interface: &NetworkInterface, ours: &BTreeSet<String>) -> bool {
    let is_ours = |id: &str| ours.contains(id);
    let names = |text: &str| text.split(' ').any(is_ours);
    if interface.network_interface_id().is_some_and(is_ours) {
        return true;
    }
    if let Some(instance) = interface.attachment().and_then(|it| it.instance_id()) {
        return is_ours(instance);
    }
    // Its type says nothing: EC2 answers `nat_gateway`, where its own model has `natGateway`.
    if interface.description().is_some_and(names) {
        return true;
    }
    let is_guard_duty = |name: &str| name.starts_with(GUARD_DUTY_GROUP);
    let watched = interface.groups().iter().filter_map(|it| it.group_name()).any(is_guard_duty);
    let serves = interface.requester_managed() == Some(true);
    watched || serves && ec2::interfaces::groups(interface).any(is_ours)
}

/// What else a VPC has: its own main table, default group and default ACL go with it.
async fn parts(cx: &Cx, guests: &mut Guests<'_>) -> Result<(), CloudError> {
    let client = ec2::client(cx);
    let within = || ec2::filter("vpc-id", guests.vpc);
    let subnets = client.describe_subnets().filters(within()).into_paginator().items().send();
    let groups =
        client.describe_security_groups().filters(within()).into_paginator().items().send();
    let tables = client.describe_route_tables().filters(within()).into_paginator().items().send();
    let acls = client.describe_network_acls().filters(within()).into_paginator().items().send();
    let endpoints =
        client.describe_vpc_endpoints().filters(within()).into_paginator().items().send();
    let attached = ec2::filter("attachment.vpc-id", guests.vpc);
    let gateways =
        client.describe_internet_gateways().filters(attached).into_paginator().items().send();
    for it in subnets.try_collect().await? {
        guests.note("a subnet", it.subnet_id(), it.tags());
    }
    for it in groups.try_collect().await? {
        let name = it.group_name().unwrap_or_default();
        if name != "default" && !name.starts_with(GUARD_DUTY_GROUP) {
            guests.note("a security group", it.group_id(), it.tags());
        }
    }
    for it in tables.try_collect().await? {
        if it.associations().iter().all(|it| it.main() != Some(true)) {
            guests.note("a route table", it.route_table_id(), it.tags());
        }
    }
    for it in acls.try_collect().await? {
        if it.is_default() != Some(true) {
            guests.note("a network ACL", it.network_acl_id(), it.tags());
        }
    }
    for it in endpoints.try_collect().await? {
        if it.tags().iter().all(|it| it.key() != Some(GUARD_DUTY_TAG)) {
            guests.note("an endpoint", it.vpc_endpoint_id(), it.tags());
        }
    }
    for it in gateways.try_collect().await? {
        guests.note("an internet gateway", it.internet_gateway_id(), it.tags());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use aws_sdk_ec2::types::builders::NetworkInterfaceBuilder;
    use aws_sdk_ec2::types::{GroupIdentifier, NetworkInterfaceAttachment};

    use super::*;

    fn interface() -> NetworkInterfaceBuilder {
        NetworkInterface::builder().network_interface_id("eni-1")
    }

    #[test]
    fn what_services_make_for_us_is_no_guest() {
        let ours: BTreeSet<String> = ["i-1", "nat-1", "sg-1"].map(str::to_owned).into();
        let group =
            |id: &str, name: &str| GroupIdentifier::builder().group_id(id).group_name(name).build();
        let of = |id: &str| NetworkInterfaceAttachment::builder().instance_id(id).build();
        let nat = |id: &str| {
            let text = format!("Interface for NAT Gateway {id}");
            interface()
                .requester_managed(true)
                .interface_type("nat_gateway".into())
                .description(text)
        };
        let served = |id: &str| interface().requester_managed(true).groups(group(id, "group"));
        for (what, found, expected) in [
            ("our instance's", interface().attachment(of("i-1")), true),
            (
                "an instance's in our group",
                interface().attachment(of("i-2")).groups(group("sg-1", "")),
                false,
            ),
            ("our gateway's", nat("nat-1"), true),
            ("another gateway's", nat("nat-2"), false),
            ("a service's in our group", served("sg-1"), true),
            ("a service's in another group", served("sg-2"), false),
            (
                "GuardDuty's",
                interface().groups(group("sg-2", "GuardDutyManagedSecurityGroup-vpc-1")),
                true,
            ),
            ("somebody's", interface().groups(group("sg-1", "")), false),
        ] {
            assert_eq!(belongs(&found.build(), &ours), expected, "{what}");
        }
    }
}

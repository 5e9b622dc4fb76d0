//! Changes behind Terrace's back are reverted, and the response names who made them.

use std::sync::Arc;

use aws_sdk_ec2::Client;
use aws_sdk_ec2::types::{Filter, IpPermission, IpRange, RuleAction};
use futures::FutureExt;
use serde_json::Value;
use shared::aws::{ADDRESS_TAG, STACK_TAG};
use support::Cloud;

use super::stand::{Stand, until};
use crate::Test;

pub const TESTS: &[Test] = &[("pipeline::what_a_stranger_opens_is_closed", |cloud| {
    what_a_stranger_opens(cloud).boxed_local()
})];

const WORLD: &str = "0.0.0.0/0";

async fn what_a_stranger_opens(cloud: Arc<Cloud>) {
    let stand = Stand::new(cloud, "heal");
    stand.deploy().await;
    let (mallory, stranger) = mallory(&stand).await;
    opened_port(&stand, &stranger).await;
    acl_entry(&stand, &stranger).await;
    private_route(&stand, &stranger).await;
    lost_subnet(&stand, &stranger).await;

    // The stack's own calls were many more, and healing makes such calls too.
    let answered = responses(&stand, 5).await;
    assert_eq!(answered.len(), 5, "{answered:#?}");
    for response in &answered {
        let who = response["cause"]["who"].as_str().unwrap_or_default();
        assert!(who.contains(&mallory), "{response:#}");
    }
    let events = [
        "AuthorizeSecurityGroupIngress",
        "CreateNetworkAclEntry",
        "CreateRoute",
        "DisassociateRouteTable",
    ];
    for event in events {
        let healed = answered.iter().find(|it| it["cause"]["event"] == event);
        let healed = healed.unwrap_or_else(|| panic!("`{event}` is not answered: {answered:#?}"));
        let changed = healed["results"].to_string();
        assert!(changed.contains("changed"), "what was done about `{event}`: {changed}");
    }
    let executions = stand.executions("respond").await;
    let own = executions.iter().filter(|it| it.starts_with(&format!("{}-", stand.stack)));
    assert_eq!(own.count(), answered.len(), "own calls are ignored: {executions:?}");

    let look = stand.by_hand("drift", serde_json::json!({ "stack": stand.stack })).await;
    assert!(look.plan.is_empty(), "{}", look.plan);
    remove_mallory(&stand, &mallory).await;
    stand.destroy().await;
}

/// A user with a key of her own; her name and her clients.
async fn mallory(stand: &Stand) -> (String, Client) {
    let iam = shared::client!(stand.cx, aws_sdk_iam);
    let name = format!("mallory-{}", stand.stack);
    iam.create_user().user_name(&name).send().await.expect("a user");
    let key = iam.create_access_key().user_name(&name).send().await.expect("a key");
    let aws = stand.cloud.aws_as(&key.access_key.expect("a key").access_key_id);
    let calls = aws.client(|config, calls| {
        Client::from_conf(aws_sdk_ec2::config::Builder::from(config).interceptor(calls).build())
    });
    (name, calls)
}

async fn remove_mallory(stand: &Stand, name: &str) {
    let iam = shared::client!(stand.cx, aws_sdk_iam);
    let keys = iam.list_access_keys().user_name(name).send().await.expect("keys");
    for key in keys.access_key_metadata.into_iter().filter_map(|it| it.access_key_id) {
        iam.delete_access_key().user_name(name).access_key_id(key).send().await.expect("a key");
    }
    iam.delete_user().user_name(name).send().await.expect("a user");
}

/// Filters for the resource at an address of the stack.
fn at(stand: &Stand, address: &str) -> Vec<Filter> {
    [(STACK_TAG, stand.stack.as_str()), (ADDRESS_TAG, address)]
        .map(|(tag, value)| Filter::builder().name(format!("tag:{tag}")).values(value).build())
        .into()
}

async fn responses(stand: &Stand, count: usize) -> Vec<Value> {
    let what = format!("{count} responses for `{}`", stand.stack);
    let found = until(what, || async {
        let found = stand.responses().await;
        (found.len() >= count).then_some(found)
    });
    found.await
}

async fn opened_port(stand: &Stand, stranger: &Client) {
    let found = || async {
        let groups = stand.ec2().describe_security_groups();
        let groups = groups.set_filters(Some(at(stand, "firewall/private"))).send().await;
        groups.expect("groups").security_groups.unwrap_or_default().remove(0)
    };
    let id = found().await.group_id.expect("an id");
    let ssh = IpPermission::builder().ip_protocol("tcp").from_port(22).to_port(22);
    let world = ssh.ip_ranges(IpRange::builder().cidr_ip(WORLD).build()).build();
    let open = stranger.authorize_security_group_ingress().group_id(&id).ip_permissions(world);
    open.send().await.expect("mallory may");
    until("the port is closed", || async {
        let group = found().await;
        let ranges =
            group.ip_permissions().iter().flat_map(aws_sdk_ec2::types::IpPermission::ip_ranges);
        (!ranges.into_iter().any(|it| it.cidr_ip() == Some(WORLD))).then_some(())
    })
    .await;
    responses(stand, 1).await;
}

async fn acl_entry(stand: &Stand, stranger: &Client) {
    const NUMBER: i32 = 77;
    let found = || async {
        let acls = stand.ec2().describe_network_acls();
        let acls = acls.set_filters(Some(at(stand, "firewall/nacl-database"))).send().await;
        acls.expect("ACLs").network_acls.unwrap_or_default().remove(0)
    };
    let id = found().await.network_acl_id.expect("an id");
    let entry = stranger.create_network_acl_entry().network_acl_id(&id).rule_number(NUMBER);
    let entry = entry.egress(false).protocol("-1").cidr_block(WORLD);
    entry.rule_action(RuleAction::Allow).send().await.expect("mallory may");
    until("the entry is gone", || async {
        let acl = found().await;
        (!acl.entries().iter().any(|it| it.rule_number() == Some(NUMBER))).then_some(())
    })
    .await;
    responses(stand, 2).await;
}

async fn private_route(stand: &Stand, stranger: &Client) {
    const THERE: &str = "198.51.100.0/24";
    let gateways = stand.ec2().describe_internet_gateways();
    let gateways = gateways.set_filters(Some(at(stand, "network/internet-gateway"))).send().await;
    let gateway = gateways.expect("gateways").internet_gateways.unwrap_or_default().remove(0);
    let found = || async {
        let tables = stand.ec2().describe_route_tables();
        let tables =
            tables.set_filters(Some(at(stand, "network/route-table-private-a"))).send().await;
        tables.expect("tables").route_tables.unwrap_or_default().remove(0)
    };
    let id = found().await.route_table_id.expect("an id");
    let route = stranger.create_route().route_table_id(&id).destination_cidr_block(THERE);
    let route = route.gateway_id(gateway.internet_gateway_id.expect("an id"));
    route.send().await.expect("mallory may");
    until("the route is gone", || async {
        let table = found().await;
        let there = |it: &aws_sdk_ec2::types::Route| it.destination_cidr_block() == Some(THERE);
        (!table.routes().iter().any(there)).then_some(())
    })
    .await;
}

/// The call names the association, and neither the table nor the subnet.
async fn lost_subnet(stand: &Stand, stranger: &Client) {
    responses(stand, 3).await;
    let found = || async {
        let tables = stand.ec2().describe_route_tables();
        let tables =
            tables.set_filters(Some(at(stand, "network/route-table-private-a"))).send().await;
        tables.expect("tables").route_tables.unwrap_or_default().remove(0)
    };
    // The second time it is one that healing has made.
    for answered in [4, 5] {
        let table = found().await;
        let association = table.associations()[0].route_table_association_id().expect("an id");
        let lost = stranger.disassociate_route_table().association_id(association);
        lost.send().await.expect("mallory may");
        until("the subnet follows its table again", || async {
            let table = found().await;
            let follows = table.associations().iter().any(|it| it.subnet_id().is_some());
            follows.then_some(())
        })
        .await;
        responses(stand, answered).await;
    }
}

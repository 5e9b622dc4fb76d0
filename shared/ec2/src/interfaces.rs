//! Network interfaces that hold what they sit in, named for people.

use aws_sdk_ec2::types::{Filter, GroupIdentifier, NetworkInterface};
use shared::aws::{Cx, Grant};
use shared::world::CloudError;

/// What EC2 says of anything that something else is in.
pub const HELD: &str = "DependencyViolation";

/// What looking for them takes.
pub const GRANT: Grant = Grant::on(
    &["ec2:DescribeNetworkInterfaces"],
    "*",
    "EC2's reading calls have no resource-level permissions",
);

/// Interfaces that pass a filter such as `subnet-id`.
pub async fn found(cx: &Cx, filter: Filter) -> Result<Vec<NetworkInterface>, CloudError> {
    let request = crate::client(cx).describe_network_interfaces().filters(filter);
    request.into_paginator().items().send().try_collect().await.map_err(CloudError::from)
}

/// Passes on the answer to a deletion; where something is in the way of it, the interfaces that
/// pass `filter` are named in it. Those of services cannot be detached, only waited for.
pub async fn or_name<T>(
    answer: Result<T, CloudError>,
    cx: &Cx,
    filter: Filter,
) -> Result<T, CloudError> {
    match answer {
        Err(CloudError::NotYet { code, message }) if code == HELD => {
            let holders: Vec<String> = found(cx, filter).await?.iter().map(in_words).collect();
            let message = match &holders[..] {
                [] => message,
                holders => format!("{message}; in it: {}", holders.join(", ")),
            };
            Err(CloudError::NotYet { code, message })
        }
        answer => answer,
    }
}

/// `eni-1` and whose it is, as far as EC2 says.
pub fn in_words(interface: &NetworkInterface) -> String {
    let id = interface.network_interface_id().unwrap_or_default();
    let instance = interface.attachment().and_then(|it| it.instance_id());
    let instance = instance.map(|it| format!("of `{it}`"));
    let description = interface.description().filter(|it| !it.is_empty());
    let description = description.map(|it| format!("\"{it}\""));
    let owner = interface.requester_id().or(interface.owner_id());
    let owner = owner.filter(|it| !it.is_empty()).map(|it| format!("owner {it}"));
    let told: Vec<String> = [instance, description, owner].into_iter().flatten().collect();
    if told.is_empty() { format!("`{id}`") } else { format!("`{id}` ({})", told.join(", ")) }
}

/// The ids of its security groups.
pub fn groups(interface: &NetworkInterface) -> impl Iterator<Item = &str> {
    interface.groups().iter().filter_map(GroupIdentifier::group_id)
}

//! How the bastion is found and read.

use std::collections::BTreeSet;

use aws_sdk_ec2::types::{self, Filter, HttpTokensState, InstanceStateName};
use shared::aws::{ADDRESS_TAG, Cx, LiveOf};
use shared::model::{Address, Status, Tier};
use shared::world::CloudError;

use super::{Instance, VOLUME_TAG};

impl Instance {
    pub(super) fn live(it: &types::Instance) -> Result<LiveOf<Self>, CloudError> {
        let text = |it: Option<&str>| it.unwrap_or_default().to_owned();
        let metadata = it.metadata_options();
        let hops = metadata.and_then(
            aws_sdk_ec2::types::InstanceMetadataOptionsResponse::http_put_response_hop_limit,
        );
        let profile = it.iam_instance_profile().and_then(|it| it.arn());
        let groups = it.security_groups().iter().filter_map(|it| it.group_id.clone());
        let state = it.state().and_then(|it| it.name());
        let stopped = [InstanceStateName::Stopped, InstanceStateName::Stopping];
        let spec = Self {
            image: text(it.image_id()),
            instance_type: text(it.instance_type().map(aws_sdk_ec2::types::InstanceType::as_str)),
            subnet_id: text(it.subnet_id()),
            other_subnets: BTreeSet::new(),
            key_name: it.key_name().filter(|it| !it.is_empty()).map(str::to_owned),
            volume_key: text(ec2::tags(it.tags()).get(VOLUME_TAG)),
            instance_profile: text(profile),
            security_groups: groups.collect(),
            metadata_tokens: metadata.and_then(|it| it.http_tokens())
                == Some(&HttpTokensState::Required),
            metadata_hops: hops.and_then(|it| u32::try_from(it).ok()).unwrap_or(0),
            checks_destination: it.source_dest_check() != Some(false),
            running: state.is_some_and(|it| !stopped.contains(it)),
        };
        let facts = ec2::facts(it.instance_id(), "an instance's id")?;
        Ok(LiveOf { address: bastion(), spec, facts, status: status(state) })
    }
}

fn bastion() -> Address {
    Address::new(Tier::Compute, "bastion")
}

/// The stack's bastions in these states. The group's instances carry the group's address.
pub(super) async fn bastions(cx: &Cx, states: &[&str]) -> Result<Vec<types::Instance>, CloudError> {
    let own = ec2::filter(&format!("tag:{ADDRESS_TAG}"), &bastion().to_string());
    let states = states.iter().map(|it| (*it).to_owned()).collect();
    let states = Filter::builder().name("instance-state-name").set_values(Some(states)).build();
    let request = ec2::client(cx).describe_instances().filters(ec2::of_stack(cx));
    let mut pages = request.filters(own).filters(states).into_paginator().send();
    let mut found = Vec::new();
    while let Some(page) = pages.next().await {
        for reservation in page?.reservations.unwrap_or_default() {
            found.extend(reservation.instances.unwrap_or_default());
        }
    }
    found.retain(|it| ec2::tags(it.tags()).address(&cx.scope) == Some(bastion()));
    Ok(found)
}

/// What tells the next bastion's token from those before: the run, and which were terminated.
/// AWS shows them for about an hour, and answers a token with what it made, dead or alive.
pub(super) async fn generation(cx: &Cx) -> Result<String, CloudError> {
    let gone = bastions(cx, &["terminated"]).await?;
    let mut ids: Vec<String> = gone.into_iter().filter_map(|it| it.instance_id).collect();
    ids.sort_unstable();
    Ok(format!("{}/{}", cx.run, ids.join("/")))
}

/// A stopped one can be started: that is a difference, not a failure.
fn status(state: Option<&InstanceStateName>) -> Status {
    match state {
        Some(InstanceStateName::Running | InstanceStateName::Stopped) => Status::Ready,
        Some(_) | None => Status::Pending,
    }
}

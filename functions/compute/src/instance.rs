//! `AWS::EC2::Instance`: the bastion.

use std::collections::BTreeSet;
use std::time::Duration;

use aws_sdk_ec2::types::{
    self, AttributeBooleanValue, AttributeValue, BlockDeviceMapping, EbsBlockDevice, Filter,
    HttpTokensState, IamInstanceProfileSpecification, InstanceMetadataEndpointState,
    InstanceMetadataOptionsRequest, InstanceNetworkInterfaceSpecification, InstanceStateName,
    ResourceType, Tag, VolumeType,
};
use serde::{Deserialize, Serialize};
use shared::aws::{ADDRESS_TAG, Cx, Grant, LiveOf, OrAbsent, Resource};
use shared::model::{Address, Bound, Facts, Status, Tier};
use shared::world::CloudError;

use crate::image::root_device;

const ABSENT: &[&str] = &["InvalidInstanceID.NotFound"];
/// What nobody can read back from an instance: size and key of its volume.
const VOLUME_TAG: &str = "terrace:volume";
const VOLUME_GIB: i32 = 8;

/// A single machine with one interface and no public address of its own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Instance {
    pub image: String,
    pub instance_type: String,
    pub subnet_id: String,
    /// Where it may sit as well: it does not move when a zone comes before its own. Nobody can
    /// read this back.
    pub other_subnets: BTreeSet<String>,
    pub key_name: Option<String>,
    /// ARN of the key that encrypts its volume.
    pub volume_key: String,
    /// ARN of the instance profile.
    pub instance_profile: String,
    pub security_groups: BTreeSet<String>,
    /// Whether the metadata service wants a token (`IMDSv2`), and how far its answers go.
    pub metadata_tokens: bool,
    pub metadata_hops: u32,
    /// Whether it takes only what is addressed to it.
    pub checks_destination: bool,
    pub running: bool,
}

impl Resource for Instance {
    const KIND: &'static str = "AWS::EC2::Instance";
    const IMMUTABLE: &'static [&'static str] = &["image", "subnet_id", "key_name", "volume_key"];
    const OUTAGES: &'static [(&'static str, &'static str)] =
        &[("instance_type", "the machine is stopped and started: a minute or two without it")];
    const DEADLINE: Duration = Duration::from_mins(10);
    const GRANTS: &'static [Grant] = &[
        Grant::on(
            &[
                "ec2:DescribeIamInstanceProfileAssociations",
                "ec2:DescribeImages",
                "ec2:DescribeInstances",
            ],
            "*",
            "EC2's reading calls have no resource-level permissions",
        ),
        Grant::on(
            &["ec2:RunInstances"],
            "arn:aws:ec2:{region}:{account}:*/*",
            "a launch is a permission on image, instance, interface, volume, key and groups",
        ),
        Grant::on(
            &["ec2:RunInstances"],
            "arn:aws:ec2:{region}::image/*",
            "images are nobody's, as AWS writes their ARNs",
        ),
        Grant::on(
            &["ec2:CreateTags"],
            "arn:aws:ec2:{region}:{account}:*/*",
            "tags are set only in the call that launches",
        )
        .when("StringEquals", "ec2:CreateAction", &["RunInstances"]),
        Grant::on(
            &[
                "ec2:AssociateIamInstanceProfile",
                "ec2:ModifyInstanceAttribute",
                "ec2:ModifyInstanceMetadataOptions",
                "ec2:ReplaceIamInstanceProfileAssociation",
                "ec2:StartInstances",
                "ec2:StopInstances",
                "ec2:TerminateInstances",
            ],
            "arn:aws:ec2:{region}:{account}:instance/*",
            "the bastion; AWS chooses the ids",
        ),
        Grant::on(
            &["ec2:ModifyInstanceAttribute"],
            "arn:aws:ec2:{region}:{account}:security-group/*",
            "its groups are an attribute of the bastion",
        ),
        Grant::on(&["iam:PassRole"], "arn:aws:iam::{account}:role/terrace/*", "the bastion's role")
            .when("StringEquals", "iam:PassedToService", &["ec2.amazonaws.com"]),
        Grant::on(
            &[
                "kms:CreateGrant",
                "kms:Decrypt",
                "kms:DescribeKey",
                "kms:GenerateDataKeyWithoutPlaintext",
            ],
            "arn:aws:kms:{region}:{account}:key/*",
            "EC2 encrypts the volume with the stack's key in our name",
        )
        .when("StringEquals", "kms:ViaService", &["ec2.{region}.amazonaws.com"]),
    ];

    fn bounds() -> Vec<(&'static str, Bound)> {
        vec![("subnet_id", Bound::Among { field: "other_subnets".to_owned() })]
    }

    async fn list(cx: &Cx) -> Result<Vec<LiveOf<Self>>, CloudError> {
        let there = ["pending", "running", "shutting-down", "stopping", "stopped"];
        bastions(cx, &there).await?.iter().map(Self::live).collect()
    }

    async fn create(&self, cx: &Cx, at: &Address) -> Result<Facts, CloudError> {
        let interface = InstanceNetworkInterfaceSpecification::builder()
            .device_index(0)
            .subnet_id(&self.subnet_id)
            .set_groups(Some(self.security_groups.iter().cloned().collect()))
            .associate_public_ip_address(false)
            .delete_on_termination(true);
        let request = ec2::client(cx)
            .run_instances()
            .client_token(cx.token(at, &generation(cx).await?))
            .min_count(1)
            .max_count(1)
            .image_id(&self.image)
            .instance_type(self.instance_type.as_str().into())
            .set_key_name(self.key_name.clone())
            .iam_instance_profile(self.profile())
            .network_interfaces(interface.build())
            .block_device_mappings(self.volume(cx).await?)
            .metadata_options(self.metadata())
            .tag_specifications(self.tags(cx, at))
            .tag_specifications(ec2::tag(cx, at, ResourceType::Volume));
        let made = request.send().await?;
        let id = made.instances().first().and_then(types::Instance::instance_id);
        ec2::facts(id, "an instance's id")
    }

    async fn update(&self, cx: &Cx, live: &LiveOf<Self>) -> Result<(), CloudError> {
        let (id, was) = (ec2::id(live)?, &live.spec);
        let client = ec2::client(cx);
        if self.instance_type != was.instance_type {
            return self.take_type(cx, id, was.running).await;
        }
        if (self.metadata_tokens, self.metadata_hops) != (was.metadata_tokens, was.metadata_hops) {
            let options = self.metadata();
            let request = client.modify_instance_metadata_options().instance_id(id);
            let request = request.http_endpoint(InstanceMetadataEndpointState::Enabled);
            let request = request.set_http_tokens(options.http_tokens);
            let hops = options.http_put_response_hop_limit;
            request.set_http_put_response_hop_limit(hops).send().await?;
        }
        if self.security_groups != was.security_groups {
            let groups = self.security_groups.iter().cloned().collect();
            let request = client.modify_instance_attribute().instance_id(id);
            request.set_groups(Some(groups)).send().await?;
        }
        if self.checks_destination != was.checks_destination {
            let flag = AttributeBooleanValue::builder().value(self.checks_destination).build();
            let request = client.modify_instance_attribute().instance_id(id);
            request.source_dest_check(flag).send().await?;
        }
        if self.instance_profile != was.instance_profile {
            self.take_profile(cx, id).await?;
        }
        if self.running && !was.running {
            client.start_instances().instance_ids(id).send().await?;
        }
        Ok(())
    }

    async fn delete(cx: &Cx, live: &LiveOf<Self>) -> Result<(), CloudError> {
        let id = ec2::id(live)?;
        let terminate = || ec2::client(cx).terminate_instances().instance_ids(id).send();
        match terminate().await.or_absent(ABSENT) {
            Err(CloudError::Refused { code, .. }) if code == "OperationNotPermitted" => {
                let off = AttributeBooleanValue::builder().value(false).build();
                let request = ec2::client(cx).modify_instance_attribute().instance_id(id);
                request.disable_api_termination(off).send().await?;
                terminate().await.or_absent(ABSENT)?;
            }
            Err(error) => return Err(error),
            Ok(_) => (),
        }
        Ok(())
    }
}

fn bastion() -> Address {
    Address::new(Tier::Compute, "bastion")
}

/// The stack's bastions in these states. The group's instances carry the group's address.
async fn bastions(cx: &Cx, states: &[&str]) -> Result<Vec<types::Instance>, CloudError> {
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
async fn generation(cx: &Cx) -> Result<String, CloudError> {
    let gone = bastions(cx, &["terminated"]).await?;
    let mut ids: Vec<String> = gone.into_iter().filter_map(|it| it.instance_id).collect();
    ids.sort_unstable();
    Ok(format!("{}/{}", cx.run, ids.join("/")))
}

impl Instance {
    fn live(it: &types::Instance) -> Result<LiveOf<Self>, CloudError> {
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

    fn profile(&self) -> IamInstanceProfileSpecification {
        IamInstanceProfileSpecification::builder().arn(&self.instance_profile).build()
    }

    fn metadata(&self) -> InstanceMetadataOptionsRequest {
        let tokens = if self.metadata_tokens {
            HttpTokensState::Required
        } else {
            HttpTokensState::Optional
        };
        InstanceMetadataOptionsRequest::builder()
            .http_endpoint(InstanceMetadataEndpointState::Enabled)
            .http_tokens(tokens)
            .http_put_response_hop_limit(i32::try_from(self.metadata_hops).unwrap_or(1))
            .build()
    }

    async fn volume(&self, cx: &Cx) -> Result<BlockDeviceMapping, CloudError> {
        let volume = EbsBlockDevice::builder()
            .volume_size(VOLUME_GIB)
            .volume_type(VolumeType::Gp3)
            .encrypted(true)
            .kms_key_id(&self.volume_key)
            .delete_on_termination(true);
        let mapping =
            BlockDeviceMapping::builder().device_name(root_device(cx, &self.image).await?);
        Ok(mapping.ebs(volume.build()).build())
    }

    fn tags(&self, cx: &Cx, at: &Address) -> types::TagSpecification {
        let mut specification = ec2::tag(cx, at, ResourceType::Instance);
        let volume = Tag::builder().key(VOLUME_TAG).value(&self.volume_key).build();
        specification.tags.get_or_insert_default().push(volume);
        specification
    }

    /// EC2 changes the type of a machine only while it is stopped, which takes a while: it is
    /// started again when it has the type, and everything else is compared after that.
    async fn take_type(&self, cx: &Cx, id: &str, runs: bool) -> Result<(), CloudError> {
        let client = ec2::client(cx);
        if runs {
            client.stop_instances().instance_ids(id).send().await?;
            return Ok(());
        }
        let value = AttributeValue::builder().value(&self.instance_type).build();
        let request = client.modify_instance_attribute().instance_id(id);
        request.instance_type(value).send().await?;
        client.start_instances().instance_ids(id).send().await?;
        Ok(())
    }

    /// An instance has one profile or none; another takes the place of the one it has.
    async fn take_profile(&self, cx: &Cx, id: &str) -> Result<(), CloudError> {
        let client = ec2::client(cx);
        let request = client.describe_iam_instance_profile_associations();
        let answer = request.filters(ec2::filter("instance-id", id)).send().await?;
        let has = answer.iam_instance_profile_associations().first();
        if let Some(association) = has.and_then(|it| it.association_id()) {
            let request = client.replace_iam_instance_profile_association();
            let request = request.association_id(association);
            request.iam_instance_profile(self.profile()).send().await?;
        } else {
            let request = client.associate_iam_instance_profile().instance_id(id);
            request.iam_instance_profile(self.profile()).send().await?;
        }
        Ok(())
    }
}

/// A stopped one can be started: that is a difference, not a failure.
fn status(state: Option<&InstanceStateName>) -> Status {
    match state {
        Some(InstanceStateName::Running | InstanceStateName::Stopped) => Status::Ready,
        Some(_) | None => Status::Pending,
    }
}

//! `AWS::EC2::Instance`: the bastion.

mod read;
mod write;

use std::collections::BTreeSet;
use std::time::Duration;

use aws_sdk_ec2::types::{
    self, AttributeBooleanValue, InstanceMetadataEndpointState,
    InstanceNetworkInterfaceSpecification, ResourceType,
};
use serde::{Deserialize, Serialize};
use shared::aws::{Cx, Grant, LiveOf, OrAbsent, Resource};
use shared::model::{Address, Bound, Facts, Usual};
use shared::world::CloudError;

use crate::launching::{FROM_IMAGE, LAUNCH, WITH_ROLE, WITH_TAGS};
use read::{bastions, generation};

const ABSENT: &[&str] = &["InvalidInstanceID.NotFound"];
/// What nobody can read back from an instance: size and key of its volume.
const VOLUME_TAG: &str = "terrace:volume";

/// How long AWS usually takes over the end of an instance, whoever asked for it.
pub const TERMINATION: Usual = Usual::new(35, 90);

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
    const TYPICAL: &'static [(&'static str, Usual)] = &[("", Usual::new(16, 50))];
    const TYPICAL_DELETION: Option<Usual> = Some(TERMINATION);
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
        LAUNCH,
        FROM_IMAGE,
        WITH_TAGS,
        WITH_ROLE,
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

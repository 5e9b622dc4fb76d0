//! What the bastion is asked to be, in EC2's words.

use aws_sdk_ec2::types::{
    self, AttributeValue, BlockDeviceMapping, EbsBlockDevice, HttpTokensState,
    IamInstanceProfileSpecification, InstanceMetadataEndpointState, InstanceMetadataOptionsRequest,
    ResourceType, Tag, VolumeType,
};
use shared::aws::Cx;
use shared::model::Address;
use shared::world::CloudError;

use super::{Instance, VOLUME_TAG};
use crate::image::root_device;

const VOLUME_GIB: i32 = 8;

impl Instance {
    pub(super) fn profile(&self) -> IamInstanceProfileSpecification {
        IamInstanceProfileSpecification::builder().arn(&self.instance_profile).build()
    }

    pub(super) fn metadata(&self) -> InstanceMetadataOptionsRequest {
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

    pub(super) async fn volume(&self, cx: &Cx) -> Result<BlockDeviceMapping, CloudError> {
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

    pub(super) fn tags(&self, cx: &Cx, at: &Address) -> types::TagSpecification {
        let mut specification = ec2::tag(cx, at, ResourceType::Instance);
        let volume = Tag::builder().key(VOLUME_TAG).value(&self.volume_key).build();
        specification.tags.get_or_insert_default().push(volume);
        specification
    }

    /// EC2 changes the type of a machine only while it is stopped, which takes a while: it is
    /// started again when it has the type, and everything else is compared after that.
    pub(super) async fn take_type(&self, cx: &Cx, id: &str, runs: bool) -> Result<(), CloudError> {
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
    pub(super) async fn take_profile(&self, cx: &Cx, id: &str) -> Result<(), CloudError> {
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

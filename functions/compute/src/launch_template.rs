//! `AWS::EC2::LaunchTemplate`: what the application's instances are made from.

use std::collections::BTreeSet;

use aws_sdk_ec2::types::{
    LaunchTemplateBlockDeviceMappingRequest, LaunchTemplateEbsBlockDeviceRequest,
    LaunchTemplateHttpTokensState, LaunchTemplateIamInstanceProfileSpecificationRequest,
    LaunchTemplateInstanceMetadataEndpointState, LaunchTemplateInstanceMetadataOptionsRequest,
    LaunchTemplateInstanceNetworkInterfaceSpecificationRequest,
    LaunchTemplateTagSpecificationRequest, LaunchTemplateVersion, RequestLaunchTemplateData,
    ResourceType, ResponseLaunchTemplateData, Tag, VolumeType,
};
use serde::{Deserialize, Serialize};
use shared::aws::{Cx, Grant, LiveOf, OrAbsent, Resource, STACK_TAG};
use shared::model::{Address, Facts, Status, Tier};
use shared::world::CloudError;

use crate::image::root_device;
use crate::names::standing;

const ABSENT: &[&str] =
    &["InvalidLaunchTemplateId.NotFound", "InvalidLaunchTemplateName.NotFoundException"];
const TAKEN: &[&str] = &["InvalidLaunchTemplateName.AlreadyExistsException"];

/// The newest version of the template; every change makes another.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LaunchTemplate {
    pub image: String,
    pub key_name: Option<String>,
    pub security_groups: BTreeSet<String>,
    /// ARN of the instance profile.
    pub instance_profile: String,
    /// Base64.
    pub user_data: String,
    /// The root volume: its size, and the ARN of the key that encrypts it.
    pub volume_gib: u32,
    pub volume_key: String,
    /// Whether the metadata service wants a token (`IMDSv2`), and how far its answers go.
    pub metadata_tokens: bool,
    pub metadata_hops: u32,
    pub public_ip: bool,
    /// Stands for all of the above and the instance types, as wished: the version's
    /// description. The scaling group is rolled when it changes.
    pub recipe: String,
}

impl Resource for LaunchTemplate {
    const KIND: &'static str = "AWS::EC2::LaunchTemplate";
    const GRANTS: &'static [Grant] = &[
        Grant::on(
            &[
                "ec2:DescribeImages",
                "ec2:DescribeLaunchTemplateVersions",
                "ec2:DescribeLaunchTemplates",
            ],
            "*",
            "EC2's reading calls have no resource-level permissions",
        ),
        Grant::on(
            &[
                "ec2:CreateLaunchTemplate",
                "ec2:CreateLaunchTemplateVersion",
                "ec2:DeleteLaunchTemplate",
            ],
            "arn:aws:ec2:{region}:{account}:launch-template/*",
            "the stack's launch template; AWS chooses the ids",
        ),
        Grant::on(
            &["ec2:CreateTags"],
            "arn:aws:ec2:{region}:{account}:launch-template/*",
            "tags are set only in the call that makes it",
        )
        .when("StringEquals", "ec2:CreateAction", &["CreateLaunchTemplate"]),
    ];

    async fn list(cx: &Cx) -> Result<Vec<LiveOf<Self>>, CloudError> {
        let request = ec2::client(cx).describe_launch_templates().filters(ec2::of_stack(cx));
        let answer = request.send().await?;
        let mut found = Vec::new();
        for template in answer.launch_templates() {
            let address = ec2::tags(template.tags()).address(&cx.scope);
            let Some(address) = address.filter(|it| it.tier() == Tier::Compute) else { continue };
            let request = ec2::client(cx)
                .describe_launch_template_versions()
                .set_launch_template_id(template.launch_template_id.clone())
                .versions("$Latest");
            let answer = request.send().await.or_absent(ABSENT)?;
            let versions = answer.and_then(|it| it.launch_template_versions).unwrap_or_default();
            if let Some(newest) = versions.first() {
                found.push(Self::live(address, newest)?);
            }
        }
        Ok(found)
    }

    async fn create(&self, cx: &Cx, at: &Address) -> Result<Facts, CloudError> {
        let name = cx.scope.name("app");
        let request = ec2::client(cx)
            .create_launch_template()
            .client_token(cx.token(at, &format!("{}/{}", cx.run, self.recipe)))
            .launch_template_name(&name)
            .version_description(&self.recipe)
            .launch_template_data(self.to_aws(cx).await?)
            .tag_specifications(ec2::tag(cx, at, ResourceType::LaunchTemplate));
        let Some(made) = request.send().await.or_absent(TAKEN)? else {
            return standing::<Self>(cx, at, "the launch template", &name).await;
        };
        let made = made.launch_template();
        let id = made.and_then(|it| it.launch_template_id());
        facts(id, made.and_then(aws_sdk_ec2::types::LaunchTemplate::latest_version_number))
    }

    async fn update(&self, cx: &Cx, live: &LiveOf<Self>) -> Result<(), CloudError> {
        let generation = format!("{}/{}/{}", cx.run, self.recipe, ec2::fact(live, "version")?);
        let request = ec2::client(cx)
            .create_launch_template_version()
            .client_token(cx.token(&live.address, &generation))
            .launch_template_id(ec2::id(live)?)
            .version_description(&self.recipe)
            .launch_template_data(self.to_aws(cx).await?);
        request.send().await?;
        Ok(())
    }

    async fn delete(cx: &Cx, live: &LiveOf<Self>) -> Result<(), CloudError> {
        let request = ec2::client(cx).delete_launch_template().launch_template_id(ec2::id(live)?);
        request.send().await.or_absent(ABSENT)?;
        Ok(())
    }
}

impl LaunchTemplate {
    fn live(address: Address, it: &LaunchTemplateVersion) -> Result<LiveOf<Self>, CloudError> {
        let data = it.launch_template_data();
        let data = data.ok_or(CloudError::Incomplete("a launch template's data"))?;
        let spec = Self::read(data, it.version_description().unwrap_or_default());
        let facts = facts(it.launch_template_id(), it.version_number())?;
        Ok(LiveOf { address, spec, facts, status: Status::Ready })
    }

    fn read(data: &ResponseLaunchTemplateData, recipe: &str) -> Self {
        let text = |it: Option<&str>| it.unwrap_or_default().to_owned();
        let interface = data.network_interfaces().first();
        let groups = interface
            .map(aws_sdk_ec2::types::LaunchTemplateInstanceNetworkInterfaceSpecification::groups)
            .unwrap_or_default();
        let volume = data.block_device_mappings().first().and_then(|it| it.ebs());
        let encrypted = volume.is_some_and(|it| it.encrypted() == Some(true));
        let metadata = data.metadata_options();
        let tokens = metadata.and_then(|it| it.http_tokens());
        let hops = metadata.and_then(
            aws_sdk_ec2::types::LaunchTemplateInstanceMetadataOptions::http_put_response_hop_limit,
        );
        Self {
            image: text(data.image_id()),
            key_name: data.key_name().filter(|it| !it.is_empty()).map(str::to_owned),
            security_groups: groups.iter().chain(data.security_group_ids()).cloned().collect(),
            instance_profile: text(data.iam_instance_profile().and_then(|it| it.arn())),
            user_data: text(data.user_data()),
            volume_gib: unsigned(
                volume.and_then(aws_sdk_ec2::types::LaunchTemplateEbsBlockDevice::volume_size),
            ),
            volume_key: text(volume.filter(|_| encrypted).and_then(|it| it.kms_key_id())),
            metadata_tokens: tokens == Some(&LaunchTemplateHttpTokensState::Required),
            metadata_hops: unsigned(hops),
            public_ip: interface.is_none_or(|it| it.associate_public_ip_address() != Some(false)),
            recipe: recipe.to_owned(),
        }
    }

    async fn to_aws(&self, cx: &Cx) -> Result<RequestLaunchTemplateData, CloudError> {
        let interface = LaunchTemplateInstanceNetworkInterfaceSpecificationRequest::builder()
            .device_index(0)
            .set_groups(Some(self.security_groups.iter().cloned().collect()))
            .associate_public_ip_address(self.public_ip)
            .delete_on_termination(true);
        let profile = LaunchTemplateIamInstanceProfileSpecificationRequest::builder()
            .arn(&self.instance_profile);
        let volume = LaunchTemplateEbsBlockDeviceRequest::builder()
            .volume_size(i32::try_from(self.volume_gib).unwrap_or(i32::MAX))
            .volume_type(VolumeType::Gp3)
            .encrypted(true)
            .kms_key_id(&self.volume_key)
            .delete_on_termination(true);
        let volume = LaunchTemplateBlockDeviceMappingRequest::builder()
            .device_name(root_device(cx, &self.image).await?)
            .ebs(volume.build());
        let tokens = if self.metadata_tokens {
            LaunchTemplateHttpTokensState::Required
        } else {
            LaunchTemplateHttpTokensState::Optional
        };
        let metadata = LaunchTemplateInstanceMetadataOptionsRequest::builder()
            .http_endpoint(LaunchTemplateInstanceMetadataEndpointState::Enabled)
            .http_tokens(tokens)
            .http_put_response_hop_limit(i32::try_from(self.metadata_hops).unwrap_or(1));
        // Instances get their tags from the group; their volumes only from here.
        let stack = Tag::builder().key(STACK_TAG).value(&cx.scope.stack).build();
        let tags = LaunchTemplateTagSpecificationRequest::builder()
            .resource_type(ResourceType::Volume)
            .tags(stack);
        let data = RequestLaunchTemplateData::builder()
            .image_id(&self.image)
            .set_key_name(self.key_name.clone())
            .iam_instance_profile(profile.build())
            .user_data(&self.user_data)
            .network_interfaces(interface.build())
            .block_device_mappings(volume.build())
            .metadata_options(metadata.build())
            .tag_specifications(tags.build());
        Ok(data.build())
    }
}

fn unsigned(number: Option<i32>) -> u32 {
    number.and_then(|it| u32::try_from(it).ok()).unwrap_or(0)
}

fn facts(id: Option<&str>, version: Option<i64>) -> Result<Facts, CloudError> {
    let mut facts = ec2::facts(id, "a launch template's id")?;
    facts.extend(version.map(|it| ("version".to_owned(), it.to_string())));
    Ok(facts)
}

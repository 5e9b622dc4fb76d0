//! `AWS::CloudTrail::Trail`

mod records;

use aws_sdk_cloudtrail::operation::list_tags::ListTagsOutput;
use aws_sdk_cloudtrail::types::{self, Tag};
use futures::try_join;
use serde::{Deserialize, Serialize};
use shared::aws::{self, Cx, Grant, LiveOf, OrAbsent, Resource, Tags};
use shared::model::{Address, Facts, Node, Status, Tier, reference};
use shared::world::CloudError;

use crate::cloudwatch::{self, at};

pub use records::Records;

/// The stack's own trail, of which there is one: its name and its ARN are known beforehand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "the switches are CloudTrail's")]
pub struct Trail {
    /// The bucket it writes files to, by name.
    pub bucket: String,
    /// What its files' keys begin with; the wish is nothing.
    pub prefix: String,
    /// The ARN of the topic told of every file; the wish is none.
    pub topic: String,
    /// The ARN of the key its files are encrypted with.
    pub key: String,
    /// The ARN of the log group it also writes to, with `:*`.
    pub log_group: String,
    /// The ARN of the role by which it does.
    pub log_role: String,
    pub all_regions: bool,
    /// Also what global services do, such as IAM.
    pub global_services: bool,
    /// Signed digests show whether a file was changed.
    pub signs_files: bool,
    pub logging: bool,
    pub records: Records,
}

/// The name of its address, and the last part of its own.
pub const NAME: &str = "trail";

const ABSENT: &[&str] = &["TrailNotFoundException"];

impl Resource for Trail {
    const KIND: &'static str = "AWS::CloudTrail::Trail";
    const GRANTS: &'static [Grant] = &[
        Grant::on(
            &[
                "cloudtrail:AddTags",
                "cloudtrail:CreateTrail",
                "cloudtrail:DeleteTrail",
                "cloudtrail:GetEventSelectors",
                "cloudtrail:GetTrail",
                "cloudtrail:GetTrailStatus",
                "cloudtrail:ListTags",
                "cloudtrail:PutEventSelectors",
                "cloudtrail:StartLogging",
                "cloudtrail:StopLogging",
                "cloudtrail:UpdateTrail",
            ],
            "arn:aws:cloudtrail:{region}:{account}:trail/terrace-*",
            "the stack's own trail",
        ),
        Grant::on(
            &["iam:PassRole"],
            "arn:aws:iam::{account}:role/terrace/*",
            "the role by which the trail writes to its log group",
        )
        .when("StringEquals", "iam:PassedToService", &["cloudtrail.amazonaws.com"]),
    ];

    /// One call where there is none, four where there is. One without our tags is not ours.
    async fn list(cx: &Cx) -> Result<Vec<LiveOf<Self>>, CloudError> {
        let arn = cx.scope.trail_arn();
        let Some(found) = client(cx).get_trail().name(&arn).send().await.or_absent(ABSENT)? else {
            return Ok(Vec::new());
        };
        let trail = found.trail().ok_or(CloudError::Incomplete("a trail"))?;
        let rest = try_join!(stands_for(cx), is_logging(cx, &arn), Records::read(cx, &arn))?;
        // Or it was deleted while it was looked at.
        let (Some(address), Some(logging), Some(records)) = rest else { return Ok(Vec::new()) };
        let spec = Self::read(trail, logging, records);
        Ok(vec![LiveOf { address, spec, facts: facts(cx), status: Status::Ready }])
    }

    /// A new trail records nothing until it is told to.
    async fn create(&self, cx: &Cx, at: &Address) -> Result<Facts, CloudError> {
        let tags = cx.tags(at);
        let tags = tags.pairs().map(|(key, value)| Tag::builder().key(key).value(value).build());
        let tags = tags.collect::<Result<_, _>>();
        let tags = tags.map_err(|error| CloudError::refused("BadTag", error.to_string()))?;
        let request = client(cx).create_trail().name(cx.scope.name(NAME));
        let request = request.s3_bucket_name(&self.bucket).kms_key_id(&self.key);
        let request = request.cloud_watch_logs_log_group_arn(&self.log_group);
        let request = request.cloud_watch_logs_role_arn(&self.log_role);
        let request = request.is_multi_region_trail(self.all_regions);
        let request = request.include_global_service_events(self.global_services);
        let request = request.enable_log_file_validation(self.signs_files);
        let made = request.set_tags_list(Some(tags)).send().await;
        if made.or_absent(&["TrailAlreadyExistsException"]).map_err(too_many)?.is_none() {
            is_ours(cx, at).await?;
        }
        log(cx, self.logging).await?;
        Ok(facts(cx))
    }

    async fn update(&self, cx: &Cx, live: &LiveOf<Self>) -> Result<(), CloudError> {
        let settings = |it: &Self| Self { logging: true, records: Records::all(), ..it.clone() };
        if settings(self) != settings(&live.spec) {
            self.settle(cx).await?;
        }
        if self.records != live.spec.records {
            self.records.put(cx).await?;
        }
        if self.logging != live.spec.logging {
            log(cx, self.logging).await?;
        }
        Ok(())
    }

    async fn delete(cx: &Cx, _: &LiveOf<Self>) -> Result<(), CloudError> {
        let request = client(cx).delete_trail().name(cx.scope.trail_arn());
        request.send().await.or_absent(ABSENT)?;
        Ok(())
    }
}

impl Trail {
    /// What the stack records: everything, everywhere (controls CloudTrail.1, .2, .4 and .5).
    pub fn wish() -> Self {
        Self {
            bucket: reference(Tier::Storage, "trail-logs", "name"),
            prefix: String::new(),
            topic: String::new(),
            key: reference(Tier::Keys, "key", "arn"),
            log_group: format!("{}:*", reference(Tier::Storage, "trail-logs-group", "arn")),
            log_role: reference(Tier::Access, "trail-role", "arn"),
            all_regions: true,
            global_services: true,
            signs_files: true,
            logging: true,
            records: Records::all(),
        }
    }

    fn read(trail: &types::Trail, logging: bool, records: Records) -> Self {
        let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
        Self {
            bucket: text(trail.s3_bucket_name()),
            prefix: text(trail.s3_key_prefix()),
            topic: text(trail.sns_topic_arn()),
            key: text(trail.kms_key_id()),
            log_group: text(trail.cloud_watch_logs_log_group_arn()),
            log_role: text(trail.cloud_watch_logs_role_arn()),
            all_regions: trail.is_multi_region_trail().unwrap_or(false),
            global_services: trail.include_global_service_events().unwrap_or(false),
            signs_files: trail.log_file_validation_enabled().unwrap_or(false),
            logging,
            records,
        }
    }

    /// Everything in one call: log group and role are taken only together. What is empty is
    /// taken away.
    async fn settle(&self, cx: &Cx) -> Result<(), CloudError> {
        let request = client(cx).update_trail().name(cx.scope.trail_arn());
        let request = request.s3_bucket_name(&self.bucket).s3_key_prefix(&self.prefix);
        let request = request.sns_topic_name(&self.topic).kms_key_id(&self.key);
        let request = request.cloud_watch_logs_log_group_arn(&self.log_group);
        let request = request.cloud_watch_logs_role_arn(&self.log_role);
        let request = request.is_multi_region_trail(self.all_regions);
        let request = request.include_global_service_events(self.global_services);
        request.enable_log_file_validation(self.signs_files).send().await?;
        Ok(())
    }
}

/// The trail, which CloudTrail makes only when bucket, key and role admit it already.
pub fn node() -> Node {
    let admit = [
        (Tier::Keys, "key-policy"),
        (Tier::Storage, "trail-logs-policy"),
        (Tier::Access, "trail-role-policy"),
    ];
    let after = admit.map(|(tier, name)| Address::new(tier, name)).into();
    Node { after, ..aws::node(at(NAME), &Trail::wish()) }
}

fn client(cx: &Cx) -> aws_sdk_cloudtrail::Client {
    shared::client!(cx, aws_sdk_cloudtrail)
}

/// `None` if there is no such trail.
async fn is_logging(cx: &Cx, trail: &str) -> Result<Option<bool>, CloudError> {
    let status = client(cx).get_trail_status().name(trail).send().await.or_absent(ABSENT)?;
    Ok(status.map(|status| status.is_logging().unwrap_or(false)))
}

async fn log(cx: &Cx, on: bool) -> Result<(), CloudError> {
    let arn = cx.scope.trail_arn();
    if on {
        client(cx).start_logging().name(arn).send().await?;
    } else {
        client(cx).stop_logging().name(arn).send().await?;
    }
    Ok(())
}

/// Where the trail of our name sits in the stack, if it carries our tags.
async fn stands_for(cx: &Cx) -> Result<Option<Address>, CloudError> {
    let request = client(cx).list_tags().resource_id_list(cx.scope.trail_arn());
    let found = request.send().await.or_absent(&["ResourceNotFoundException", ABSENT[0]])?;
    let listed = found.iter().flat_map(ListTagsOutput::resource_tag_list);
    let pairs = listed.flat_map(types::ResourceTag::tags_list);
    let tags = Tags::read(pairs.map(|tag| (Some(tag.key()), tag.value())));
    Ok(tags.address(&cx.scope))
}

async fn is_ours(cx: &Cx, at: &Address) -> Result<(), CloudError> {
    if stands_for(cx).await?.as_ref() == Some(at) {
        return Ok(());
    }
    let name = cx.scope.name(NAME);
    let text = format!(
        "a trail `{name}` stands already, here or over all regions from another, and does not \
         carry this stack's tags\nhint: delete it if nobody needs it, or give the stack another name"
    );
    Err(CloudError::refused("TrailAlreadyExistsException", text))
}

/// AWS allows five trails a region, and raises it for nobody.
fn too_many(error: CloudError) -> CloudError {
    match error {
        CloudError::Refused { code, message } if code.starts_with("MaximumNumberOfTrails") => {
            let hint = "hint: with `logging.trail: account` the account's trail records the stack";
            CloudError::Refused { code, message: format!("{message}\n{hint}") }
        }
        CloudError::Refused { .. } | CloudError::NotYet { .. } | CloudError::Incomplete(_) => error,
    }
}

/// `id` is the name.
fn facts(cx: &Cx) -> Facts {
    cloudwatch::facts(&cx.scope.name(NAME), &cx.scope.trail_arn())
}

//! Making a bucket and changing its settings, one after the other: S3 refuses two changes to one
//! bucket at the same time.

use aws_sdk_s3::error::{BuildError, SdkError};
use aws_sdk_s3::types::{
    BucketLoggingStatus, BucketVersioningStatus, CreateBucketConfiguration, LoggingEnabled,
    ObjectOwnership, OwnershipControls, OwnershipControlsRule, PublicAccessBlockConfiguration,
    ServerSideEncryptionByDefault, ServerSideEncryptionConfiguration, ServerSideEncryptionRule,
    Tag, VersioningConfiguration,
};
use shared::aws::{Cx, OrAbsent};
use shared::model::Address;
use shared::world::CloudError;

use super::{AccessLogs, Bucket, Encryption, lifecycle};
use crate::s3;

/// Codes that a setting meets while the bucket, or the policy of the one that takes its logs, is
/// not known everywhere.
const SOON: &[&str] = &["InvalidTargetBucketForLogging", "NoSuchBucket"];

/// The bare bucket with its tags. `Ok` if it is there and the account's.
pub async fn make(cx: &Cx, wish: &Bucket, at: &Address) -> Result<(), CloudError> {
    let tags = cx.tags(at);
    let tags = tags.pairs().map(|(key, value)| Tag::builder().key(key).value(value).build());
    let tags = tags.collect::<Result<_, _>>().map_err(bad)?;
    let mut place = CreateBucketConfiguration::builder().set_tags(Some(tags));
    // The first region has no name here: S3 refuses it.
    if cx.scope.region != "us-east-1" {
        place = place.location_constraint(cx.scope.region.as_str().into());
    }
    let request =
        s3(cx).create_bucket().bucket(&wish.name).create_bucket_configuration(place.build());
    let request = request.object_ownership(ObjectOwnership::BucketOwnerEnforced);
    match request.send().await.or_absent(&["BucketAlreadyOwnedByYou"]) {
        Err(CloudError::Refused { code, .. }) if code == "BucketAlreadyExists" => {
            let name = &wish.name;
            let text = format!(
                "the bucket `{name}` belongs to another account\nhint: give the stack another name"
            );
            Err(CloudError::Refused { code, message: text })
        }
        Err(error) => Err(error),
        Ok(_) => Ok(()),
    }
}

/// Changes what differs between the wish and what is there.
pub async fn settle(cx: &Cx, wish: &Bucket, live: &Bucket) -> Result<(), CloudError> {
    let name = wish.name.as_str();
    if wish.blocks_public_access != live.blocks_public_access {
        block_public_access(cx, name, wish.blocks_public_access).await?;
    }
    if wish.owner_enforced != live.owner_enforced {
        own(cx, name, wish.owner_enforced).await?;
    }
    if wish.versioning != live.versioning {
        version(cx, name, wish.versioning).await?;
    }
    if wish.encryption != live.encryption {
        encrypt(cx, name, &wish.encryption).await?;
    }
    if wish.lifecycle != live.lifecycle {
        expire(cx, wish).await?;
    }
    if wish.access_logs != live.access_logs {
        log(cx, name, wish.access_logs.as_ref()).await?;
    }
    Ok(())
}

async fn block_public_access(cx: &Cx, name: &str, on: bool) -> Result<(), CloudError> {
    let block =
        PublicAccessBlockConfiguration::builder().block_public_acls(on).ignore_public_acls(on);
    let block = block.block_public_policy(on).restrict_public_buckets(on).build();
    let request =
        s3(cx).put_public_access_block().bucket(name).public_access_block_configuration(block);
    soon(name, request.expected_bucket_owner(&cx.scope.account).send().await)
}

async fn own(cx: &Cx, name: &str, enforced: bool) -> Result<(), CloudError> {
    let ownership = if enforced {
        ObjectOwnership::BucketOwnerEnforced
    } else {
        ObjectOwnership::BucketOwnerPreferred
    };
    let rule = OwnershipControlsRule::builder().object_ownership(ownership).build().map_err(bad)?;
    let controls = OwnershipControls::builder().rules(rule).build().map_err(bad)?;
    let request = s3(cx).put_bucket_ownership_controls().bucket(name).ownership_controls(controls);
    soon(name, request.expected_bucket_owner(&cx.scope.account).send().await)
}

async fn version(cx: &Cx, name: &str, on: bool) -> Result<(), CloudError> {
    let status =
        if on { BucketVersioningStatus::Enabled } else { BucketVersioningStatus::Suspended };
    let configuration = VersioningConfiguration::builder().status(status).build();
    let request =
        s3(cx).put_bucket_versioning().bucket(name).versioning_configuration(configuration);
    soon(name, request.expected_bucket_owner(&cx.scope.account).send().await)
}

async fn encrypt(cx: &Cx, name: &str, wish: &Encryption) -> Result<(), CloudError> {
    let default = ServerSideEncryptionByDefault::builder()
        .sse_algorithm(wish.algorithm.as_str().into())
        .set_kms_master_key_id(wish.key.clone());
    let rule = ServerSideEncryptionRule::builder()
        .apply_server_side_encryption_by_default(default.build().map_err(bad)?)
        .bucket_key_enabled(wish.bucket_key);
    let rules =
        ServerSideEncryptionConfiguration::builder().rules(rule.build()).build().map_err(bad)?;
    let request =
        s3(cx).put_bucket_encryption().bucket(name).server_side_encryption_configuration(rules);
    soon(name, request.expected_bucket_owner(&cx.scope.account).send().await)
}

async fn expire(cx: &Cx, wish: &Bucket) -> Result<(), CloudError> {
    let name = wish.name.as_str();
    if wish.lifecycle.is_empty() {
        let request = s3(cx).delete_bucket_lifecycle().bucket(name);
        return soon(name, request.expected_bucket_owner(&cx.scope.account).send().await);
    }
    let rules = lifecycle::configuration(&wish.lifecycle)?;
    let request =
        s3(cx).put_bucket_lifecycle_configuration().bucket(name).lifecycle_configuration(rules);
    soon(name, request.expected_bucket_owner(&cx.scope.account).send().await)
}

async fn log(cx: &Cx, name: &str, wish: Option<&AccessLogs>) -> Result<(), CloudError> {
    let target = wish.map(|wish| {
        LoggingEnabled::builder().target_bucket(&wish.bucket).target_prefix(&wish.prefix).build()
    });
    let target = target.transpose().map_err(bad)?;
    let status = BucketLoggingStatus::builder().set_logging_enabled(target).build();
    let request = s3(cx).put_bucket_logging().bucket(name).bucket_logging_status(status);
    soon(name, request.expected_bucket_owner(&cx.scope.account).send().await)
}

/// What S3 answers to a change, with "not known everywhere" told from "no".
fn soon<T, E, R>(name: &str, answer: Result<T, SdkError<E, R>>) -> Result<(), CloudError>
where
    Result<T, SdkError<E, R>>: OrAbsent<T>,
{
    let missing = || CloudError::not_yet(SOON[1], format!("`{name}` is not known everywhere"));
    answer.or_absent(SOON)?.map(drop).ok_or_else(missing)
}

#[expect(clippy::needless_pass_by_value, reason = "so that `map_err` takes it as it is")]
fn bad(error: BuildError) -> CloudError {
    CloudError::refused("BadSetting", error.to_string())
}

//! Reading a bucket's settings: one call each, all at once.

use std::collections::BTreeMap;

use aws_sdk_s3::types::{
    BucketVersioningStatus, ObjectOwnership, OwnershipControls, ServerSideEncryptionRule,
};
use futures::try_join;
use shared::aws::{Cx, OrAbsent};
use shared::world::CloudError;

use super::{ABSENT, AccessLogs, Bucket, Encryption, lifecycle};
use crate::s3;

/// `None` if there is no such bucket.
pub async fn read(cx: &Cx, name: String) -> Result<Option<Bucket>, CloudError> {
    let request = s3(cx).get_bucket_versioning().bucket(&name);
    let answer = request.expected_bucket_owner(&cx.scope.account).send().await;
    let Some(versioning) = answer.or_absent(ABSENT).map_err(|error| whose(error, &name))? else {
        return Ok(None);
    };
    let (encryption, blocks_public_access, owner_enforced, lifecycle, access_logs) = try_join!(
        encryption(cx, &name),
        blocks_public_access(cx, &name),
        owner_enforced(cx, &name),
        rules(cx, &name),
        access_logs(cx, &name),
    )?;
    let versioning = versioning.status() == Some(&BucketVersioningStatus::Enabled);
    Ok(Some(Bucket {
        name,
        versioning,
        encryption,
        blocks_public_access,
        owner_enforced,
        lifecycle,
        access_logs,
    }))
}

/// Bucket names are the world's: somebody else may hold ours.
fn whose(error: CloudError, name: &str) -> CloudError {
    match error {
        CloudError::Refused { code, message } if code == "AccessDenied" => CloudError::Refused {
            code,
            message: format!(
                "{message}: the bucket `{name}` belongs to another account, or its policy shuts us out\n\
                 hint: look at its policy; if it is another account's, give the stack another name"
            ),
        },
        CloudError::Refused { .. } | CloudError::NotYet { .. } | CloudError::Incomplete(_) => error,
    }
}

async fn encryption(cx: &Cx, name: &str) -> Result<Encryption, CloudError> {
    let request =
        s3(cx).get_bucket_encryption().bucket(name).expected_bucket_owner(&cx.scope.account);
    let found =
        request.send().await.or_absent(&["ServerSideEncryptionConfigurationNotFoundError"])?;
    let found = found.and_then(|found| found.server_side_encryption_configuration);
    let rule = found.as_ref().and_then(|found| found.rules().first());
    let Some(default) =
        rule.and_then(ServerSideEncryptionRule::apply_server_side_encryption_by_default)
    else {
        // Every object is encrypted since 2023, also where a bucket says nothing.
        return Ok(Encryption::by_s3());
    };
    Ok(Encryption {
        algorithm: default.sse_algorithm().as_str().to_owned(),
        key: default.kms_master_key_id().map(str::to_owned),
        bucket_key: rule.and_then(ServerSideEncryptionRule::bucket_key_enabled).unwrap_or(false),
    })
}

async fn blocks_public_access(cx: &Cx, name: &str) -> Result<bool, CloudError> {
    let request =
        s3(cx).get_public_access_block().bucket(name).expected_bucket_owner(&cx.scope.account);
    let found = request.send().await.or_absent(&["NoSuchPublicAccessBlockConfiguration"])?;
    let Some(block) = found.and_then(|found| found.public_access_block_configuration) else {
        return Ok(false);
    };
    let all = [
        block.block_public_acls(),
        block.ignore_public_acls(),
        block.block_public_policy(),
        block.restrict_public_buckets(),
    ];
    Ok(all.into_iter().all(|it| it == Some(true)))
}

async fn owner_enforced(cx: &Cx, name: &str) -> Result<bool, CloudError> {
    let request = s3(cx).get_bucket_ownership_controls().bucket(name);
    let answer = request.expected_bucket_owner(&cx.scope.account).send().await;
    let found = answer.or_absent(&["OwnershipControlsNotFoundError"])?;
    let controls = found.and_then(|found| found.ownership_controls);
    let mut rules = controls.iter().flat_map(OwnershipControls::rules);
    Ok(rules.any(|rule| *rule.object_ownership() == ObjectOwnership::BucketOwnerEnforced))
}

async fn rules(cx: &Cx, name: &str) -> Result<BTreeMap<String, super::Expiry>, CloudError> {
    let request = s3(cx).get_bucket_lifecycle_configuration().bucket(name);
    let answer = request.expected_bucket_owner(&cx.scope.account).send().await;
    let found = answer.or_absent(&["NoSuchLifecycleConfiguration"])?;
    Ok(found.map(|found| lifecycle::read(found.rules())).unwrap_or_default())
}

async fn access_logs(cx: &Cx, name: &str) -> Result<Option<AccessLogs>, CloudError> {
    let request = s3(cx).get_bucket_logging().bucket(name).expected_bucket_owner(&cx.scope.account);
    let found = request.send().await?.logging_enabled;
    Ok(found.map(|found| AccessLogs {
        bucket: found.target_bucket().to_owned(),
        prefix: found.target_prefix().to_owned(),
    }))
}

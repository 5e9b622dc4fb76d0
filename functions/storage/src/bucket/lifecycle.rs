//! When what lies in a bucket ends.

use std::collections::BTreeMap;

use aws_sdk_s3::types::{
    AbortIncompleteMultipartUpload, BucketLifecycleConfiguration, ExpirationStatus,
    LifecycleExpiration, LifecycleRule, LifecycleRuleFilter, NoncurrentVersionExpiration,
};
use serde::{Deserialize, Serialize};
use shared::world::CloudError;

/// One rule. Days, `None` for never.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Expiry {
    pub enabled: bool,
    /// Keys that it is for, by how they begin; `None` for a filter that we would not write.
    pub prefix: Option<String>,
    pub objects_days: Option<i32>,
    /// Delete markers that hide nothing any more are removed.
    pub lone_markers: bool,
    pub old_versions_days: Option<i32>,
    pub unfinished_uploads_days: Option<i32>,
    /// Moves between storage classes; we make none.
    pub transitions: usize,
}

impl Expiry {
    /// From S3's rule.
    pub(super) fn read(rule: &LifecycleRule) -> Self {
        let expiration = rule.expiration();
        let old = rule.noncurrent_version_expiration();
        let uploads = rule.abort_incomplete_multipart_upload();
        Self {
            enabled: *rule.status() == ExpirationStatus::Enabled,
            prefix: prefix(rule),
            objects_days: expiration.and_then(LifecycleExpiration::days),
            lone_markers: expiration
                .and_then(LifecycleExpiration::expired_object_delete_marker)
                .unwrap_or(false),
            old_versions_days: old.and_then(NoncurrentVersionExpiration::noncurrent_days),
            unfinished_uploads_days: uploads
                .and_then(AbortIncompleteMultipartUpload::days_after_initiation),
            transitions: rule.transitions().len() + rule.noncurrent_version_transitions().len(),
        }
    }

    fn write(&self, id: &str) -> Result<LifecycleRule, CloudError> {
        let status =
            if self.enabled { ExpirationStatus::Enabled } else { ExpirationStatus::Disabled };
        let filter =
            LifecycleRuleFilter::builder().prefix(self.prefix.as_deref().unwrap_or_default());
        let old = self
            .old_versions_days
            .map(|days| NoncurrentVersionExpiration::builder().noncurrent_days(days).build());
        let uploads = self.unfinished_uploads_days.map(|days| {
            AbortIncompleteMultipartUpload::builder().days_after_initiation(days).build()
        });
        let rule = LifecycleRule::builder().id(id).status(status).filter(filter.build());
        let rule = rule.set_expiration(self.expiration()).set_noncurrent_version_expiration(old);
        let rule = rule.set_abort_incomplete_multipart_upload(uploads).build();
        rule.map_err(|error| CloudError::refused("BadLifecycle", error.to_string()))
    }

    /// S3 takes days or lone markers, not both: with days, lone markers go along by themselves.
    fn expiration(&self) -> Option<LifecycleExpiration> {
        let expiration = LifecycleExpiration::builder();
        match (self.objects_days, self.lone_markers) {
            (Some(days), _) => Some(expiration.days(days).build()),
            (None, true) => Some(expiration.expired_object_delete_marker(true).build()),
            (None, false) => None,
        }
    }
}

/// All rules of a bucket, by id.
pub(super) fn read(rules: &[LifecycleRule]) -> BTreeMap<String, Expiry> {
    let id = |rule: &LifecycleRule| rule.id().unwrap_or_default().to_owned();
    rules.iter().map(|rule| (id(rule), Expiry::read(rule))).collect()
}

pub(super) fn configuration(
    rules: &BTreeMap<String, Expiry>,
) -> Result<BucketLifecycleConfiguration, CloudError> {
    let rules = rules.iter().map(|(id, rule)| rule.write(id)).collect::<Result<_, _>>()?;
    let built = BucketLifecycleConfiguration::builder().set_rules(Some(rules)).build();
    built.map_err(|error| CloudError::refused("BadLifecycle", error.to_string()))
}

fn prefix(rule: &LifecycleRule) -> Option<String> {
    let filter = rule.filter()?;
    let plain = filter.tag().is_none() && filter.and().is_none();
    let sized =
        filter.object_size_greater_than().is_some() || filter.object_size_less_than().is_some();
    (plain && !sized).then(|| filter.prefix().unwrap_or_default().to_owned())
}

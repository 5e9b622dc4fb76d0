//! `AWS::S3::Bucket`

mod empty;
mod lifecycle;
mod read;
mod write;

use std::collections::BTreeMap;
use std::time::Duration;

use futures::future::try_join_all;
use serde::{Deserialize, Serialize};
use shared::aws::{Cx, Grant, LiveOf, OrAbsent, Resource};
use shared::model::{Address, Facts, Status};
use shared::world::CloudError;

use crate::{names, s3};

pub use lifecycle::Expiry;

pub(crate) const ABSENT: &[&str] = &["NoSuchBucket"];

/// Whose bucket it is, its name says: it is global, holds a hash of account and region, and
/// every call names the account that has to own it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bucket {
    pub name: String,
    pub versioning: bool,
    pub encryption: Encryption,
    /// All four kinds of public access are blocked.
    pub blocks_public_access: bool,
    /// The owner of the bucket owns all objects; access lists count for nothing.
    pub owner_enforced: bool,
    /// What ends when, by the rule's id.
    pub lifecycle: BTreeMap<String, Expiry>,
    /// Where requests are logged.
    pub access_logs: Option<AccessLogs>,
}

/// How objects are encrypted when nobody says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Encryption {
    /// `AES256` or `aws:kms`.
    pub algorithm: String,
    /// The key's ARN.
    pub key: Option<String>,
    /// One call to KMS for many objects.
    pub bucket_key: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessLogs {
    pub bucket: String,
    pub prefix: String,
}

impl Resource for Bucket {
    const KIND: &'static str = "AWS::S3::Bucket";
    const IMMUTABLE: &'static [&'static str] = &["name"];
    const PROTECTION: &'static str = "its objects would be deleted with it; to replace the bucket \
        of files all the same set `files.protection: false`";
    /// A bucket is emptied first, and log deliveries come in for hours after their source ended.
    const DEADLINE: Duration = Duration::from_hours(4);
    const GRANTS: &'static [Grant] = &[
        Grant::on(
            &[
                "s3:CreateBucket",
                "s3:DeleteBucket",
                "s3:GetBucketLogging",
                "s3:GetBucketOwnershipControls",
                "s3:GetBucketPublicAccessBlock",
                "s3:GetBucketVersioning",
                "s3:GetEncryptionConfiguration",
                "s3:GetLifecycleConfiguration",
                "s3:ListBucketVersions",
                "s3:PutBucketLogging",
                "s3:PutBucketOwnershipControls",
                "s3:PutBucketPublicAccessBlock",
                "s3:PutBucketVersioning",
                "s3:PutEncryptionConfiguration",
                "s3:PutLifecycleConfiguration",
                "s3:TagResource",
            ],
            "arn:aws:s3:::terrace-*",
            "the stack's own buckets",
        ),
        Grant::on(
            &["s3:DeleteObject", "s3:DeleteObjectVersion"],
            "arn:aws:s3:::terrace-*/*",
            "a bucket has to be empty before it can be deleted",
        ),
    ];

    /// Six calls a bucket, and the buckets are always the same few: S3 shows one setting a call.
    async fn list(cx: &Cx) -> Result<Vec<LiveOf<Self>>, CloudError> {
        let known = names::buckets(&cx.scope).into_iter();
        let found =
            try_join_all(known.map(|(name, address)| Self::find(cx, name, address))).await?;
        Ok(found.into_iter().flatten().collect())
    }

    /// Makes it whole at once, so that its policy does not meet half-done settings.
    async fn create(&self, cx: &Cx, at: &Address) -> Result<Facts, CloudError> {
        write::make(cx, self, at).await?;
        write::settle(cx, self, &Self::newborn(&self.name)).await?;
        Ok(facts(cx, &self.name))
    }

    async fn update(&self, cx: &Cx, live: &LiveOf<Self>) -> Result<(), CloudError> {
        write::settle(cx, self, &live.spec).await
    }

    async fn delete(cx: &Cx, live: &LiveOf<Self>) -> Result<(), CloudError> {
        let name = &live.spec.name;
        empty::empty(cx, name).await?;
        let request = s3(cx).delete_bucket().bucket(name).expected_bucket_owner(&cx.scope.account);
        request.send().await.or_absent(ABSENT)?;
        Ok(())
    }
}

impl Bucket {
    async fn find(
        cx: &Cx,
        name: String,
        address: Address,
    ) -> Result<Option<LiveOf<Self>>, CloudError> {
        let facts = facts(cx, &name);
        let found = Box::pin(read::read(cx, name)).await?;
        Ok(found.map(|spec| LiveOf { address, spec, facts, status: Status::Ready }))
    }

    /// A bucket as S3 makes it since April 2023.
    fn newborn(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            versioning: false,
            encryption: Encryption::by_s3(),
            blocks_public_access: true,
            owner_enforced: true,
            lifecycle: BTreeMap::new(),
            access_logs: None,
        }
    }
}

impl Encryption {
    /// With keys that S3 keeps (SSE-S3).
    pub fn by_s3() -> Self {
        Self { algorithm: "AES256".to_owned(), key: None, bucket_key: false }
    }

    /// With a key of ours (SSE-KMS).
    pub fn by_key(arn: String) -> Self {
        Self { algorithm: "aws:kms".to_owned(), key: Some(arn), bucket_key: true }
    }
}

fn facts(cx: &Cx, name: &str) -> Facts {
    let arn = names::bucket_arn(&cx.scope, name);
    let facts = [("id", name.to_owned()), ("name", name.to_owned()), ("arn", arn)];
    facts.into_iter().map(|(fact, value)| (fact.to_owned(), value)).collect()
}

//! Reading and writing JSON objects, with S3's conditional writes.

use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_s3::Client;
use aws_sdk_s3::config::retry::RetryConfig;
use aws_sdk_s3::primitives::ByteStream;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Key;
use crate::aws::{Aws, OrAbsent};
use crate::world::CloudError;

/// Steps that are through must not be told as failed because S3 was busy for a moment: a call is
/// tried this often, within about five seconds. Tiers are tried three times, and come again.
const ATTEMPTS: u32 = 8;
const PAUSE_MAX: Duration = Duration::from_secs(1);

/// The ledger's bucket. Its calls are counted apart from those on the user's stack.
#[derive(Clone)]
pub struct Ledger {
    s3: Client,
    aws: Aws,
    bucket: String,
}

/// An object as it lies in the bucket.
pub struct Object {
    pub bytes: Vec<u8>,
    /// Its `ETag`.
    pub tag: String,
    /// What whoever put it there wrote beside it, with names in lower case.
    pub metadata: HashMap<String, String>,
}

#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    #[error("cannot {verb} `{key}` in the ledger: {source}")]
    Cloud { verb: &'static str, key: String, source: CloudError },
    #[error("cannot read `{key}` in the ledger: {reason}; it is not what this version writes")]
    Unreadable { key: String, reason: String },
    #[error("there is no `{0}` in the ledger")]
    Absent(String),
}

/// When a write counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Condition {
    /// Only if there is no such object (`If-None-Match: *`).
    Absent,
    /// Only if it is still the one with this `ETag` (`If-Match`).
    Unchanged(String),
}

/// What came of a conditional write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Written {
    /// Written; the new `ETag`.
    Yes(String),
    /// Somebody else was there first.
    No,
}

/// 412 on a mismatch, 409 on a race with a delete, 404 when the object to match is gone.
const MOVED: &[&str] = &["PreconditionFailed", "ConditionalRequestConflict", "NoSuchKey"];

impl Ledger {
    pub fn new(aws: &Aws, bucket: &str) -> Self {
        let s3 = aws.client(|config, calls| {
            let retries = RetryConfig::standard().with_max_attempts(ATTEMPTS);
            let config = aws_sdk_s3::config::Builder::from(config)
                .interceptor(calls)
                .retry_config(retries.with_max_backoff(PAUSE_MAX))
                // One bucket, by path: its name needs no DNS of its own.
                .force_path_style(true)
                .build();
            Client::from_conf(config)
        });
        Self { s3, aws: aws.clone(), bucket: bucket.to_owned() }
    }

    /// Calls on the ledger since this was last asked.
    pub fn take_calls(&self) -> crate::aws::Tally {
        self.aws.take_calls()
    }

    pub async fn read<T: DeserializeOwned>(&self, key: &Key<'_>) -> Result<Option<T>, LedgerError> {
        Ok(self.read_tagged(key).await?.map(|(found, _)| found))
    }

    /// What must be there.
    pub async fn need<T: DeserializeOwned>(&self, key: &Key<'_>) -> Result<T, LedgerError> {
        self.read(key).await?.ok_or_else(|| LedgerError::Absent(key.to_string()))
    }

    /// The object and its `ETag`.
    pub async fn read_tagged<T: DeserializeOwned>(
        &self,
        key: &Key<'_>,
    ) -> Result<Option<(T, String)>, LedgerError> {
        let Some((bytes, tag)) = self.bytes(key).await? else { return Ok(None) };
        let found = serde_json::from_slice(&bytes).map_err(|error| LedgerError::Unreadable {
            key: key.to_string(),
            reason: error.to_string(),
        })?;
        Ok(Some((found, tag)))
    }

    /// The raw object and its `ETag`.
    pub async fn bytes(&self, key: &Key<'_>) -> Result<Option<(Vec<u8>, String)>, LedgerError> {
        Ok(self.object(key).await?.map(|it| (it.bytes, it.tag)))
    }

    /// The raw object with all that S3 keeps of it.
    pub async fn object(&self, key: &Key<'_>) -> Result<Option<Object>, LedgerError> {
        let failed = |source| LedgerError::Cloud { verb: "read", key: key.to_string(), source };
        let request = self.s3.get_object().bucket(&self.bucket).key(key.to_string());
        let found = request.send().await.or_absent(&["NoSuchKey"]).map_err(failed)?;
        let Some(found) = found else { return Ok(None) };
        let tag = found.e_tag.unwrap_or_default();
        let metadata = found.metadata.unwrap_or_default();
        let bytes = found
            .body
            .collect()
            .await
            .map_err(|error| failed(CloudError::not_yet("Interrupted", error.to_string())))?;
        Ok(Some(Object { bytes: bytes.to_vec(), tag, metadata }))
    }

    pub async fn write<T: Serialize>(&self, key: &Key<'_>, value: &T) -> Result<(), LedgerError> {
        let request = self.put(key, value)?;
        request.send().await.map_err(|error| LedgerError::Cloud {
            verb: "write",
            key: key.to_string(),
            source: error.into(),
        })?;
        Ok(())
    }

    pub async fn write_if<T: Serialize>(
        &self,
        key: &Key<'_>,
        value: &T,
        condition: &Condition,
    ) -> Result<Written, LedgerError> {
        let request = match condition {
            Condition::Absent => self.put(key, value)?.if_none_match("*"),
            Condition::Unchanged(tag) => self.put(key, value)?.if_match(tag),
        };
        let failed = |source| LedgerError::Cloud { verb: "write", key: key.to_string(), source };
        match request.send().await.or_absent(MOVED).map_err(failed)? {
            Some(done) => Ok(Written::Yes(done.e_tag.unwrap_or_default())),
            None => Ok(Written::No),
        }
    }

    pub async fn delete(&self, key: &Key<'_>) -> Result<(), LedgerError> {
        let request = self.s3.delete_object().bucket(&self.bucket).key(key.to_string());
        request.send().await.map_err(|error| LedgerError::Cloud {
            verb: "delete",
            key: key.to_string(),
            source: error.into(),
        })?;
        Ok(())
    }

    /// The names directly below `prefix` (which ends in `/`), without it.
    pub async fn names(&self, prefix: &str) -> Result<Vec<String>, LedgerError> {
        let request = self.s3.list_objects_v2().bucket(&self.bucket).prefix(prefix).delimiter("/");
        let mut pages = request.into_paginator().send();
        let mut names = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| LedgerError::Cloud {
                verb: "list",
                key: prefix.to_owned(),
                source: error.into(),
            })?;
            let folders = page.common_prefixes().iter().filter_map(|it| it.prefix());
            let files = page.contents().iter().filter_map(|it| it.key());
            let below = folders.chain(files).filter_map(|it| it.strip_prefix(prefix));
            names.extend(below.map(|it| it.trim_end_matches('/').to_owned()));
        }
        Ok(names)
    }

    fn put<T: Serialize>(
        &self,
        key: &Key<'_>,
        value: &T,
    ) -> Result<aws_sdk_s3::operation::put_object::builders::PutObjectFluentBuilder, LedgerError>
    {
        let bytes = serde_json::to_vec(value).map_err(|error| LedgerError::Unreadable {
            key: key.to_string(),
            reason: error.to_string(),
        })?;
        let request = self.s3.put_object().bucket(&self.bucket).key(key.to_string());
        Ok(request.content_type("application/json").body(ByteStream::from(bytes)))
    }
}

//! `AWS::S3::BucketPolicy`

use futures::future::try_join_all;
use serde::{Deserialize, Serialize};
use shared::aws::{Cx, Grant, LiveOf, OrAbsent, Policy, Resource};
use shared::model::{Address, Facts, Status};
use shared::world::CloudError;

use crate::bucket::ABSENT;
use crate::{at, names, s3};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BucketPolicy {
    pub bucket: String,
    pub policy: Policy,
}

impl Resource for BucketPolicy {
    const KIND: &'static str = "AWS::S3::BucketPolicy";
    const IMMUTABLE: &'static [&'static str] = &["bucket"];
    const GRANTS: &'static [Grant] = &[Grant::on(
        &["s3:DeleteBucketPolicy", "s3:GetBucketPolicy", "s3:PutBucketPolicy"],
        "arn:aws:s3:::terrace-*",
        "the stack's own buckets",
    )];

    /// One call a bucket, and the buckets are always the same few.
    async fn list(cx: &Cx) -> Result<Vec<LiveOf<Self>>, CloudError> {
        let known = names::buckets(&cx.scope).into_iter();
        let found = try_join_all(known.map(|(bucket, of)| Self::find(cx, bucket, of))).await?;
        Ok(found.into_iter().flatten().collect())
    }

    async fn create(&self, cx: &Cx, _: &Address) -> Result<Facts, CloudError> {
        self.put(cx).await?;
        Ok(facts(&self.bucket))
    }

    async fn update(&self, cx: &Cx, _: &LiveOf<Self>) -> Result<(), CloudError> {
        self.put(cx).await
    }

    async fn delete(cx: &Cx, live: &LiveOf<Self>) -> Result<(), CloudError> {
        let request = s3(cx).delete_bucket_policy().bucket(&live.spec.bucket);
        request.expected_bucket_owner(&cx.scope.account).send().await.or_absent(ABSENT)?;
        Ok(())
    }
}

impl BucketPolicy {
    async fn find(
        cx: &Cx,
        bucket: String,
        of: Address,
    ) -> Result<Option<LiveOf<Self>>, CloudError> {
        let request = s3(cx).get_bucket_policy().bucket(&bucket);
        let answer = request.expected_bucket_owner(&cx.scope.account).send().await;
        let Some(found) = answer.or_absent(&["NoSuchBucketPolicy", ABSENT[0]])? else {
            return Ok(None);
        };
        let policy = found.policy().and_then(Policy::parse);
        let policy = policy.ok_or(CloudError::Incomplete("a bucket's policy"))?;
        let (address, facts) = (at(format!("{}-policy", of.name())), facts(&bucket));
        Ok(Some(LiveOf { address, spec: Self { bucket, policy }, facts, status: Status::Ready }))
    }

    async fn put(&self, cx: &Cx) -> Result<(), CloudError> {
        let request =
            s3(cx).put_bucket_policy().bucket(&self.bucket).policy(self.policy.to_string());
        let done =
            request.expected_bucket_owner(&cx.scope.account).send().await.or_absent(ABSENT)?;
        let soon =
            || CloudError::not_yet(ABSENT[0], format!("`{}` is not known everywhere", self.bucket));
        done.map(drop).ok_or_else(soon)
    }
}

/// Not the bucket's name: else whatever names the bucket would seem to use its policy too.
fn facts(bucket: &str) -> Facts {
    Facts::from([("id".to_owned(), format!("{bucket}/policy"))])
}

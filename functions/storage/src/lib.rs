//! The storage tier: buckets for logs and files, log groups, and the topic that tells people.

mod bucket;
mod bucket_policy;
mod documents;
mod log_group;
mod names;
mod subscription;
mod topic;
mod topic_policy;
mod wish;

use shared::aws::{Cx, Kind};
use shared::model::{Address, Tier};
use shared::tier::Definition;

pub use bucket::{AccessLogs, Bucket, Encryption, Expiry};
pub use bucket_policy::BucketPolicy;
pub use log_group::LogGroup;
pub use subscription::Subscription;
pub use topic::Topic;
pub use topic_policy::TopicPolicy;
pub use wish::wish;

pub static TIER: Definition =
    Definition { tier: Tier::Storage, kinds: KINDS, wish, responses: &[] };

pub const KINDS: &[Kind] = &[
    Kind::of::<Bucket>(),
    Kind::of::<BucketPolicy>(),
    Kind::of::<LogGroup>(),
    Kind::of::<Topic>(),
    Kind::of::<TopicPolicy>(),
    Kind::of::<Subscription>(),
];

fn at(name: impl Into<String>) -> Address {
    Address::new(Tier::Storage, name)
}

fn s3(cx: &Cx) -> aws_sdk_s3::Client {
    shared::client!(cx, aws_sdk_s3)
}

fn logs(cx: &Cx) -> aws_sdk_cloudwatchlogs::Client {
    shared::client!(cx, aws_sdk_cloudwatchlogs)
}

fn sns(cx: &Cx) -> aws_sdk_sns::Client {
    shared::client!(cx, aws_sdk_sns)
}

#[cfg(test)]
mod tests;

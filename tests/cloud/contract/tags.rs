//! Tags of what is found by its name: no list reads them, but people, bills and policies do.

use std::sync::Arc;

use aws_sdk_elasticloadbalancingv2::types::TagDescription;
use futures::FutureExt;
use serde_json::json;
use shared::aws::Tags;
use shared::model::{Live, Tier};
use support::Cloud;

use super::stage::Stage;
use crate::Test;

pub const TESTS: &[Test] = &[
    ("contract::tags::storage", |cloud| storage(cloud).boxed_local()),
    ("contract::tags::access", |cloud| access(cloud).boxed_local()),
    ("contract::tags::listener", |cloud| listener(cloud).boxed_local()),
];

async fn storage(cloud: Arc<Cloud>) {
    let mut stage = Stage::new(&cloud, "ct-tags-storage", |_| ());
    let bucket = stage.stand(Tier::Storage, "files").await;
    let s3 = shared::client!(stage.bench.cx, aws_sdk_s3);
    let answer = s3.get_bucket_tagging().bucket(&bucket.facts["name"]).send().await.expect("tags");
    prove(&stage, &bucket, answer.tag_set().iter().map(|tag| (tag.key(), tag.value())));

    let group = stage.stand(Tier::Storage, "app-logs").await;
    let logs = shared::client!(stage.bench.cx, aws_sdk_cloudwatchlogs);
    let request = logs.list_tags_for_resource().resource_arn(&group.facts["arn"]);
    let tags = request.send().await.expect("tags").tags.unwrap_or_default();
    prove(&stage, &group, tags.iter().map(|(key, value)| (key.as_str(), value.as_str())));

    let topic = stage.stand(Tier::Storage, "topic").await;
    let sns = shared::client!(stage.bench.cx, aws_sdk_sns);
    let request = sns.list_tags_for_resource().resource_arn(&topic.facts["arn"]);
    let answer = request.send().await.expect("tags");
    prove(&stage, &topic, answer.tags().iter().map(|tag| (tag.key(), tag.value())));
    stage.bench.clear().await;
}

async fn access(cloud: Arc<Cloud>) {
    let mut stage = Stage::new(&cloud, "ct-tags-access", |spec| {
        spec["people"] = json!({ "read_only": ["ada"] });
    });
    let iam = shared::client!(stage.bench.cx, aws_sdk_iam);
    let boundary = stage.stand(Tier::Access, "boundary").await;
    let request = iam.list_policy_tags().policy_arn(&boundary.facts["arn"]);
    let answer = request.send().await.expect("tags");
    prove(&stage, &boundary, answer.tags().iter().map(|tag| (tag.key(), tag.value())));

    let role = stage.stand(Tier::Access, "app-role").await;
    let request = iam.list_role_tags().role_name(&role.facts["name"]);
    let answer = request.send().await.expect("tags");
    prove(&stage, &role, answer.tags().iter().map(|tag| (tag.key(), tag.value())));

    let profile = stage.stand(Tier::Access, "app-profile").await;
    let request = iam.list_instance_profile_tags().instance_profile_name(&profile.facts["name"]);
    let answer = request.send().await.expect("tags");
    prove(&stage, &profile, answer.tags().iter().map(|tag| (tag.key(), tag.value())));

    let user = stage.stand(Tier::Access, "user-ada").await;
    let request = iam.list_user_tags().user_name(&user.facts["name"]);
    let answer = request.send().await.expect("tags");
    prove(&stage, &user, answer.tags().iter().map(|tag| (tag.key(), tag.value())));
    stage.bench.clear().await;
}

/// A listener is found by its port.
async fn listener(cloud: Arc<Cloud>) {
    let mut stage = Stage::new(&cloud, "ct-tags-listener", |_| ());
    let listener = stage.stand(Tier::Edge, "listener-http").await;
    let elb = shared::client!(stage.bench.cx, aws_sdk_elasticloadbalancingv2);
    let request = elb.describe_tags().resource_arns(&listener.facts["arn"]);
    let answer = request.send().await.expect("tags");
    let tags = answer.tag_descriptions().iter().flat_map(TagDescription::tags);
    let pairs = tags.filter_map(|tag| Some((tag.key()?, tag.value()?)));
    prove(&stage, &listener, pairs);
    stage.bench.clear().await;
}

/// All four: whose it is, where in the stack, which run made it, and a name for people.
fn prove<'a>(stage: &Stage, live: &Live, pairs: impl Iterator<Item = (&'a str, &'a str)>) {
    let tags = Tags::read(pairs.map(|(key, value)| (Some(key), Some(value))));
    assert_eq!(tags, stage.bench.cx.tags(&live.address), "{}", live.address);
}

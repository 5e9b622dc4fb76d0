//! `AWS::SNS::Subscription`

use std::collections::BTreeSet;

use aws_sdk_sns::types::{self, Tag};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use shared::aws::{Cx, Grant, LiveOf, OrAbsent, Resource};
use shared::model::{Address, Facts, Status};
use shared::plan::hex;
use shared::world::CloudError;

use crate::topic::{ABSENT, TOPICS};
use crate::{at, names, sns};

/// A person who is told. Counts as ready as soon as AWS has sent the question whether they
/// want to be: only they can answer it.
///
/// It belongs to the stack's topic but does not name it: a topic takes its subscriptions with
/// it, and so never waits for one that nobody confirmed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Subscription {
    pub protocol: String,
    pub endpoint: String,
}

/// What SNS shows in place of an ARN.
const UNCONFIRMED: &str = "PendingConfirmation";
const ENDED: &str = "Deleted";

/// An unconfirmed subscription cannot be ended, it lapses after some days. That we no longer
/// want it stands in a tag of the topic: `terrace:withdrawn:<hash of the endpoint>`.
const WITHDRAWN_TAG: &str = "terrace:withdrawn:";

impl Resource for Subscription {
    const KIND: &'static str = "AWS::SNS::Subscription";
    const IMMUTABLE: &'static [&'static str] = &["protocol", "endpoint"];
    const GRANTS: &'static [Grant] = &[Grant::on(
        &[
            "sns:ListSubscriptionsByTopic",
            "sns:ListTagsForResource",
            "sns:Subscribe",
            "sns:TagResource",
            "sns:Unsubscribe",
            "sns:UntagResource",
        ],
        TOPICS,
        "the stack's own topic",
    )];

    /// One call, and one more while somebody has not answered.
    async fn list(cx: &Cx) -> Result<Vec<LiveOf<Self>>, CloudError> {
        let mut found = of_topic(cx).await?;
        found.retain(|it| it.subscription_arn() != Some(ENDED));
        if found.iter().any(is_unconfirmed) {
            let withdrawn = withdrawn(cx).await?;
            let gone = |it: &types::Subscription| {
                withdrawn.contains(&mark(it.endpoint().unwrap_or_default()))
            };
            found.retain(|it| !is_unconfirmed(it) || !gone(it));
        }
        Ok(found.iter().filter_map(Self::live).collect())
    }

    /// Subscribing twice is once, as SNS has it.
    async fn create(&self, cx: &Cx, _: &Address) -> Result<Facts, CloudError> {
        let topic = names::topic_arn(&cx.scope);
        let request = sns(cx).subscribe().topic_arn(&topic).protocol(&self.protocol);
        let made = request.endpoint(&self.endpoint).return_subscription_arn(true).send().await;
        if made.or_absent(ABSENT)?.is_none() {
            return Err(CloudError::not_yet(ABSENT[0], format!("`{topic}` is not there yet")));
        }
        let untag = sns(cx).untag_resource().resource_arn(&topic).tag_keys(mark(&self.endpoint));
        untag.send().await?;
        Ok(self.facts(None))
    }

    /// Nothing of a subscription can change.
    async fn update(&self, _: &Cx, _: &LiveOf<Self>) -> Result<(), CloudError> {
        Ok(())
    }

    async fn delete(cx: &Cx, live: &LiveOf<Self>) -> Result<(), CloudError> {
        if let Some(arn) = live.facts.get("arn") {
            sns(cx).unsubscribe().subscription_arn(arn).send().await.or_absent(ABSENT)?;
            return Ok(());
        }
        let tag = Tag::builder().key(mark(&live.spec.endpoint)).value("unconfirmed").build();
        let tag = tag.map_err(|error| CloudError::refused("BadTag", error.to_string()))?;
        let request = sns(cx).tag_resource().resource_arn(names::topic_arn(&cx.scope)).tags(tag);
        request.send().await.or_absent(&["ResourceNotFound", "ResourceNotFoundException"])?;
        Ok(())
    }
}

impl Subscription {
    /// The address of whoever reads at `endpoint`. Made from it, so that adding one person does
    /// not ask all the others again.
    pub fn address(endpoint: &str) -> Address {
        let plain = endpoint.chars().map(|c| match c {
            '@' => "_at_".to_owned(),
            '_' => "__".to_owned(),
            c if c.is_ascii_alphanumeric() || ".-".contains(c) => c.to_string(),
            c => format!("_{:x}_", u32::from(c)),
        });
        at(format!("subscription-{}", plain.collect::<String>()))
    }

    fn live(found: &types::Subscription) -> Option<LiveOf<Self>> {
        let (protocol, endpoint) = (found.protocol()?.to_owned(), found.endpoint()?.to_owned());
        let address = Self::address(&endpoint);
        let spec = Self { protocol, endpoint };
        let arn = found.subscription_arn().filter(|_| !is_unconfirmed(found));
        let facts = spec.facts(arn);
        Some(LiveOf { address, spec, facts, status: Status::Ready })
    }

    /// The id stays the same when the subscription is confirmed and gets its ARN.
    fn facts(&self, arn: Option<&str>) -> Facts {
        let id = format!("{}:{}", self.protocol, self.endpoint);
        let state = match arn {
            Some(arn) => ("arn".to_owned(), arn.to_owned()),
            None => ("note".to_owned(), format!("{} has not confirmed yet", self.endpoint)),
        };
        Facts::from([("id".to_owned(), id), state])
    }
}

async fn of_topic(cx: &Cx) -> Result<Vec<types::Subscription>, CloudError> {
    let request = sns(cx).list_subscriptions_by_topic().topic_arn(names::topic_arn(&cx.scope));
    let mut pages = request.into_paginator().send();
    let mut found = Vec::new();
    while let Some(page) = pages.next().await {
        let Some(page) = page.or_absent(ABSENT)? else { break };
        found.extend(page.subscriptions.unwrap_or_default());
    }
    Ok(found)
}

fn is_unconfirmed(found: &types::Subscription) -> bool {
    found.subscription_arn().is_none_or(|arn| arn == UNCONFIRMED)
}

async fn withdrawn(cx: &Cx) -> Result<BTreeSet<String>, CloudError> {
    let request = sns(cx).list_tags_for_resource().resource_arn(names::topic_arn(&cx.scope));
    let tags = request.send().await?.tags.unwrap_or_default();
    Ok(tags.into_iter().map(|tag| tag.key).filter(|key| key.starts_with(WITHDRAWN_TAG)).collect())
}

/// Key of the tag that says that `endpoint` is no longer wanted.
fn mark(endpoint: &str) -> String {
    format!("{WITHDRAWN_TAG}{}", &hex(&Sha256::digest(endpoint))[..16])
}

//! `AWS::SNS::Topic`

use std::collections::HashMap;

use aws_sdk_sns::types::Tag;
use serde::{Deserialize, Serialize};
use shared::aws::{Cx, Grant, LiveOf, OrAbsent, Resource};
use shared::model::{Address, Facts, Status};
use shared::world::CloudError;

use crate::{at, names, sns};

/// SNS answers the first of these; its API reference names the second.
pub(crate) const ABSENT: &[&str] = &["NotFound", "NotFoundException"];

pub(crate) const TOPICS: &str = "arn:aws:sns:{region}:{account}:terrace-*";

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Topic {
    pub name: String,
    /// ARN of the key its messages are encrypted with.
    pub key: Option<String>,
}

impl Resource for Topic {
    const KIND: &'static str = "AWS::SNS::Topic";
    const IMMUTABLE: &'static [&'static str] = &["name"];
    const GRANTS: &'static [Grant] = &[Grant::on(
        &[
            "sns:CreateTopic",
            "sns:DeleteTopic",
            "sns:GetTopicAttributes",
            "sns:SetTopicAttributes",
            "sns:TagResource",
        ],
        TOPICS,
        "the stack's own topic",
    )];

    async fn list(cx: &Cx) -> Result<Vec<LiveOf<Self>>, CloudError> {
        let Some(attributes) = attributes(cx).await? else { return Ok(Vec::new()) };
        let name = names::topic_name(&cx.scope);
        let key = attributes.get("KmsMasterKeyId").filter(|key| !key.is_empty()).cloned();
        let (address, facts) = (at("topic"), facts(cx));
        Ok(vec![LiveOf { address, spec: Self { name, key }, facts, status: Status::Ready }])
    }

    async fn create(&self, cx: &Cx, at: &Address) -> Result<Facts, CloudError> {
        let mut request = sns(cx).create_topic().name(&self.name);
        for (key, value) in cx.tags(at).pairs() {
            let tag = Tag::builder().key(key).value(value).build();
            request = request
                .tags(tag.map_err(|error| CloudError::refused("BadTag", error.to_string()))?);
        }
        if let Some(key) = &self.key {
            request = request.attributes("KmsMasterKeyId", key);
        }
        match request.send().await.map_err(CloudError::from) {
            // Another run's tags are on it: its answer was lost, and the next look shows it.
            Err(CloudError::Refused { code, message }) if is_standing(&code, &message) => {
                Ok(facts(cx))
            }
            Err(error) => Err(error),
            Ok(_) => Ok(facts(cx)),
        }
    }

    async fn update(&self, cx: &Cx, _: &LiveOf<Self>) -> Result<(), CloudError> {
        set(cx, "KmsMasterKeyId", self.key.as_deref().unwrap_or_default()).await
    }

    /// Its subscriptions end with it.
    async fn delete(cx: &Cx, live: &LiveOf<Self>) -> Result<(), CloudError> {
        let request = sns(cx).delete_topic().topic_arn(&live.facts["arn"]);
        request.send().await.or_absent(ABSENT)?;
        Ok(())
    }
}

/// All attributes of the stack's topic in one call.
pub(crate) async fn attributes(cx: &Cx) -> Result<Option<HashMap<String, String>>, CloudError> {
    let request = sns(cx).get_topic_attributes().topic_arn(names::topic_arn(&cx.scope));
    let found = request.send().await.or_absent(ABSENT)?;
    Ok(found.and_then(|found| found.attributes))
}

pub(crate) async fn set(cx: &Cx, attribute: &str, value: &str) -> Result<(), CloudError> {
    let request = sns(cx).set_topic_attributes().topic_arn(names::topic_arn(&cx.scope));
    request.attribute_name(attribute).attribute_value(value).send().await?;
    Ok(())
}

fn facts(cx: &Cx) -> Facts {
    let (name, arn) = (names::topic_name(&cx.scope), names::topic_arn(&cx.scope));
    let facts = [("id", arn.clone()), ("name", name), ("arn", arn)];
    facts.into_iter().map(|(fact, value)| (fact.to_owned(), value)).collect()
}

/// SNS answers with the topic that stands only when it is asked for with the same tags and key.
fn is_standing(code: &str, message: &str) -> bool {
    code == "InvalidParameter" && message.contains("already exists with different")
}

//! `AWS::SNS::TopicPolicy`

use serde::{Deserialize, Serialize};
use shared::aws::{Cx, Grant, LiveOf, Policy, Resource};
use shared::model::{Address, Facts, Status};
use shared::world::CloudError;

use crate::{at, documents, topic};

/// Who may publish to the topic. A topic is never without a policy: AWS's own counts as none.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TopicPolicy {
    pub topic: String,
    pub policy: Policy,
}

impl Resource for TopicPolicy {
    const KIND: &'static str = "AWS::SNS::TopicPolicy";
    const GRANTS: &'static [Grant] = &[Grant::on(
        &["sns:GetTopicAttributes", "sns:SetTopicAttributes"],
        topic::TOPICS,
        "the stack's own topic",
    )];

    async fn list(cx: &Cx) -> Result<Vec<LiveOf<Self>>, CloudError> {
        let Some(attributes) = topic::attributes(cx).await? else { return Ok(Vec::new()) };
        let missing = || CloudError::Incomplete("a topic's policy");
        let policy =
            attributes.get("Policy").and_then(|text| Policy::parse(text)).ok_or_else(missing)?;
        if documents::is_topic_default(&policy) {
            return Ok(Vec::new());
        }
        let topic =
            attributes.get("TopicArn").cloned().ok_or(CloudError::Incomplete("a topic's ARN"))?;
        let (address, facts) = (at("topic-policy"), facts(&topic));
        Ok(vec![LiveOf { address, spec: Self { topic, policy }, facts, status: Status::Ready }])
    }

    async fn create(&self, cx: &Cx, _: &Address) -> Result<Facts, CloudError> {
        self.put(cx).await?;
        Ok(facts(&self.topic))
    }

    async fn update(&self, cx: &Cx, _: &LiveOf<Self>) -> Result<(), CloudError> {
        self.put(cx).await
    }

    /// Gives the topic back to its owner alone.
    async fn delete(cx: &Cx, _: &LiveOf<Self>) -> Result<(), CloudError> {
        if topic::attributes(cx).await?.is_none() {
            return Ok(());
        }
        topic::set(cx, "Policy", &documents::topic_default(&cx.scope).to_string()).await
    }
}

impl TopicPolicy {
    async fn put(&self, cx: &Cx) -> Result<(), CloudError> {
        topic::set(cx, "Policy", &self.policy.to_string()).await
    }
}

fn facts(topic: &str) -> Facts {
    Facts::from([("id".to_owned(), format!("policy of {topic}"))])
}

//! `AWS::RDS::EventSubscription`

use std::collections::BTreeSet;

use aws_sdk_rds::types;
use serde::{Deserialize, Serialize};
use shared::aws::{Cx, Grant, LiveOf, OrAbsent, Resource, Scope};
use shared::model::{Address, Facts, Status};
use shared::world::CloudError;

use crate::rds;

const ABSENT: &[&str] = &["SubscriptionNotFound"];
const THERE: &[&str] = &["SubscriptionAlreadyExist"];

/// What the stack's subscriptions are about; each is one node, `events-<what>`.
pub const ABOUT: [&str; 3] = ["instance", "parameter-group", "security-group"];

/// Who is told of what happens to the database.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EventSubscription {
    pub name: String,
    pub topic: String,
    /// What the events are about, such as `db-instance`.
    pub source_type: String,
    pub categories: BTreeSet<String>,
    /// Identifiers of that type; none means all of the account's.
    pub sources: BTreeSet<String>,
    pub enabled: bool,
}

impl Resource for EventSubscription {
    const KIND: &'static str = "AWS::RDS::EventSubscription";
    const IMMUTABLE: &'static [&'static str] = &["name"];
    const GRANTS: &'static [Grant] = &[Grant::on(
        &[
            "rds:AddSourceIdentifierToSubscription",
            "rds:AddTagsToResource",
            "rds:CreateEventSubscription",
            "rds:DeleteEventSubscription",
            "rds:DescribeEventSubscriptions",
            "rds:ListTagsForResource",
            "rds:ModifyEventSubscription",
            "rds:RemoveSourceIdentifierFromSubscription",
        ],
        "arn:aws:rds:{region}:{account}:es:terrace-*",
        "the stack's own event subscriptions",
    )];

    /// Three calls by name: the unfiltered list grows with the stacks of the account.
    async fn list(cx: &Cx) -> Result<Vec<LiveOf<Self>>, CloudError> {
        let [instance, parameters, security] = ABOUT.map(|about| standing(cx, about));
        let (instance, parameters, security) = tokio::try_join!(instance, parameters, security)?;
        Ok([instance, parameters, security].into_iter().flatten().collect())
    }

    async fn create(&self, cx: &Cx, at: &Address) -> Result<Facts, CloudError> {
        let request = rds::client(cx)
            .create_event_subscription()
            .subscription_name(&self.name)
            .sns_topic_arn(&self.topic)
            .source_type(&self.source_type)
            .set_event_categories(Some(self.categories.iter().cloned().collect()))
            .set_source_ids(Some(self.sources.iter().cloned().collect()))
            .enabled(self.enabled)
            .set_tags(Some(rds::tag(cx, at)));
        let made = request.send().await.or_absent(THERE)?;
        if let Some(subscription) = made.as_ref().and_then(|made| made.event_subscription()) {
            return facts(subscription);
        }
        let standing = find(cx, &self.name).await?;
        let facts = facts(&standing.ok_or(CloudError::Incomplete("an event subscription"))?)?;
        rds::prove_ours(cx, at, &facts["arn"]).await?;
        Ok(facts)
    }

    async fn update(&self, cx: &Cx, live: &LiveOf<Self>) -> Result<(), CloudError> {
        let request = rds::client(cx)
            .modify_event_subscription()
            .subscription_name(&self.name)
            .sns_topic_arn(&self.topic)
            .source_type(&self.source_type)
            .set_event_categories(Some(self.categories.iter().cloned().collect()))
            .enabled(self.enabled);
        request.send().await?;
        for source in self.sources.difference(&live.spec.sources) {
            let add = rds::client(cx).add_source_identifier_to_subscription();
            add.subscription_name(&self.name).source_identifier(source).send().await?;
        }
        for source in live.spec.sources.difference(&self.sources) {
            let remove = rds::client(cx).remove_source_identifier_from_subscription();
            remove.subscription_name(&self.name).source_identifier(source).send().await?;
        }
        Ok(())
    }

    async fn delete(cx: &Cx, live: &LiveOf<Self>) -> Result<(), CloudError> {
        let request = rds::client(cx).delete_event_subscription();
        request.subscription_name(&live.spec.name).send().await.or_absent(ABSENT)?;
        Ok(())
    }
}

impl EventSubscription {
    /// The name of the stack's subscription to what happens to `about`.
    pub fn named(scope: &Scope, about: &str) -> String {
        scope.name(&format!("db-{about}-events"))
    }

    fn live(
        address: Address,
        found: &types::EventSubscription,
    ) -> Result<LiveOf<Self>, CloudError> {
        let spec = Self {
            name: rds::text(found.cust_subscription_id()),
            topic: rds::text(found.sns_topic_arn()),
            source_type: rds::text(found.source_type()),
            categories: found.event_categories_list().iter().cloned().collect(),
            sources: found.source_ids_list().iter().cloned().collect(),
            enabled: found.enabled().unwrap_or(false),
        };
        Ok(LiveOf { address, spec, facts: facts(found)?, status: status(found) })
    }
}

/// RDS API reference, `EventSubscription`, `Status`.
fn status(found: &types::EventSubscription) -> Status {
    match found.status().unwrap_or_default() {
        "active" => Status::Ready,
        "no-permission" => Status::Failed("RDS may not publish to the topic".to_owned()),
        "topic-not-exist" => Status::Failed("the topic was deleted".to_owned()),
        _ => Status::Pending,
    }
}

async fn standing(cx: &Cx, about: &str) -> Result<Option<LiveOf<EventSubscription>>, CloudError> {
    let found = find(cx, &EventSubscription::named(&cx.scope, about)).await?;
    let address = rds::at(&format!("events-{about}"));
    found.map(|found| EventSubscription::live(address, &found)).transpose()
}

async fn find(cx: &Cx, name: &str) -> Result<Option<types::EventSubscription>, CloudError> {
    let request = rds::client(cx).describe_event_subscriptions().subscription_name(name);
    let answer = request.send().await.or_absent(ABSENT)?;
    Ok(answer.and_then(|it| it.event_subscriptions_list.unwrap_or_default().into_iter().next()))
}

fn facts(found: &types::EventSubscription) -> Result<Facts, CloudError> {
    let name = found.cust_subscription_id();
    let name = name.ok_or(CloudError::Incomplete("an event subscription's name"))?;
    let arn = found.event_subscription_arn();
    let arn = arn.ok_or(CloudError::Incomplete("an event subscription's ARN"))?;
    let facts = [("id", name), ("name", name), ("arn", arn)];
    Ok(facts.map(|(fact, value)| (fact.to_owned(), value.to_owned())).into())
}

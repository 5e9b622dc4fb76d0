//! What the tiers that speak to EC2 have in common: the client, filters, tags, and a kind that two
//! of them have.

pub mod elastic_ip;
pub mod interfaces;

use aws_sdk_ec2::config::{self, retry::RetryConfig};
use aws_sdk_ec2::types::{Filter, ResourceType, Tag, TagSpecification};
use shared::aws::{Cx, LiveOf, STACK_TAG, Tags};
use shared::model::{Address, Facts};
use shared::world::CloudError;

pub fn client(cx: &Cx) -> aws_sdk_ec2::Client {
    shared::client!(cx, aws_sdk_ec2)
}

/// Only what carries the stack's tag.
pub fn of_stack(cx: &Cx) -> Filter {
    filter(&format!("tag:{STACK_TAG}"), &cx.scope.stack)
}

/// `name=value`, as `Describe*` calls take it.
pub fn filter(name: &str, value: &str) -> Filter {
    Filter::builder().name(name).values(value).build()
}

/// The tags to give at birth.
pub fn tag(cx: &Cx, at: &Address, resource: ResourceType) -> TagSpecification {
    let tags = cx.tags(at);
    let tags = tags.pairs().map(|(key, value)| Tag::builder().key(key).value(value).build());
    TagSpecification::builder().resource_type(resource).set_tags(Some(tags.collect())).build()
}

pub fn tags(tags: &[Tag]) -> Tags {
    Tags::read(tags.iter().map(|tag| (tag.key(), tag.value())))
}

/// For creates with neither client token nor name: the SDK must not send them twice.
pub fn once() -> config::Builder {
    config::Builder::default().retry_config(RetryConfig::disabled())
}

/// The facts of what AWS knows by `id`; `what` says what is missing when it told none.
pub fn facts(id: Option<&str>, what: &'static str) -> Result<Facts, CloudError> {
    Ok(Facts::from([("id".to_owned(), id.ok_or(CloudError::Incomplete(what))?.to_owned())]))
}

/// What AWS calls it.
pub fn id<R>(live: &LiveOf<R>) -> Result<&str, CloudError> {
    fact(live, "id")
}

pub fn fact<'a, R>(live: &'a LiveOf<R>, name: &str) -> Result<&'a str, CloudError> {
    let found = live.facts.get(name).map(String::as_str);
    found.ok_or_else(|| {
        CloudError::refused("NoFact", format!("`{}` has no fact `{name}`", live.address))
    })
}

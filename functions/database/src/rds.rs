//! What the kinds of RDS have in common: the client, tags, names, and the proof of ownership.

use aws_sdk_rds::types::Tag;
use shared::aws::{Cx, Scope, Tags};
use shared::model::{Address, Tier};
use shared::world::CloudError;

pub fn client(cx: &Cx) -> aws_sdk_rds::Client {
    shared::client!(cx, aws_sdk_rds)
}

pub fn at(name: &str) -> Address {
    Address::new(Tier::Database, name)
}

/// The tags to give at birth.
pub fn tag(cx: &Cx, at: &Address) -> Vec<Tag> {
    let tags = cx.tags(at);
    tags.pairs().map(|(key, value)| Tag::builder().key(key).value(value).build()).collect()
}

pub fn tags(tags: &[Tag]) -> Tags {
    Tags::read(tags.iter().map(|tag| (tag.key(), tag.value())))
}

/// RDS finds its things by name, and whoever came first has the name: before one that stands
/// already is taken for ours, its tags have to say so.
pub async fn prove_ours(cx: &Cx, at: &Address, arn: &str) -> Result<(), CloudError> {
    let answer = client(cx).list_tags_for_resource().resource_name(arn).send().await?;
    if tags(answer.tag_list()).address(&cx.scope).as_ref() == Some(at) {
        return Ok(());
    }
    Err(strange(&cx.scope, at, arn))
}

/// The refusal to touch what does not carry our tags.
pub fn strange(scope: &Scope, at: &Address, arn: &str) -> CloudError {
    let stack = &scope.stack;
    let message = format!(
        "`{arn}` exists already and does not carry the tags of `{at}` of stack `{stack}`, so it \
         seems to be somebody else's; hint: delete it, give it those tags, or choose another \
         name for the stack"
    );
    CloudError::refused("NotOurs", message)
}

/// What AWS left out, as text: a total spec has no holes.
pub fn text(value: Option<&str>) -> String {
    value.unwrap_or_default().to_owned()
}

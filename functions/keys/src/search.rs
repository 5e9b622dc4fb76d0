//! Finding the stack's key: KMS filters keys by nothing, but an alias leads to one.

use aws_sdk_kms::operation::list_resource_tags::ListResourceTagsOutput;
use aws_sdk_kms::types::KeyMetadata;
use futures::{StreamExt, TryStreamExt, stream};
use shared::aws::{Cx, OrAbsent, Tags};
use shared::model::Address;
use shared::world::CloudError;

use crate::{alias_name, client};

pub const ABSENT: &[&str] = &["NotFoundException"];

/// Keys asked for their tags at once; KMS allows 10 such calls a second.
const SEARCHES_AT_ONCE: usize = 4;

/// The key that the stack's alias leads to, whosever it is.
pub async fn by_alias(cx: &Cx) -> Result<Option<KeyMetadata>, CloudError> {
    let request = client(cx).describe_key().key_id(alias_name(&cx.scope));
    let found = request.send().await.or_absent(ABSENT)?;
    Ok(found.and_then(|found| found.key_metadata))
}

/// The key that stands for `at` by its tags. Reads every key of the account unless the alias
/// leads to it: only for when a key is about to be made.
pub async fn find(
    cx: &Cx,
    at: &Address,
    led: Option<&KeyMetadata>,
) -> Result<Option<KeyMetadata>, CloudError> {
    if let Some(key) = led
        && stands_for(cx, key.key_id(), at).await?
    {
        return Ok(Some(key.clone()));
    }
    let mut ours = Vec::new();
    let mut pages = client(cx).list_keys().into_paginator().send();
    while let Some(page) = pages.next().await {
        let ids: Vec<String> = page?.keys().iter().filter_map(|key| key.key_id.clone()).collect();
        let found: Vec<Option<String>> =
            stream::iter(ids)
                .map(|id| async move {
                    Ok::<_, CloudError>(stands_for(cx, &id, at).await?.then_some(id))
                })
                .buffer_unordered(SEARCHES_AT_ONCE)
                .try_collect()
                .await?;
        ours.extend(found.into_iter().flatten());
    }
    // Should there be several, every look comes to the same one.
    let Some(id) = ours.into_iter().min() else { return Ok(None) };
    let found = client(cx).describe_key().key_id(id).send().await.or_absent(ABSENT)?;
    Ok(found.and_then(|found| found.key_metadata))
}

async fn stands_for(cx: &Cx, id: &str, at: &Address) -> Result<bool, CloudError> {
    Ok(tags(cx, id).await?.address(&cx.scope).as_ref() == Some(at))
}

/// No tags for a key that does not let us look: it is not ours.
pub async fn tags(cx: &Cx, id: &str) -> Result<Tags, CloudError> {
    let request = client(cx).list_resource_tags().key_id(id);
    let found = request.send().await.or_absent(&["AccessDeniedException", ABSENT[0]])?;
    let pairs = found.iter().flat_map(ListResourceTagsOutput::tags);
    Ok(Tags::read(pairs.map(|tag| (Some(tag.tag_key()), Some(tag.tag_value())))))
}

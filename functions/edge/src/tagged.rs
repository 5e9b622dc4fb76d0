//! What carries the stack's tag, for services whose own lists cannot be filtered.
//!
//! ELB, ACM and WAF list by page the whole account. The Resource Groups Tagging API filters on
//! its side and gives the tags along, so other stacks cost nothing and ownership is proven by
//! the same call. Source: API reference, `GetResources`: all resource types but IAM's and
//! Auto Scaling's.

use aws_sdk_resourcegroupstagging::Client;
use aws_sdk_resourcegroupstagging::types::TagFilter;
use shared::aws::{Cx, Grant, STACK_TAG, Tags};
use shared::model::{Address, Tier};
use shared::world::CloudError;

pub const GRANT: Grant =
    Grant::on(&["tag:GetResources"], "*", "finding by tag has no resource-level permissions");

/// A resource that says of itself to be ours.
pub struct Tagged {
    pub arn: String,
    pub address: Address,
    pub tags: Tags,
}

/// The stack's resources of a service (`acm`) or a type (`elasticloadbalancing:targetgroup`).
pub async fn tagged(cx: &Cx, resource_type: &str) -> Result<Vec<Tagged>, CloudError> {
    let ours = TagFilter::builder().key(STACK_TAG).values(&cx.scope.stack).build();
    let request = client(cx).get_resources().tag_filters(ours);
    let request = request.resource_type_filters(resource_type);
    let mut found = Vec::new();
    let mut pages = request.into_paginator().items().send();
    while let Some(resource) = pages.next().await {
        let resource = resource?;
        let tags = Tags::read(resource.tags().iter().map(|it| (Some(it.key()), Some(it.value()))));
        let address = tags.address(&cx.scope).filter(|it| it.tier() == Tier::Edge);
        if let (Some(arn), Some(address)) = (resource.resource_arn, address) {
            found.push(Tagged { arn, address, tags });
        }
    }
    Ok(found)
}

/// The answer when something has our name and not our tags.
pub fn not_ours(what: &str, name: &str) -> CloudError {
    let text = format!(
        "{what} `{name}` exists and does not carry this stack's tags; \
         hint: delete it, or give the stack another name"
    );
    CloudError::refused("NotOurs", text)
}

fn client(cx: &Cx) -> Client {
    shared::client!(cx, aws_sdk_resourcegroupstagging)
}

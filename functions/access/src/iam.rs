//! What the kinds of this tier have in common: the client, names, tags and IAM's manners.
//!
//! Everything of a stack sits under one IAM path, `/terrace/<stack>/`, by which IAM lists it and
//! which says whose it is; names carry the address, so no tags are read.

use aws_sdk_iam::Client;
use aws_sdk_iam::types::{PolicyUsageType, Tag};
use aws_smithy_async::future::pagination_stream::PaginationStream;
use shared::aws::{Cx, OrAbsent, Policy, Scope};
use shared::model::{Address, Facts, Tier};
use shared::world::CloudError;

/// IAM's word for what is not there.
pub const ABSENT: &[&str] = &["NoSuchEntity"];

/// The one name of all inline policies that are ours.
pub const INLINE_POLICY: &str = "terrace";

pub fn client(cx: &Cx) -> Client {
    shared::client!(cx, aws_sdk_iam)
}

pub fn at(name: impl Into<String>) -> Address {
    Address::new(Tier::Access, name)
}

/// The address that a name was made from by [`Scope::name`].
pub fn address(scope: &Scope, name: &str) -> Option<Address> {
    name.strip_prefix(&scope.name("")).map(at)
}

/// `arn:aws:iam::<account>:<kind>/terrace/<stack>/<name>`. IAM's ARNs have no region.
pub fn arn(scope: &Scope, kind: &str, name: &str) -> String {
    format!("arn:{}:iam::{}:{kind}{}{name}", scope.partition(), scope.account, scope.iam_path())
}

/// The ARN of a policy that AWS keeps, such as `service-role/AmazonRDSEnhancedMonitoringRole`.
pub fn aws_policy(scope: &Scope, name: &str) -> String {
    format!("arn:{}:iam::aws:policy/{name}", scope.partition())
}

pub fn tags(cx: &Cx, at: &Address) -> Result<Vec<Tag>, CloudError> {
    let tags = cx.tags(at);
    let tags = tags.pairs().map(|(key, value)| Tag::builder().key(key).value(value).build());
    tags.collect::<Result<_, _>>().map_err(incomplete)
}

/// `id` (what AWS calls it: the name), `name` and `arn`.
pub fn facts(name: &str, arn: &str) -> Facts {
    [("id", name), ("name", name), ("arn", arn)]
        .map(|(fact, value)| (fact.to_owned(), value.to_owned()))
        .into()
}

/// A document as IAM gives it back; what is none reads as `null` and differs from every wish.
pub fn document(text: Option<&str>) -> Policy {
    let read = text.and_then(Policy::parse);
    read.unwrap_or_else(|| Policy::from(serde_json::Value::Null))
}

/// Every page of a list; `None` when that of which it is a list is not there.
pub async fn all<T, E>(pages: PaginationStream<Result<T, E>>) -> Result<Option<Vec<T>>, CloudError>
where
    Result<Vec<T>, E>: OrAbsent<Vec<T>>,
{
    pages.collect::<Result<Vec<T>, E>>().await.or_absent(ABSENT)
}

/// IAM shows a new thing to all of its own calls only after some seconds, so "no such entity"
/// about what was made a moment ago means "not yet".
pub fn settling<T>(result: Result<T, impl Into<CloudError>>) -> Result<T, CloudError> {
    result.map_err(|error| match error.into() {
        CloudError::Refused { code, message }
            if ABSENT.contains(&code.as_str()) || code == "EntityTemporarilyUnmodifiable" =>
        {
            CloudError::NotYet { code, message }
        }
        error @ (CloudError::Refused { .. }
        | CloudError::NotYet { .. }
        | CloudError::Incomplete(_)) => error,
    })
}

/// The name is taken; says by whom, judging by its path.
pub fn taken(what: &str, name: &str, path: &str) -> CloudError {
    CloudError::refused(
        "EntityAlreadyExists",
        format!(
            "the {what} `{name}` exists under the IAM path `{path}` and is not this stack's; \
             hint: rename or delete it, or give the stack another name"
        ),
    )
}

/// Names of the stack's roles or users that a policy bounds: one call for all of them, where
/// reading each would cost a call apiece.
pub struct Bounded {
    pub roles: Vec<String>,
    pub users: Vec<String>,
}

pub async fn bounded(cx: &Cx, policy_arn: &str) -> Result<Bounded, CloudError> {
    let request = client(cx).list_entities_for_policy().policy_arn(policy_arn);
    let request = request.policy_usage_filter(PolicyUsageType::PermissionsBoundary);
    let mut pages = request.path_prefix(cx.scope.iam_path()).into_paginator().send();
    let mut found = Bounded { roles: Vec::new(), users: Vec::new() };
    while let Some(page) = pages.next().await {
        let Some(page) = page.or_absent(ABSENT)? else { break };
        found.roles.extend(page.policy_roles().iter().filter_map(|it| it.role_name.clone()));
        found.users.extend(page.policy_users().iter().filter_map(|it| it.user_name.clone()));
    }
    Ok(found)
}

fn incomplete(error: impl std::error::Error) -> CloudError {
    CloudError::refused("Incomplete", error.to_string())
}

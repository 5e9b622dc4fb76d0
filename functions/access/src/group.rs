//! `AWS::IAM::Group`

use std::collections::BTreeSet;

use aws_sdk_iam::operation::get_group_policy::GetGroupPolicyOutput;
use aws_sdk_iam::types;
use futures::future::{try_join_all, try_join3};
use serde::{Deserialize, Serialize};
use shared::aws::{Cx, Grant, LiveOf, OrAbsent, Policy, Resource, Scope};
use shared::model::{Address, Facts, Status};
use shared::world::CloudError;

use crate::iam::{self, ABSENT, INLINE_POLICY};

/// People with the same rights. Named after its address without `group-`: `terrace-shop-operate`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Group {
    /// What its members may do: its one inline policy.
    pub policy: Policy,
    /// Inline policies and ARNs of attached ones that somebody else gave it: the wish is none.
    pub foreign_policies: BTreeSet<String>,
}

const PREFIX: &str = "group-";

impl Resource for Group {
    const KIND: &'static str = "AWS::IAM::Group";
    const GRANTS: &'static [Grant] = &[
        Grant::on(&["iam:ListGroups"], "*", "IAM lists have no resource-level permissions"),
        Grant::on(
            &[
                "iam:CreateGroup",
                "iam:DeleteGroup",
                "iam:DeleteGroupPolicy",
                "iam:DetachGroupPolicy",
                "iam:GetGroup",
                "iam:GetGroupPolicy",
                "iam:ListAttachedGroupPolicies",
                "iam:ListGroupPolicies",
                "iam:PutGroupPolicy",
            ],
            "arn:aws:iam::{account}:group/terrace/*",
            "the groups of the stack's people",
        ),
    ];

    async fn list(cx: &Cx) -> Result<Vec<LiveOf<Self>>, CloudError> {
        let request = iam::client(cx).list_groups().path_prefix(cx.scope.iam_path());
        let found = request.into_paginator().items().send().collect::<Result<Vec<_>, _>>().await?;
        let found = try_join_all(found.iter().map(|group| Self::live(cx, group))).await?;
        Ok(found.into_iter().flatten().collect())
    }

    async fn create(&self, cx: &Cx, at: &Address) -> Result<Facts, CloudError> {
        let name = name(&cx.scope, at);
        // Groups take no tags.
        let request = iam::client(cx).create_group().group_name(&name).path(cx.scope.iam_path());
        if request.send().await.or_absent(&["EntityAlreadyExists"])?.is_none() {
            is_ours(cx, &name).await?;
        }
        Ok(iam::facts(&name, &iam::arn(&cx.scope, "group", &name)))
    }

    async fn update(&self, cx: &Cx, live: &LiveOf<Self>) -> Result<(), CloudError> {
        let name = &live.facts["name"];
        if self.policy != live.spec.policy {
            let request = iam::client(cx).put_group_policy().group_name(name);
            let request = request.policy_name(INLINE_POLICY);
            iam::settling(request.policy_document(self.policy.to_string()).send().await)?;
        }
        drop_policies(cx, name, live.spec.foreign_policies.iter().map(String::as_str)).await
    }

    async fn delete(cx: &Cx, live: &LiveOf<Self>) -> Result<(), CloudError> {
        let name = &live.facts["name"];
        let foreign = live.spec.foreign_policies.iter().map(String::as_str);
        drop_policies(cx, name, foreign.chain([INLINE_POLICY])).await?;
        // Users of the stack leave before: they are deleted first. Others were added by hand.
        for member in members(cx, name).await? {
            let request = iam::client(cx).remove_user_from_group().group_name(name);
            request.user_name(member).send().await.or_absent(ABSENT)?;
        }
        iam::client(cx).delete_group().group_name(name).send().await.or_absent(ABSENT)?;
        Ok(())
    }
}

impl Group {
    /// `None` if it went away while it was read, or bears no name of ours.
    async fn live(cx: &Cx, group: &types::Group) -> Result<Option<LiveOf<Self>>, CloudError> {
        let name = group.group_name();
        let Some(address) = address(&cx.scope, name) else { return Ok(None) };
        let (policy, inline, attached) =
            try_join3(policy(cx, name), inline(cx, name), attached(cx, name)).await?;
        let foreign = inline.into_iter().filter(|it| it != INLINE_POLICY).chain(attached);
        let spec = Self { policy, foreign_policies: foreign.collect() };
        let facts = iam::facts(name, group.arn());
        Ok(Some(LiveOf { address, spec, facts, status: Status::Ready }))
    }
}

/// What the group at an address is called.
pub fn name(scope: &Scope, at: &Address) -> String {
    scope.name(at.name().strip_prefix(PREFIX).unwrap_or(at.name()))
}

fn address(scope: &Scope, name: &str) -> Option<Address> {
    let bare = name.strip_prefix(&scope.name(""))?;
    Some(iam::at(format!("{PREFIX}{bare}")))
}

/// The names of a group's members; none when there is no such group.
pub async fn members(cx: &Cx, group: &str) -> Result<Vec<String>, CloudError> {
    let pages = iam::client(cx).get_group().group_name(group).into_paginator();
    let found = iam::all(pages.items().send()).await?;
    Ok(found.unwrap_or_default().into_iter().map(|user| user.user_name).collect())
}

async fn policy(cx: &Cx, group: &str) -> Result<Policy, CloudError> {
    let request = iam::client(cx).get_group_policy().group_name(group);
    let found = request.policy_name(INLINE_POLICY).send().await.or_absent(ABSENT)?;
    Ok(iam::document(found.as_ref().map(GetGroupPolicyOutput::policy_document)))
}

async fn inline(cx: &Cx, group: &str) -> Result<Vec<String>, CloudError> {
    let pages = iam::client(cx).list_group_policies().group_name(group).into_paginator();
    Ok(iam::all(pages.items().send()).await?.unwrap_or_default())
}

async fn attached(cx: &Cx, group: &str) -> Result<Vec<String>, CloudError> {
    let pages = iam::client(cx).list_attached_group_policies().group_name(group).into_paginator();
    let found = iam::all(pages.items().send()).await?;
    Ok(found.unwrap_or_default().into_iter().filter_map(|policy| policy.policy_arn).collect())
}

/// Detaches what is an ARN and deletes what is a name.
async fn drop_policies(
    cx: &Cx,
    group: &str,
    policies: impl Iterator<Item = &str>,
) -> Result<(), CloudError> {
    for policy in policies {
        if policy.starts_with("arn:") {
            let request = iam::client(cx).detach_group_policy().group_name(group);
            request.policy_arn(policy).send().await.or_absent(ABSENT)?;
        } else {
            let request = iam::client(cx).delete_group_policy().group_name(group);
            request.policy_name(policy).send().await.or_absent(ABSENT)?;
        }
    }
    Ok(())
}

async fn is_ours(cx: &Cx, name: &str) -> Result<(), CloudError> {
    let Some(answer) =
        iam::client(cx).get_group().group_name(name).send().await.or_absent(ABSENT)?
    else {
        return Err(CloudError::not_yet("EntityAlreadyExists", "the group is being deleted"));
    };
    let path = answer.group().map(types::Group::path).unwrap_or_default();
    if path == cx.scope.iam_path() { Ok(()) } else { Err(iam::taken("group", name, path)) }
}

//! `AWS::IAM::User`

use std::collections::{BTreeMap, BTreeSet};

use futures::future::{try_join, try_join_all};
use serde::{Deserialize, Serialize};
use shared::aws::{Cx, Grant, LiveOf, OrAbsent, Resource, Scope};
use shared::model::{Address, Facts, Status};
use shared::world::CloudError;

use crate::group;
use crate::iam::{self, ABSENT};
use crate::leaving;
use crate::people::Rights;

/// The policy that bounds every person of the stack, by the name of its address.
pub const BOUNDARY: &str = "people-boundary";

/// Every stack's boundary of people, as a pattern.
const BOUNDARIES: &str = "arn:aws:iam::{account}:policy/terrace/*/terrace-*-people-boundary";

/// A person, called `<name>@<stack>` so that the same name can be in many stacks.
///
/// Passwords and keys are never made here: an administrator of the account hands out the first
/// password, and people make their own keys.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct User {
    /// Names of the stack's groups it is in. Other groups are not looked at: the boundary caps
    /// what they could give.
    pub groups: BTreeSet<String>,
    /// The ARN of the policy that bounds it; empty when another does or none.
    pub boundary: String,
}

const PREFIX: &str = "user-";

impl Resource for User {
    const KIND: &'static str = "AWS::IAM::User";
    const GRANTS: &'static [Grant] = &[
        Grant::on(&["iam:ListUsers"], "*", "IAM lists have no resource-level permissions"),
        Grant::on(
            &["iam:ListEntitiesForPolicy"],
            "arn:aws:iam::{account}:policy/terrace/*",
            "tells in one call which people the boundary bounds",
        ),
        Grant::on(
            &["iam:AddUserToGroup", "iam:GetGroup", "iam:RemoveUserFromGroup"],
            "arn:aws:iam::{account}:group/terrace/*",
            "membership is a right on the group",
        ),
        Grant::on(
            &["iam:CreateUser", "iam:PutUserPermissionsBoundary"],
            "arn:aws:iam::{account}:user/terrace/*",
            "the stack's people, never without their boundary",
        )
        .when("ArnLike", "iam:PermissionsBoundary", &[BOUNDARIES]),
        Grant::on(
            &["iam:GetUser", "iam:TagUser"],
            "arn:aws:iam::{account}:user/terrace/*",
            "the stack's people",
        ),
        leaving::GRANT,
        leaving::MFA_GRANT,
    ];

    async fn list(cx: &Cx) -> Result<Vec<LiveOf<Self>>, CloudError> {
        let request = iam::client(cx).list_users().path_prefix(cx.scope.iam_path());
        let users = request.into_paginator().items().send().collect::<Result<Vec<_>, _>>().await?;
        if users.is_empty() {
            return Ok(Vec::new());
        }
        let boundary = boundary(&cx.scope);
        let (bounded, groups) = try_join(iam::bounded(cx, &boundary), memberships(cx)).await?;
        let live = users.iter().filter_map(|user| {
            let name = user.user_name();
            let in_it = groups.iter().filter(|(_, members)| members.iter().any(|it| it == name));
            let is_bounded = bounded.users.iter().any(|it| it == name);
            let spec = Self {
                groups: in_it.map(|(group, _)| group.clone()).collect(),
                boundary: if is_bounded { boundary.clone() } else { String::new() },
            };
            let facts = iam::facts(name, user.arn());
            let address = address(&cx.scope, name)?;
            Some(LiveOf { address, spec, facts, status: Status::Ready })
        });
        Ok(live.collect())
    }

    async fn create(&self, cx: &Cx, at: &Address) -> Result<Facts, CloudError> {
        let name = name(&cx.scope, at);
        let request = iam::client(cx).create_user().user_name(&name).path(cx.scope.iam_path());
        let request = request.permissions_boundary(&self.boundary);
        let request = request.set_tags(Some(iam::tags(cx, at)?));
        let made = iam::settling(request.send().await.or_absent(&["EntityAlreadyExists"]))?;
        if made.is_none() {
            is_ours(cx, &name).await?;
        }
        Ok(iam::facts(&name, &iam::arn(&cx.scope, "user", &name)))
    }

    async fn update(&self, cx: &Cx, live: &LiveOf<Self>) -> Result<(), CloudError> {
        let (client, name) = (iam::client(cx), &live.facts["name"]);
        if self.boundary != live.spec.boundary {
            let request = client.put_user_permissions_boundary().user_name(name);
            iam::settling(request.permissions_boundary(&self.boundary).send().await)?;
        }
        for group in live.spec.groups.difference(&self.groups) {
            let request = client.remove_user_from_group().group_name(group).user_name(name);
            request.send().await.or_absent(ABSENT)?;
        }
        for group in self.groups.difference(&live.spec.groups) {
            let request = client.add_user_to_group().group_name(group).user_name(name);
            iam::settling(request.send().await)?;
        }
        Ok(())
    }

    async fn delete(cx: &Cx, live: &LiveOf<Self>) -> Result<(), CloudError> {
        let name = &live.facts["name"];
        leaving::strip(cx, name).await?;
        let gone = iam::client(cx).delete_user().user_name(name).send().await.or_absent(ABSENT);
        iam::settling(gone)?;
        Ok(())
    }
}

/// What the person at an address is called: `ada@shop` at `access/user-ada`. Neither part can
/// hold an `@`, so no two stacks claim one name.
fn name(scope: &Scope, at: &Address) -> String {
    format!("{}@{}", at.name().strip_prefix(PREFIX).unwrap_or(at.name()), scope.stack)
}

fn address(scope: &Scope, name: &str) -> Option<Address> {
    let (bare, stack) = name.rsplit_once('@')?;
    (stack == scope.stack).then(|| at(bare))
}

/// The address of a person of the spec.
pub fn at(name: &str) -> Address {
    iam::at(format!("{PREFIX}{name}"))
}

fn boundary(scope: &Scope) -> String {
    iam::arn(scope, "policy", &scope.name(BOUNDARY))
}

/// Members by group: three calls, however many people there are.
async fn memberships(cx: &Cx) -> Result<BTreeMap<String, Vec<String>>, CloudError> {
    let groups = Rights::ALL.iter().map(|rights| async move {
        let group = rights.group_name(&cx.scope);
        let members = group::members(cx, &group).await?;
        Ok::<_, CloudError>((group, members))
    });
    Ok(try_join_all(groups).await?.into_iter().collect())
}

async fn is_ours(cx: &Cx, name: &str) -> Result<(), CloudError> {
    let Some(answer) = iam::client(cx).get_user().user_name(name).send().await.or_absent(ABSENT)?
    else {
        return Err(CloudError::not_yet("EntityAlreadyExists", "the user is being deleted"));
    };
    let path = answer.user().map(aws_sdk_iam::types::User::path).unwrap_or_default();
    if path == cx.scope.iam_path() { Ok(()) } else { Err(iam::taken("user", name, path)) }
}

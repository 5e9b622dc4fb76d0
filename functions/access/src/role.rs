//! `AWS::IAM::Role`

use std::collections::BTreeSet;

use aws_sdk_iam::types;
use futures::future::{try_join, try_join_all};
use serde::{Deserialize, Serialize};
use shared::aws::{Cx, Grant, LiveOf, OrAbsent, Policy, Resource, Scope};
use shared::model::{Address, Facts, Status};
use shared::world::CloudError;

use crate::iam::{self, ABSENT, INLINE_POLICY};
use crate::{machines, role_policy};

/// The policy that bounds every role of the stack, by the name of its address.
pub const BOUNDARY: &str = "boundary";

/// Every stack's boundary of roles, as a pattern.
pub const BOUNDARIES: &str = "arn:aws:iam::{account}:policy/terrace/*/terrace-*-boundary";

/// A role named after its address, under the stack's path. Its inline policy is a node of its own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Role {
    /// Who may assume it.
    pub trust: Policy,
    /// The ARN of the policy that bounds it; empty when another does or none.
    pub boundary: String,
    pub description: String,
    /// ARNs of the policies attached to it.
    pub managed_policies: BTreeSet<String>,
    /// Inline policies that somebody else gave it: the wish is none.
    pub foreign_policies: BTreeSet<String>,
    pub max_session_seconds: i32,
}

impl Resource for Role {
    const KIND: &'static str = "AWS::IAM::Role";
    const GRANTS: &'static [Grant] = &[
        Grant::on(&["iam:ListRoles"], "*", "IAM lists have no resource-level permissions"),
        Grant::on(
            &["iam:ListEntitiesForPolicy"],
            "arn:aws:iam::{account}:policy/terrace/*",
            "tells in one call which roles the boundary bounds",
        ),
        Grant::on(
            &["iam:CreateRole", "iam:PutRolePermissionsBoundary"],
            "arn:aws:iam::{account}:role/terrace/*",
            "the roles of the stack's machines and services, never without their boundary",
        )
        .when("ArnLike", "iam:PermissionsBoundary", &[BOUNDARIES]),
        Grant::on(
            &["iam:AttachRolePolicy"],
            "arn:aws:iam::{account}:role/terrace/*",
            "of the policies that AWS keeps, those that the stack's roles have",
        )
        .when("ArnEquals", "iam:PolicyARN", machines::AWS_POLICIES),
        Grant::on(
            &[
                "iam:DeleteRole",
                "iam:DeleteRolePolicy",
                "iam:DetachRolePolicy",
                "iam:GetRole",
                "iam:ListAttachedRolePolicies",
                "iam:ListRolePolicies",
                "iam:TagRole",
                "iam:UpdateAssumeRolePolicy",
                "iam:UpdateRole",
            ],
            "arn:aws:iam::{account}:role/terrace/*",
            "the roles of the stack's machines and services",
        ),
    ];

    async fn list(cx: &Cx) -> Result<Vec<LiveOf<Self>>, CloudError> {
        let (roles, bounded) =
            try_join(of_stack(cx), iam::bounded(cx, &boundary(&cx.scope))).await?;
        let found = roles.iter().map(|role| Self::live(cx, role, &bounded.roles));
        Ok(try_join_all(found).await?.into_iter().flatten().collect())
    }

    async fn create(&self, cx: &Cx, at: &Address) -> Result<Facts, CloudError> {
        let name = cx.scope.name(at.name());
        let request = iam::client(cx).create_role().role_name(&name).path(cx.scope.iam_path());
        let request = request.assume_role_policy_document(self.trust.to_string());
        let request = request.permissions_boundary(&self.boundary).description(&self.description);
        let request = request.max_session_duration(self.max_session_seconds);
        let request = request.set_tags(Some(iam::tags(cx, at)?));
        let made = iam::settling(request.send().await.or_absent(&["EntityAlreadyExists"]))?;
        if made.is_none() {
            is_ours(cx, &name).await?;
        }
        Ok(iam::facts(&name, &iam::arn(&cx.scope, "role", &name)))
    }

    async fn update(&self, cx: &Cx, live: &LiveOf<Self>) -> Result<(), CloudError> {
        let (client, name, is) = (iam::client(cx), &live.facts["name"], &live.spec);
        if self.boundary != is.boundary {
            let request = client.put_role_permissions_boundary().role_name(name);
            iam::settling(request.permissions_boundary(&self.boundary).send().await)?;
        }
        if self.trust != is.trust {
            let request = client.update_assume_role_policy().role_name(name);
            request.policy_document(self.trust.to_string()).send().await?;
        }
        if (&self.description, self.max_session_seconds)
            != (&is.description, is.max_session_seconds)
        {
            let request = client.update_role().role_name(name).description(&self.description);
            request.max_session_duration(self.max_session_seconds).send().await?;
        }
        for policy in self.managed_policies.difference(&is.managed_policies) {
            let request = client.attach_role_policy().role_name(name).policy_arn(policy);
            iam::settling(request.send().await)?;
        }
        detach(cx, name, is.managed_policies.difference(&self.managed_policies)).await?;
        drop_inline(cx, name, &is.foreign_policies).await
    }

    async fn delete(cx: &Cx, live: &LiveOf<Self>) -> Result<(), CloudError> {
        let name = &live.facts["name"];
        detach(cx, name, live.spec.managed_policies.iter()).await?;
        drop_inline(cx, name, &live.spec.foreign_policies).await?;
        iam::client(cx).delete_role().role_name(name).send().await.or_absent(ABSENT)?;
        Ok(())
    }
}

impl Role {
    /// `None` if it went away while it was read, or bears no name of ours.
    async fn live(
        cx: &Cx,
        role: &types::Role,
        bounded: &[String],
    ) -> Result<Option<LiveOf<Self>>, CloudError> {
        let name = role.role_name();
        let Some(address) = iam::address(&cx.scope, name) else { return Ok(None) };
        let (attached, inline) = try_join(attached(cx, name), inline(cx, name)).await?;
        let (Some(managed_policies), Some(mut foreign_policies)) = (attached, inline) else {
            return Ok(None);
        };
        if role_policy::belongs_to(&address) {
            foreign_policies.remove(INLINE_POLICY);
        }
        let is_bounded = bounded.iter().any(|it| it == name);
        let spec = Self {
            trust: iam::document(role.assume_role_policy_document()),
            boundary: if is_bounded { boundary(&cx.scope) } else { String::new() },
            description: role.description().unwrap_or_default().to_owned(),
            managed_policies,
            foreign_policies,
            max_session_seconds: role.max_session_duration().unwrap_or_default(),
        };
        let facts = iam::facts(name, role.arn());
        Ok(Some(LiveOf { address, spec, facts, status: Status::Ready }))
    }
}

/// The stack's roles, as IAM lists them: without boundary and policies.
pub async fn of_stack(cx: &Cx) -> Result<Vec<types::Role>, CloudError> {
    let request = iam::client(cx).list_roles().path_prefix(cx.scope.iam_path());
    Ok(request.into_paginator().items().send().collect::<Result<_, _>>().await?)
}

fn boundary(scope: &Scope) -> String {
    iam::arn(scope, "policy", &scope.name(BOUNDARY))
}

async fn attached(cx: &Cx, role: &str) -> Result<Option<BTreeSet<String>>, CloudError> {
    let pages = iam::client(cx).list_attached_role_policies().role_name(role).into_paginator();
    let found = iam::all(pages.items().send()).await?;
    Ok(found.map(|found| found.into_iter().filter_map(|policy| policy.policy_arn).collect()))
}

async fn inline(cx: &Cx, role: &str) -> Result<Option<BTreeSet<String>>, CloudError> {
    let pages = iam::client(cx).list_role_policies().role_name(role).into_paginator();
    let found = iam::all(pages.items().send()).await?;
    Ok(found.map(|found| found.into_iter().collect()))
}

async fn detach(
    cx: &Cx,
    role: &str,
    policies: impl Iterator<Item = &String>,
) -> Result<(), CloudError> {
    for policy in policies {
        let request = iam::client(cx).detach_role_policy().role_name(role).policy_arn(policy);
        request.send().await.or_absent(ABSENT)?;
    }
    Ok(())
}

async fn drop_inline(cx: &Cx, role: &str, names: &BTreeSet<String>) -> Result<(), CloudError> {
    for name in names {
        let request = iam::client(cx).delete_role_policy().role_name(role).policy_name(name);
        request.send().await.or_absent(ABSENT)?;
    }
    Ok(())
}

async fn is_ours(cx: &Cx, name: &str) -> Result<(), CloudError> {
    let Some(answer) = iam::client(cx).get_role().role_name(name).send().await.or_absent(ABSENT)?
    else {
        return Err(CloudError::not_yet("EntityAlreadyExists", "the role is being deleted"));
    };
    let path = answer.role().map(types::Role::path).unwrap_or_default();
    if path == cx.scope.iam_path() { Ok(()) } else { Err(iam::taken("role", name, path)) }
}

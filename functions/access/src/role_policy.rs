//! `AWS::IAM::RolePolicy`: what a role may do, beside the policies attached to it.

use aws_sdk_iam::types;
use futures::future::try_join_all;
use serde::{Deserialize, Serialize};
use shared::aws::{Cx, Grant, LiveOf, OrAbsent, Policy, Resource};
use shared::model::{Address, Facts, Status};
use shared::world::CloudError;

use crate::iam::{self, ABSENT, INLINE_POLICY};
use crate::role;

/// The roles that have an inline policy, by the names of their addresses. Only theirs is read.
pub const HOLDERS: [&str; 3] = ["app-role", "flow-logs-role", "trail-role"];

/// The one inline policy of a role, at `<role>-policy`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RolePolicy {
    /// The role's name.
    pub role: String,
    pub policy: Policy,
}

impl Resource for RolePolicy {
    const KIND: &'static str = "AWS::IAM::RolePolicy";
    const IMMUTABLE: &'static [&'static str] = &["role"];
    const GRANTS: &'static [Grant] = &[
        Grant::on(
            &["iam:DeleteRolePolicy", "iam:GetRolePolicy"],
            "arn:aws:iam::{account}:role/terrace/*",
            "what the stack's roles may do",
        ),
        Grant::on(
            &["iam:PutRolePolicy"],
            "arn:aws:iam::{account}:role/terrace/*",
            "rights are given to a role only within its boundary",
        )
        .when("ArnLike", "iam:PermissionsBoundary", &[role::BOUNDARIES]),
    ];

    async fn list(cx: &Cx) -> Result<Vec<LiveOf<Self>>, CloudError> {
        let roles = role::of_stack(cx).await?;
        let found = roles.iter().map(|role| Self::live(cx, role));
        Ok(try_join_all(found).await?.into_iter().flatten().collect())
    }

    async fn create(&self, cx: &Cx, _: &Address) -> Result<Facts, CloudError> {
        self.put(cx).await?;
        Ok(facts(&self.role))
    }

    async fn update(&self, cx: &Cx, _: &LiveOf<Self>) -> Result<(), CloudError> {
        self.put(cx).await
    }

    async fn delete(cx: &Cx, live: &LiveOf<Self>) -> Result<(), CloudError> {
        let request = iam::client(cx).delete_role_policy().role_name(&live.spec.role);
        request.policy_name(INLINE_POLICY).send().await.or_absent(ABSENT)?;
        Ok(())
    }
}

impl RolePolicy {
    async fn put(&self, cx: &Cx) -> Result<(), CloudError> {
        let request = iam::client(cx).put_role_policy().role_name(&self.role);
        let request = request.policy_name(INLINE_POLICY).policy_document(self.policy.to_string());
        iam::settling(request.send().await)?;
        Ok(())
    }

    async fn live(cx: &Cx, role: &types::Role) -> Result<Option<LiveOf<Self>>, CloudError> {
        let name = role.role_name();
        let Some(holder) = iam::address(&cx.scope, name).filter(belongs_to) else {
            return Ok(None);
        };
        let request = iam::client(cx).get_role_policy().role_name(name);
        let request = request.policy_name(INLINE_POLICY);
        let Some(answer) = request.send().await.or_absent(ABSENT)? else { return Ok(None) };
        let policy = iam::document(Some(answer.policy_document()));
        let spec = Self { role: name.to_owned(), policy };
        let address = iam::at(format!("{}-policy", holder.name()));
        Ok(Some(LiveOf { address, spec, facts: facts(name), status: Status::Ready }))
    }
}

/// Whether the role at this address has an inline policy of ours.
pub fn belongs_to(role: &Address) -> bool {
    HOLDERS.contains(&role.name())
}

/// Inline policies have no ARN, and a name only within their role.
fn facts(role: &str) -> Facts {
    Facts::from([("id".to_owned(), format!("{role}/{INLINE_POLICY}"))])
}

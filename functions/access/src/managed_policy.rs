//! `AWS::IAM::ManagedPolicy`

use std::cmp::Reverse;

use aws_sdk_iam::primitives::DateTime;
use aws_sdk_iam::types;
use futures::future::try_join_all;
use serde::{Deserialize, Serialize};
use shared::aws::{Cx, Grant, LiveOf, OrAbsent, Policy, Resource};
use shared::model::{Address, Facts, Status};
use shared::world::CloudError;

use crate::iam::{self, ABSENT};

/// A policy of the stack's own, named after its address.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ManagedPolicy {
    pub policy: Policy,
}

/// IAM keeps so many versions of a policy (`CreatePolicyVersion`).
const VERSIONS_MAX: usize = 5;

impl Resource for ManagedPolicy {
    const KIND: &'static str = "AWS::IAM::ManagedPolicy";
    const GRANTS: &'static [Grant] = &[
        Grant::on(&["iam:ListPolicies"], "*", "IAM lists have no resource-level permissions"),
        Grant::on(
            &[
                "iam:CreatePolicy",
                "iam:CreatePolicyVersion",
                "iam:DeletePolicy",
                "iam:DeletePolicyVersion",
                "iam:GetPolicyVersion",
                "iam:ListPolicyVersions",
                "iam:TagPolicy",
            ],
            "arn:aws:iam::{account}:policy/terrace/*",
            "the boundaries of roles and people",
        ),
    ];

    async fn list(cx: &Cx) -> Result<Vec<LiveOf<Self>>, CloudError> {
        let request = iam::client(cx).list_policies().scope(types::PolicyScopeType::Local);
        let request = request.path_prefix(cx.scope.iam_path());
        let found = request.into_paginator().items().send().collect::<Result<Vec<_>, _>>().await?;
        let found = try_join_all(found.iter().map(|policy| Self::live(cx, policy))).await?;
        Ok(found.into_iter().flatten().collect())
    }

    async fn create(&self, cx: &Cx, at: &Address) -> Result<Facts, CloudError> {
        let name = cx.scope.name(at.name());
        let request = iam::client(cx).create_policy().policy_name(&name);
        let request = request.path(cx.scope.iam_path()).policy_document(self.policy.to_string());
        let request = request.set_tags(Some(iam::tags(cx, at)?));
        let made = request.send().await.or_absent(&["EntityAlreadyExists"])?;
        // A policy's name is unique in its account, so one that exists may be elsewhere.
        if made.is_none() {
            let arn = iam::arn(&cx.scope, "policy", &name);
            let ours = iam::client(cx).list_policy_versions().policy_arn(&arn).send().await;
            ours.or_absent(ABSENT)?.ok_or_else(|| iam::taken("policy", &name, "another path"))?;
        }
        Ok(iam::facts(&name, &iam::arn(&cx.scope, "policy", &name)))
    }

    async fn update(&self, cx: &Cx, live: &LiveOf<Self>) -> Result<(), CloudError> {
        let arn = &live.facts["arn"];
        let spare = spare_versions(cx, arn).await?;
        // The oldest makes room; one more than needed would lose a version worth looking at.
        if spare.len() + 1 >= VERSIONS_MAX
            && let Some(oldest) = spare.last()
        {
            delete_version(cx, arn, oldest).await?;
        }
        let request = iam::client(cx).create_policy_version().policy_arn(arn);
        let request = request.policy_document(self.policy.to_string()).set_as_default(true);
        request.send().await?;
        Ok(())
    }

    async fn delete(cx: &Cx, live: &LiveOf<Self>) -> Result<(), CloudError> {
        let arn = &live.facts["arn"];
        for version in spare_versions(cx, arn).await? {
            delete_version(cx, arn, &version).await?;
        }
        iam::client(cx).delete_policy().policy_arn(arn).send().await.or_absent(ABSENT)?;
        Ok(())
    }
}

impl ManagedPolicy {
    async fn live(cx: &Cx, policy: &types::Policy) -> Result<Option<LiveOf<Self>>, CloudError> {
        let name = policy.policy_name().ok_or(CloudError::Incomplete("a policy's name"))?;
        let arn = policy.arn().ok_or(CloudError::Incomplete("a policy's ARN"))?;
        let Some(address) = iam::address(&cx.scope, name) else { return Ok(None) };
        let request = iam::client(cx).get_policy_version().policy_arn(arn);
        let request = request.version_id(policy.default_version_id().unwrap_or("v1"));
        let Some(answer) = request.send().await.or_absent(ABSENT)? else { return Ok(None) };
        let document = answer.policy_version().and_then(types::PolicyVersion::document);
        let spec = Self { policy: iam::document(document) };
        Ok(Some(LiveOf { address, spec, facts: iam::facts(name, arn), status: Status::Ready }))
    }
}

/// The versions that are not in force, the newest first.
async fn spare_versions(cx: &Cx, arn: &str) -> Result<Vec<String>, CloudError> {
    let request = iam::client(cx).list_policy_versions().policy_arn(arn);
    let Some(answer) = request.send().await.or_absent(ABSENT)? else { return Ok(Vec::new()) };
    let mut spare: Vec<_> =
        answer.versions().iter().filter(|it| !it.is_default_version()).collect();
    spare.sort_by_key(|version| Reverse(version.create_date().map(DateTime::secs)));
    Ok(spare.into_iter().filter_map(|version| version.version_id.clone()).collect())
}

async fn delete_version(cx: &Cx, arn: &str, version: &str) -> Result<(), CloudError> {
    let request = iam::client(cx).delete_policy_version().policy_arn(arn).version_id(version);
    request.send().await.or_absent(ABSENT)?;
    Ok(())
}

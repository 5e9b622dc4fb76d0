//! `AWS::IAM::InstanceProfile`

use aws_sdk_iam::types;
use serde::{Deserialize, Serialize};
use shared::aws::{Cx, Grant, LiveOf, OrAbsent, Resource};
use shared::model::{Address, Facts, Status};
use shared::world::CloudError;

use crate::iam::{self, ABSENT};

/// What carries a role to an instance.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct InstanceProfile {
    /// The role's name. IAM allows one role.
    pub role: String,
}

impl Resource for InstanceProfile {
    const KIND: &'static str = "AWS::IAM::InstanceProfile";
    const GRANTS: &'static [Grant] = &[
        Grant::on(
            &["iam:ListInstanceProfiles"],
            "*",
            "IAM lists have no resource-level permissions",
        ),
        Grant::on(
            &[
                "iam:AddRoleToInstanceProfile",
                "iam:CreateInstanceProfile",
                "iam:DeleteInstanceProfile",
                "iam:GetInstanceProfile",
                "iam:RemoveRoleFromInstanceProfile",
                "iam:TagInstanceProfile",
            ],
            "arn:aws:iam::{account}:instance-profile/terrace/*",
            "the profiles of bastion and application",
        ),
        Grant::on(
            &["iam:PassRole"],
            "arn:aws:iam::{account}:role/terrace/*",
            "adding a role to a profile passes it to EC2",
        )
        .when("StringEquals", "iam:PassedToService", &["ec2.amazonaws.com"]),
    ];

    async fn list(cx: &Cx) -> Result<Vec<LiveOf<Self>>, CloudError> {
        let request = iam::client(cx).list_instance_profiles().path_prefix(cx.scope.iam_path());
        let found = request.into_paginator().items().send().collect::<Result<Vec<_>, _>>().await?;
        Ok(found.iter().filter_map(|profile| Self::live(cx, profile)).collect())
    }

    async fn create(&self, cx: &Cx, at: &Address) -> Result<Facts, CloudError> {
        let name = cx.scope.name(at.name());
        let request = iam::client(cx).create_instance_profile().instance_profile_name(&name);
        let request = request.path(cx.scope.iam_path()).set_tags(Some(iam::tags(cx, at)?));
        if request.send().await.or_absent(&["EntityAlreadyExists"])?.is_none() {
            is_ours(cx, &name).await?;
        }
        Ok(iam::facts(&name, &iam::arn(&cx.scope, "instance-profile", &name)))
    }

    async fn update(&self, cx: &Cx, live: &LiveOf<Self>) -> Result<(), CloudError> {
        let name = &live.facts["name"];
        drop_role(cx, name, &live.spec.role).await?;
        let request = iam::client(cx).add_role_to_instance_profile().instance_profile_name(name);
        iam::settling(request.role_name(&self.role).send().await)?;
        Ok(())
    }

    async fn delete(cx: &Cx, live: &LiveOf<Self>) -> Result<(), CloudError> {
        let name = &live.facts["name"];
        drop_role(cx, name, &live.spec.role).await?;
        let request = iam::client(cx).delete_instance_profile().instance_profile_name(name);
        request.send().await.or_absent(ABSENT)?;
        Ok(())
    }
}

impl InstanceProfile {
    fn live(cx: &Cx, profile: &types::InstanceProfile) -> Option<LiveOf<Self>> {
        let name = profile.instance_profile_name();
        let address = iam::address(&cx.scope, name)?;
        let role = profile.roles().first().map(|role| role.role_name().to_owned());
        let spec = Self { role: role.unwrap_or_default() };
        let facts = iam::facts(name, profile.arn());
        Some(LiveOf { address, spec, facts, status: Status::Ready })
    }
}

async fn drop_role(cx: &Cx, profile: &str, role: &str) -> Result<(), CloudError> {
    if !role.is_empty() {
        let request = iam::client(cx).remove_role_from_instance_profile();
        let request = request.instance_profile_name(profile).role_name(role);
        request.send().await.or_absent(ABSENT)?;
    }
    Ok(())
}

async fn is_ours(cx: &Cx, name: &str) -> Result<(), CloudError> {
    let request = iam::client(cx).get_instance_profile().instance_profile_name(name);
    let Some(answer) = request.send().await.or_absent(ABSENT)? else {
        return Err(CloudError::not_yet("EntityAlreadyExists", "the profile is being deleted"));
    };
    let path = answer.instance_profile().map(types::InstanceProfile::path).unwrap_or_default();
    if path == cx.scope.iam_path() {
        Ok(())
    } else {
        Err(iam::taken("instance profile", name, path))
    }
}

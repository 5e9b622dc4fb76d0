//! What a person has to hand in before IAM lets go of the user.
//!
//! Source: `DeleteUser`, "you must delete the items attached to the user manually".

use shared::aws::{Cx, Grant, OrAbsent};
use shared::world::CloudError;

use crate::iam::{self, ABSENT};

pub const GRANT: Grant = Grant::on(
    &[
        "iam:DeactivateMFADevice",
        "iam:DeleteAccessKey",
        "iam:DeleteLoginProfile",
        "iam:DeleteSSHPublicKey",
        "iam:DeleteServiceSpecificCredential",
        "iam:DeleteSigningCertificate",
        "iam:DeleteUser",
        "iam:DeleteUserPolicy",
        "iam:DetachUserPolicy",
        "iam:ListAccessKeys",
        "iam:ListAttachedUserPolicies",
        "iam:ListGroupsForUser",
        "iam:ListMFADevices",
        "iam:ListSSHPublicKeys",
        "iam:ListServiceSpecificCredentials",
        "iam:ListSigningCertificates",
        "iam:ListUserPolicies",
    ],
    "arn:aws:iam::{account}:user/terrace/*",
    "a user is deleted only when nothing is left on it",
);

pub const MFA_GRANT: Grant = Grant::on(
    &["iam:DeleteVirtualMFADevice"],
    "arn:aws:iam::{account}:mfa/*",
    "a virtual device outlives its user otherwise; only those of our users are named",
);

/// Takes from a user all that keeps IAM from deleting it. What is gone already is fine.
pub async fn strip(cx: &Cx, user: &str) -> Result<(), CloudError> {
    groups(cx, user).await?;
    policies(cx, user).await?;
    let request = iam::client(cx).delete_login_profile().user_name(user);
    iam::settling(request.send().await.or_absent(ABSENT))?;
    access_keys(cx, user).await?;
    second_factors(cx, user).await?;
    other_credentials(cx, user).await
}

async fn groups(cx: &Cx, user: &str) -> Result<(), CloudError> {
    let client = iam::client(cx);
    let pages = client.list_groups_for_user().user_name(user).into_paginator().items().send();
    for group in iam::all(pages).await?.unwrap_or_default() {
        let request = client.remove_user_from_group().user_name(user);
        request.group_name(group.group_name).send().await.or_absent(ABSENT)?;
    }
    Ok(())
}

async fn policies(cx: &Cx, user: &str) -> Result<(), CloudError> {
    let client = iam::client(cx);
    let pages = client.list_user_policies().user_name(user).into_paginator().items().send();
    for name in iam::all(pages).await?.unwrap_or_default() {
        let request = client.delete_user_policy().user_name(user).policy_name(name);
        request.send().await.or_absent(ABSENT)?;
    }
    let pages = client.list_attached_user_policies().user_name(user).into_paginator();
    for policy in iam::all(pages.items().send()).await?.unwrap_or_default() {
        let request = client.detach_user_policy().user_name(user);
        request.set_policy_arn(policy.policy_arn).send().await.or_absent(ABSENT)?;
    }
    Ok(())
}

async fn access_keys(cx: &Cx, user: &str) -> Result<(), CloudError> {
    let client = iam::client(cx);
    let pages = client.list_access_keys().user_name(user).into_paginator().items().send();
    for key in iam::all(pages).await?.unwrap_or_default() {
        let request = client.delete_access_key().user_name(user);
        request.set_access_key_id(key.access_key_id).send().await.or_absent(ABSENT)?;
    }
    Ok(())
}

async fn second_factors(cx: &Cx, user: &str) -> Result<(), CloudError> {
    let client = iam::client(cx);
    let pages = client.list_mfa_devices().user_name(user).into_paginator().items().send();
    for device in iam::all(pages).await?.unwrap_or_default() {
        let serial = device.serial_number();
        let request = client.deactivate_mfa_device().user_name(user).serial_number(serial);
        iam::settling(request.send().await.or_absent(ABSENT))?;
        // A virtual device's serial number is its ARN; it stays in the account if nobody
        // deletes it. A key in somebody's pocket is only taken from the user.
        if serial.contains(":mfa/") {
            let request = client.delete_virtual_mfa_device().serial_number(serial);
            request.send().await.or_absent(ABSENT)?;
        }
    }
    Ok(())
}

/// SSH keys, certificates and passwords of single services: nothing of ours, but a user that has
/// one cannot be deleted.
async fn other_credentials(cx: &Cx, user: &str) -> Result<(), CloudError> {
    let client = iam::client(cx);
    let pages = client.list_ssh_public_keys().user_name(user).into_paginator().items().send();
    for key in iam::all(pages).await?.unwrap_or_default() {
        let request = client.delete_ssh_public_key().user_name(user);
        request.ssh_public_key_id(key.ssh_public_key_id).send().await.or_absent(ABSENT)?;
    }
    let pages = client.list_signing_certificates().user_name(user).into_paginator().items().send();
    for certificate in iam::all(pages).await?.unwrap_or_default() {
        let request = client.delete_signing_certificate().user_name(user);
        request.certificate_id(certificate.certificate_id).send().await.or_absent(ABSENT)?;
    }
    // The one list without pages: IAM allows two for each service.
    let request = client.list_service_specific_credentials().user_name(user);
    let found =
        request.send().await.or_absent(ABSENT)?.and_then(|it| it.service_specific_credentials);
    for credential in found.unwrap_or_default() {
        let request = client.delete_service_specific_credential().user_name(user);
        let id = credential.service_specific_credential_id;
        request.service_specific_credential_id(id).send().await.or_absent(ABSENT)?;
    }
    Ok(())
}

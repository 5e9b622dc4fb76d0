"""CloudTrail: five trails a region, and a key that lets CloudTrail use it."""

from ministack.core.responses import get_account_id, get_region
from ministack.services import cloudtrail, kms

from overlay.patch import replace_action
from overlay.refusals import logs, policies

# Not adjustable: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/WhatIsCloudTrail-Limits.html
_MOST = 5


def install() -> None:
    for action in ("CreateTrail", "UpdateTrail"):

        @replace_action(cloudtrail._DISPATCH, action, "any number of trails, with any key")
        def checked(original, body, is_new=action == "CreateTrail"):
            return (_too_many(body) if is_new else None) or _without_key(body) or _without_logs(body) or original(body)


def _too_many(body: dict):
    if body.get("Name") in cloudtrail._trails or len(cloudtrail._trails) < _MOST:
        return None
    message = f"User: {get_account_id()} already has {len(cloudtrail._trails)} trails in {get_region()}."
    return cloudtrail._err("MaximumNumberOfTrailsExceededException", message)


def _without_key(body: dict):
    if not body.get("KmsKeyId"):
        return None
    key = kms._resolve_key(body["KmsKeyId"])
    if key is None:
        return cloudtrail._err("KmsKeyNotFoundException", "The KMS key does not exist.")
    if key["KeyState"] != "Enabled":
        return cloudtrail._err("KmsKeyDisabledException", "The KMS key is not enabled.")
    if "cloudtrail.amazonaws.com" not in str(key.get("Policy", "")):
        message = f"Insufficient permissions to access the KMS key {body['KmsKeyId']}."
        return cloudtrail._err("InsufficientEncryptionPolicyException", message)
    return None


def _without_logs(body: dict):
    group, role = body.get("CloudWatchLogsLogGroupArn"), body.get("CloudWatchLogsRoleArn")
    if group and role and not logs.group_exists(group):
        message = f"Access denied. The log group does not exist, or the role may not write to it: {group}"
        return cloudtrail._err("InvalidCloudWatchLogsLogGroupArnException", message)
    if group and role and not policies.role_for(role, "cloudtrail.amazonaws.com"):
        message = "Access denied. Verify in IAM that the role has adequate permissions."
        return cloudtrail._err("InvalidCloudWatchLogsRoleArnException", message)
    return None

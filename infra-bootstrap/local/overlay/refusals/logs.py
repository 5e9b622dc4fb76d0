"""CloudWatch Logs: a log group's key is there, enabled, and lets the service use it.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html
"""

from ministack.core.responses import get_account_id, get_region
from ministack.services import cloudwatch_logs as logs
from ministack.services import kms

from overlay.query import Refused
from overlay.refusals.guards import before


@before("cloudwatch_logs", "CreateLogGroup", "AssociateKmsKey")
def may_use_its_key(body):
    key_id = body.get("kmsKeyId")
    if not key_id:
        return
    key = kms._resolve_key(key_id)
    if key is None or key["KeyState"] != "Enabled" or "logs." not in str(key.get("Policy")):
        name = body.get("logGroupName") or body.get("resourceIdentifier", "").split(":log-group:")[-1]
        arn = f"arn:aws:logs:{get_region()}:{get_account_id()}:log-group:{name}"
        message = f"The specified KMS key does not exist or is not allowed to be used with Arn '{arn}'"
        raise Refused("InvalidParameterException", message)


def group_exists(arn: str) -> bool:
    """By the ARN of a group, with or without the `:*` of its streams."""
    return arn.removesuffix(":*").split(":log-group:")[-1] in logs._log_groups

"""CloudWatch Logs: the key of a log group can be changed and taken away."""

from ministack.services import cloudwatch_logs as logs

from overlay import json_api
from overlay.json_api import Refused

operation = json_api.operations(logs, "keys of log groups cannot be changed")


def install() -> None:
    """Importing this module has done it."""


@operation("AssociateKmsKey")
async def associate(body, _theirs):
    _group(body)["kmsKeyId"] = body.get("kmsKeyId")


@operation("DisassociateKmsKey")
async def disassociate(body, _theirs):
    _group(body)["kmsKeyId"] = None


def _group(body: dict) -> dict:
    """By name, or by ARN with or without the `:*` of its streams."""
    name = body.get("logGroupName") or body.get("resourceIdentifier", "").removesuffix(":*").split(":log-group:")[-1]
    if name not in logs._log_groups:
        raise Refused("ResourceNotFoundException", "The specified log group does not exist.")
    return logs._log_groups[name]

"""Client tokens of EC2: the same token is the same call, and its answer, even when what it made is gone.

https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-idempotency.html
"""

import json

from ministack.services import ec2

from overlay import stores
from overlay.query import Refused

_WITH_TOKEN = (
    "CreateFlowLogs", "CreateInstanceConnectEndpoint", "CreateLaunchTemplate", "CreateLaunchTemplateVersion",
    "CreateNatGateway", "CreateNetworkAcl", "CreateNetworkInterface", "CreateRouteTable", "CreateVpcEndpoint",
    "RunInstances",
)  # fmt: skip
_NOT_COMPARED = ("ClientToken", "DryRun")
_answers = stores.beside(ec2, "client_tokens")


def answer(action: str, request: dict):
    """What the call of that token was answered before, or None when it is the first."""
    known = _answers.get(_key(action, request))
    if known is None:
        return None
    if known["Request"] != _asked(request):
        message = (
            "The client token you have provided is associated with a resource that was created with other "
            "parameters. Choose another token."
        )
        raise Refused("IdempotentParameterMismatch", message)
    gone = [one for one in known["Instances"] if _is_gone(one)]
    if gone:
        message = f"The instance {gone[0]} that was launched with this client token has been terminated."
        raise Refused("IdempotentInstanceTerminated", message)
    return 200, dict(known["Headers"]), known["Body"].encode()


def keep(action: str, request: dict, answered: tuple) -> tuple:
    """Remember an answer that did something."""
    status, headers, body = answered
    if status == 200 and action in _WITH_TOKEN and request.get("ClientToken"):
        text = body.decode() if isinstance(body, bytes) else body
        _answers[_key(action, request)] = {
            "Request": _asked(request),
            "Headers": dict(headers),
            "Body": text,
            "Instances": _launched(request["ClientToken"]) if action == "RunInstances" else [],
        }
    return answered


def _key(action: str, request: dict) -> str:
    return f"{action}/{request.get('ClientToken')}"


def _asked(request: dict) -> str:
    return json.dumps({name: value for name, value in request.items() if name not in _NOT_COMPARED}, sort_keys=True)


def _launched(token: str) -> list:
    return [one["InstanceId"] for one in ec2._instances.values() if one.get("ClientToken") == token]


def _is_gone(instance_id: str) -> bool:
    state = ec2._instances.get(instance_id, {}).get("State", {}).get("Name", "terminated")
    return state in ("shutting-down", "terminated")

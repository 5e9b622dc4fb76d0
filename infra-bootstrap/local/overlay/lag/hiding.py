"""Eventual consistency: what was just made is not seen by the next looks, or for a while."""

from overlay import conditions
from overlay.lag import clock
from overlay.wire import answers

# id -> [looks that miss it still, time until which it is missing]
_hidden: dict[str, list] = {}

# Where the answers to creating calls carry the identifier of what was made.
_MADE = {
    ("ec2", "CreateVpc"): ("Vpc", "VpcId"),
    ("ec2", "CreateSubnet"): ("Subnet", "SubnetId"),
    ("ec2", "CreateInternetGateway"): ("InternetGateway", "InternetGatewayId"),
    ("ec2", "CreateRouteTable"): ("RouteTable", "RouteTableId"),
    ("ec2", "CreateNetworkAcl"): ("NetworkAcl", "NetworkAclId"),
    ("ec2", "CreateSecurityGroup"): ("GroupId",),
    ("ec2", "CreateNatGateway"): ("NatGateway", "NatGatewayId"),
    ("ec2", "AllocateAddress"): ("AllocationId",),
    ("ec2", "CreateLaunchTemplate"): ("LaunchTemplate", "LaunchTemplateId"),
    ("ec2", "CreateNetworkInterface"): ("NetworkInterface", "NetworkInterfaceId"),
    ("iam", "CreateRole"): ("Role", "RoleName"),
    ("iam", "CreateInstanceProfile"): ("InstanceProfile", "InstanceProfileName"),
    ("iam", "CreatePolicy"): ("Policy", "Arn"),
    ("iam", "CreateUser"): ("User", "UserName"),
    ("iam", "CreateGroup"): ("Group", "GroupName"),
}

_NOT_FOUND = {
    "vpc": "InvalidVpcID.NotFound",
    "subnet": "InvalidSubnetID.NotFound",
    "igw": "InvalidInternetGatewayID.NotFound",
    "rtb": "InvalidRouteTableID.NotFound",
    "acl": "InvalidNetworkAclID.NotFound",
    "sg": "InvalidGroup.NotFound",
    "nat": "NatGatewayNotFound",
    "eipalloc": "InvalidAllocationID.NotFound",
    "lt": "InvalidLaunchTemplateId.NotFound",
    "eni": "InvalidNetworkInterfaceID.NotFound",
}


def hide_made_by(call, answer, looks: int, seconds: float = 0.0) -> None:
    """Hide what a creating call has just made."""
    path = _MADE.get((call.service, call.operation))
    status, headers, body = answer
    if path is None or status >= 300:
        return
    raw = body.encode() if isinstance(body, str) else body
    found = answers.parse(call, status, dict(headers), raw, is_cbor=False).values
    for name in path:
        found = (found or {}).get(name)
    if found:
        _hidden[_key(call.service, found)] = [looks, clock.now() + seconds]


def after(call, answer) -> None:
    """Hide what the call made, if the conditions are such."""
    now = conditions.NOW
    if now.hidden_reads or now.hidden_seconds:
        hide_made_by(call, answer, now.hidden_reads, now.hidden_seconds / (now.speed or 1))


def _key(service: str, identifier: str) -> str:
    return f"{service}/{identifier}"


def is_hidden(service: str, identifier: str) -> bool:
    """Is it still missing? Asking is a look, and counts as one."""
    left = _hidden.get(_key(service, identifier))
    if left is None:
        return False
    if left[0] > 0:
        left[0] -= 1
        return True
    if clock.now() < left[1]:
        return True
    del _hidden[_key(service, identifier)]
    return False


def missing(call) -> tuple | None:
    """(code, message, status) when a call names something that is not to be seen yet."""
    if not _hidden or call.operation.startswith("Create") and call.service == "iam":
        return None
    for value in _texts(call.parameters):
        if is_hidden(call.service, value):
            if call.service == "iam":
                return "NoSuchEntity", f"The entity with name {value} cannot be found.", 404
            code = _NOT_FOUND.get(value.split("-")[0], "InvalidParameterValue")
            return code, f"The ID '{value}' does not exist", 400
    return None


def _texts(node):
    """All strings in a request, wherever they stand."""
    if isinstance(node, str):
        yield node
    elif isinstance(node, dict):
        for inner in node.values():
            yield from _texts(inner)
    elif isinstance(node, (list, tuple)):
        for inner in node:
            yield from _texts(inner)


def clear() -> None:
    _hidden.clear()

"""The three dialects in which CloudTrail writes down parameters and answers.

1. EC2 of old: lower camel case, lists as {"items": [...]}.
2. EC2 of late: {"<Operation>Request": {...}} in Pascal case, list elements numbered by "tag".
3. All others: lower camel case, lists as lists, documents as the strings they were sent as.
"""

import datetime
import time

# EC2 operations whose records are of the second kind.
_EC2_OF_LATE = {
    "CreateNatGateway", "DeleteNatGateway", "CreateFlowLogs", "DeleteFlowLogs", "ModifySecurityGroupRules",
    "CreateLaunchTemplate", "CreateLaunchTemplateVersion", "ModifyLaunchTemplate", "DeleteLaunchTemplate",
    "DeleteLaunchTemplateVersions", "ModifyInstanceMetadataOptions", "CreateVpcEndpoint", "ModifyVpcEndpoint",
    "DeleteVpcEndpoints", "AssociateIamInstanceProfile", "DisassociateIamInstanceProfile",
    "ReplaceIamInstanceProfileAssociation", "ModifySubnetAttributes",
}  # fmt: skip

# Names that EC2's old records give to members, against the model.
_EC2_NAMES = {
    "tagSpecification": "tagSpecificationSet",
    "resourceId": "resourcesSet",
    "tag": "tagSet",
    "instanceId": "instancesSet",
    "securityGroupId": "groupSet",
    "networkInterface": "networkInterfaceSet",
    "protocol": "aclProtocol",
    "securityGroupRuleId": "securityGroupRuleIds",
}
# ... of which these are so named only where the member is a list.
_ONLY_LISTS = {"resourceId", "tag", "instanceId", "securityGroupRuleId", "securityGroupId"}
_SCALAR_ELEMENTS = {
    "resourcesSet": "resourceId",
    "instancesSet": "instanceId",
    "groupSet": "groupId",
    "securityGroupRuleIds": "securityGroupRuleId",
}
_PERMISSION_LISTS = ("groups", "ipRanges", "ipv6Ranges", "prefixListIds")
_HIDDEN = {"masterUserPassword", "secretString", "secretBinary", "privateKey", "userData", "password"}
_EC2_XMLNS = "http://ec2.amazonaws.com/doc/2016-11-15/"


def is_ec2_of_late(operation: str) -> bool:
    return operation in _EC2_OF_LATE


def lower_first(name: str) -> str:
    return name[:1].lower() + name[1:]


def ec2_parameters(shape, values: dict) -> dict:
    """Dialect 1."""
    found = {}
    for name, member in shape.members.items():
        if name not in values or name == "DryRun":
            continue
        written = lower_first(member.serialization.get("name", name))
        if written not in _ONLY_LISTS or member.type_name == "list":
            written = _EC2_NAMES.get(written, written)
        found[written] = _ec2_value(member, values[name], written)
    if shape.name == "IpPermission":
        for absent in _PERMISSION_LISTS:
            found.setdefault(absent, {})
    return found


def _ec2_value(shape, value, written: str):
    if shape.type_name == "structure":
        return ec2_parameters(shape, value)
    if shape.type_name != "list":
        return "<sensitiveDataRemoved>" if written == "userData" else plain(value)
    if not value:
        return {}
    if shape.member.type_name == "structure":
        elements = [ec2_parameters(shape.member, one) for one in value]
        if written == "tagSpecificationSet":
            elements = [_tag_specification(one) for one in value]
        return {"items": elements}
    element = _SCALAR_ELEMENTS.get(written, "member")
    return {"items": [{element: one} for one in value]}


def _tag_specification(value: dict) -> dict:
    tags = [{"key": tag.get("Key"), "value": tag.get("Value", "")} for tag in value.get("Tags", [])]
    return {"resourceType": value.get("ResourceType"), "tags": tags}


def ec2_wrapped_parameters(operation: str, shape, values: dict) -> dict:
    """Dialect 2."""
    return {f"{operation}Request": _wrapped(shape, values)}


def _wrapped(shape, value):
    if shape.type_name == "structure":
        return {
            member.serialization.get("queryName") or _upper_first(member.serialization.get("name", name)): _wrapped(
                member, value[name]
            )
            for name, member in shape.members.items()
            if name in value
        }
    if shape.type_name == "list":
        numbered = [
            {**_wrapped(shape.member, one), "tag": number}
            if shape.member.type_name == "structure"
            else {"tag": number, "content": one}
            for number, one in enumerate(value, 1)
        ]
        return numbered[0] if len(numbered) == 1 else numbered
    return _typed(value)


def _typed(value):
    """These records take text that looks like a boolean for one."""
    return {"true": True, "false": False}.get(value, value) if isinstance(value, str) else plain(value)


def _upper_first(name: str) -> str:
    return name[:1].upper() + name[1:]


def ec2_answer(shape, values: dict, request_id: str) -> dict:
    if shape is None or not shape.members:
        return {"requestId": request_id, "_return": True}
    return {"requestId": request_id, **_ec2_answer(shape, values)}


def _ec2_answer(shape, value):
    if shape.type_name == "structure":
        return {
            "_return" if name == "Return" else lower_first(member.serialization.get("name", name)): _ec2_answer(
                member, value[name]
            )
            for name, member in shape.members.items()
            if name in value
        }
    if shape.type_name == "list":
        return {"items": [_ec2_answer(shape.member, one) for one in value]} if value else {}
    if isinstance(value, datetime.datetime):
        return int(value.timestamp() * 1000)
    return plain(value)


def ec2_wrapped_answer(operation: str, shape, values: dict, request_id: str) -> dict:
    inner = _wrapped_answer(shape, values) if shape is not None else {}
    return {f"{operation}Response": {"xmlns": _EC2_XMLNS, "requestId": request_id, **inner}}


def _wrapped_answer(shape, value):
    if shape.type_name == "structure":
        return {
            lower_first(member.serialization.get("name", name)): _wrapped_answer(member, value[name])
            for name, member in shape.members.items()
            if name in value
        }
    if shape.type_name == "list":
        items = [_wrapped_answer(shape.member, one) for one in value]
        return "" if not items else {"item": items[0] if len(items) == 1 else items}
    return value.isoformat() if isinstance(value, datetime.datetime) else _typed(value)


def service_style(value, name: str = ""):
    """Dialect 3, for parameters and answers alike."""
    if name in _HIDDEN:
        return "HIDDEN_DUE_TO_SECURITY_REASONS"
    if name == "zipFile":
        return None
    if isinstance(value, dict):
        if name == "environment":
            return {}
        if name == "tags":
            return {key: plain(inner) for key, inner in value.items()}
        return {lower_first(key): service_style(inner, lower_first(key)) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [service_style(one) for one in value]
    if isinstance(value, datetime.datetime):
        return value.strftime("%b %-d, %Y %-I:%M:%S %p")
    return plain(value)


def plain(value):
    """A leaf as JSON can hold it."""
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, (datetime.datetime, time.struct_time)):
        return str(value)
    return value

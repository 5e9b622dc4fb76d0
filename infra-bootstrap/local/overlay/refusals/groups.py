"""Security groups: names, sources that exist, ranges that are ranges, rules in number."""

import ipaddress
import re

from ministack.services import ec2

from overlay import quotas
from overlay.ec2 import rules
from overlay.query import Refused
from overlay.refusals.guards import before

_LONGEST = 255
# https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSecurityGroup.html
_TEXT = re.compile(r"[a-zA-Z0-9. _\-:/()#,@\[\]+=&;{}!$*]*")
_PORTS = ("tcp", "udp", "6", "17")


@before("ec2", "CreateSecurityGroup")
def has_a_proper_name(request):
    name, text = request.get("GroupName", ""), request.get("Description", "")
    if not text:
        raise Refused("MissingParameter", "The request must contain the parameter GroupDescription")
    if name.lower() == "default":
        raise Refused("InvalidParameterValue", f"Cannot use reserved security group name: {name}")
    if name.startswith("sg-"):
        message = f"Value ({name}) for parameter GroupName is invalid. Group names may not be in the format sg-*"
        raise Refused("InvalidParameterValue", message)
    _check_text("security group name", name)
    _check_text("security group description", text)
    if len(ec2._security_groups) >= quotas.limit("security_groups"):
        raise Refused("SecurityGroupLimitExceeded", "The maximum number of security groups has been reached.")


def _check_text(what: str, text) -> None:
    if len(text) > _LONGEST or not _TEXT.fullmatch(text):
        message = (
            f"Invalid {what}. Valid ones are strings of at most {_LONGEST} characters from the following set: "
            "a-zA-Z0-9. _-:/()#,@[]+=&;{}!$*"
        )
        raise Refused("InvalidParameterValue", message)


@before(
    "ec2", "AuthorizeSecurityGroupIngress", "RevokeSecurityGroupIngress", "AuthorizeSecurityGroupEgress",
    "RevokeSecurityGroupEgress", "UpdateSecurityGroupRuleDescriptionsIngress",
    "UpdateSecurityGroupRuleDescriptionsEgress",
)  # fmt: skip
def admits_what_exists(request):
    group = ec2._security_groups.get(request.get("GroupId", ""))
    for permission in request.get("IpPermissions", []):
        _check_ports(permission)
        for source in permission.get("IpRanges", []):
            _check_range(source.get("CidrIp"), ipaddress.IPv4Network)
        for source in permission.get("Ipv6Ranges", []):
            _check_range(source.get("CidrIpv6"), ipaddress.IPv6Network)
        for source in permission.get("UserIdGroupPairs", []):
            _check_group(group, source.get("GroupId"))
        for source in (one for name in rules.SOURCES for one in permission.get(name, [])):
            _check_text("rule description", source.get("Description", ""))
    if request.get("CidrIp"):
        _check_range(request["CidrIp"], ipaddress.IPv4Network)


@before("ec2", "ModifySecurityGroupRules")
def changes_to_what_exists(request):
    group = ec2._security_groups.get(request.get("GroupId", ""))
    for change in request.get("SecurityGroupRules", []):
        asked = change.get("SecurityGroupRule") or {}
        _check_ports(asked)
        if asked.get("CidrIpv4"):
            _check_range(asked["CidrIpv4"], ipaddress.IPv4Network)
        if asked.get("CidrIpv6"):
            _check_range(asked["CidrIpv6"], ipaddress.IPv6Network)
        _check_group(group, asked.get("ReferencedGroupId"))


def _check_range(text, kind) -> None:
    try:
        kind(text, strict=False)
    except (ValueError, TypeError) as cause:
        raise Refused("InvalidParameterValue", f"CIDR block {text} is malformed") from cause


def _check_ports(permission: dict) -> None:
    if str(permission.get("IpProtocol")) not in _PORTS:
        return
    first, last = permission.get("FromPort"), permission.get("ToPort")
    if first is None or last is None:
        raise Refused(
            "InvalidParameterValue", "Invalid value for portRange. Must specify both from and to ports with TCP/UDP."
        )
    if not -1 <= first <= last <= 65535:
        raise Refused("InvalidParameterValue", f"Invalid value for portRange: {first}-{last}.")


def _check_group(group, source_id) -> None:
    if not source_id:
        return
    source = ec2._security_groups.get(source_id)
    if source is None:
        raise Refused("InvalidGroup.NotFound", f"The security group '{source_id}' does not exist")
    if group is not None and source["VpcId"] != group["VpcId"]:
        raise Refused("InvalidGroup.NotFound", "You have specified two resources that belong to different networks.")


@before("ec2", "AuthorizeSecurityGroupIngress")
def rules_inwards_are_few(request):
    _count(request, False)


@before("ec2", "AuthorizeSecurityGroupEgress")
def rules_outwards_are_few(request):
    _count(request, True)


def _count(request: dict, egress: bool) -> None:
    group = ec2._security_groups.get(request.get("GroupId", ""))
    if group is None:
        return
    asked = sum(len(one.get(name) or []) for one in request.get("IpPermissions", []) for name in rules.SOURCES)
    if len(rules.of_group(group, egress)) + asked > quotas.limit("rules_per_security_group"):
        raise Refused(
            "RulesPerSecurityGroupLimitExceeded", "The maximum number of rules per security group has been reached."
        )

"""Security group rules: one per source and port range, as AWS keeps them.

MiniStack keeps what a call brought along as one entry. Here every entry of a group's record holds
exactly one source, with the id and the tags of its rule; reading splits whatever else finds its way
in (a template's groups, the default group).
"""

from ministack.core.responses import get_account_id, get_region
from ministack.services import ec2

from overlay.ec2.api import new_id, tags_of

_SIDES = {False: "IpPermissions", True: "IpPermissionsEgress"}
# The four lists of sources in an IpPermission, and the field that tells a source in each.
SOURCES = {
    "IpRanges": "CidrIp",
    "Ipv6Ranges": "CidrIpv6",
    "PrefixListIds": "PrefixListId",
    "UserIdGroupPairs": "GroupId",
}
_ALL = "-1"
_NUMBERS = {"6": "tcp", "17": "udp", "1": "icmp", "58": "icmpv6"}


def of_group(group: dict, egress: bool) -> list:
    """The rules of one side of a group's record; splits them in place first."""
    side = _SIDES[egress]
    if any(not _is_single(one) for one in group[side]):
        group[side] = [single for one in group[side] for single in split(one)]
    return group[side]


def _is_single(entry: dict) -> bool:
    return "SecurityGroupRuleId" in entry and sum(len(entry.get(name) or []) for name in SOURCES) == 1


def split(permission: dict) -> list:
    """One rule for every source in a permission; the same ports and protocol."""
    protocol = _NUMBERS.get(str(permission.get("IpProtocol", _ALL)), str(permission.get("IpProtocol", _ALL)))
    ports = {}
    if protocol != _ALL:
        ports = {name: int(permission[name]) for name in ("FromPort", "ToPort") if permission.get(name) is not None}
    found = []
    for name, field in SOURCES.items():
        for source in permission.get(name) or []:
            kept = {key: value for key, value in source.items() if value not in (None, "")}
            if name == "UserIdGroupPairs":
                kept = _pair(kept)
            if kept.get(field):
                found.append({"SecurityGroupRuleId": new_id("sgr"), "IpProtocol": protocol, **ports, name: [kept]})
    return found


def _pair(pair: dict) -> dict:
    group_id = pair.get("GroupId")
    if not group_id and pair.get("GroupName"):
        named = (one for one in ec2._security_groups.values() if one["GroupName"] == pair["GroupName"])
        group_id = next((one["GroupId"] for one in named), None)
    kept = {"GroupId": group_id, "UserId": pair.get("UserId") or get_account_id()}
    return {**kept, "Description": pair["Description"]} if "Description" in pair else kept


def key(rule: dict) -> tuple:
    """What makes two rules the same, whatever their ids and descriptions."""
    name, source = source_of(rule)
    return (rule["IpProtocol"], rule.get("FromPort"), rule.get("ToPort"), name, source.get(SOURCES[name]))


def source_of(rule: dict) -> tuple:
    for name in SOURCES:
        if rule.get(name):
            return name, rule[name][0]
    return "IpRanges", {}


def merged(rules: list) -> list:
    """Rules as DescribeSecurityGroups shows them: one permission for each protocol and port range."""
    found: dict = {}
    for rule in rules:
        at = (rule["IpProtocol"], rule.get("FromPort"), rule.get("ToPort"))
        permission = found.setdefault(at, {"IpProtocol": rule["IpProtocol"], **{name: [] for name in SOURCES}})
        for port in ("FromPort", "ToPort"):
            if port in rule:
                permission[port] = rule[port]
        name, source = source_of(rule)
        permission[name].append(source)
    return list(found.values())


def view(group_id: str, rule: dict, egress: bool) -> dict:
    """A rule as DescribeSecurityGroupRules shows it."""
    name, source = source_of(rule)
    shown = {
        "SecurityGroupRuleId": rule["SecurityGroupRuleId"],
        "SecurityGroupRuleArn": _arn(rule["SecurityGroupRuleId"]),
        "GroupId": group_id,
        "GroupOwnerId": get_account_id(),
        "IsEgress": egress,
        "IpProtocol": rule["IpProtocol"],
        "FromPort": rule.get("FromPort", -1),
        "ToPort": rule.get("ToPort", -1),
        "Description": source.get("Description"),
        "Tags": tags_of(rule["SecurityGroupRuleId"]),
    }
    if name == "UserIdGroupPairs":
        shown["ReferencedGroupInfo"] = {"GroupId": source["GroupId"], "UserId": source["UserId"]}
        return shown
    field = {"IpRanges": "CidrIpv4", "Ipv6Ranges": "CidrIpv6", "PrefixListIds": "PrefixListId"}[name]
    return {**shown, field: source[SOURCES[name]]}


def _arn(rule_id: str) -> str:
    return f"arn:aws:ec2:{get_region()}:{get_account_id()}:security-group-rule/{rule_id}"


def from_request(asked: dict) -> dict:
    """A SecurityGroupRuleRequest, as ModifySecurityGroupRules takes it, as a rule."""
    described = {"Description": asked["Description"]} if asked.get("Description") else {}
    permission = {name: asked[name] for name in ("IpProtocol", "FromPort", "ToPort") if name in asked}
    for field, name in (("CidrIpv4", "IpRanges"), ("CidrIpv6", "Ipv6Ranges"), ("PrefixListId", "PrefixListIds")):
        if asked.get(field):
            permission[name] = [{SOURCES[name]: asked[field], **described}]
    if asked.get("ReferencedGroupId"):
        permission["UserIdGroupPairs"] = [{"GroupId": asked["ReferencedGroupId"], **described}]
    return split(permission)[0]

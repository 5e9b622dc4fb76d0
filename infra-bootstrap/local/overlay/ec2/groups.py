"""Security groups and the calls that change their rules."""

from ministack.core.responses import get_account_id, get_region
from ministack.services import ec2

from overlay.ec2 import listing, rules
from overlay.ec2.api import Refused, find, new_id, operation, tag_on_create, tags_of
from overlay.patch import replace_action

_NOT_FOUND = ("InvalidGroup.NotFound", "security group")
_FLAT_FIELDS = ("IpProtocol", "FromPort", "ToPort")


def install() -> None:
    @replace_action(ec2._ACTION_MAP, "CreateVpc", "a default group admits its own members")
    def create_vpc(original, fields):
        known = set(ec2._security_groups.keys())
        answer = original(fields)
        for group_id in set(ec2._security_groups.keys()) - known:
            group = ec2._security_groups[group_id]
            own = {"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": group_id}]}
            group["IpPermissions"] = rules.split(own)
        return answer


def view(group: dict) -> dict:
    return {
        "GroupId": group["GroupId"],
        "GroupName": group["GroupName"],
        "Description": group["Description"],
        "VpcId": group["VpcId"],
        "OwnerId": group["OwnerId"],
        "SecurityGroupArn": _arn(group["GroupId"]),
        "IpPermissions": rules.merged(rules.of_group(group, False)),
        "IpPermissionsEgress": rules.merged(rules.of_group(group, True)),
        "Tags": tags_of(group["GroupId"]),
    }


def _arn(group_id: str) -> str:
    return f"arn:aws:ec2:{get_region()}:{get_account_id()}:security-group/{group_id}"


@operation("CreateSecurityGroup")
def create(request):
    name, vpc_id = request.get("GroupName", ""), request.get("VpcId") or ec2._DEFAULT_VPC_ID
    find(ec2._vpcs, vpc_id, "InvalidVpcID.NotFound", "vpc ID")
    if any(one["GroupName"] == name and one["VpcId"] == vpc_id for one in ec2._security_groups.values()):
        message = f"The security group '{name}' already exists for VPC '{vpc_id}'"
        raise Refused("InvalidGroup.Duplicate", message)
    group_id = new_id("sg")
    ec2._security_groups[group_id] = {
        "GroupId": group_id,
        "GroupName": name,
        "Description": request.get("Description", ""),
        "VpcId": vpc_id,
        "OwnerId": get_account_id(),
        "IpPermissions": [],
        "IpPermissionsEgress": rules.split({"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}),
    }
    tag_on_create(request, group_id, "security-group")
    return {"GroupId": group_id, "SecurityGroupArn": _arn(group_id), "Tags": tags_of(group_id)}


@operation("DescribeSecurityGroups")
def describe(request):
    chosen = listing.only(ec2._security_groups, request.get("GroupIds"), *_NOT_FOUND)
    if request.get("GroupNames"):
        chosen = {key: one for key, one in chosen.items() if one["GroupName"] in request["GroupNames"]}
    special = {**_permission_filters("ip-permission.", "IpPermissions")}
    special |= _permission_filters("egress.ip-permission.", "IpPermissionsEgress")
    return listing.page("DescribeSecurityGroups", request, chosen, view, "SecurityGroups", special)


def _permission_filters(prefix: str, side: str) -> dict:
    def leaf(name, field):
        return lambda group: [one[field] for permission in group[side] for one in permission[name] if field in one]

    def port(field):
        return lambda group: [one[field] for one in group[side] if field in one]

    return {
        prefix + "cidr": leaf("IpRanges", "CidrIp"),
        prefix + "ipv6-cidr": leaf("Ipv6Ranges", "CidrIpv6"),
        prefix + "prefix-list-id": leaf("PrefixListIds", "PrefixListId"),
        prefix + "group-id": leaf("UserIdGroupPairs", "GroupId"),
        prefix + "user-id": leaf("UserIdGroupPairs", "UserId"),
        prefix + "protocol": port("IpProtocol"),
        prefix + "from-port": port("FromPort"),
        prefix + "to-port": port("ToPort"),
    }


@operation("DescribeSecurityGroupRules")
def describe_rules(request):
    wanted = request.get("SecurityGroupRuleIds")
    found = {}
    for group in ec2._security_groups.values():
        for egress in (False, True):
            for rule in rules.of_group(group, egress):
                found[rule["SecurityGroupRuleId"]] = (group["GroupId"], rule, egress)
    chosen = listing.only(found, wanted, "InvalidSecurityGroupRuleId.NotFound", "security group rule ID")
    return listing.page(
        "DescribeSecurityGroupRules", request, chosen, lambda one: rules.view(*one), "SecurityGroupRules"
    )


@operation("AuthorizeSecurityGroupIngress")
def authorize_ingress(request):
    return _authorize(request, False)


@operation("AuthorizeSecurityGroupEgress")
def authorize_egress(request):
    return _authorize(request, True)


@operation("RevokeSecurityGroupIngress")
def revoke_ingress(request):
    return _revoke(request, False)


@operation("RevokeSecurityGroupEgress")
def revoke_egress(request):
    return _revoke(request, True)


def _group(request: dict) -> dict:
    if not request.get("GroupId") and request.get("GroupName"):
        for group in ec2._security_groups.values():
            if group["GroupName"] == request["GroupName"]:
                return group
    return find(ec2._security_groups, request.get("GroupId", ""), *_NOT_FOUND)


def _asked(request: dict) -> list:
    permissions = list(request.get("IpPermissions", []))
    if request.get("CidrIp") or request.get("SourceSecurityGroupName"):
        flat = {name: request[name] for name in _FLAT_FIELDS if name in request}
        if request.get("CidrIp"):
            flat["IpRanges"] = [{"CidrIp": request["CidrIp"]}]
        else:
            flat["UserIdGroupPairs"] = [{"GroupName": request["SourceSecurityGroupName"]}]
        permissions.append(flat)
    return [rule for permission in permissions for rule in rules.split(permission)]


def _authorize(request: dict, egress: bool) -> dict:
    group = _group(request)
    have = rules.of_group(group, egress)
    known = {rules.key(one) for one in have}
    asked = _asked(request)
    for rule in asked:
        if rules.key(rule) in known:
            message = f'the specified rule "{_words(rule)}" already exists'
            raise Refused("InvalidPermission.Duplicate", message)
        known.add(rules.key(rule))
    have.extend(asked)
    for rule in asked:
        tag_on_create(request, rule["SecurityGroupRuleId"], "security-group-rule")
    return {"Return": True, "SecurityGroupRules": [rules.view(group["GroupId"], one, egress) for one in asked]}


def _words(rule: dict) -> str:
    name, source = rules.source_of(rule)
    ports = f", from port: {rule['FromPort']}, to port: {rule['ToPort']}" if "FromPort" in rule else ""
    return f"peer: {source[rules.SOURCES[name]]}, {rule['IpProtocol'].upper()}{ports}, ALLOW"


def _revoke(request: dict, egress: bool) -> dict:
    group = _group(request)
    have = rules.of_group(group, egress)
    gone = []
    for rule_id in request.get("SecurityGroupRuleIds", []):
        rule = next((one for one in have if one["SecurityGroupRuleId"] == rule_id), None)
        if rule is None:
            message = f"The security group rule ID '{rule_id}' does not exist"
            raise Refused("InvalidSecurityGroupRuleId.NotFound", message)
        gone.append(rule)
    for wanted in _asked(request):
        rule = next((one for one in have if rules.key(one) == rules.key(wanted)), None)
        if rule is None:
            message = "The specified rule does not exist in this security group."
            raise Refused("InvalidPermission.NotFound", message)
        gone.append(rule)
    revoked = [_revoked(rules.view(group["GroupId"], one, egress)) for one in gone]
    for rule in gone:
        have.remove(rule)
        ec2._tags.pop(rule["SecurityGroupRuleId"], None)
    return {"Return": True, "RevokedSecurityGroupRules": revoked}


def _revoked(shown: dict) -> dict:
    reference = shown.pop("ReferencedGroupInfo", None)
    return {**shown, "ReferencedGroupId": reference["GroupId"]} if reference else shown


@operation("ModifySecurityGroupRules")
def modify_rules(request):
    group = _group(request)
    for change in request.get("SecurityGroupRules", []):
        rule_id = change.get("SecurityGroupRuleId")
        for egress in (False, True):
            have = rules.of_group(group, egress)
            at = next((n for n, one in enumerate(have) if one["SecurityGroupRuleId"] == rule_id), None)
            if at is not None:
                have[at] = {**rules.from_request(change["SecurityGroupRule"]), "SecurityGroupRuleId": rule_id}
                break
        else:
            message = f"The security group rule ID '{rule_id}' does not exist"
            raise Refused("InvalidSecurityGroupRuleId.NotFound", message)
    return {"Return": True}


@operation("UpdateSecurityGroupRuleDescriptionsIngress")
def describe_ingress_anew(request):
    return _describe_anew(request, False)


@operation("UpdateSecurityGroupRuleDescriptionsEgress")
def describe_egress_anew(request):
    return _describe_anew(request, True)


def _describe_anew(request: dict, egress: bool) -> dict:
    have = {rules.key(one): one for one in rules.of_group(_group(request), egress)}
    for wanted in _asked(request):
        rule = have.get(rules.key(wanted))
        if rule is None:
            raise Refused("InvalidPermission.NotFound", "The specified rule does not exist in this security group.")
        rules.source_of(rule)[1]["Description"] = rules.source_of(wanted)[1].get("Description", "")
    for change in request.get("SecurityGroupRuleDescriptions", []):
        for rule in have.values():
            if rule["SecurityGroupRuleId"] == change.get("SecurityGroupRuleId"):
                rules.source_of(rule)[1]["Description"] = change.get("Description", "")
    return {"Return": True}


@operation("DeleteSecurityGroup")
def delete(request):
    group = _group(request)
    group_id = group["GroupId"]
    if group["GroupName"] == "default":
        message = f'the specified group: "{group_id}" name: "default" cannot be deleted by a user'
        raise Refused("CannotDelete", message)
    if _is_used(group_id):
        raise Refused("DependencyViolation", f"resource {group_id} has a dependent object")
    for rule in rules.of_group(group, False) + rules.of_group(group, True):
        ec2._tags.pop(rule["SecurityGroupRuleId"], None)
    del ec2._security_groups[group_id]
    ec2._tags.pop(group_id, None)
    return {"Return": True, "GroupId": group_id}


def _is_used(group_id: str) -> bool:
    """On an interface, or named by a rule of another group."""
    for interface in ec2._network_interfaces.values():
        if any(one["GroupId"] == group_id for one in interface.get("Groups", [])):
            return True
    for other in ec2._security_groups.values():
        if other["GroupId"] == group_id:
            continue
        for rule in other["IpPermissions"] + other["IpPermissionsEgress"]:
            if any(one.get("GroupId") == group_id for one in rule.get("UserIdGroupPairs") or []):
                return True
    return False

"""EC2: what a call makes, what it names, the tags it sets and the role it passes.

Source: Service Authorization Reference, "Actions, resources, and condition keys for Amazon EC2".
"""

from ministack.services import ec2, iam

from overlay.authorization.need import Need, as_list, passing, tag_context

# What a call makes has no id yet: the permission is on every resource of its type.
_MADE = {
    "AllocateAddress": ("elastic-ip",),
    "CreateFlowLogs": ("vpc-flow-log",),
    "CreateInternetGateway": ("internet-gateway",),
    "CreateLaunchTemplate": ("launch-template",),
    "CreateNatGateway": ("natgateway",),
    "CreateNetworkAcl": ("network-acl",),
    "CreateRouteTable": ("route-table",),
    "CreateSecurityGroup": ("security-group",),
    "CreateSubnet": ("subnet",),
    "CreateVpc": ("vpc",),
    "RunInstances": ("instance", "network-interface", "volume"),
}

# Parameters that name a resource, and its type.
_NAMED = {
    "AllocationId": "elastic-ip",
    "FlowLogIds": "vpc-flow-log",
    "GroupId": "security-group",
    "Groups": "security-group",
    "SecurityGroupIds": "security-group",
    "InstanceId": "instance",
    "InstanceIds": "instance",
    "InternetGatewayId": "internet-gateway",
    "KeyName": "key-pair",
    "LaunchTemplateId": "launch-template",
    "NatGatewayId": "natgateway",
    "NetworkAclId": "network-acl",
    "RouteTableId": "route-table",
    "SubnetId": "subnet",
    "VpcId": "vpc",
}

# Calls that name more than they are a permission on: a route's target is none.
_ONLY = dict.fromkeys(("CreateRoute", "DeleteRoute", "ReplaceRoute"), ("RouteTableId",))

_BY_PREFIX = {
    "acl": "network-acl",
    "eipalloc": "elastic-ip",
    "fl": "vpc-flow-log",
    "i": "instance",
    "igw": "internet-gateway",
    "key": "key-pair",
    "lt": "launch-template",
    "nat": "natgateway",
    "rtb": "route-table",
    "sg": "security-group",
    "subnet": "subnet",
    "vpc": "vpc",
}


def needs(call, region: str, account: str) -> list[Need]:
    if call.operation.startswith("Describe"):
        return [Need("*")]
    given, start = call.parameters, f"arn:aws:ec2:{region}:{account}:"
    found = [f"{start}{made}/*" for made in _MADE.get(call.operation, ())]
    parts = [given, *as_list(given.get("NetworkInterfaces")), given.get("LaunchTemplate") or {}]
    names = _ONLY.get(call.operation, _NAMED)
    for part in parts:
        found += [f"{start}{_NAMED[name]}/{one}" for name in names for one in as_list(part.get(name))]
    for name in ("ResourceIds", "Resources"):
        found += [f"{start}{_BY_PREFIX.get(one.split('-')[0], '*')}/{one}" for one in as_list(given.get(name))]
    found += [f"arn:aws:ec2:{region}::image/{given['ImageId']}"] if "ImageId" in given else []
    found += [f"{start}{kind}/{one}" for kind, one in _of_association(given.get("AssociationId"))]
    tags = _tags(given)
    own = tag_context({key: value for _kind, pairs in tags for key, value in pairs.items()}) if tags else {}
    return [Need(one, context=own) for one in found] + _tagging(call.operation, tags, given, start) + _passing(given)


def _of_association(association) -> list[tuple[str, str]]:
    """The resources behind an association's id, which is no resource itself."""
    found = []
    for table in ec2._route_tables.values():
        for one in table.get("Associations", []):
            if one.get("RouteTableAssociationId") == association:
                found += [("route-table", table["RouteTableId"]), ("subnet", one.get("SubnetId"))]
    for address in ec2._addresses.values():
        if association and address.get("AssociationId") == association:
            found += [("elastic-ip", address["AllocationId"]), ("instance", address.get("InstanceId"))]
    return [(kind, one) for kind, one in found if one]


def _tags(given: dict) -> list[tuple[str, dict]]:
    specifications = as_list(given.get("TagSpecifications"))
    return [
        (one.get("ResourceType", "*"), {tag["Key"]: tag.get("Value", "") for tag in one.get("Tags", [])})
        for one in specifications
    ]


def _tagging(operation: str, tags: list, given: dict, start: str) -> list[Need]:
    """Tags set in the call that makes something are a permission of their own."""
    names = {"key-pair": given.get("KeyName", "*")}
    by = {"ec2:CreateAction": operation}
    return [
        Need(f"{start}{kind}/{names.get(kind, '*')}", "ec2:CreateTags", {**tag_context(pairs), **by})
        for kind, pairs in tags
    ]


def _passing(given: dict) -> list[Need]:
    roles = []
    profile = given.get("IamInstanceProfile") or {}
    for one in iam._instance_profiles.values():
        if one["InstanceProfileName"] == profile.get("Name") or one["Arn"] == profile.get("Arn"):
            roles += [role["Arn"] if isinstance(role, dict) else iam._roles[role]["Arn"] for role in one["Roles"]]
    found = [passing(role, "ec2.amazonaws.com") for role in roles]
    if given.get("DeliverLogsPermissionArn"):
        found.append(passing(given["DeliverLogsPermissionArn"], "vpc-flow-logs.amazonaws.com"))
    return found

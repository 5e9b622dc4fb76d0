"""Network ACLs: numbered entries with port ranges, and exactly one association per subnet."""

from ministack.core.responses import get_account_id
from ministack.services import ec2

from overlay.ec2 import listing
from overlay.ec2.api import Refused, find, new_id, operation, tag_on_create, tags_of

# The rule that AWS shows as `*`: what no other rule allows is denied.
_LAST_RULE = 32767
_NOT_FOUND = ("InvalidNetworkAclID.NotFound", "networkAcl ID")
_FIELDS = ("RuleNumber", "Protocol", "RuleAction", "CidrBlock", "Ipv6CidrBlock", "PortRange", "IcmpTypeCode")


def _last_rules() -> list:
    return [
        {
            "RuleNumber": _LAST_RULE,
            "Protocol": "-1",
            "RuleAction": "deny",
            "Egress": egress,
            "CidrBlock": "0.0.0.0/0",
        }
        for egress in (True, False)
    ]


def view(acl: dict) -> dict:
    entries = sorted(acl["Entries"], key=lambda one: (not one["Egress"], int(one["RuleNumber"])))
    return {
        "NetworkAclId": acl["NetworkAclId"],
        "VpcId": acl["VpcId"],
        "IsDefault": acl["IsDefault"],
        "OwnerId": acl["OwnerId"],
        "Entries": entries,
        "Associations": [
            {
                "NetworkAclAssociationId": one["NetworkAclAssociationId"],
                "NetworkAclId": acl["NetworkAclId"],
                "SubnetId": one["SubnetId"],
            }
            for one in acl["Associations"]
        ],
        "Tags": tags_of(acl["NetworkAclId"]),
    }


@operation("CreateNetworkAcl")
def create(request):
    vpc = find(ec2._vpcs, request.get("VpcId", ""), "InvalidVpcID.NotFound", "vpc ID")
    acl_id = new_id("acl")
    acl = ec2._network_acls[acl_id] = {
        "NetworkAclId": acl_id,
        "VpcId": vpc["VpcId"],
        "IsDefault": False,
        "Entries": _last_rules(),
        "Associations": [],
        "OwnerId": get_account_id(),
    }
    tag_on_create(request, acl_id, "network-acl")
    return {"NetworkAcl": view(acl)}


@operation("DeleteNetworkAcl")
def delete(request):
    acl_id = request.get("NetworkAclId", "")
    acl = find(ec2._network_acls, acl_id, *_NOT_FOUND)
    if acl["IsDefault"]:
        raise Refused("InvalidParameterValue", f"cannot delete default network ACL {acl_id}")
    if acl["Associations"]:
        raise Refused("DependencyViolation", f"The networkAcl '{acl_id}' has dependencies and cannot be deleted.")
    del ec2._network_acls[acl_id]
    ec2._tags.pop(acl_id, None)


@operation("DescribeNetworkAcls")
def describe(request):
    _adopt_subnets()
    chosen = listing.only(ec2._network_acls, request.get("NetworkAclIds"), *_NOT_FOUND)
    special = {
        "default": lambda acl: [acl["IsDefault"]],
        "association.association-id": lambda acl: [one["NetworkAclAssociationId"] for one in acl["Associations"]],
        "entry.cidr": lambda acl: [one.get("CidrBlock", "") for one in acl["Entries"]],
    }
    return listing.page("DescribeNetworkAcls", request, chosen, view, "NetworkAcls", special)


@operation("CreateNetworkAclEntry")
def create_entry(request):
    acl = find(ec2._network_acls, request.get("NetworkAclId", ""), *_NOT_FOUND)
    if _entry(acl, request) is not None:
        message = f"The network acl entry identified by {request['RuleNumber']} already exists."
        raise Refused("NetworkAclEntryAlreadyExists", message)
    acl["Entries"].append(_made(request))


@operation("ReplaceNetworkAclEntry")
def replace_entry(request):
    acl = find(ec2._network_acls, request.get("NetworkAclId", ""), *_NOT_FOUND)
    acl["Entries"].remove(_existing(acl, request))
    acl["Entries"].append(_made(request))


@operation("DeleteNetworkAclEntry")
def delete_entry(request):
    acl = find(ec2._network_acls, request.get("NetworkAclId", ""), *_NOT_FOUND)
    acl["Entries"].remove(_existing(acl, request))


def _made(request: dict) -> dict:
    entry = {name: request[name] for name in _FIELDS if request.get(name) not in (None, "", {})}
    return {**entry, "Egress": bool(request.get("Egress"))}


def _entry(acl: dict, request: dict):
    wanted = (request.get("RuleNumber"), bool(request.get("Egress")))
    return next((one for one in acl["Entries"] if (int(one["RuleNumber"]), one["Egress"]) == wanted), None)


def _existing(acl: dict, request: dict) -> dict:
    entry = _entry(acl, request)
    if entry is None:
        side = "egress" if request.get("Egress") else "ingress"
        message = f"The {side} entry with rule number {request.get('RuleNumber')} does not exist."
        raise Refused("InvalidNetworkAclEntry.NotFound", message)
    return entry


@operation("ReplaceNetworkAclAssociation")
def replace_association(request):
    target = find(ec2._network_acls, request.get("NetworkAclId", ""), *_NOT_FOUND)
    wanted = request.get("AssociationId")
    for acl in ec2._network_acls.values():
        for association in acl["Associations"]:
            if association["NetworkAclAssociationId"] == wanted:
                acl["Associations"].remove(association)
                return {"NewAssociationId": _associate(target, association["SubnetId"])}
    raise Refused("InvalidAssociationID.NotFound", f"The association ID '{wanted}' does not exist")


def _associate(acl: dict, subnet_id: str) -> str:
    association_id = new_id("aclassoc")
    acl["Associations"].append({"NetworkAclAssociationId": association_id, "SubnetId": subnet_id})
    return association_id


def associate_with_default(vpc_id: str, subnet_id: str) -> None:
    """Where every new subnet sits until it is moved."""
    for acl in ec2._network_acls.values():
        if acl["VpcId"] == vpc_id and acl["IsDefault"]:
            _associate(acl, subnet_id)


def forget_subnet(subnet_id: str) -> None:
    for acl in ec2._network_acls.values():
        acl["Associations"] = [one for one in acl["Associations"] if one["SubnetId"] != subnet_id]


def _adopt_subnets() -> None:
    """Subnets that MiniStack made without a call (the default VPC's, a template's) sit on a default ACL too."""
    placed = {one["SubnetId"] for acl in ec2._network_acls.values() for one in acl["Associations"]}
    for subnet in ec2._subnets.values():
        if subnet["SubnetId"] not in placed:
            associate_with_default(subnet["VpcId"], subnet["SubnetId"])

"""EC2's creates that a crash repeats: client tokens of route tables and ACLs, ranges of subnets."""

import ipaddress

from ministack.core.responses import get_account_id
from ministack.services import ec2

from overlay.ec2 import acls, routes, vpcs
from overlay.ec2.api import Refused, find, new_id, operation, tag_on_create


def install() -> None:
    """Importing this module has done it."""


@operation("CreateRouteTable")
def create_route_table(request):
    """MiniStack's own takes no notice of the token."""
    vpc = find(ec2._vpcs, request.get("VpcId", ""), "InvalidVpcID.NotFound", "vpc ID")
    token = request.get("ClientToken")
    table = _made_before(ec2._route_tables, token)
    if table is None:
        table_id = new_id("rtb")
        local = {"DestinationCidrBlock": vpc["CidrBlock"], "GatewayId": "local", "State": "active"}
        table = ec2._route_tables[table_id] = {
            "RouteTableId": table_id,
            "VpcId": vpc["VpcId"],
            "OwnerId": get_account_id(),
            "Routes": [{**local, "Origin": "CreateRouteTable"}],
            "Associations": [],
            "ClientToken": token,
        }
        tag_on_create(request, table_id, "route-table")
    return {"RouteTable": routes.view(table), "ClientToken": token}


@operation("CreateNetworkAcl")
def create_network_acl(request):
    token = request.get("ClientToken")
    acl = _made_before(ec2._network_acls, token)
    if acl is None:
        made = acls.create(request)["NetworkAcl"]
        acl = ec2._network_acls[made["NetworkAclId"]]
        acl["ClientToken"] = token
    return {"NetworkAcl": acls.view(acl), "ClientToken": token}


@operation("CreateSubnet")
def create_subnet(request):
    """Subnets of a VPC do not overlap."""
    wanted = request.get("CidrBlock", "")
    for subnet in ec2._subnets.values():
        if subnet["VpcId"] == request.get("VpcId") and _overlap(subnet["CidrBlock"], wanted):
            raise Refused("InvalidSubnet.Conflict", f"The CIDR '{wanted}' conflicts with another subnet")
    return vpcs.create_subnet(request)


def _made_before(store, token):
    return next((one for one in store.values() if token and one.get("ClientToken") == token), None)


def _overlap(one: str, other: str) -> bool:
    try:
        return ipaddress.ip_network(one, strict=False).overlaps(ipaddress.ip_network(other, strict=False))
    except (ValueError, TypeError):
        return False

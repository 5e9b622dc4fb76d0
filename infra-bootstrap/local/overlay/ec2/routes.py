"""Route tables: routes of every kind, one association per subnet."""

from ministack.services import ec2

from overlay.ec2 import listing
from overlay.ec2.api import Refused, find, new_id, operation, tags_of

_NOT_FOUND = ("InvalidRouteTableID.NotFound", "routeTable ID")
_DESTINATIONS = ("DestinationCidrBlock", "DestinationIpv6CidrBlock", "DestinationPrefixListId")
_TARGETS = (
    "GatewayId", "NatGatewayId", "InstanceId", "VpcPeeringConnectionId", "TransitGatewayId",
    "NetworkInterfaceId", "EgressOnlyInternetGatewayId", "VpcEndpointId",
)  # fmt: skip


def view(table: dict) -> dict:
    return {
        "RouteTableId": table["RouteTableId"],
        "VpcId": table["VpcId"],
        "OwnerId": table["OwnerId"],
        "Routes": [_route_view(one) for one in table.get("Routes", [])],
        "Associations": [
            {
                "RouteTableAssociationId": one["RouteTableAssociationId"],
                "RouteTableId": table["RouteTableId"],
                "Main": bool(one.get("Main")),
                "SubnetId": one.get("SubnetId") or None,
                "AssociationState": {"State": "associated"},
            }
            for one in table.get("Associations", [])
        ],
        "PropagatingVgws": [{"GatewayId": one} for one in table.get("PropagatingVgws", [])],
        "Tags": tags_of(table["RouteTableId"]),
    }


def _route_view(route: dict) -> dict:
    shown = {name: route[name] for name in (*_DESTINATIONS, *_TARGETS) if route.get(name)}
    if "VpcEndpointId" in shown:
        shown["GatewayId"] = shown.pop("VpcEndpointId")
    return {**shown, "State": _state(route), "Origin": route.get("Origin", "CreateRoute")}


def _state(route: dict) -> str:
    """A route whose target is gone stays and swallows its traffic."""
    nat, gateway = route.get("NatGatewayId"), route.get("GatewayId", "")
    if nat and ec2._nat_gateways.get(nat, {"State": "deleted"})["State"] in ("deleted", "deleting"):
        return "blackhole"
    if gateway.startswith("igw-") and not _is_attached(gateway):
        return "blackhole"
    return "active"


def _is_attached(gateway_id: str) -> bool:
    return bool(ec2._internet_gateways.get(gateway_id, {}).get("Attachments"))


@operation("DescribeRouteTables")
def describe(request):
    chosen = listing.only(ec2._route_tables, request.get("RouteTableIds"), *_NOT_FOUND)
    special = {
        "route.destination-cidr-block": lambda table: [
            one["DestinationCidrBlock"] for one in table["Routes"] if "DestinationCidrBlock" in one
        ],
        "association.route-table-association-id": lambda table: [
            one["RouteTableAssociationId"] for one in table["Associations"]
        ],
    }
    return listing.page("DescribeRouteTables", request, chosen, view, "RouteTables", special)


@operation("CreateRoute")
def create_route(request):
    table = find(ec2._route_tables, request.get("RouteTableId", ""), *_NOT_FOUND)
    if _route(table, request) is not None:
        destination = next(request[name] for name in _DESTINATIONS if request.get(name))
        raise Refused("RouteAlreadyExists", f"The route identified by {destination} already exists.")
    table["Routes"].append({**_asked(request), "State": "active", "Origin": "CreateRoute"})
    return {"Return": True}


@operation("ReplaceRoute")
def replace_route(request):
    table = find(ec2._route_tables, request.get("RouteTableId", ""), *_NOT_FOUND)
    route = _existing(table, request)
    for name in _TARGETS:
        route.pop(name, None)
    route.update(_asked(request))


@operation("DeleteRoute")
def delete_route(request):
    table = find(ec2._route_tables, request.get("RouteTableId", ""), *_NOT_FOUND)
    table["Routes"].remove(_existing(table, request))


def _asked(request: dict) -> dict:
    asked = {name: request[name] for name in (*_DESTINATIONS, *_TARGETS) if request.get(name)}
    gateway, nat = asked.get("GatewayId", ""), asked.get("NatGatewayId", "")
    if gateway.startswith("igw-") and gateway not in ec2._internet_gateways:
        raise Refused("InvalidGatewayID.NotFound", f"The gateway ID '{gateway}' does not exist")
    if nat and nat not in ec2._nat_gateways:
        raise Refused("InvalidNatGatewayID.NotFound", f"The natGateway ID '{nat}' does not exist")
    return asked


def _route(table: dict, request: dict):
    for route in table["Routes"]:
        if any(request.get(name) and route.get(name) == request[name] for name in _DESTINATIONS):
            return route
    return None


def _existing(table: dict, request: dict) -> dict:
    route = _route(table, request)
    if route is None:
        destination = next((request[name] for name in _DESTINATIONS if request.get(name)), "")
        message = f"no route with destination-cidr-block {destination} in route table {table['RouteTableId']}"
        raise Refused("InvalidRoute.NotFound", message)
    return route


@operation("AssociateRouteTable")
def associate(request):
    table = find(ec2._route_tables, request.get("RouteTableId", ""), *_NOT_FOUND)
    subnet_id = request.get("SubnetId")
    if subnet_id:
        find(ec2._subnets, subnet_id, "InvalidSubnetID.NotFound", "subnet ID")
    for other in ec2._route_tables.values():
        for association in other["Associations"]:
            if subnet_id and association.get("SubnetId") == subnet_id:
                if other is table:
                    return _associated(association["RouteTableAssociationId"])
                what = f"the specified association for route table {table['RouteTableId']}"
                message = f"{what} conflicts with an existing association"
                raise Refused("Resource.AlreadyAssociated", message)
    association_id = new_id("rtbassoc")
    table["Associations"].append(
        {
            "RouteTableAssociationId": association_id,
            "RouteTableId": table["RouteTableId"],
            "SubnetId": subnet_id,
            "Main": False,
            "AssociationState": {"State": "associated"},
        }
    )
    return _associated(association_id)


def _associated(association_id: str) -> dict:
    return {"AssociationId": association_id, "AssociationState": {"State": "associated"}}


@operation("DisassociateRouteTable")
def disassociate(request):
    wanted = request.get("AssociationId")
    for table in ec2._route_tables.values():
        for association in table["Associations"]:
            if association["RouteTableAssociationId"] == wanted:
                if association.get("Main"):
                    message = f"cannot disassociate the main route table association {wanted}"
                    raise Refused("InvalidParameterValue", message)
                table["Associations"].remove(association)
                return
    raise Refused("InvalidAssociationID.NotFound", f"The association ID '{wanted}' does not exist")

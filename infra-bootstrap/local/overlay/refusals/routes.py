"""Route tables: what is in use stays, and a route leads to something in the same VPC."""

from ministack.services import ec2

from overlay import quotas
from overlay.query import Refused
from overlay.refusals.guards import before, find
from overlay.refusals.vpcs import network

_TARGETS = (
    "GatewayId", "NatGatewayId", "InstanceId", "VpcPeeringConnectionId", "TransitGatewayId", "CoreNetworkArn",
    "NetworkInterfaceId", "EgressOnlyInternetGatewayId", "VpcEndpointId", "LocalGatewayId", "CarrierGatewayId",
)  # fmt: skip


def _table(request: dict) -> dict:
    return find(ec2._route_tables, request.get("RouteTableId", ""), "InvalidRouteTableID.NotFound", "routeTable ID")


@before("ec2", "CreateRouteTable")
def tables_are_few(request):
    inside = [one for one in ec2._route_tables.values() if one["VpcId"] == request.get("VpcId")]
    if len(inside) >= quotas.limit("route_tables_per_vpc"):
        raise Refused("RouteTableLimitExceeded", "The maximum number of route tables for this VPC has been reached.")


@before("ec2", "DeleteRouteTable")
def is_not_in_use(request):
    table = _table(request)
    if table["Associations"]:
        message = f"The routeTable '{table['RouteTableId']}' has dependencies and cannot be deleted."
        raise Refused("DependencyViolation", message)


@before("ec2", "CreateRoute", "ReplaceRoute")
def leads_somewhere(request):
    table = _table(request)
    if request.get("DestinationCidrBlock"):
        network(request["DestinationCidrBlock"], "destinationCidrBlock")
    if not any(request.get(name) for name in _TARGETS):
        raise Refused("MissingParameter", "The request must contain exactly one of the route's possible targets")
    _through_own_gateway(table, request.get("GatewayId", ""))
    _through_own_nat(table, request.get("NatGatewayId", ""))


def _through_own_gateway(table: dict, gateway_id: str) -> None:
    gateway = ec2._internet_gateways.get(gateway_id)
    if gateway is None:
        return
    if not any(one.get("VpcId") == table["VpcId"] for one in gateway.get("Attachments", [])):
        message = f"route table {table['RouteTableId']} and network gateway {gateway_id} belong to different networks"
        raise Refused("InvalidParameterValue", message)


def _through_own_nat(table: dict, nat_id: str) -> None:
    nat = ec2._nat_gateways.get(nat_id)
    if nat is None:
        return
    if nat["State"] == "deleted":
        raise Refused("InvalidNatGatewayID.NotFound", f"The natGateway ID '{nat_id}' does not exist")
    if nat["VpcId"] != table["VpcId"]:
        message = f"route table {table['RouteTableId']} and NAT gateway {nat_id} belong to different networks"
        raise Refused("InvalidParameterValue", message)


@before("ec2", "DeleteRoute")
def is_not_local(request):
    table = _table(request)
    for route in table["Routes"]:
        wanted = request.get("DestinationCidrBlock")
        if route.get("GatewayId") == "local" and wanted and route.get("DestinationCidrBlock") == wanted:
            message = f"cannot remove local route {wanted} in route table {table['RouteTableId']}"
            raise Refused("InvalidParameterValue", message)


@before("ec2", "AssociateRouteTable")
def is_in_the_same_vpc(request):
    table, subnet = _table(request), ec2._subnets.get(request.get("SubnetId", ""))
    if subnet is not None and subnet["VpcId"] != table["VpcId"]:
        names = f"Route table {table['RouteTableId']} and subnet {subnet['SubnetId']}"
        raise Refused("InvalidParameterValue", f"{names} belong to different networks")

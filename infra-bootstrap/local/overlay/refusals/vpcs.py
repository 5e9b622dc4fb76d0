"""VPCs, subnets and internet gateways: ranges that fit, and nothing left in what goes."""

import ipaddress

from ministack.core.responses import get_region
from ministack.services import ec2

from overlay import quotas
from overlay.query import Refused
from overlay.refusals import policies
from overlay.refusals.guards import before, find

# https://docs.aws.amazon.com/vpc/latest/userguide/vpc-cidr-blocks.html
_LARGEST, _SMALLEST = 16, 28
_ZONES = "abc"


def network(text, parameter: str = "cidrBlock"):
    """A range as AWS reads it, host bits cut off."""
    try:
        return ipaddress.ip_network(text, strict=False)
    except (ValueError, TypeError) as cause:
        message = f"Value ({text}) for parameter {parameter} is invalid. This is not a valid CIDR block."
        raise Refused("InvalidParameterValue", message) from cause


def _sized(text, code: str):
    found = network(text)
    if not _LARGEST <= found.prefixlen <= _SMALLEST:
        raise Refused(code, f"The CIDR '{text}' is invalid.")
    return found


@before("ec2", "CreateVpc")
def fits(request):
    _sized(request.get("CidrBlock"), "InvalidVpc.Range")
    if len(ec2._vpcs) >= quotas.limit("vpcs"):
        raise Refused("VpcLimitExceeded", "The maximum number of VPCs has been reached.")


@before("ec2", "CreateSubnet")
def lies_in_its_vpc(request):
    vpc = find(ec2._vpcs, request.get("VpcId", ""), "InvalidVpcID.NotFound", "vpc ID")
    wanted = _sized(request.get("CidrBlock"), "InvalidSubnet.Range")
    if not wanted.subnet_of(ipaddress.ip_network(vpc["CidrBlock"], strict=False)):
        raise Refused("InvalidSubnet.Range", f"The CIDR '{request['CidrBlock']}' is invalid.")
    zones, zone = [get_region() + letter for letter in _ZONES], request.get("AvailabilityZone")
    if zone and zone not in zones:
        message = (
            f"Value ({zone}) for parameter availabilityZone is invalid. "
            f"Subnets can currently only be created in the following availability zones: {', '.join(zones)}."
        )
        raise Refused("InvalidParameterValue", message)
    inside = [one for one in ec2._subnets.values() if one["VpcId"] == vpc["VpcId"]]
    if len(inside) >= quotas.limit("subnets_per_vpc"):
        raise Refused("SubnetLimitExceeded", "The maximum number of subnets for this VPC has been reached.")


@before("ec2", "ModifySubnetAttribute", "ModifyVpcAttribute")
def changes_one_thing(request):
    changes = [name for name in request if name not in ("SubnetId", "VpcId", "DryRun")]
    if len(changes) > 1:
        message = f"Fields for multiple attribute types specified: {', '.join(sorted(changes))}"
        raise Refused("InvalidParameterCombination", message)


@before("ec2", "CreateFlowLogs")
def watches_what_exists(request):
    stores = {"VPC": (ec2._vpcs, "InvalidVpcId.NotFound"), "Subnet": (ec2._subnets, "InvalidSubnetId.NotFound")}
    store, code = stores.get(request.get("ResourceType", ""), (None, ""))
    for one in request.get("ResourceIds", []) if store is not None else ():
        if one not in store:
            raise Refused(code, f"The resource ID '{one}' does not exist")
    role_arn = request.get("DeliverLogsPermissionArn")
    if role_arn and not policies.role_for(role_arn, "vpc-flow-logs.amazonaws.com"):
        raise Refused("InvalidParameter", "Unable to assume given IAM role")


@before("ec2", "DeleteVpc")
def is_empty(request):
    """MiniStack takes tables, ACLs and interfaces along; AWS takes only what the VPC was born with."""
    vpc_id = request.get("VpcId", "")
    if any(one.get("VpcId") == vpc_id for store in _left_in(vpc_id) for one in store):
        raise Refused("DependencyViolation", f"The vpc '{vpc_id}' has dependencies and cannot be deleted.")


def _left_in(vpc_id: str) -> tuple:
    return (
        (one for one in ec2._route_tables.values() if not any(each.get("Main") for each in one["Associations"])),
        (one for one in ec2._network_acls.values() if not one["IsDefault"]),
        ec2._network_interfaces.values(),
        (one for one in ec2._nat_gateways.values() if one["State"] != "deleted"),
        (one for one in ec2._vpc_endpoints.values() if one.get("State") != "deleted"),
    )


@before("ec2", "CreateInternetGateway")
def gateways_are_few(_request):
    if len(ec2._internet_gateways) >= quotas.limit("vpcs"):
        raise Refused("InternetGatewayLimitExceeded", "The maximum number of internet gateways has been reached.")


@before("ec2", "AttachInternetGateway")
def is_the_only_gateway(request):
    _gateway(request)
    vpc_id = request.get("VpcId", "")
    find(ec2._vpcs, vpc_id, "InvalidVpcID.NotFound", "vpc ID")
    for other in ec2._internet_gateways.values():
        if other["InternetGatewayId"] != request["InternetGatewayId"] and _is_attached(other, vpc_id):
            raise Refused("InvalidParameterValue", f"Network {vpc_id} already has an internet gateway attached")


@before("ec2", "DetachInternetGateway")
def has_no_public_addresses(request):
    gateway, vpc_id = _gateway(request), request.get("VpcId", "")
    if not _is_attached(gateway, vpc_id):
        message = f"resource {gateway['InternetGatewayId']} is not attached to network {vpc_id}"
        raise Refused("Gateway.NotAttached", message)
    if has_public_addresses(vpc_id):
        message = (
            f"Network {vpc_id} has some mapped public address(es). "
            "Please unmap those public address(es) before detaching the gateway."
        )
        raise Refused("DependencyViolation", message)


def has_public_addresses(vpc_id: str) -> bool:
    """An Elastic IP, an instance's or a load balancer's own public address."""
    inside = {one["NetworkInterfaceId"]: one for one in ec2._network_interfaces.values() if one["VpcId"] == vpc_id}
    return (
        any(one.get("NetworkInterfaceId") in inside for one in ec2._addresses.values())
        or any(one.get("PublicIp") for one in inside.values())
        or any(one["VpcId"] == vpc_id and one.get("PublicIpAddress") for one in ec2._instances.values())
    )


@before("ec2", "DeleteInternetGateway")
def is_detached(request):
    gateway = _gateway(request)
    if gateway.get("Attachments"):
        message = f"The internetGateway '{gateway['InternetGatewayId']}' has dependencies and cannot be deleted."
        raise Refused("DependencyViolation", message)


def _gateway(request: dict) -> dict:
    wanted = request.get("InternetGatewayId", "")
    return find(ec2._internet_gateways, wanted, "InvalidInternetGatewayID.NotFound", "internetGateway ID")


def _is_attached(gateway: dict, vpc_id: str) -> bool:
    return any(one.get("VpcId") == vpc_id for one in gateway.get("Attachments", []))


def has_way_out(vpc_id: str) -> bool:
    return any(_is_attached(one, vpc_id) for one in ec2._internet_gateways.values())

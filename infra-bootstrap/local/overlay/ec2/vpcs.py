"""VPCs, subnets and internet gateways."""

import ipaddress

from ministack.core.responses import get_account_id, get_region
from ministack.services import ec2

from overlay.ec2 import acls, endpoints, listing
from overlay.ec2.api import Refused, called, find, new_id, operation, tag_on_create, tags_of
from overlay.lag import timeline
from overlay.patch import replace_action

# AWS keeps the first four addresses of a subnet and the last one.
_RESERVED_ADDRESSES = 5


def vpc_view(vpc: dict) -> dict:
    association = vpc.get("_cidr_assoc_id") or "vpc-cidr-assoc-" + vpc["VpcId"][4:]
    return {
        "VpcId": vpc["VpcId"],
        "State": vpc["State"],
        "CidrBlock": vpc["CidrBlock"],
        "CidrBlockAssociationSet": [
            {
                "AssociationId": association,
                "CidrBlock": vpc["CidrBlock"],
                "CidrBlockState": {"State": "associated"},
            }
        ],
        "Ipv6CidrBlockAssociationSet": [],
        "DhcpOptionsId": vpc["DhcpOptionsId"],
        "InstanceTenancy": vpc["InstanceTenancy"],
        "IsDefault": vpc["IsDefault"],
        "OwnerId": vpc["OwnerId"],
        "Tags": tags_of(vpc["VpcId"]),
    }


@operation("DescribeVpcs")
def describe_vpcs(request):
    chosen = listing.only(ec2._vpcs, request.get("VpcIds"), "InvalidVpcID.NotFound", "vpc ID")
    special = {
        "cidr": lambda vpc: [vpc["CidrBlock"]],
        "cidr-block-association.cidr-block": lambda vpc: [vpc["CidrBlock"]],
    }
    return listing.page("DescribeVpcs", request, chosen, vpc_view, "Vpcs", special)


@replace_action(ec2._ACTION_MAP, "CreateVpc", "a VPC is pending for a moment")
def create_vpc(original, fields):
    before = set(ec2._vpcs)
    status, headers, body = original(fields)
    for vpc_id in set(ec2._vpcs) - before:
        vpc = ec2._vpcs[vpc_id]
        timeline.after("vpc available", called(vpc_id, vpc["CidrBlock"]), "vpc is available", vpc_id)
        vpc["State"] = "pending"
        body = body.replace(b"<state>available</state>", b"<state>pending</state>")
    return status, headers, body


@timeline.happening("vpc is available")
def vpc_is_available(vpc_id: str) -> None:
    if vpc_id in ec2._vpcs:
        ec2._vpcs[vpc_id]["State"] = "available"


def subnet_view(subnet: dict) -> dict:
    subnet_id = subnet["SubnetId"]
    return {
        "SubnetId": subnet_id,
        "SubnetArn": f"arn:aws:ec2:{get_region()}:{get_account_id()}:subnet/{subnet_id}",
        "State": subnet["State"],
        "VpcId": subnet["VpcId"],
        "CidrBlock": subnet["CidrBlock"],
        "Ipv6CidrBlockAssociationSet": [],
        "AvailableIpAddressCount": _free_addresses(subnet),
        "AvailabilityZone": subnet["AvailabilityZone"],
        "AvailabilityZoneId": subnet.get("AvailabilityZoneId"),
        "DefaultForAz": bool(subnet.get("DefaultForAz")),
        "MapPublicIpOnLaunch": bool(subnet.get("MapPublicIpOnLaunch")),
        "AssignIpv6AddressOnCreation": False,
        "EnableDns64": bool(subnet.get("EnableDns64")),
        "Ipv6Native": False,
        "OwnerId": subnet["OwnerId"],
        "PrivateDnsNameOptionsOnLaunch": ec2._subnet_dns_name_options(subnet),
        "Tags": tags_of(subnet_id),
    }


def _free_addresses(subnet: dict) -> int:
    size = ipaddress.ip_network(subnet["CidrBlock"], strict=False).num_addresses - _RESERVED_ADDRESSES
    used = sum(1 for one in ec2._network_interfaces.values() if one["SubnetId"] == subnet["SubnetId"])
    return max(0, size - used)


@operation("CreateSubnet")
def create_subnet(request):
    vpc = find(ec2._vpcs, request.get("VpcId", ""), "InvalidVpcID.NotFound", "vpc ID")
    zone = request.get("AvailabilityZone") or ec2._zone_name_for_az_id(request.get("AvailabilityZoneId", ""))
    zone = zone or f"{get_region()}a"
    try:
        cidr = str(ipaddress.ip_network(request["CidrBlock"], strict=False))
    except (KeyError, ValueError) as cause:
        message = (
            f"Value ({request.get('CidrBlock')}) for parameter cidrBlock is invalid. This is not a valid CIDR block."
        )
        raise Refused("InvalidParameterValue", message) from cause
    subnet_id = new_id("subnet")
    subnet = ec2._subnets[subnet_id] = {
        "SubnetId": subnet_id,
        "VpcId": vpc["VpcId"],
        "CidrBlock": cidr,
        "AvailabilityZone": zone,
        "AvailabilityZoneId": ec2._az_id_for_zone_name(zone),
        "AvailableIpAddressCount": ipaddress.ip_network(cidr).num_addresses - _RESERVED_ADDRESSES,
        "State": "pending",
        "DefaultForAz": False,
        "MapPublicIpOnLaunch": False,
        "OwnerId": get_account_id(),
    }
    tag_on_create(request, subnet_id, "subnet")
    acls.associate_with_default(vpc["VpcId"], subnet_id)
    timeline.after("subnet available", called(subnet_id, cidr), "subnet is available", subnet_id)
    return {"Subnet": subnet_view(subnet)}


@timeline.happening("subnet is available")
def subnet_is_available(subnet_id: str) -> None:
    if subnet_id in ec2._subnets:
        ec2._subnets[subnet_id]["State"] = "available"


@operation("DeleteSubnet")
def delete_subnet(request):
    subnet_id = request.get("SubnetId", "")
    find(ec2._subnets, subnet_id, "InvalidSubnetID.NotFound", "subnet ID")
    holders = (one["SubnetId"] == subnet_id for one in ec2._network_interfaces.values())
    if any(holders) or endpoints.sits_in(subnet_id):
        message = f"The subnet '{subnet_id}' has dependencies and cannot be deleted."
        raise Refused("DependencyViolation", message)
    acls.forget_subnet(subnet_id)
    for table in ec2._route_tables.values():
        table["Associations"] = [one for one in table["Associations"] if one.get("SubnetId") != subnet_id]
    del ec2._subnets[subnet_id]
    ec2._tags.pop(subnet_id, None)


@operation("DescribeSubnets")
def describe_subnets(request):
    chosen = listing.only(ec2._subnets, request.get("SubnetIds"), "InvalidSubnetID.NotFound", "subnet ID")
    special = {name: lambda subnet: [subnet["CidrBlock"]] for name in ("cidr", "cidrBlock")}
    return listing.page("DescribeSubnets", request, chosen, subnet_view, "Subnets", special)


def gateway_view(gateway: dict) -> dict:
    return {
        "InternetGatewayId": gateway["InternetGatewayId"],
        "OwnerId": gateway["OwnerId"],
        "Attachments": gateway.get("Attachments", []),
        "Tags": tags_of(gateway["InternetGatewayId"]),
    }


@operation("DescribeInternetGateways")
def describe_internet_gateways(request):
    chosen = listing.only(
        ec2._internet_gateways,
        request.get("InternetGatewayIds"),
        "InvalidInternetGatewayID.NotFound",
        "internetGateway ID",
    )
    return listing.page("DescribeInternetGateways", request, chosen, gateway_view, "InternetGateways")


def _forget_tags(action: str) -> None:
    @replace_action(ec2._ACTION_MAP, action, "tags outlived what they were on")
    def delete(original, fields):
        answer = original(fields)
        stores = (
            ec2._vpcs, ec2._internet_gateways, ec2._route_tables, ec2._security_groups, ec2._network_acls
        )  # fmt: skip
        for tagged in [one for one in ec2._tags if one.startswith(_GONE_ALONG)]:
            if not any(tagged in store for store in stores):
                ec2._tags.pop(tagged, None)
        return answer


# A VPC takes what was born along with it.
_GONE_ALONG = ("vpc-", "igw-", "rtb-", "sg-", "acl-")

for _action in ("DeleteVpc", "DeleteInternetGateway", "DeleteRouteTable"):
    _forget_tags(_action)

"""Elastic IP addresses and NAT gateways, which hold them."""

import datetime

from ministack.core.responses import get_account_id, get_region
from ministack.services import ec2

from overlay.ec2 import interfaces, listing
from overlay.ec2.api import Refused, called, find, new_id, operation, tag_on_create, tags_of
from overlay.lag import timeline

_NO_ALLOCATION = ("InvalidAllocationID.NotFound", "allocation ID")
_NO_NAT = ("NatGatewayNotFound", "Nat Gateway")


def view(address: dict) -> dict:
    shown = {
        name: address[name]
        for name in ("AssociationId", "InstanceId", "NetworkInterfaceId", "PrivateIpAddress")
        if address.get(name)
    }
    if "NetworkInterfaceId" in shown:
        shown["NetworkInterfaceOwnerId"] = get_account_id()
    return {
        **shown,
        "AllocationId": address["AllocationId"],
        "PublicIp": address["PublicIp"],
        "Domain": "vpc",
        "PublicIpv4Pool": "amazon",
        "NetworkBorderGroup": get_region(),
        "Tags": tags_of(address["AllocationId"]),
    }


@operation("AllocateAddress")
def allocate(request):
    allocation_id = new_id("eipalloc")
    address = ec2._addresses[allocation_id] = {
        "AllocationId": allocation_id,
        "PublicIp": ec2._random_ip("52."),
        "Domain": "vpc",
        **dict.fromkeys(("AssociationId", "InstanceId", "NetworkInterfaceId", "PrivateIpAddress")),
    }
    tag_on_create(request, allocation_id, "elastic-ip")
    shown = view(address)
    return {
        name: shown[name] for name in ("PublicIp", "AllocationId", "PublicIpv4Pool", "NetworkBorderGroup", "Domain")
    }


@operation("DescribeAddresses")
def describe(request):
    chosen = listing.only(ec2._addresses, request.get("AllocationIds"), *_NO_ALLOCATION)
    if request.get("PublicIps"):
        chosen = {key: one for key, one in chosen.items() if one["PublicIp"] in request["PublicIps"]}
        if not chosen:
            raise Refused("InvalidAddress.NotFound", f"Address '{request['PublicIps'][0]}' not found.")
    return listing.page("DescribeAddresses", request, chosen, view, "Addresses")


@operation("AssociateAddress")
def associate(request):
    address = find(ec2._addresses, request.get("AllocationId", ""), *_NO_ALLOCATION)
    instance_id, interface_id = request.get("InstanceId"), request.get("NetworkInterfaceId")
    if instance_id:
        find(ec2._instances, instance_id, "InvalidInstanceID.NotFound", "instance ID")
        interface_id = interfaces.primary_of(instance_id)["NetworkInterfaceId"]
    interface = find(
        ec2._network_interfaces, interface_id or "", "InvalidNetworkInterfaceID.NotFound", "networkInterface ID"
    )
    if address.get("AssociationId"):
        if address.get("NetworkInterfaceId") == interface_id:
            return {"AssociationId": address["AssociationId"]}
        if not request.get("AllowReassociation"):
            message = (
                f"resource {address['AllocationId']} is already associated with associate-id {address['AssociationId']}"
            )
            raise Refused("Resource.AlreadyAssociated", message)
    return {"AssociationId": bind(address, interface)}


def bind(address: dict, interface: dict) -> str:
    attachment = interface.get("Attachment") or {}
    address["AssociationId"] = new_id("eipassoc")
    address["InstanceId"] = attachment.get("InstanceId")
    address["NetworkInterfaceId"] = interface["NetworkInterfaceId"]
    address["PrivateIpAddress"] = interface["PrivateIpAddress"]
    instance = ec2._instances.get(attachment.get("InstanceId") or "")
    if instance is not None:
        instance["PublicIpAddress"] = address["PublicIp"]
    return address["AssociationId"]


def unbind(address: dict) -> None:
    instance = ec2._instances.get(address.get("InstanceId") or "")
    if instance is not None:
        instance["PublicIpAddress"] = None
    address.update(dict.fromkeys(("AssociationId", "InstanceId", "NetworkInterfaceId", "PrivateIpAddress")))


@operation("DisassociateAddress")
def disassociate(request):
    wanted = request.get("AssociationId")
    for address in ec2._addresses.values():
        if wanted and address.get("AssociationId") == wanted:
            return unbind(address)
    raise Refused("InvalidAssociationID.NotFound", f"The association ID '{wanted}' does not exist")


@operation("ReleaseAddress")
def release(request):
    address = find(ec2._addresses, request.get("AllocationId", ""), *_NO_ALLOCATION)
    if address.get("AssociationId"):
        message = f"Address {address['PublicIp']} is in use and cannot be released."
        raise Refused("InvalidIPAddress.InUse", message)
    del ec2._addresses[address["AllocationId"]]
    ec2._tags.pop(address["AllocationId"], None)


def nat_view(nat: dict) -> dict:
    held = {"AllocationId": nat.get("AllocationId") or None, "NetworkInterfaceId": nat.get("NetworkInterfaceId")}
    held |= {"PublicIp": nat.get("PublicIp"), "PrivateIp": nat.get("PrivateIp"), "IsPrimary": True}
    held |= {"Status": "succeeded", "AssociationId": nat.get("AssociationId")}
    return {
        "NatGatewayId": nat["NatGatewayId"],
        "SubnetId": nat["SubnetId"],
        "VpcId": nat["VpcId"],
        "State": nat["State"],
        "ConnectivityType": nat["ConnectivityType"],
        "CreateTime": nat["CreateTime"],
        "DeleteTime": nat.get("DeleteTime"),
        "NatGatewayAddresses": [held],
        "Tags": tags_of(nat["NatGatewayId"]),
    }


@operation("CreateNatGateway")
def create_nat(request):
    token = request.get("ClientToken")
    for nat in ec2._nat_gateways.values():
        if token and nat.get("ClientToken") == token:
            return {"NatGateway": nat_view(nat), "ClientToken": token}
    subnet = find(ec2._subnets, request.get("SubnetId", ""), "InvalidSubnetID.NotFound", "subnet ID")
    address = None
    if request.get("AllocationId"):
        address = find(ec2._addresses, request["AllocationId"], *_NO_ALLOCATION)
        if address.get("AssociationId"):
            message = f"Elastic IP address [{address['AllocationId']}] is already associated"
            raise Refused("InvalidAllocationID.InUse", message)
    nat_id = new_id("nat")
    interface = interfaces.make(subnet, [], f"Interface for NAT Gateway {nat_id}", "nat_gateway", is_managed=True)
    nat = ec2._nat_gateways[nat_id] = {
        "NatGatewayId": nat_id,
        "SubnetId": subnet["SubnetId"],
        "VpcId": subnet["VpcId"],
        "AllocationId": request.get("AllocationId"),
        "ConnectivityType": request.get("ConnectivityType", "public"),
        "State": "pending",
        "CreateTime": ec2._now_ts(),
        "ClientToken": token,
        "NetworkInterfaceId": interface["NetworkInterfaceId"],
        "PrivateIp": interface["PrivateIpAddress"],
        "PublicIp": address["PublicIp"] if address else None,
        "AssociationId": bind(address, interface) if address else None,
    }
    tag_on_create(request, nat_id, "natgateway")
    timeline.after("nat gateway available", called(nat_id, "nat gateway"), "nat gateway is available", nat_id)
    return {"NatGateway": nat_view(nat), "ClientToken": token}


@timeline.happening("nat gateway is available")
def nat_is_available(nat_id: str) -> None:
    nat = ec2._nat_gateways.get(nat_id)
    if nat is not None and nat["State"] == "pending":
        nat["State"] = "available"


@operation("DescribeNatGateways")
def describe_nats(request):
    chosen = listing.only(ec2._nat_gateways, request.get("NatGatewayIds"), *_NO_NAT)
    asked = {**request, "Filters": request.get("Filter", [])}
    return listing.page("DescribeNatGateways", asked, chosen, nat_view, "NatGateways")


@operation("DeleteNatGateway")
def delete_nat(request):
    nat = find(ec2._nat_gateways, request.get("NatGatewayId", ""), *_NO_NAT)
    if nat["State"] in ("deleting", "deleted"):
        return {"NatGatewayId": nat["NatGatewayId"]}
    nat["State"] = "deleting"
    timeline.after(
        "nat gateway deleted", called(nat["NatGatewayId"], "nat gateway"), "nat gateway is gone", nat["NatGatewayId"]
    )
    return {"NatGatewayId": nat["NatGatewayId"]}


@timeline.happening("nat gateway is gone")
def nat_is_gone(nat_id: str) -> None:
    """Its record stays for a while; its interface and what its address is bound to do not."""
    nat = ec2._nat_gateways.get(nat_id)
    if nat is None or nat["State"] == "deleted":
        return
    nat["State"] = "deleted"
    nat["DeleteTime"] = datetime.datetime.now(datetime.timezone.utc)
    nat["DeleteTime"] = nat["DeleteTime"].strftime("%Y-%m-%dT%H:%M:%S.000Z")
    for address in ec2._addresses.values():
        if address.get("NetworkInterfaceId") and address["NetworkInterfaceId"] == nat.get("NetworkInterfaceId"):
            unbind(address)
    ec2._network_interfaces.pop(nat.get("NetworkInterfaceId"), None)

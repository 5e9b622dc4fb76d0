"""Elastic IP addresses and NAT gateways: in number, once each, and what AWS runs stays its own."""

from ministack.services import ec2

from overlay import quotas
from overlay.query import Refused
from overlay.refusals.guards import before, find
from overlay.refusals.vpcs import has_way_out

_NO_ALLOCATION = ("InvalidAllocationID.NotFound", "allocation ID")
_NO_SUBNET = ("InvalidSubnetID.NotFound", "subnet ID")
_NOT_YOURS = "You do not have permission to access the specified resource."


@before("ec2", "AllocateAddress")
def addresses_are_few(_request):
    if len(ec2._addresses) >= quotas.limit("elastic_ips"):
        raise Refused("AddressLimitExceeded", "The maximum number of addresses has been reached.")


@before("ec2", "CreateNatGateway")
def has_an_address_of_its_own(request):
    subnet = find(ec2._subnets, request.get("SubnetId", ""), *_NO_SUBNET)
    _gateways_are_few(subnet["AvailabilityZone"])
    if request.get("ConnectivityType", "public") == "private":
        return
    if not request.get("AllocationId"):
        raise Refused("MissingParameter", "The request must contain the parameter AllocationId")
    address = find(ec2._addresses, request["AllocationId"], *_NO_ALLOCATION)
    if address.get("AssociationId"):
        message = f"resource {address['AllocationId']} is already associated with {address['AssociationId']}"
        raise Refused("Resource.AlreadyAssociated", message)
    if not has_way_out(subnet["VpcId"]):
        raise Refused("Gateway.NotAttached", f"Network {subnet['VpcId']} has no Internet gateway attached")


def _gateways_are_few(zone: str) -> None:
    standing = [one for one in ec2._nat_gateways.values() if one["State"] not in ("deleted", "failed")]
    zones = [ec2._subnets[one["SubnetId"]]["AvailabilityZone"] for one in standing if one["SubnetId"] in ec2._subnets]
    if zones.count(zone) >= quotas.limit("nat_gateways_per_zone"):
        message = f"The maximum number of NAT Gateways has been reached in the Availability Zone {zone}."
        raise Refused("NatGatewayLimitExceeded", message)


@before("ec2", "DisassociateAddress")
def is_not_a_nat_gateway_s(request):
    for address in ec2._addresses.values():
        if request.get("AssociationId") and address.get("AssociationId") == request["AssociationId"]:
            _is_ours(address.get("NetworkInterfaceId"))


@before("ec2", "DeleteNetworkInterface")
def is_loose(request):
    interface_id = request.get("NetworkInterfaceId", "")
    interface = find(ec2._network_interfaces, interface_id, "InvalidNetworkInterfaceID.NotFound", "networkInterface ID")
    if interface.get("Attachment") or interface["Status"] == "in-use":
        raise Refused("InvalidParameterValue", f"Network interface '{interface_id}' is currently in use.")


@before("ec2", "DetachNetworkInterface")
def is_ours_to_detach(request):
    for interface in ec2._network_interfaces.values():
        attachment = (interface.get("Attachment") or {}).get("AttachmentId")
        if attachment and attachment == request.get("AttachmentId"):
            _is_ours(interface["NetworkInterfaceId"])


def _is_ours(interface_id) -> None:
    if (ec2._network_interfaces.get(interface_id) or {}).get("RequesterManaged"):
        raise Refused("AuthFailure", _NOT_YOURS)

"""Network interfaces: those a person makes, and those that come with what AWS runs in a subnet."""

import ipaddress
import random

from ministack.core.responses import get_account_id
from ministack.services import ec2

from overlay.ec2 import listing
from overlay.ec2.api import Refused, find, new_id, operation, tag_on_create, tags_of

_NOT_FOUND = ("InvalidNetworkInterfaceID.NotFound", "networkInterface ID")
_FIRST_FREE = 4


def make(subnet: dict, group_ids: list, description: str, kind: str = "interface", is_managed=False, address=None):
    """A new interface in a subnet, with an address from it."""
    interface_id = new_id("eni")
    interface = ec2._network_interfaces[interface_id] = {
        "NetworkInterfaceId": interface_id,
        "SubnetId": subnet["SubnetId"],
        "VpcId": subnet["VpcId"],
        "AvailabilityZone": subnet["AvailabilityZone"],
        "Description": description,
        "OwnerId": get_account_id(),
        "RequesterManaged": is_managed,
        "Status": "in-use" if is_managed else "available",
        "PrivateIpAddress": address or _free_address(subnet),
        "InterfaceType": kind,
        "SourceDestCheck": kind != "nat_gateway",
        "MacAddress": "02:" + ":".join(f"{random.randrange(256):02x}" for _ in range(5)),
        "Groups": groups(group_ids),
        "Attachment": None,
    }
    return interface


def groups(group_ids: list) -> list:
    return [{"GroupId": one, "GroupName": ec2._security_groups.get(one, {}).get("GroupName", "")} for one in group_ids]


def _free_address(subnet: dict) -> str:
    network = ipaddress.ip_network(subnet["CidrBlock"], strict=False)
    taken = {
        one["PrivateIpAddress"] for one in ec2._network_interfaces.values() if one["SubnetId"] == subnet["SubnetId"]
    }
    for offset in range(_FIRST_FREE, network.num_addresses - 1):
        candidate = str(network[offset])
        if candidate not in taken:
            return candidate
    where = f"There are not enough free addresses in subnet '{subnet['SubnetId']}'"
    message = f"{where} to satisfy the requested number of instances."
    raise Refused("InsufficientFreeAddressesInSubnet", message)


def attach(interface: dict, instance_id: str, index: int, delete_on_termination: bool) -> None:
    interface["Status"] = "in-use"
    interface["Attachment"] = {
        "AttachmentId": new_id("eni-attach"),
        "InstanceId": instance_id,
        "InstanceOwnerId": get_account_id(),
        "DeviceIndex": index,
        "Status": "attached",
        "AttachTime": ec2._now_ts(),
        "DeleteOnTermination": delete_on_termination,
    }


def of_instance(instance_id: str) -> list:
    found = [
        one
        for one in ec2._network_interfaces.values()
        if (one.get("Attachment") or {}).get("InstanceId") == instance_id
    ]
    return sorted(found, key=lambda one: one["Attachment"]["DeviceIndex"])


def primary_of(instance_id: str) -> dict:
    attached = of_instance(instance_id)
    if not attached:
        raise Refused("InvalidInstanceID", f"The instance '{instance_id}' has no network interface")
    return attached[0]


def association(interface_id: str):
    """The Elastic IP of an interface, as its own answer shows it."""
    for address in ec2._addresses.values():
        if address.get("NetworkInterfaceId") == interface_id:
            return {
                "AllocationId": address["AllocationId"],
                "AssociationId": address["AssociationId"],
                "IpOwnerId": get_account_id(),
                "PublicIp": address["PublicIp"],
                "PublicDnsName": public_name(address["PublicIp"]),
            }
    return None


def public_name(address: str) -> str:
    return f"ec2-{address.replace('.', '-')}.compute-1.amazonaws.com"


def view(interface: dict) -> dict:
    bound = association(interface["NetworkInterfaceId"])
    address = interface["PrivateIpAddress"]
    return {
        "NetworkInterfaceId": interface["NetworkInterfaceId"],
        "SubnetId": interface["SubnetId"],
        "VpcId": interface["VpcId"],
        "AvailabilityZone": interface.get("AvailabilityZone"),
        "Description": interface.get("Description", ""),
        "OwnerId": interface["OwnerId"],
        "RequesterManaged": bool(interface.get("RequesterManaged")),
        "Status": interface["Status"],
        "PrivateIpAddress": address,
        "PrivateIpAddresses": [{"PrivateIpAddress": address, "Primary": True, "Association": bound}],
        "SourceDestCheck": interface.get("SourceDestCheck", True),
        "InterfaceType": interface.get("InterfaceType", "interface"),
        "MacAddress": interface["MacAddress"],
        "Groups": interface.get("Groups", []),
        "Attachment": interface.get("Attachment"),
        "Association": bound,
        "TagSet": tags_of(interface["NetworkInterfaceId"]),
    }


def _tagged_view(interface: dict) -> dict:
    """The view under the name that filters by tag look for; the answer itself has it as TagSet."""
    shown = view(interface)
    return {**shown, "Tags": shown["TagSet"]}


@operation("DescribeNetworkInterfaces")
def describe(request):
    chosen = listing.only(ec2._network_interfaces, request.get("NetworkInterfaceIds"), *_NOT_FOUND)
    special = {"group-id": lambda one: [group["GroupId"] for group in one["Groups"]]}
    return listing.page("DescribeNetworkInterfaces", request, chosen, _tagged_view, "NetworkInterfaces", special)


@operation("CreateNetworkInterface")
def create(request):
    subnet = find(ec2._subnets, request.get("SubnetId", ""), "InvalidSubnetID.NotFound", "subnet ID")
    made = make(
        subnet, request.get("Groups", []), request.get("Description", ""), address=request.get("PrivateIpAddress")
    )
    tag_on_create(request, made["NetworkInterfaceId"], "network-interface")
    return {"NetworkInterface": view(made)}

"""What can be changed on an instance that stands."""

import base64

from ministack.services import ec2

from overlay.ec2 import interfaces
from overlay.ec2.api import find, operation, value_of
from overlay.ec2.instances import NOT_FOUND

# Members of ModifyInstanceAttribute that carry a value, and where the record keeps it.
_VALUES = {
    "DisableApiTermination": "DisableApiTermination",
    "DisableApiStop": "DisableApiStop",
    "EbsOptimized": "EbsOptimized",
    "SourceDestCheck": "SourceDestCheck",
    "InstanceType": "InstanceType",
    "InstanceInitiatedShutdownBehavior": "ShutdownBehavior",
}
_DEFAULTS = {"SourceDestCheck": True, "ShutdownBehavior": "stop"}


@operation("ModifyInstanceAttribute")
def modify(request):
    instance = find(ec2._instances, request.get("InstanceId", ""), *NOT_FOUND)
    for member, field in _VALUES.items():
        value = value_of(request.get(member))
        if value is not None:
            instance[field] = value
    if request.get("Groups"):
        _regroup(instance, request["Groups"])
    if request.get("UserData"):
        instance["UserData"] = value_of(request["UserData"], "")
    if request.get("Attribute") and "Value" in request:
        name = request["Attribute"][:1].upper() + request["Attribute"][1:]
        value = request["Value"]
        instance[_VALUES.get(name, name)] = {"true": True, "false": False}.get(value, value)
    for change in request.get("BlockDeviceMappings", []):
        for device in instance["BlockDeviceMappings"]:
            if device["DeviceName"] == change.get("DeviceName") and "Ebs" in change:
                device["Ebs"]["DeleteOnTermination"] = change["Ebs"].get("DeleteOnTermination", True)


def _regroup(instance: dict, group_ids: list) -> None:
    for group_id in group_ids:
        find(ec2._security_groups, group_id, "InvalidGroup.NotFound", "security group")
    instance["SecurityGroups"] = interfaces.groups(group_ids)
    interfaces.primary_of(instance["InstanceId"])["Groups"] = interfaces.groups(group_ids)


@operation("ModifyNetworkInterfaceAttribute")
def modify_interface(request):
    interface = find(
        ec2._network_interfaces,
        request.get("NetworkInterfaceId", ""),
        "InvalidNetworkInterfaceID.NotFound",
        "networkInterface ID",
    )
    if request.get("Groups"):
        interface["Groups"] = interfaces.groups(request["Groups"])
        instance = ec2._instances.get((interface.get("Attachment") or {}).get("InstanceId") or "")
        if instance is not None:
            instance["SecurityGroups"] = interfaces.groups(request["Groups"])
    if value_of(request.get("SourceDestCheck")) is not None:
        interface["SourceDestCheck"] = value_of(request["SourceDestCheck"])
    if request.get("Description"):
        interface["Description"] = value_of(request["Description"], "")


@operation("ModifyInstanceMetadataOptions")
def modify_metadata_options(request):
    instance = find(ec2._instances, request.get("InstanceId", ""), *NOT_FOUND)
    names = (
        "HttpTokens", "HttpPutResponseHopLimit", "HttpEndpoint", "HttpProtocolIpv6", "InstanceMetadataTags",
    )  # fmt: skip
    options = instance.setdefault("MetadataOptions", {"State": "applied"})
    options.update({name: request[name] for name in names if name in request})
    # The change shows at once; AWS calls it pending in the answer to the call alone.
    return {"InstanceId": instance["InstanceId"], "InstanceMetadataOptions": {**options, "State": "pending"}}


@operation("DescribeInstanceAttribute")
def describe(request):
    instance = find(ec2._instances, request.get("InstanceId", ""), *NOT_FOUND)
    wanted = request.get("Attribute", "")
    member = wanted[:1].upper() + wanted[1:]
    answer = {"InstanceId": instance["InstanceId"]}
    if member == "GroupSet":
        return {**answer, "Groups": instance.get("SecurityGroups", [])}
    if member == "UserData":
        text = instance.get("UserData")
        return {**answer, "UserData": {"Value": text} if text else {}}
    if member == "BlockDeviceMapping":
        return {**answer, "BlockDeviceMappings": instance.get("BlockDeviceMappings", [])}
    if member == "RootDeviceName":
        return {**answer, "RootDeviceName": {"Value": instance["RootDeviceName"]}}
    field = _VALUES.get(member, member)
    return {**answer, member: {"Value": instance.get(field, _DEFAULTS.get(field, False))}}


@operation("GetConsoleOutput")
def console_output(request):
    instance = find(ec2._instances, request.get("InstanceId", ""), *NOT_FOUND)
    text = base64.b64encode(b"reached target cloud-init\n").decode()
    return {"InstanceId": instance["InstanceId"], "Output": text, "Timestamp": instance["LaunchTime"]}


@operation("MonitorInstances")
def monitor(request):
    return _monitor(request, "enabled", "pending")


@operation("UnmonitorInstances")
def unmonitor(request):
    return _monitor(request, "disabled", "disabling")


def _monitor(request: dict, state: str, shown: str) -> dict:
    chosen = [find(ec2._instances, one, *NOT_FOUND) for one in request.get("InstanceIds", [])]
    for instance in chosen:
        instance["Monitoring"] = {"State": state}
    return {
        "InstanceMonitorings": [{"InstanceId": one["InstanceId"], "Monitoring": {"State": shown}} for one in chosen]
    }

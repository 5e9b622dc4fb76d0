"""Instances: launched, described, started, stopped and terminated."""

import time

from ministack.core.responses import get_account_id
from ministack.services import ec2

from overlay.ec2 import addresses, interfaces, launching, listing, states, templates
from overlay.ec2.api import Refused, find, operation, tags_of
from overlay.lag import clock, timeline

NOT_FOUND = ("InvalidInstanceID.NotFound", "instance ID")
# Called with the ids of instances that have ended; auto scaling listens.
ended = []
# ... and with the id of one that is gone for good.
gone = []


def view(instance: dict) -> dict:
    instance_id = instance["InstanceId"]
    is_gone = instance["State"]["Name"] == "terminated"
    attached = interfaces.of_instance(instance_id)
    public = instance.get("PublicIpAddress")
    shown = {
        "InstanceId": instance_id,
        "ImageId": instance["ImageId"],
        "InstanceType": instance["InstanceType"],
        "KeyName": instance.get("KeyName") or None,
        "State": instance["State"],
        "LaunchTime": instance["LaunchTime"],
        "Placement": instance["Placement"],
        "Architecture": instance["Architecture"],
        "RootDeviceType": instance["RootDeviceType"],
        "RootDeviceName": instance["RootDeviceName"],
        "Hypervisor": instance["Hypervisor"],
        "VirtualizationType": instance["Virtualization"],
        "Monitoring": instance["Monitoring"],
        "AmiLaunchIndex": instance["AmiLaunchIndex"],
        "ClientToken": instance.get("ClientToken", ""),
        "EbsOptimized": bool(instance.get("EbsOptimized")),
        "EnaSupport": True,
        "IamInstanceProfile": instance.get("IamInstanceProfile"),
        "MetadataOptions": instance.get("MetadataOptions"),
        "StateReason": instance.get("StateReason"),
        "StateTransitionReason": instance.get("StateTransitionReason", ""),
        "BlockDeviceMappings": [] if is_gone else instance.get("BlockDeviceMappings", []),
        "SecurityGroups": [] if is_gone else instance.get("SecurityGroups", []),
        "NetworkInterfaces": [_interface_view(one, public) for one in attached],
        "PrivateDnsName": "" if is_gone else instance["PrivateDnsName"],
        "PublicDnsName": interfaces.public_name(public) if public and not is_gone else "",
        "Tags": tags_of(instance_id),
    }
    if not is_gone:
        shown |= {name: instance[name] for name in ("SubnetId", "VpcId", "PrivateIpAddress")}
        shown |= {"PublicIpAddress": public, "SourceDestCheck": instance.get("SourceDestCheck", True)}
    return shown


def _interface_view(interface: dict, public) -> dict:
    shown = interfaces.view(interface)
    if public and not shown["Association"]:
        shown["Association"] = {"IpOwnerId": "amazon", "PublicIp": public}
        shown["PrivateIpAddresses"][0]["Association"] = shown["Association"]
    return shown


def _reservations(found: list) -> list:
    return [
        {
            "ReservationId": instance.get("ReservationId") or "r-" + instance["InstanceId"][2:],
            "OwnerId": get_account_id(),
            "Groups": [],
            "Instances": [view(instance)],
        }
        for instance in found
    ]


@operation("RunInstances")
def run(request):
    token = request.get("ClientToken")
    if token:
        same = [one for one in ec2._instances.values() if one.get("ClientToken") == token]
        if same:
            return _launched(same)
    return _launched(launching.launch(templates.filled(request)))


def _launched(records: list) -> dict:
    """The answer to a launch shows the instances pending, whatever they have become since."""
    shown = [{**view(one), "State": states.PENDING} for one in records]
    first = records[0]
    return {
        "ReservationId": first.get("ReservationId"),
        "OwnerId": get_account_id(),
        "Groups": [],
        "Instances": shown,
    }


_SPECIAL = {
    "instance-state-name": lambda one: [one["State"]["Name"]],
    "instance-state-code": lambda one: [one["State"]["Code"]],
    "availability-zone": lambda one: [one["Placement"]["AvailabilityZone"]],
    "instance.group-id": lambda one: [group["GroupId"] for group in one["SecurityGroups"]],
    "instance.group-name": lambda one: [group["GroupName"] for group in one["SecurityGroups"]],
    "iam-instance-profile.arn": lambda one: [(one["IamInstanceProfile"] or {}).get("Arn", "")],
    "private-ip-address": lambda one: [one.get("PrivateIpAddress", "")],
    "ip-address": lambda one: [one.get("PublicIpAddress") or ""],
    "network-interface.network-interface-id": lambda one: [
        interface["NetworkInterfaceId"] for interface in one["NetworkInterfaces"]
    ],
    "metadata-options.http-tokens": lambda one: [(one["MetadataOptions"] or {}).get("HttpTokens", "")],
}


@operation("DescribeInstances")
def describe(request):
    ec2._cleanup_terminated()
    wanted = request.get("InstanceIds")
    for one in wanted or []:
        if not ec2._INSTANCE_ID_RE.match(one):
            raise Refused("InvalidInstanceID.Malformed", f'Invalid id: "{one}"')
    chosen = listing.only(ec2._instances, wanted, *NOT_FOUND)
    paged = listing.page("DescribeInstances", request, chosen, view, "Instances", _SPECIAL)
    records = [ec2._instances[one["InstanceId"]] for one in paged.pop("Instances")]
    return {**paged, "Reservations": _reservations(records)}


@operation("DescribeInstanceStatus")
def describe_status(request):
    chosen = listing.only(ec2._instances, request.get("InstanceIds"), *NOT_FOUND)
    if not request.get("IncludeAllInstances"):
        chosen = {key: one for key, one in chosen.items() if one["State"]["Name"] == "running"}
    special = {"instance-state-name": lambda one: [one["InstanceState"]["Name"]]}
    return listing.page("DescribeInstanceStatus", request, chosen, _status_view, "InstanceStatuses", special)


def _status_view(instance: dict) -> dict:
    is_running = instance["State"]["Name"] == "running"
    is_checked = clock.now() >= instance.get("_checked_at", 0)
    status, details = ("ok", "passed") if is_checked else ("initializing", "initializing")
    check = {"Status": status, "Details": [{"Name": "reachability", "Status": details}]}
    check = check if is_running else {"Status": "not-applicable"}
    return {
        "InstanceId": instance["InstanceId"],
        "AvailabilityZone": instance["Placement"]["AvailabilityZone"],
        "InstanceState": instance["State"],
        "InstanceStatus": check,
        "SystemStatus": check,
    }


@operation("TerminateInstances")
def terminate(request):
    chosen = [find(ec2._instances, one, *NOT_FOUND) for one in request.get("InstanceIds", [])]
    for instance in chosen:
        if instance.get("DisableApiTermination") and instance["State"]["Name"] != "terminated":
            message = (
                f"The instance '{instance['InstanceId']}' may not be terminated. "
                "Modify its 'disableApiTermination' instance attribute and try again."
            )
            raise Refused("OperationNotPermitted", message)
    changes = [_change(one, states.SHUTTING_DOWN) for one in chosen]
    for instance in chosen:
        end(instance, "Client.UserInitiatedShutdown: User initiated shutdown")
    for listener in ended:
        listener([one["InstanceId"] for one in chosen])
    return {"TerminatingInstances": changes}


def end(instance: dict, reason: str) -> None:
    """Begin to take an instance down."""
    if instance["State"]["Name"] in ("shutting-down", "terminated"):
        return
    instance_id = instance["InstanceId"]
    instance["State"] = dict(states.SHUTTING_DOWN)
    instance["StateReason"] = {"Code": reason.split(":")[0], "Message": reason}
    states.tell(instance_id, "shutting-down")
    timeline.after("instance terminated", states.called(instance_id), "instance is gone", instance_id)


@timeline.happening("instance is gone")
def is_gone(instance_id: str) -> None:
    """With what goes when it goes."""
    instance = ec2._instances.get(instance_id)
    if instance is None or instance["State"]["Name"] == "terminated":
        return
    for address in ec2._addresses.values():
        if address.get("InstanceId") == instance_id:
            addresses.unbind(address)
    for interface in interfaces.of_instance(instance_id):
        if interface["Attachment"].get("DeleteOnTermination"):
            del ec2._network_interfaces[interface["NetworkInterfaceId"]]
        else:
            interface.update(Status="available", Attachment=None)
    for device in instance.get("BlockDeviceMappings", []):
        _release_volume(device["Ebs"])
    association = ec2._find_active_iam_instance_profile_association(instance_id)
    if association:
        ec2._mark_iam_instance_profile_association_disassociated(association)
    instance.update(State=dict(states.TERMINATED), _terminated_at=time.time(), PublicIpAddress=None)
    states.tell(instance_id, "terminated")
    for listener in gone:
        listener(instance_id)


def _release_volume(attached: dict) -> None:
    volume = ec2._volumes.get(attached["VolumeId"])
    if volume is None:
        return
    if attached.get("DeleteOnTermination", True):
        del ec2._volumes[attached["VolumeId"]]
        ec2._tags.pop(attached["VolumeId"], None)
    else:
        volume.update(State="available", Attachments=[])


def _change(instance: dict, state: dict) -> dict:
    previous = instance["State"]
    current = previous if previous["Name"] in ("shutting-down", "terminated") else state
    return {"InstanceId": instance["InstanceId"], "CurrentState": current, "PreviousState": dict(previous)}


@operation("StopInstances")
def stop(request):
    chosen = [find(ec2._instances, one, *NOT_FOUND) for one in request.get("InstanceIds", [])]
    changes = [_change(one, states.STOPPING) for one in chosen]
    for instance in chosen:
        if instance["State"]["Name"] in states.ENDING:
            continue
        instance["State"] = dict(states.STOPPING)
        states.tell(instance["InstanceId"], "stopping")
        called = states.called(instance["InstanceId"])
        timeline.after("instance stopped", called, "instance has stopped", instance["InstanceId"])
    return {"StoppingInstances": changes}


@operation("StartInstances")
def start(request):
    chosen = [find(ec2._instances, one, *NOT_FOUND) for one in request.get("InstanceIds", [])]
    changes = [_change(one, states.PENDING) for one in chosen]
    for instance in chosen:
        if instance["State"]["Name"] != "stopped":
            continue
        instance["State"] = dict(states.PENDING)
        states.tell(instance["InstanceId"], "pending")
        called = states.called(instance["InstanceId"])
        timeline.after("instance running", called, "instance runs", instance["InstanceId"])
    return {"StartingInstances": changes}

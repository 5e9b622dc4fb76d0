"""Keeping a group at its desired capacity, and telling what was done."""

import time
import uuid

from ministack.core.responses import get_account_id, get_region
from ministack.services import alb, autoscaling, ec2

from overlay.ec2 import api, instances, launching, templates
from overlay.elb import target_groups
from overlay.events import bus
from overlay.scaling import records

# How many activities a group remembers; AWS keeps six weeks of them.
_REMEMBERED = 100


def reconcile(group: dict) -> None:
    """Launch what is missing, end what is too much, take out what has died; suspended processes apart."""
    _drop_the_dead(group)
    wanted = group["DesiredCapacity"]
    counted = [one for one in group["Instances"] if one["LifecycleState"] == "InService"]
    if len(counted) < wanted and not records.is_suspended(group, "Launch"):
        for _ in range(wanted - len(counted)):
            _launch(group)
    if len(counted) > wanted and not records.is_suspended(group, "Terminate"):
        spare = [one for one in counted if not one["ProtectedFromScaleIn"]]
        for member in spare[: len(counted) - wanted]:
            remove(group, member, f"a user request changed the desired capacity to {wanted}")


def reconcile_all() -> None:
    for group in autoscaling._asgs.values():
        reconcile(group)


def instances_ended(instance_ids: list) -> None:
    for group in list(autoscaling._asgs.values()):
        if any(one["InstanceId"] in instance_ids for one in group["Instances"]):
            reconcile(group)


def _drop_the_dead(group: dict) -> None:
    for member in list(group["Instances"]):
        instance = ec2._instances.get(member["InstanceId"])
        is_dead = instance is None or instance["State"]["Name"] in ("terminated", "stopped")
        if is_dead and not records.is_suspended(group, "HealthCheck"):
            member["HealthStatus"] = "Unhealthy"
        is_held = records.is_suspended(group, "ReplaceUnhealthy") or records.is_suspended(group, "Terminate")
        if member["HealthStatus"] == "Unhealthy" and not is_held:
            remove(group, member, "an instance was taken out of service in response to an EC2 health check")


def _launch(group: dict) -> None:
    chosen = records.template_of(group)
    subnet_id = _emptiest(group)
    if chosen is None or subnet_id is None:
        return
    kinds = [one["InstanceType"] for one in chosen["overrides"] if one.get("InstanceType")]
    request = {"LaunchTemplate": chosen["template"], "MaxCount": 1}
    if kinds:
        request["InstanceType"] = kinds[0]
    try:
        asked = templates.filled(request)
        instance = launching.launch(_placed(asked, subnet_id, group))[0]
    except api.Refused as refusal:
        _activity(group, "Launching a new EC2 instance", "Failed", "an instance was to be launched", str(refusal))
        return
    version = templates.find_version(templates.find_template(chosen["template"]), chosen["template"].get("Version"))
    member = {
        "InstanceId": instance["InstanceId"],
        "InstanceType": instance["InstanceType"],
        "AvailabilityZone": instance["Placement"]["AvailabilityZone"],
        "LifecycleState": "InService",
        "HealthStatus": "Healthy",
        "ProtectedFromScaleIn": group["NewInstancesProtectedFromScaleIn"],
        "LaunchTemplate": {**_named(chosen["template"]), "Version": str(version["VersionNumber"])},
    }
    group["Instances"].append(member)
    if not records.is_suspended(group, "AddToLoadBalancer"):
        for arn in group.get("TargetGroupARNs", []):
            if arn in alb._tgs:
                target_groups.add(arn, instance["InstanceId"])
    text = f"Launching a new EC2 instance: {instance['InstanceId']}"
    _activity(
        group,
        text,
        "Successful",
        "an instance was started in response to a difference between desired and actual capacity",
    )
    _tell(group, "Launch", instance["InstanceId"], text)


def _named(template: dict) -> dict:
    found = templates.find_template(template)
    return {name: found[name] for name in ("LaunchTemplateId", "LaunchTemplateName")}


def _emptiest(group: dict):
    """The subnet with the fewest of the group's instances: that is what keeps zones balanced."""
    choices = [one for one in records.subnets(group) if one in ec2._subnets]
    members = [ec2._instances.get(one["InstanceId"], {}).get("SubnetId") for one in group["Instances"]]
    return min(choices, key=members.count) if choices else None


def _placed(asked: dict, subnet_id: str, group: dict) -> dict:
    """The request in that subnet, with the tags that the group hands on."""
    handed_on = [{"Key": tag["Key"], "Value": tag["Value"]} for tag in records.tags(group) if tag["PropagateAtLaunch"]]
    handed_on.append({"Key": "aws:autoscaling:groupName", "Value": group["AutoScalingGroupName"]})
    named = [{"ResourceType": "instance", "Tags": handed_on}]
    placed = {**asked, "SubnetId": subnet_id, "TagSpecifications": asked.get("TagSpecifications", []) + named}
    if asked.get("NetworkInterfaces"):
        placed["NetworkInterfaces"] = [
            {**one, "SubnetId": subnet_id} if not one.get("DeviceIndex") else one for one in asked["NetworkInterfaces"]
        ]
    return placed


def remove(group: dict, member: dict, why: str) -> None:
    """Take a member out of its target groups and end it."""
    for arn in group.get("TargetGroupARNs", []):
        target_groups.remove(arn, member["InstanceId"])
    group["Instances"].remove(member)
    instance = ec2._instances.get(member["InstanceId"])
    if instance is not None:
        instances.end(instance, "Client.UserInitiatedShutdown: User initiated shutdown")
    text = f"Terminating EC2 instance: {member['InstanceId']}"
    _activity(group, text, "Successful", why)
    _tell(group, "Terminate", member["InstanceId"], text)


def _activity(group: dict, text: str, status: str, why: str, message: str = "") -> dict:
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    activity = {
        "ActivityId": str(uuid.uuid4()),
        "AutoScalingGroupName": group["AutoScalingGroupName"],
        "AutoScalingGroupARN": group["AutoScalingGroupARN"],
        "Description": text,
        "Cause": f"At {now} {why}.",
        "StartTime": now,
        "EndTime": now,
        "StatusCode": status,
        "StatusMessage": message or None,
        "Progress": 100,
        "Details": "{}",
    }
    group["Activities"] = [activity, *group.get("Activities", [])][:_REMEMBERED]
    return activity


def _tell(group: dict, what: str, instance_id: str, text: str) -> None:
    account, region = get_account_id(), get_region()
    name = group["AutoScalingGroupName"]
    detail = {
        "AutoScalingGroupName": name,
        "EC2InstanceId": instance_id,
        "Description": text,
        "Cause": group["Activities"][0]["Cause"],
        "StatusCode": "InProgress",
        "Details": {},
    }
    arns = [group["AutoScalingGroupARN"], f"arn:aws:ec2:{region}:{account}:instance/{instance_id}"]
    kind = f"EC2 Instance {what} Successful"
    bus.later(account, region, lambda: bus.publish("aws.autoscaling", kind, detail, arns))

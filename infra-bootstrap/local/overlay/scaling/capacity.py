"""Keeping a group at its desired capacity, and telling what was done."""

import time
import uuid

from ministack.core.responses import get_account_id, get_region
from ministack.services import alb, autoscaling, ec2

from overlay.ec2 import api, instances, launching, states, templates
from overlay.elb import target_groups
from overlay.events import bus
from overlay.lag import timeline
from overlay.scaling import records

# How many activities a group remembers; AWS keeps six weeks of them.
_REMEMBERED = 100
# Called with a group in which a member has come into service; refreshes go on then.
served = []


def reconcile(group: dict) -> None:
    """Launch what is missing, end what is too much, take out what has died; suspended processes apart."""
    if group.get("Status"):
        return
    _drop_the_dead(group)
    # A refresh may have more than desired for a while, so that capacity is never less.
    wanted = group["DesiredCapacity"] + group.get("_Extra", 0)
    counted = records.staying(group)
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
    for member in records.staying(group):
        instance = ec2._instances.get(member["InstanceId"])
        is_dead = instance is None or instance["State"]["Name"] in states.ENDING
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
        "LifecycleState": "Pending",
        "HealthStatus": "Healthy",
        "ProtectedFromScaleIn": group["NewInstancesProtectedFromScaleIn"],
        "LaunchTemplate": {**_named(chosen["template"]), "Version": str(version["VersionNumber"])},
    }
    group["Instances"].append(member)
    text = f"Launching a new EC2 instance: {instance['InstanceId']}"
    why = "an instance was started in response to a difference between desired and actual capacity"
    activity = _activity(group, text, "InProgress", why)
    activity.update(EndTime=None, Progress=50)
    about = f"{group['AutoScalingGroupName']} {instance['InstanceId']}"
    timeline.after("group member in service", group["AutoScalingGroupName"], "group member serves", about)


@timeline.happening("group member serves")
def serves(about: str) -> None:
    """A member that has come up is counted, is put to work, and told of."""
    name, _, instance_id = about.rpartition(" ")
    group = autoscaling._asgs.get(name)
    member = next((one for one in group["Instances"] if one["InstanceId"] == instance_id), None) if group else None
    if member is None or member["LifecycleState"] != "Pending":
        return
    # It cannot serve before it runs, whatever was drawn for the two.
    states.turn(instance_id, "pending", states.RUNNING)
    member["LifecycleState"] = "InService"
    if not records.is_suspended(group, "AddToLoadBalancer"):
        for arn in group.get("TargetGroupARNs", []):
            if arn in alb._tgs:
                target_groups.add(arn, instance_id)
    text = f"Launching a new EC2 instance: {instance_id}"
    for activity in group.get("Activities", []):
        if activity["Description"] == text:
            activity.update(StatusCode="Successful", Progress=100, EndTime=_now())
    _tell(group, "Launch", instance_id, text)
    for listener in served:
        listener(group)


def _named(template: dict) -> dict:
    found = templates.find_template(template)
    return {name: found[name] for name in ("LaunchTemplateId", "LaunchTemplateName")}


def _emptiest(group: dict):
    """The subnet with the fewest of the group's instances: that is what keeps zones balanced."""
    choices = [one for one in records.subnets(group) if one in ec2._subnets]
    members = [ec2._instances.get(one["InstanceId"], {}).get("SubnetId") for one in records.staying(group)]
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
    """Take a member out of its target groups and end it; it is listed until its instance is gone."""
    for arn in group.get("TargetGroupARNs", []):
        target_groups.remove(arn, member["InstanceId"])
    member["LifecycleState"] = "Terminating"
    instance = ec2._instances.get(member["InstanceId"])
    if instance is None or instance["State"]["Name"] == "terminated":
        group["Instances"].remove(member)
    else:
        instances.end(instance, "Client.UserInitiatedShutdown: User initiated shutdown")
    text = f"Terminating EC2 instance: {member['InstanceId']}"
    _activity(group, text, "Successful", why)
    _tell(group, "Terminate", member["InstanceId"], text)


def instance_is_gone(instance_id: str) -> None:
    """A member that was being terminated is listed no longer; a group that was being deleted goes with its last."""
    for name, group in list(autoscaling._asgs.items()):
        group["Instances"] = [
            one
            for one in group["Instances"]
            if one["InstanceId"] != instance_id or one["LifecycleState"] != "Terminating"
        ]
        if group.get("Status") and not group["Instances"]:
            forget(name)


def forget(name: str) -> None:
    for store in (autoscaling._asgs, autoscaling._tags):
        store.pop(name, None)
    autoscaling._delete_group_hooks(name)
    autoscaling._delete_group_policies(name)


def _activity(group: dict, text: str, status: str, why: str, message: str = "") -> dict:
    now = _now()
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


def _now() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


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

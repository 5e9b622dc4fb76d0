"""Groups: every field that was set, tags, processes and metrics."""

from ministack.core.responses import get_region
from ministack.services import alb, autoscaling, ec2

from overlay import query
from overlay.ec2 import api, templates
from overlay.lag import settling
from overlay.query import Refused
from overlay.scaling import capacity, records
from overlay.scaling.records import find, operation
from overlay.scaling.settings import put_tags

_DEFAULTS = {
    "DefaultCooldown": 300,
    "HealthCheckType": "EC2",
    "HealthCheckGracePeriod": 0,
    "VPCZoneIdentifier": "",
    "NewInstancesProtectedFromScaleIn": False,
}
_OPTIONAL = (
    "LaunchTemplate", "MixedInstancesPolicy", "CapacityRebalance", "MaxInstanceLifetime", "DefaultInstanceWarmup",
    "InstanceMaintenancePolicy", "ServiceLinkedRoleARN", "PlacementGroup", "DesiredCapacityType", "Context",
    "AvailabilityZoneDistribution", "AvailabilityZoneImpairmentPolicy", "LaunchConfigurationName",
)  # fmt: skip
_LISTS = ("TerminationPolicies", "TargetGroupARNs", "LoadBalancerNames")


def view(group: dict) -> dict:
    names = ("AutoScalingGroupName", "AutoScalingGroupARN", "MinSize", "MaxSize", "DesiredCapacity", "CreatedTime")
    return {
        **{name: group[name] for name in (*names, *_DEFAULTS)},
        **{name: group[name] for name in _OPTIONAL if group.get(name) not in (None, "", {})},
        **{name: group.get(name, []) for name in _LISTS},
        "AvailabilityZones": group["AvailabilityZones"],
        "Instances": group["Instances"],
        "SuspendedProcesses": group.get("SuspendedProcesses", []),
        "EnabledMetrics": group.get("EnabledMetrics", []),
        "Tags": [records.tag_view(group, one) for one in records.tags(group)],
        "Status": group.get("Status") or None,
        "TrafficSources": [{"Identifier": one, "Type": "elbv2"} for one in group.get("TargetGroupARNs", [])],
    }


def _zones(group: dict) -> list:
    placed = {ec2._subnets[one]["AvailabilityZone"] for one in records.subnets(group) if one in ec2._subnets}
    return sorted(placed) or [f"{get_region()}a"]


def _settle(asked) -> None:
    """Write a template named by id or name with both, as AWS shows it."""
    if asked:
        found = _template(asked)
        asked["LaunchTemplateId"], asked["LaunchTemplateName"] = found["LaunchTemplateId"], found["LaunchTemplateName"]
        asked.setdefault("Version", "$Default")


def _template(asked: dict) -> dict:
    try:
        found = templates.find_template(asked)
        version = templates.find_version(found, asked.get("Version"))
    except api.Refused as refusal:
        raise Refused("ValidationError", f"You must use a valid fully-formed launch template. {refusal}") from refusal
    unknown = settling.unknown_profile(version["LaunchTemplateData"].get("IamInstanceProfile"))
    if unknown:
        raise Refused("ValidationError", f"You must use a valid fully-formed launch template. {unknown}")
    return found


def _apply(group: dict, request: dict) -> None:
    group.update({name: request[name] for name in (*_DEFAULTS, *_OPTIONAL, *_LISTS) if name in request})
    if "LaunchTemplate" in request:
        group["MixedInstancesPolicy"] = None
        _settle(group["LaunchTemplate"])
    if "MixedInstancesPolicy" in request:
        group["LaunchTemplate"] = None
        _settle(group["MixedInstancesPolicy"]["LaunchTemplate"]["LaunchTemplateSpecification"])
    for subnet_id in records.subnets(group):
        if subnet_id not in ec2._subnets:
            raise Refused("ValidationError", f"The subnet ID '{subnet_id}' does not exist")
    for name in ("MinSize", "MaxSize", "DesiredCapacity"):
        if name in request:
            group[name] = int(request[name])
    if group["MinSize"] > group["MaxSize"]:
        message = f"Max bound, {group['MaxSize']}, must be greater than or equal to min bound, {group['MinSize']}"
        raise Refused("ValidationError", message)
    group["DesiredCapacity"] = min(max(group["DesiredCapacity"], group["MinSize"]), group["MaxSize"])
    group["AvailabilityZones"] = request.get("AvailabilityZones") or _zones(group)


@operation("CreateAutoScalingGroup")
def create(request):
    name = request.get("AutoScalingGroupName", "")
    if name in autoscaling._asgs:
        message = f"AutoScalingGroup by this name already exists - A group with the name {name} already exists"
        raise Refused("AlreadyExists", message)
    for arn in request.get("TargetGroupARNs", []):
        if arn not in alb._tgs:
            raise Refused("ValidationError", f"Provided Target Group '{arn}' may not be valid")
    group = {
        "AutoScalingGroupName": name,
        "AutoScalingGroupARN": autoscaling._asg_arn(name),
        "MinSize": 0,
        "MaxSize": 0,
        "DesiredCapacity": int(request.get("DesiredCapacity", request.get("MinSize", 0))),
        "CreatedTime": autoscaling.now_iso(),
        "Instances": [],
        "TerminationPolicies": ["Default"],
        **_DEFAULTS,
    }
    _apply(group, request)
    autoscaling._asgs[name] = group
    autoscaling._tags[name] = []
    put_tags(name, request.get("Tags", []))
    capacity.reconcile(group)


@operation("UpdateAutoScalingGroup")
def update(request):
    group = find(request.get("AutoScalingGroupName", ""))
    changed = dict(group)
    _apply(changed, request)
    group.update(changed)
    capacity.reconcile(group)


@operation("DescribeAutoScalingGroups")
def describe(request):
    capacity.reconcile_all()
    wanted = request.get("AutoScalingGroupNames")
    found = [one for one in autoscaling._asgs.values() if not wanted or one["AutoScalingGroupName"] in wanted]
    views = [one for one in map(view, found) if _matches(one, request.get("Filters", []))]
    return query.page(request, views, "AutoScalingGroups")


def _matches(group: dict, filters: list) -> bool:
    """Filters by tag: tag-key, tag-value, tag:<key>."""
    for condition in filters:
        name, wanted = condition["Name"], condition.get("Values", [])
        if name == "tag-key":
            have = [one["Key"] for one in group["Tags"]]
        elif name == "tag-value":
            have = [one["Value"] for one in group["Tags"]]
        elif name.startswith("tag:"):
            have = [one["Value"] for one in group["Tags"] if one["Key"] == name[4:]]
        else:
            raise Refused("ValidationError", f"The filter name {name} is not valid")
        if not set(have) & set(wanted):
            return False
    return True


@operation("DescribeAutoScalingInstances")
def describe_instances(request):
    capacity.reconcile_all()
    wanted = request.get("InstanceIds")
    found = [
        {
            **member,
            "AutoScalingGroupName": group["AutoScalingGroupName"],
            "HealthStatus": member["HealthStatus"].upper(),
        }
        for group in autoscaling._asgs.values()
        for member in group["Instances"]
        if not wanted or member["InstanceId"] in wanted
    ]
    return query.page(request, found, "AutoScalingInstances", default=50)


@operation("DescribeScalingActivities")
def describe_activities(request):
    name = request.get("AutoScalingGroupName")
    groups = [find(name)] if name else list(autoscaling._asgs.values())
    return query.page(request, [one for group in groups for one in group.get("Activities", [])], "Activities")


@operation("SetDesiredCapacity")
def set_desired(request):
    group = find(request.get("AutoScalingGroupName", ""))
    wanted = int(request["DesiredCapacity"])
    if not group["MinSize"] <= wanted <= group["MaxSize"]:
        side = "above max" if wanted > group["MaxSize"] else "below min"
        raise Refused(
            "ValidationError", f"New SetDesiredCapacity value {wanted} is {side} value for the AutoScalingGroup."
        )
    group["DesiredCapacity"] = wanted
    capacity.reconcile(group)


@operation("TerminateInstanceInAutoScalingGroup")
def terminate(request):
    wanted = request.get("InstanceId")
    for group in autoscaling._asgs.values():
        for member in records.staying(group):
            if member["InstanceId"] == wanted:
                if request.get("ShouldDecrementDesiredCapacity"):
                    group["DesiredCapacity"] -= 1
                capacity.remove(group, member, "an instance was taken out of service in response to a user request")
                activity = group["Activities"][0]
                capacity.reconcile(group)
                return {"Activity": {**activity, "StatusCode": "InProgress", "Progress": 0, "EndTime": None}}
    raise Refused("ValidationError", f"Instance Id not found - No managed instance found for instance ID: {wanted}")


@operation("SetInstanceHealth")
def set_health(request):
    for group in autoscaling._asgs.values():
        for member in group["Instances"]:
            if member["InstanceId"] == request.get("InstanceId"):
                member["HealthStatus"] = request["HealthStatus"]
                return capacity.reconcile(group)
    raise Refused("ValidationError", f"Instance Id not found - {request.get('InstanceId')}")


@operation("DeleteAutoScalingGroup")
def delete(request):
    name = request.get("AutoScalingGroupName", "")
    group = find(name)
    if group["Instances"] and not request.get("ForceDelete"):
        message = (
            "You cannot delete an AutoScalingGroup while there are instances or pending Spot instance request(s) "
            "still in the group."
        )
        raise Refused("ResourceInUse", message)
    group.update(Status="Delete in progress", MinSize=0, DesiredCapacity=0)
    for member in records.staying(group):
        capacity.remove(group, member, "the group was deleted")
    if not group["Instances"]:
        capacity.forget(name)

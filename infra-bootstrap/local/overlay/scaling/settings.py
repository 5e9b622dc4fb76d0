"""What is set on a group that stands: its target groups, processes, metrics and tags."""

from ministack.services import autoscaling

from overlay import query
from overlay.elb import target_groups
from overlay.scaling import capacity, records
from overlay.scaling.records import find, operation

_PROCESSES = (
    "Launch", "Terminate", "AddToLoadBalancer", "AlarmNotification", "AZRebalance", "HealthCheck",
    "InstanceRefresh", "ReplaceUnhealthy", "ScheduledActions",
)  # fmt: skip
_METRICS = (
    "GroupMinSize", "GroupMaxSize", "GroupDesiredCapacity", "GroupInServiceInstances", "GroupPendingInstances",
    "GroupStandbyInstances", "GroupTerminatingInstances", "GroupTotalInstances", "GroupInServiceCapacity",
    "GroupPendingCapacity", "GroupStandbyCapacity", "GroupTerminatingCapacity", "GroupTotalCapacity",
)  # fmt: skip


@operation("AttachLoadBalancerTargetGroups")
def attach_target_groups(request):
    group = find(request.get("AutoScalingGroupName", ""))
    for arn in request.get("TargetGroupARNs", []):
        if arn not in group.setdefault("TargetGroupARNs", []):
            group["TargetGroupARNs"].append(arn)
        for member in group["Instances"]:
            target_groups.add(arn, member["InstanceId"])


@operation("DetachLoadBalancerTargetGroups")
def detach_target_groups(request):
    group = find(request.get("AutoScalingGroupName", ""))
    for arn in request.get("TargetGroupARNs", []):
        group["TargetGroupARNs"] = [one for one in group.get("TargetGroupARNs", []) if one != arn]
        for member in group["Instances"]:
            target_groups.remove(arn, member["InstanceId"])


@operation("SuspendProcesses")
def suspend(request):
    group = find(request.get("AutoScalingGroupName", ""))
    have = {one["ProcessName"]: one for one in group.get("SuspendedProcesses", [])}
    for name in request.get("ScalingProcesses") or _PROCESSES:
        have.setdefault(name, {"ProcessName": name, "SuspensionReason": f"User suspended at {autoscaling.now_iso()}"})
    group["SuspendedProcesses"] = list(have.values())


@operation("ResumeProcesses")
def resume(request):
    group = find(request.get("AutoScalingGroupName", ""))
    names = request.get("ScalingProcesses") or _PROCESSES
    group["SuspendedProcesses"] = [
        one for one in group.get("SuspendedProcesses", []) if one["ProcessName"] not in names
    ]
    capacity.reconcile(group)


@operation("EnableMetricsCollection")
def enable_metrics(request):
    group = find(request.get("AutoScalingGroupName", ""))
    names = {one["Metric"] for one in group.get("EnabledMetrics", [])} | set(request.get("Metrics") or _METRICS)
    group["EnabledMetrics"] = [
        {"Metric": one, "Granularity": request.get("Granularity", "1Minute")} for one in sorted(names)
    ]


@operation("DisableMetricsCollection")
def disable_metrics(request):
    group = find(request.get("AutoScalingGroupName", ""))
    gone = request.get("Metrics") or _METRICS
    group["EnabledMetrics"] = [one for one in group.get("EnabledMetrics", []) if one["Metric"] not in gone]


def put_tags(name: str, tags: list) -> None:
    have = {one["Key"]: one for one in autoscaling._tags.get(name) or []}
    for tag in tags:
        have[tag["Key"]] = {
            "Key": tag["Key"],
            "Value": tag.get("Value", ""),
            "PropagateAtLaunch": bool(tag.get("PropagateAtLaunch")),
            "ResourceId": name,
            "ResourceType": "auto-scaling-group",
        }
    autoscaling._tags[name] = list(have.values())


@operation("CreateOrUpdateTags")
def create_or_update_tags(request):
    for tag in request.get("Tags", []):
        find(tag.get("ResourceId", ""))
        put_tags(tag["ResourceId"], [tag])


@operation("DeleteTags")
def delete_tags(request):
    for tag in request.get("Tags", []):
        name = tag.get("ResourceId", "")
        find(name)
        autoscaling._tags[name] = [one for one in autoscaling._tags.get(name) or [] if one["Key"] != tag["Key"]]


@operation("DescribeTags")
def describe_tags(request):
    fields = {
        "auto-scaling-group": "ResourceId",
        "key": "Key",
        "value": "Value",
        "propagate-at-launch": "PropagateAtLaunch",
    }
    found = [records.tag_view(group, tag) for group in autoscaling._asgs.values() for tag in records.tags(group)]
    for condition in request.get("Filters", []):
        field, wanted = fields[condition["Name"]], condition.get("Values", [])
        found = [one for one in found if str(one[field]).replace("True", "true").replace("False", "false") in wanted]
    return query.page(request, found, "Tags")

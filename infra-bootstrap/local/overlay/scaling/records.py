"""A group's record, as the operations share it."""

from ministack.services import autoscaling

from overlay import query
from overlay.query import Refused

operation = query.operations("autoscaling", autoscaling._ACTION_MAP)


def find(name: str) -> dict:
    group = autoscaling._asgs.get(name)
    if group is None:
        raise Refused("ValidationError", f"AutoScalingGroup name not found - AutoScalingGroup '{name}' not found")
    return group


def staying(group: dict) -> list:
    """The members that are not on their way out."""
    return [one for one in group["Instances"] if one["LifecycleState"] != "Terminating"]


def is_suspended(group: dict, process: str) -> bool:
    return any(one["ProcessName"] == process for one in group.get("SuspendedProcesses", []))


def subnets(group: dict) -> list:
    return [one for one in group.get("VPCZoneIdentifier", "").replace(" ", "").split(",") if one]


def tags(group: dict) -> list:
    return autoscaling._tags.get(group["AutoScalingGroupName"]) or []


def template_of(group: dict) -> dict | None:
    """The launch template a group launches from, with the first override's type if there is one."""
    if group.get("LaunchTemplate"):
        return {"template": group["LaunchTemplate"], "overrides": []}
    mixed = (group.get("MixedInstancesPolicy") or {}).get("LaunchTemplate")
    if mixed:
        return {"template": mixed["LaunchTemplateSpecification"], "overrides": mixed.get("Overrides", [])}
    return None


def tag_view(group: dict, tag: dict) -> dict:
    return {"ResourceId": group["AutoScalingGroupName"], "ResourceType": "auto-scaling-group", **tag}

"""Instance refreshes: instances are replaced one after another, each when the one before is in service."""

from ministack.core.responses import new_uuid
from ministack.services import autoscaling

from overlay import query
from overlay.ec2 import templates
from overlay.query import Refused
from overlay.scaling import capacity, records
from overlay.scaling.records import find, operation

_UNDER_WAY = ("Pending", "InProgress")
_WHY = "an instance was taken out of service in response to an instance refresh"
_NONE_OVER = 100


@operation("StartInstanceRefresh")
def start(request):
    group = find(request.get("AutoScalingGroupName", ""))
    if _active(group):
        message = "An Instance Refresh is already in progress and blocks the execution of this Instance Refresh."
        raise Refused("InstanceRefreshInProgress", message)
    preferences = request.get("Preferences", {})
    outdated = _outdated(group, preferences)
    refresh = {
        "InstanceRefreshId": new_uuid(),
        "AutoScalingGroupName": group["AutoScalingGroupName"],
        "Status": "InProgress",
        "StartTime": autoscaling.now_iso(),
        "EndTime": None,
        "PercentageComplete": 0,
        "InstancesToUpdate": len(outdated),
        "Preferences": preferences,
        "_Left": [one["InstanceId"] for one in outdated],
        "_All": len(outdated),
    }
    group["InstanceRefreshes"] = [refresh, *group.get("InstanceRefreshes", [])]
    go_on(group)
    return {"InstanceRefreshId": refresh["InstanceRefreshId"]}


def _outdated(group: dict, preferences: dict) -> list:
    chosen = records.template_of(group)
    if not (chosen and preferences.get("SkipMatching")):
        return records.staying(group)
    version = templates.find_version(templates.find_template(chosen["template"]), chosen["template"].get("Version"))
    current = str(version["VersionNumber"])
    return [one for one in records.staying(group) if one["LaunchTemplate"]["Version"] != current]


def _active(group: dict):
    return next((one for one in group.get("InstanceRefreshes", []) if one["Status"] in _UNDER_WAY), None)


def go_on(group: dict) -> None:
    """Replace the next instance, if all that should be in service is."""
    refresh = _active(group)
    if refresh is None or any(one["LifecycleState"] == "Pending" for one in records.staying(group)):
        return
    standing = {one["InstanceId"]: one for one in records.staying(group)}
    refresh["_Left"] = left = [one for one in refresh["_Left"] if one in standing]
    refresh["InstancesToUpdate"] = len(left)
    if not left:
        _end(group, refresh, "Successful", "Refresh completed")
        return
    refresh["PercentageComplete"] = 100 * (refresh["_All"] - len(left)) // refresh["_All"]
    may_exceed = (refresh["Preferences"].get("MaxHealthyPercentage") or _NONE_OVER) > _NONE_OVER
    if may_exceed and not group.get("_Extra"):
        group["_Extra"] = 1
        capacity.reconcile(group)
        return
    if len(left) == 1:
        group["_Extra"] = 0
    capacity.remove(group, standing[left[0]], _WHY)
    before = len(records.staying(group))
    capacity.reconcile(group)
    if len(records.staying(group)) == before:
        # Nothing comes up in its place, so nothing will call again.
        go_on(group)


def _end(group: dict, refresh: dict, status: str, why: str) -> None:
    group["_Extra"] = 0
    refresh.update(Status=status, StatusReason=why, EndTime=autoscaling.now_iso())
    if status == "Successful":
        refresh["PercentageComplete"] = 100


@operation("CancelInstanceRefresh")
def cancel(request):
    group = find(request.get("AutoScalingGroupName", ""))
    refresh = _active(group)
    if refresh is None:
        raise Refused("ActiveInstanceRefreshNotFound", "No active instance refresh found for the group.")
    _end(group, refresh, "Cancelled", "Cancelled due to user request.")
    capacity.reconcile(group)
    return {"InstanceRefreshId": refresh["InstanceRefreshId"]}


@operation("DescribeInstanceRefreshes")
def describe(request):
    group = find(request.get("AutoScalingGroupName", ""))
    wanted = request.get("InstanceRefreshIds")
    found = [
        {name: value for name, value in one.items() if not name.startswith("_")}
        for one in group.get("InstanceRefreshes", [])
        if not wanted or one["InstanceRefreshId"] in wanted
    ]
    return query.page(request, found, "InstanceRefreshes")

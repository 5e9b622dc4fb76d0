"""Instance refreshes: instances of another version of the template are replaced, at once."""

from ministack.core.responses import new_uuid
from ministack.services import autoscaling

from overlay.ec2 import templates
from overlay.scaling import capacity, records
from overlay.scaling.records import find, operation


@operation("StartInstanceRefresh")
def start(request):
    group = find(request.get("AutoScalingGroupName", ""))
    preferences = request.get("Preferences", {})
    chosen = records.template_of(group)
    outdated = list(group["Instances"])
    if chosen and preferences.get("SkipMatching"):
        version = templates.find_version(
            templates.find_template(chosen["template"]), chosen["template"].get("Version")
        )
        current = str(version["VersionNumber"])
        outdated = [one for one in outdated if one["LaunchTemplate"]["Version"] != current]
    for member in outdated:
        capacity.remove(group, member, "an instance was taken out of service in response to an instance refresh")
    capacity.reconcile(group)
    now = autoscaling.now_iso()
    refresh = {
        "InstanceRefreshId": new_uuid(),
        "AutoScalingGroupName": group["AutoScalingGroupName"],
        "Status": "Successful",
        "StatusReason": "Refresh completed",
        "StartTime": now,
        "EndTime": now,
        "PercentageComplete": 100,
        "InstancesToUpdate": 0,
        "Preferences": preferences,
    }
    group["InstanceRefreshes"] = [refresh, *group.get("InstanceRefreshes", [])]
    return {"InstanceRefreshId": refresh["InstanceRefreshId"]}

"""Scaling policies as they are described."""

from ministack.services import autoscaling

from overlay import query
from overlay.scaling.records import operation


@operation("DescribePolicies")
def describe(request):
    group, names = request.get("AutoScalingGroupName"), request.get("PolicyNames")
    kinds = request.get("PolicyTypes")
    found = [
        {"Enabled": True, "StepAdjustments": [], "Alarms": [], **one}
        for one in autoscaling._policies.values()
        if (not group or one["AutoScalingGroupName"] == group)
        and (not names or one["PolicyName"] in names or one["PolicyARN"] in names)
        and (not kinds or one.get("PolicyType") in kinds)
    ]
    return query.page(request, found, "ScalingPolicies", default=50)

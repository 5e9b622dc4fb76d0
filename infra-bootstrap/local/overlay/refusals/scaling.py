"""Auto Scaling: a size within its bounds, something to launch, groups in number.

https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_CreateAutoScalingGroup.html
"""

from ministack.services import alb, autoscaling

from overlay import quotas
from overlay.query import Refused
from overlay.refusals.guards import before

_SOURCES = ("LaunchTemplate", "LaunchConfigurationName", "InstanceId", "MixedInstancesPolicy")
_HEALTH = ("EC2", "ELB", "EBS", "VPC_LATTICE")


@before("autoscaling", "CreateAutoScalingGroup")
def can_be_created(request):
    name = request.get("AutoScalingGroupName", "")
    if name in autoscaling._asgs:
        return
    if sum(1 for one in _SOURCES if request.get(one)) != 1:
        message = (
            "Valid requests must contain either LaunchTemplate, LaunchConfigurationName, InstanceId or "
            "MixedInstancesPolicy parameter."
        )
        raise Refused("ValidationError", message)
    if not request.get("VPCZoneIdentifier") and not request.get("AvailabilityZones"):
        message = "At least one Availability Zone or VPC Subnet is required."
        raise Refused("ValidationError", message)
    if len(autoscaling._asgs) >= quotas.limit("auto_scaling_groups"):
        raise Refused("LimitExceeded", f"AutoScalingGroup limit exceeded: {quotas.limit('auto_scaling_groups')}")
    _check(request, {})


@before("autoscaling", "UpdateAutoScalingGroup")
def can_be_updated(request):
    _check(request, autoscaling._asgs.get(request.get("AutoScalingGroupName", ""), {}))


def _check(request: dict, group: dict) -> None:
    least, most = (int(request.get(name, group.get(name, 0))) for name in ("MinSize", "MaxSize"))
    wanted = request.get("DesiredCapacity")
    if wanted is not None and not least <= int(wanted) <= most:
        message = f"Desired capacity:{wanted} must be between the specified min size:{least} and max size:{most}"
        raise Refused("ValidationError", message)
    for kind in str(request.get("HealthCheckType") or "EC2").split(","):
        if kind not in _HEALTH:
            raise Refused("ValidationError", f"The specified health check type {kind} is not valid")


@before("autoscaling", "AttachLoadBalancerTargetGroups")
def its_targets_exist(request):
    for arn in request.get("TargetGroupARNs", []):
        if arn not in alb._tgs:
            raise Refused(
                "ValidationError", f"Provided Target Groups may not be valid. Please ensure they exist: {arn}"
            )


@before("autoscaling", "PutScalingPolicy")
def its_group_exists(request):
    name = request.get("AutoScalingGroupName", "")
    if name not in autoscaling._asgs:
        raise Refused("ValidationError", f"Group {name} not found")
    text = request.get("PolicyType", "SimpleScaling")
    if text == "TargetTrackingScaling" and not request.get("TargetTrackingConfiguration"):
        raise Refused("ValidationError", "TargetTrackingConfiguration must be specified for this policy type")


@before("autoscaling", "CreateOrUpdateTags", "CreateAutoScalingGroup")
def tags_are_proper(request):
    for tag in request.get("Tags", []):
        if tag["Key"].lower().startswith("aws:"):
            raise Refused("ValidationError", f"Tag key {tag['Key']} is invalid: 'aws:' is a reserved prefix")

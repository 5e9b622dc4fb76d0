"""Target groups and the health of what is registered in them."""

from ministack.core.responses import get_account_id, get_region
from ministack.services import alb, ec2

from overlay import query
from overlay.elb.load_balancers import operation
from overlay.lag import settling
from overlay.query import Refused

_ATTRIBUTES = {
    "deregistration_delay.timeout_seconds": "300",
    "load_balancing.algorithm.anomaly_mitigation": "off",
    "load_balancing.algorithm.type": "round_robin",
    "load_balancing.cross_zone.enabled": "use_load_balancer_configuration",
    "slow_start.duration_seconds": "0",
    "stickiness.app_cookie.cookie_name": "",
    "stickiness.app_cookie.duration_seconds": "86400",
    "stickiness.enabled": "false",
    "stickiness.lb_cookie.duration_seconds": "86400",
    "stickiness.type": "lb_cookie",
    "target_group_health.dns_failover.minimum_healthy_targets.count": "1",
    "target_group_health.dns_failover.minimum_healthy_targets.percentage": "off",
    "target_group_health.unhealthy_state_routing.minimum_healthy_targets.count": "1",
    "target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage": "off",
}
_DEFAULTS = {
    "Protocol": "HTTP",
    "Port": 80,
    "ProtocolVersion": "HTTP1",
    "VpcId": "",
    "TargetType": "instance",
    "IpAddressType": "ipv4",
    "HealthCheckEnabled": True,
    "HealthCheckProtocol": "HTTP",
    "HealthCheckPort": "traffic-port",
    "HealthCheckPath": "/",
    "HealthCheckIntervalSeconds": 30,
    "HealthCheckTimeoutSeconds": 5,
    "HealthyThresholdCount": 5,
    "UnhealthyThresholdCount": 2,
}
_FIXED = ("Protocol", "Port", "ProtocolVersion", "VpcId", "TargetType", "IpAddressType")


def find(arn: str) -> dict:
    group = alb._tgs.get(arn)
    if group is None:
        raise Refused("TargetGroupNotFound", f"Target group '{arn}' not found")
    return group


def view(group: dict) -> dict:
    names = ("TargetGroupArn", "TargetGroupName", "LoadBalancerArns", "Matcher", *_DEFAULTS)
    return {name: group.get(name, _DEFAULTS.get(name)) for name in names}


@operation("CreateTargetGroup")
def create(request):
    name = request.get("Name", "")
    wanted = {key: request.get(key, default) for key, default in _DEFAULTS.items()}
    wanted["Matcher"] = request.get("Matcher") or {"HttpCode": "200"}
    for group in alb._tgs.values():
        if group["TargetGroupName"] == name:
            if all(view(group)[key] == value for key, value in wanted.items()):
                return {"TargetGroups": [view(group)]}
            message = f"A target group with the same name '{name}' exists, but with different settings"
            raise Refused("DuplicateTargetGroupName", message)
    arn = f"arn:aws:elasticloadbalancing:{get_region()}:{get_account_id()}:targetgroup/{name}/{alb._short_id()}"
    group = alb._tgs[arn] = {"TargetGroupArn": arn, "TargetGroupName": name, "LoadBalancerArns": [], **wanted}
    alb._targets[arn] = []
    alb._tags[arn] = query.tags(request)
    alb._tg_attrs[arn] = [{"Key": key, "Value": value} for key, value in _ATTRIBUTES.items()]
    return {"TargetGroups": [view(group)]}


@operation("ModifyTargetGroup")
def modify(request):
    group = find(request.get("TargetGroupArn", ""))
    changeable = (*(name for name in _DEFAULTS if name not in _FIXED), "Matcher")
    group.update({name: request[name] for name in changeable if name in request})
    return {"TargetGroups": [view(group)]}


@operation("DescribeTargetGroups")
def describe(request):
    found = list(alb._tgs.values())
    if request.get("TargetGroupArns"):
        found = [find(one) for one in request["TargetGroupArns"]]
    if request.get("Names"):
        by_name = {one["TargetGroupName"]: one for one in found}
        for name in request["Names"]:
            if name not in by_name:
                raise Refused("TargetGroupNotFound", "One or more target groups not found")
        found = [by_name[name] for name in request["Names"]]
    if request.get("LoadBalancerArn"):
        found = [one for one in found if request["LoadBalancerArn"] in one.get("LoadBalancerArns", [])]
    return query.page(request, [view(one) for one in found], "TargetGroups", "Marker", "PageSize", 400, "NextMarker")


@operation("DeleteTargetGroup")
def delete(request):
    arn = request.get("TargetGroupArn", "")
    if arn not in alb._tgs:
        return
    used = [*alb._listeners.values(), *alb._rules.values()]
    if any(arn in str(one.get("DefaultActions") or one.get("Actions")) for one in used):
        raise Refused("ResourceInUse", f"Target group '{arn}' is currently in use by a listener or a rule")
    for store in (alb._tgs, alb._targets, alb._tg_attrs, alb._tags):
        store.pop(arn, None)


@operation("RegisterTargets")
def register(request):
    arn = request.get("TargetGroupArn", "")
    group = find(arn)
    for target in request.get("Targets", []):
        if group["TargetType"] == "instance":
            instance = ec2._instances.get(target["Id"])
            if instance is None or instance["State"]["Name"] == "terminated":
                raise Refused("InvalidTarget", f"The following targets are not in a running state: '{target['Id']}'")
        add(arn, target["Id"], target.get("Port"))


def add(arn: str, target_id: str, port=None) -> None:
    """Register a target once under a port."""
    port = port or alb._tgs[arn].get("Port", 80)
    have = alb._targets.setdefault(arn, [])
    if not any(one["Id"] == target_id and one.get("Port") == port for one in have):
        have.append({"Id": target_id, "Port": port})
        settling.begin_in(_until_healthy(alb._tgs[arn]), "target healthy", _key(arn, target_id))


def _until_healthy(group: dict) -> float:
    """As many checks as it takes, one after another."""
    return float(group["HealthCheckIntervalSeconds"]) * int(group["HealthyThresholdCount"])


def _key(arn: str, target_id: str) -> str:
    return f"{arn} {target_id}"


def remove(arn: str, target_id: str) -> None:
    alb._targets[arn] = [one for one in alb._targets.get(arn) or [] if one["Id"] != target_id]


# No application runs here, so nobody can break one: an instance with this tag has the health it names.
HEALTH_TAG = "local:target-health"


@operation("DescribeTargetHealth")
def describe_health(request):
    arn = request.get("TargetGroupArn", "")
    group = find(arn)
    registered = alb._targets.get(arn) or []
    wanted = {one["Id"] for one in request.get("Targets", [])}
    shown = [one for one in registered if not wanted or one["Id"] in wanted]
    described = [_description(group, one) for one in shown]
    for missing in wanted - {one["Id"] for one in registered}:
        health = {
            "State": "unused",
            "Reason": "Target.NotRegistered",
            "Description": "Target is not registered to the target group",
        }
        described.append({"Target": {"Id": missing, "Port": group["Port"]}, "TargetHealth": health})
    return {"TargetHealthDescriptions": described}


def _description(group: dict, target: dict) -> dict:
    port = target.get("Port") or group["Port"]
    return {
        "Target": {"Id": target["Id"], "Port": port},
        "HealthCheckPort": str(port) if group["HealthCheckPort"] == "traffic-port" else group["HealthCheckPort"],
        "TargetHealth": health(group, target),
    }


def health(group: dict, target: dict) -> dict:
    """Healthy is what runs, in a group that a listener sends to, unless the instance's tag says otherwise."""
    for tag in ec2._tags.get(target["Id"]) or []:
        if tag["Key"] == HEALTH_TAG:
            text = "Health checks failed"
            return {"State": tag["Value"], "Reason": "Target.FailedHealthChecks", "Description": text}
    if not group.get("LoadBalancerArns"):
        text = "Target group is not configured to receive traffic from the load balancer"
        return {"State": "unused", "Reason": "Target.NotInUse", "Description": text}
    if group["TargetType"] == "instance":
        instance = ec2._instances.get(target["Id"])
        state = instance["State"]["Name"] if instance else "terminated"
        if state != "running":
            return {
                "State": "unused",
                "Reason": "Target.InvalidState",
                "Description": f"Target is in the {state} state",
            }
    if not settling.is_known("target healthy", _key(group["TargetGroupArn"], target["Id"])):
        text = "Initial health checks in progress"
        return {"State": "initial", "Reason": "Elb.InitialHealthChecking", "Description": text}
    return {"State": "healthy"}

"""Load balancers: names, subnets with a way out, certificates and groups that exist, one balancer a group.

https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-limits.html
"""

import re

from ministack.services import acm, alb, ec2, iam, s3

from overlay import quotas
from overlay.query import Refused
from overlay.refusals.guards import before
from overlay.refusals.vpcs import has_way_out

_LONGEST = 32
_NAME = re.compile(r"[a-zA-Z0-9-]*")
_MOST_TAGS = 50


def _check_name(what: str, name: str) -> None:
    words = f"The {what} name '{name}'"
    if not name or len(name) > _LONGEST:
        raise Refused("ValidationError", f"{words} cannot be longer than '{_LONGEST}' characters")
    if not _NAME.fullmatch(name):
        raise Refused(
            "ValidationError", f"{words} can only contain characters that are alphanumeric characters and hyphens(-)"
        )
    if name.startswith("-") or name.endswith("-"):
        raise Refused("ValidationError", f"{words} cannot begin or end with a hyphen(-)")
    if what == "load balancer" and name.startswith("internal-"):
        raise Refused("ValidationError", f"{words} cannot begin with 'internal-'")


@before("elasticloadbalancing", "CreateLoadBalancer")
def can_stand_there(request):
    name = request.get("Name", "")
    _check_name("load balancer", name)
    asked = request.get("Subnets") or [one.get("SubnetId") for one in request.get("SubnetMappings", [])]
    subnets = [ec2._subnets[one] for one in asked if one in ec2._subnets]
    _check_subnets(subnets, request.get("Scheme", "internet-facing"))
    if subnets:
        _check_groups(request.get("SecurityGroups", []), subnets[0]["VpcId"])
    is_new = all(one["LoadBalancerName"] != name for one in alb._lbs.values())
    if is_new and len(alb._lbs) >= quotas.limit("application_load_balancers"):
        raise Refused("TooManyLoadBalancers", "The maximum number of load balancers has been reached")


def _check_subnets(subnets: list, scheme: str) -> None:
    if len({one["VpcId"] for one in subnets}) > 1:
        raise Refused("InvalidConfigurationRequest", "All subnets must belong to the same VPC")
    for one in subnets:
        if scheme == "internet-facing" and not has_way_out(one["VpcId"]):
            raise Refused("InvalidSubnet", f"VPC {one['VpcId']} has no internet gateway")


def _check_groups(group_ids: list, vpc_id: str) -> None:
    for one in group_ids:
        group = ec2._security_groups.get(one)
        if group is None:
            raise Refused("InvalidSecurityGroup", f"Security group '{one}' does not exist")
        if group["VpcId"] != vpc_id:
            raise Refused("InvalidConfigurationRequest", f"Security group '{one}' does not belong to VPC '{vpc_id}'")


@before("elasticloadbalancing", "SetSecurityGroups")
def takes_groups_of_its_vpc(request):
    balancer = alb._lbs.get(request.get("LoadBalancerArn", ""))
    if balancer:
        _check_groups(request.get("SecurityGroups", []), balancer["VpcId"])


@before("elasticloadbalancing", "SetSubnets")
def takes_subnets_of_its_vpc(request):
    balancer = alb._lbs.get(request.get("LoadBalancerArn", ""))
    asked = request.get("Subnets") or [one.get("SubnetId") for one in request.get("SubnetMappings", [])]
    for one in [ec2._subnets[each] for each in asked if each in ec2._subnets] if balancer else []:
        if one["VpcId"] != balancer["VpcId"]:
            raise Refused("InvalidSubnet", f"Subnet '{one['SubnetId']}' is not in VPC '{balancer['VpcId']}'")


@before("elasticloadbalancing", "ModifyLoadBalancerAttributes", "ModifyTargetGroupAttributes")
def attributes_are_known(request):
    arn = request.get("LoadBalancerArn") or request.get("TargetGroupArn", "")
    known = {one["Key"] for store in (alb._lb_attrs, alb._tg_attrs) for one in store.get(arn) or []}
    for one in request.get("Attributes", []):
        if known and one["Key"] not in known:
            raise Refused("ValidationError", f"Attribute key '{one['Key']}' is not recognized")


@before("elasticloadbalancing", "ModifyLoadBalancerAttributes")
def can_write_its_logs(request):
    asked = {one["Key"]: one.get("Value", "") for one in request.get("Attributes", [])}
    standing = {one["Key"]: one["Value"] for one in alb._lb_attrs.get(request.get("LoadBalancerArn", "")) or []}
    for kind in ("access_logs", "connection_logs"):
        values = {**standing, **asked}
        if asked.get(f"{kind}.s3.enabled") == "true" and not _admits_logs(values.get(f"{kind}.s3.bucket", "")):
            message = f"Access Denied for bucket: {values.get(f'{kind}.s3.bucket')}. Please check S3bucket permission"
            raise Refused("InvalidConfigurationRequest", message)


def _admits_logs(bucket: str) -> bool:
    """Somebody other than this account may put objects into it; who that is differs from region to region."""
    return bucket in s3._buckets and "s3:PutObject" in str(s3._bucket_policies.get(bucket))


@before("elasticloadbalancing", "CreateTargetGroup")
def is_a_target_group(request):
    name = request.get("Name", "")
    _check_name("target group", name)
    if request.get("TargetType", "instance") != "lambda":
        if not request.get("VpcId"):
            raise Refused("ValidationError", "A VPC ID must be specified")
        if request["VpcId"] not in ec2._vpcs:
            raise Refused("ValidationError", f"The VPC ID '{request['VpcId']}' is not found")
    _check_health(request)
    is_new = all(one["TargetGroupName"] != name for one in alb._tgs.values())
    if is_new and len(alb._tgs) >= quotas.limit("target_groups"):
        raise Refused("TooManyTargetGroups", "The maximum number of target groups has been reached")


@before("elasticloadbalancing", "ModifyTargetGroup")
def checks_health_well(request):
    _check_health({**alb._tgs.get(request.get("TargetGroupArn", ""), {}), **request})


def _check_health(asked: dict) -> None:
    if asked.get("HealthCheckTimeoutSeconds", 5) >= asked.get("HealthCheckIntervalSeconds", 30):
        raise Refused("ValidationError", "Health check interval must be greater than the timeout.")
    for name in ("HealthyThresholdCount", "UnhealthyThresholdCount"):
        if not 2 <= asked.get(name, 2) <= 10:
            raise Refused("ValidationError", f"{name} must be between 2 and 10")


@before("elasticloadbalancing", "CreateListener", "ModifyListener")
def serves_what_exists(request):
    standing = alb._listeners.get(request.get("ListenerArn", ""), {})
    balancer_arn = request.get("LoadBalancerArn") or standing.get("LoadBalancerArn")
    for one in request.get("Certificates", []):
        check_certificate(one.get("CertificateArn", ""))
    if "Port" in request and not 1 <= int(request["Port"]) <= 65535:
        raise Refused("ValidationError", f"Port '{request['Port']}' must be between 1 and 65535")
    _check_policy(request)
    for action in request.get("DefaultActions", []):
        check_forward(action, balancer_arn)


@before("elasticloadbalancing", "ModifyListener")
def keeps_to_a_port_of_its_own(request):
    listener = alb._listeners.get(request.get("ListenerArn", ""))
    for other in alb._listeners.values() if listener and "Port" in request else ():
        is_beside = other is not listener and other["LoadBalancerArn"] == listener["LoadBalancerArn"]
        if is_beside and other["Port"] == request["Port"]:
            raise Refused("DuplicateListener", "A listener already exists on this port for this load balancer")
    protocol = request.get("Protocol")
    if protocol in ("HTTPS", "TLS") and not request.get("Certificates") and not (listener or {}).get("Certificates"):
        raise Refused("ValidationError", f"A certificate must be specified for {protocol} listeners")


@before("elasticloadbalancing", "CreateRule", "ModifyRule")
def leads_to_what_exists(request):
    rule = alb._rules.get(request.get("RuleArn", ""), {})
    listener = alb._listeners.get(request.get("ListenerArn") or rule.get("ListenerArn"), {})
    for action in request.get("Actions", []):
        check_forward(action, listener.get("LoadBalancerArn"))


@before("elasticloadbalancing", "CreateRule")
def has_a_priority_of_its_own(request):
    for rule in alb._rules.values():
        is_beside = rule.get("ListenerArn") == request.get("ListenerArn")
        if is_beside and str(rule.get("Priority")) == str(request.get("Priority")):
            raise Refused("PriorityInUse", f"Priority '{request.get('Priority')}' is currently in use")


@before("elasticloadbalancing", "DeleteRule")
def is_not_the_default(request):
    if (alb._rules.get(request.get("RuleArn", "")) or {}).get("IsDefault"):
        raise Refused("OperationNotPermitted", f"Default rule '{request['RuleArn']}' cannot be deleted")


def check_certificate(arn: str) -> None:
    if ":server-certificate/" in arn:
        found = any(one.get("Arn") == arn for one in getattr(iam, "_server_certificates", {}).values())
        status = "ISSUED" if found else None
    else:
        status = (acm._certificates.get(arn) or {}).get("Status")
    if status is None:
        raise Refused("CertificateNotFound", f"Certificate '{arn}' not found")
    if status != "ISSUED":
        message = (
            f"The certificate '{arn}' must have a fully-qualified domain name, a supported signature, "
            "and a supported key size."
        )
        raise Refused("UnsupportedCertificate", message)


def _check_policy(request: dict) -> None:
    policy = request.get("SslPolicy")
    if policy and not policy.startswith("ELBSecurityPolicy-"):
        raise Refused("SSLPolicyNotFound", f"SSL policy '{policy}' not found")


def check_forward(action: dict, balancer_arn) -> None:
    """A target group serves one load balancer."""
    weighted = (action.get("ForwardConfig") or {}).get("TargetGroups", [])
    arns = {one.get("TargetGroupArn") for one in weighted} | {action.get("TargetGroupArn")}
    for arn in arns - {None}:
        group = alb._tgs.get(arn)
        if group is None:
            raise Refused("TargetGroupNotFound", f"One or more target groups not found: '{arn}'")
        if any(one != balancer_arn for one in group.get("LoadBalancerArns", [])):
            message = f"The following target groups cannot be associated with more than one load balancer: {arn}"
            raise Refused("TargetGroupAssociationLimit", message)


@before("elasticloadbalancing", "CreateLoadBalancer", "CreateTargetGroup", "CreateListener", "AddTags")
def tags_are_proper(request):
    keys = [one["Key"] for one in request.get("Tags", [])]
    if any(one.lower().startswith("aws:") for one in keys):
        raise Refused("ValidationError", "Tag keys cannot start with 'aws:'")
    if len(set(keys)) < len(keys):
        raise Refused("DuplicateTagKeys", "Tag keys must be unique")
    standing = [one["Key"] for arn in request.get("ResourceArns", []) for one in alb._tags.get(arn) or []]
    if len({*keys, *standing}) > _MOST_TAGS:
        raise Refused("TooManyTags", "The maximum number of tags has been reached")

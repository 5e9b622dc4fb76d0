"""Services whose calls name their resources plainly: a table of parameters and ARNs.

Source: Service Authorization Reference, the page of each service.
"""

from ministack.services import autoscaling, kms

from overlay.authorization.need import Need, as_list, passing

# By service: the ARN's service, then parameters and the rest of the ARN; `{}` is the value, and a
# pattern of `{}` alone takes the value as the ARN it is.
_TABLES = {
    "acm": ("acm", {"CertificateArn": "{}"}),
    "autoscaling": ("autoscaling", {"AutoScalingGroupName": "autoScalingGroup:*:autoScalingGroupName/{}"}),
    "cloudtrail": (
        "cloudtrail",
        {"Name": "trail/{}", "TrailName": "trail/{}", "ResourceId": "{}", "ResourceIdList": "{}"},
    ),
    "elasticloadbalancing": (
        "elasticloadbalancing",
        {"LoadBalancerArn": "{}", "TargetGroupArn": "{}", "ListenerArn": "{}", "RuleArn": "{}", "ResourceArns": "{}"},
    ),
    "kms": ("kms", {"AliasName": "{}", "KeyId": "key/{}", "TargetKeyId": "key/{}"}),
    "monitoring": (
        "cloudwatch",
        {"AlarmName": "alarm:{}", "AlarmNames": "alarm:{}", "ResourceARN": "{}"},
    ),
    "rds": (
        "rds",
        {
            "DBInstanceIdentifier": "db:{}",
            "DBSubnetGroupName": "subgrp:{}",
            "DBParameterGroupName": "pg:{}",
            "OptionGroupName": "og:{}",
            "SubscriptionName": "es:{}",
            "FinalDBSnapshotIdentifier": "snapshot:{}",
            "DBSnapshotIdentifier": "snapshot:{}",
            "ResourceName": "{}",
        },
    ),
    "sns": ("sns", {"TopicArn": "{}", "ResourceArn": "{}", "Name": "{}", "SubscriptionArn": "{}"}),
    "ssm": (
        "ssm",
        {"Path": "parameter{}", "Name": "parameter{}", "Names": "parameter{}", "ResourceId": "parameter{}"},
    ),
    "wafv2": (
        "wafv2",
        {"ARN": "{}", "ResourceARN": "{}", "ResourceArn": "{}", "WebACLArn": "{}", "Name": "regional/webacl/{}/*"},
    ),
}

# Calls that name a resource and are all the same a permission on `*`.
_UNSCOPED = {
    "elasticloadbalancing": "Describe",
    "autoscaling": "Describe",
    "acm": "RequestCertificate",
}

# What a list without a name is a permission on.
_WHOLE = {
    "rds": {
        "DescribeDBInstances": "db:*",
        "DescribeDBSubnetGroups": "subgrp:*",
        "DescribeDBParameterGroups": "pg:*",
        "DescribeEventSubscriptions": "es:*",
    },
    "monitoring": {"DescribeAlarms": "alarm:*"},
}

# What has a name and no id yet.
_MADE = {
    ("elasticloadbalancing", "CreateLoadBalancer"): "loadbalancer/app/{}/*",
    ("elasticloadbalancing", "CreateTargetGroup"): "targetgroup/{}/*",
}

_ROLES = {
    "MonitoringRoleArn": "monitoring.rds.amazonaws.com",
    "CloudWatchLogsRoleArn": "cloudtrail.amazonaws.com",
}


def knows(service: str) -> bool:
    return service in _TABLES


def needs(service: str):
    return lambda call, region, account: _needs(service, call, region, account)


def _needs(service: str, call, region: str, account: str) -> list[Need]:
    operation, given = call.operation, call.parameters
    unscoped = _UNSCOPED.get(service)
    if unscoped and operation.startswith(unscoped):
        return [Need("*")]
    arn_service, table = _TABLES[service]
    start = f"arn:aws:{arn_service}:{region}:{account}:"
    if (service, operation) in _MADE:
        return [Need(start + _MADE[service, operation].format(given["Name"]))]
    if service == "monitoring" and "DashboardName" in given:
        return [Need(f"arn:aws:cloudwatch::{account}:dashboard/{given['DashboardName']}")]
    if service == "monitoring" and operation == "DeleteDashboards":
        return [Need(f"arn:aws:cloudwatch::{account}:dashboard/{one}") for one in given["DashboardNames"]]
    found = _named(table, _flat(service, operation, given, start), start)
    if service == "kms":
        found = [_key(one, start) for one in found]
    if service == "ssm":
        # AWS's own parameters belong to no account.
        found = [one.replace(f":{account}:parameter/aws/", "::parameter/aws/") for one in found]
    whole = _WHOLE.get(service, {}).get(operation)
    if not found and whole:
        found = [start + whole]
    passed = [passing(given[name], to) for name, to in _ROLES.items() if given.get(name)]
    return [Need(one) for one in dict.fromkeys(found)] + passed


def _named(table: dict, given: dict, start: str) -> list[str]:
    found = []
    for name, pattern in table.items():
        for value in as_list(given.get(name)):
            if isinstance(value, str):
                is_arn = value.startswith("arn:")
                found.append(value if is_arn else start + pattern.format(value))
    return found


def _flat(service: str, operation: str, given: dict, start: str) -> dict:
    """Parameters that stand one level down, or that an instance's id stands for."""
    if service == "autoscaling" and operation == "TerminateInstanceInAutoScalingGroup":
        return {"AutoScalingGroupName": _group_of(given["InstanceId"])}
    if service == "autoscaling" and operation == "CreateOrUpdateTags":
        return {"AutoScalingGroupName": [tag["ResourceId"] for tag in given["Tags"]]}
    if service == "wafv2":
        return {**given, **given.get("LoggingConfiguration", {})}
    if service == "sns" and "SubscriptionArn" in given:
        return {"TopicArn": given["SubscriptionArn"].rsplit(":", 1)[0]}
    if service == "kms" and operation in ("UpdateAlias", "DeleteAlias"):
        return {**given, "KeyId": kms._aliases.get(f"{start}{given['AliasName']}")}
    return given


def _key(arn: str, start: str) -> str:
    """A key named by its alias is a permission on the key."""
    alias = arn.removeprefix(f"{start}key/")
    if not alias.startswith("alias/"):
        return arn
    target = kms._aliases.get(start + alias)
    return f"{start}key/{target}" if target else arn


def _group_of(instance: str) -> str:
    for name, group in autoscaling._asgs.items():
        if any(one.get("InstanceId") == instance for one in group.get("Instances", [])):
            return group.get("AutoScalingGroupName", name)
    return "*"

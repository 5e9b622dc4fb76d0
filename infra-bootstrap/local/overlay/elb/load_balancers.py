"""Load balancers: zones of their subnets, interfaces in them, every attribute with its default."""

from ministack.core.responses import get_account_id, get_region
from ministack.services import alb, ec2

from overlay import query
from overlay.ec2 import interfaces
from overlay.lag import late, settling, timeline
from overlay.query import Refused

operation = query.operations("elasticloadbalancing", alb._ACTION_MAP)

_ATTRIBUTES = {
    "access_logs.s3.enabled": "false",
    "access_logs.s3.bucket": "",
    "access_logs.s3.prefix": "",
    "client_keep_alive.seconds": "3600",
    "connection_logs.s3.enabled": "false",
    "connection_logs.s3.bucket": "",
    "connection_logs.s3.prefix": "",
    "deletion_protection.enabled": "false",
    "idle_timeout.timeout_seconds": "60",
    "load_balancing.cross_zone.enabled": "true",
    "routing.http.desync_mitigation_mode": "defensive",
    "routing.http.drop_invalid_header_fields.enabled": "false",
    "routing.http.preserve_host_header.enabled": "false",
    "routing.http.x_amzn_tls_version_and_cipher_suite.enabled": "false",
    "routing.http.xff_client_port.enabled": "false",
    "routing.http.xff_header_processing.mode": "append",
    "routing.http2.enabled": "true",
    "waf.fail_open.enabled": "false",
    "zonal_shift.config.enabled": "false",
}


def find(arn: str) -> dict:
    balancer = alb._lbs.get(arn)
    if balancer is None:
        raise Refused("LoadBalancerNotFound", f"Load balancer '{arn}' not found")
    return balancer


def view(balancer: dict) -> dict:
    names = ("LoadBalancerArn", "LoadBalancerName", "DNSName", "Scheme", "VpcId", "Type", "CreatedTime")
    return {
        **{name: balancer.get(name) for name in names},
        "CanonicalHostedZoneId": "Z35SXDOTRQ7X7K",
        "State": {"Code": balancer["State"]},
        "AvailabilityZones": [_zone(one) for one in balancer.get("Subnets", [])],
        "SecurityGroups": balancer.get("SecurityGroups", []),
        "IpAddressType": balancer.get("IpAddressType", "ipv4"),
    }


def _zone(subnet_id: str) -> dict:
    subnet = ec2._subnets.get(subnet_id, {})
    zone = subnet.get("AvailabilityZone", get_region() + "a")
    return {"ZoneName": zone, "SubnetId": subnet_id, "LoadBalancerAddresses": []}


def _subnets(request: dict) -> list:
    """The subnets asked for: there, in at least two zones, one for each."""
    asked = request.get("Subnets") or [one["SubnetId"] for one in request.get("SubnetMappings", [])]
    for subnet_id in asked:
        if subnet_id not in ec2._subnets:
            raise Refused("SubnetNotFound", f"The subnet ID '{subnet_id}' is not valid")
    zones = [ec2._subnets[one]["AvailabilityZone"] for one in asked]
    if len(set(zones)) < 2:
        raise Refused("ValidationError", "At least two subnets in two different Availability Zones must be specified")
    if len(set(zones)) < len(zones):
        raise Refused(
            "InvalidConfigurationRequest",
            "A load balancer cannot be attached to multiple subnets in the same Availability Zone",
        )
    return asked


@operation("CreateLoadBalancer")
def create(request):
    name, subnets = request.get("Name", ""), _subnets(request)
    vpc_id = ec2._subnets[subnets[0]]["VpcId"]
    groups = request.get("SecurityGroups") or _default_groups(vpc_id)
    wanted = {
        "Scheme": request.get("Scheme", "internet-facing"),
        "Type": request.get("Type", "application"),
        "Subnets": subnets,
        "SecurityGroups": groups,
        "IpAddressType": request.get("IpAddressType", "ipv4"),
    }
    for balancer in alb._lbs.values():
        if balancer["LoadBalancerName"] == name:
            if all(_same(balancer.get(key), value) for key, value in wanted.items()):
                return {"LoadBalancers": [view(balancer)]}
            message = f"A load balancer with the same name '{name}' exists, but with different settings"
            raise Refused("DuplicateLoadBalancerName", message)
    number = alb._short_id()
    arn = f"arn:aws:elasticloadbalancing:{get_region()}:{get_account_id()}:loadbalancer/app/{name}/{number}"
    inside = "internal-" if wanted["Scheme"] == "internal" else ""
    balancer = alb._lbs[arn] = {
        "LoadBalancerArn": arn,
        "LoadBalancerName": name,
        "DNSName": f"{inside}{name}-{int(number[:8], 36) % 10**10}.{get_region()}.elb.amazonaws.com",
        "VpcId": vpc_id,
        "State": "provisioning",
        "CreatedTime": alb._now_iso(),
        **wanted,
    }
    alb._tags[arn] = query.tags(request)
    alb._lb_attrs[arn] = [{"Key": key, "Value": value} for key, value in _ATTRIBUTES.items()]
    _place(balancer)
    timeline.after("load balancer active", name, "load balancer is active", arn)
    return {"LoadBalancers": [view(balancer)]}


@timeline.happening("load balancer is active")
def is_active(arn: str) -> None:
    if arn in alb._lbs:
        alb._lbs[arn]["State"] = "active"


def _same(have, wanted) -> bool:
    return sorted(have) == sorted(wanted) if isinstance(wanted, list) else have == wanted


def _default_groups(vpc_id: str) -> list:
    return [
        one["GroupId"]
        for one in ec2._security_groups.values()
        if one["VpcId"] == vpc_id and one["GroupName"] == "default"
    ]


def _description(balancer: dict) -> str:
    return "ELB " + balancer["LoadBalancerArn"].split(":loadbalancer/", 1)[-1]


def _interfaces(balancer: dict) -> list:
    text = _description(balancer)
    return [one for one in ec2._network_interfaces.values() if one.get("Description") == text]


def _place(balancer: dict) -> None:
    """One interface in each of its subnets, in its groups; those elsewhere go."""
    have = {one["SubnetId"]: one for one in _interfaces(balancer)}
    for subnet_id, interface in have.items():
        if subnet_id not in balancer["Subnets"]:
            del ec2._network_interfaces[interface["NetworkInterfaceId"]]
    for subnet_id in balancer["Subnets"]:
        interface = have.get(subnet_id) or interfaces.make(
            ec2._subnets[subnet_id], [], _description(balancer), is_managed=True
        )
        interface["Groups"] = interfaces.groups(balancer["SecurityGroups"])
        if balancer["Scheme"] == "internet-facing":
            interface.setdefault("PublicIp", ec2._random_ip("52."))


@operation("DescribeLoadBalancers")
def describe(request):
    found = list(alb._lbs.values())
    if request.get("LoadBalancerArns"):
        found = [find(one) for one in request["LoadBalancerArns"]]
    if request.get("Names"):
        by_name = {one["LoadBalancerName"]: one for one in found}
        for name in request["Names"]:
            if name not in by_name:
                raise Refused("LoadBalancerNotFound", f"Load balancers '[{name}]' not found")
        found = [by_name[name] for name in request["Names"]]
    return query.page(request, [view(one) for one in found], "LoadBalancers", "Marker", "PageSize", 400, "NextMarker")


@operation("DeleteLoadBalancer")
def delete(request):
    arn = request.get("LoadBalancerArn", "")
    balancer = alb._lbs.get(arn)
    if balancer is None:
        return
    if _attribute(arn, "deletion_protection.enabled") == "true":
        message = f"Load balancer '{arn}' cannot be deleted because deletion protection is enabled"
        raise Refused("OperationNotPermitted", message)
    name = balancer["LoadBalancerName"]
    for listener_arn, listener in list(alb._listeners.items()):
        if listener["LoadBalancerArn"] == arn:
            for certificate in listener.get("Certificates", []):
                settling.begin("certificate released", name, certificate)
            alb._delete_listener({"ListenerArn": listener_arn})
    for group in alb._tgs.values():
        group["LoadBalancerArns"] = [one for one in group.get("LoadBalancerArns", []) if one != arn]
    # The balancer is gone at once for whoever asks; its interfaces are seen in their subnets for longer.
    timeline.after("load balancer interfaces gone", name, "load balancer interfaces are gone", _description(balancer))
    late.of_load_balancer(balancer)
    del alb._lbs[arn]
    alb._lb_attrs.pop(arn, None)
    alb._tags.pop(arn, None)


@timeline.happening("load balancer interfaces are gone")
def interfaces_are_gone(description: str) -> None:
    for interface in list(ec2._network_interfaces.values()):
        if interface.get("Description") == description:
            del ec2._network_interfaces[interface["NetworkInterfaceId"]]


def _attribute(arn: str, key: str):
    return next((one["Value"] for one in alb._lb_attrs.get(arn) or [] if one["Key"] == key), None)


@operation("SetSubnets")
def set_subnets(request):
    balancer = find(request.get("LoadBalancerArn", ""))
    balancer["Subnets"] = _subnets(request)
    _place(balancer)
    return {"AvailabilityZones": view(balancer)["AvailabilityZones"], "IpAddressType": balancer["IpAddressType"]}


@operation("SetSecurityGroups")
def set_security_groups(request):
    balancer = find(request.get("LoadBalancerArn", ""))
    for group_id in request.get("SecurityGroups", []):
        if group_id not in ec2._security_groups:
            raise Refused("InvalidSecurityGroup", f"One or more security groups are invalid: {group_id}")
    balancer["SecurityGroups"] = request["SecurityGroups"]
    _place(balancer)
    return {"SecurityGroupIds": balancer["SecurityGroups"]}

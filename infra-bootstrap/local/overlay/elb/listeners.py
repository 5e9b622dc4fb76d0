"""Listeners: policy, certificate and actions as they were given, with AWS's defaults filled in."""

from ministack.core.responses import get_account_id, get_region
from ministack.services import acm, alb

from overlay import query
from overlay.elb import load_balancers, target_groups
from overlay.elb.load_balancers import operation
from overlay.lag import settling
from overlay.query import Refused

_SECURE = ("HTTPS", "TLS")
_REDIRECT = {
    "Protocol": "#{protocol}", "Port": "#{port}", "Host": "#{host}", "Path": "/#{path}", "Query": "#{query}",
}  # fmt: skip


def find(arn: str) -> dict:
    listener = alb._listeners.get(arn)
    if listener is None:
        raise Refused("ListenerNotFound", f"Listener '{arn}' not found")
    return listener


def view(listener: dict) -> dict:
    shown = {name: listener[name] for name in ("ListenerArn", "LoadBalancerArn", "Port", "Protocol", "DefaultActions")}
    if listener["Protocol"] in _SECURE:
        shown["SslPolicy"] = listener.get("SslPolicy", alb._DEFAULT_SSL_POLICY)
        shown["Certificates"] = [{"CertificateArn": one} for one in listener.get("Certificates", [])]
        shown["MutualAuthentication"] = listener.get("MutualAuthentication") or {"Mode": "off"}
    return shown


def _actions(asked: list) -> list:
    return [_action(one, order) for order, one in enumerate(asked, 1)]


def _action(asked: dict, order: int) -> dict:
    action = {"Order": order, **asked}
    if action["Type"] == "redirect":
        action["RedirectConfig"] = {**_REDIRECT, **asked.get("RedirectConfig", {})}
    if action["Type"] == "forward":
        groups = (asked.get("ForwardConfig") or {}).get("TargetGroups") or [{"TargetGroupArn": asked["TargetGroupArn"]}]
        for one in groups:
            target_groups.find(one["TargetGroupArn"])
        stickiness = (asked.get("ForwardConfig") or {}).get("TargetGroupStickinessConfig") or {"Enabled": False}
        weighted = [{"Weight": 1, **one} for one in groups]
        action["ForwardConfig"] = {"TargetGroups": weighted, "TargetGroupStickinessConfig": stickiness}
        if len(groups) == 1:
            action["TargetGroupArn"] = groups[0]["TargetGroupArn"]
    return action


def _certificates(request: dict, protocol: str) -> list:
    arns = [one["CertificateArn"] for one in request.get("Certificates", [])]
    if protocol in _SECURE and not arns:
        raise Refused("CertificateNotFound" if "Certificates" in request else "ValidationError",
                      f"A certificate must be specified for {protocol} listeners")  # fmt: skip
    return arns


def attach_groups(listener: dict) -> None:
    """Note at each target group which load balancers send to it."""
    arn = listener["LoadBalancerArn"]
    for group_arn, group in alb._tgs.items():
        users = [*alb._listeners.values(), *alb._rules.values()]
        used = any(
            _belongs(one, arn) and group_arn in str(one.get("DefaultActions") or one.get("Actions")) for one in users
        )
        others = [one for one in group.get("LoadBalancerArns", []) if one != arn]
        group["LoadBalancerArns"] = [*others, arn] if used else others


def _belongs(user: dict, balancer_arn: str) -> bool:
    if "LoadBalancerArn" in user:
        return user["LoadBalancerArn"] == balancer_arn
    return (alb._listeners.get(user.get("ListenerArn")) or {}).get("LoadBalancerArn") == balancer_arn


@operation("CreateListener")
def create(request):
    balancer_arn = request.get("LoadBalancerArn", "")
    load_balancers.find(balancer_arn)
    protocol, port = request.get("Protocol", "HTTP"), int(request.get("Port", 80))
    actions = _actions(request.get("DefaultActions", []))
    for other in alb._listeners.values():
        if other["LoadBalancerArn"] == balancer_arn and other["Port"] == port:
            if other["Protocol"] == protocol and other["DefaultActions"] == actions:
                return {"Listeners": [view(other)]}
            message = f"A listener already exists on this port for this load balancer '{balancer_arn}'"
            raise Refused("DuplicateListener", message)
    certificates = _certificates(request, protocol)
    tail = balancer_arn.split(":loadbalancer/", 1)[-1] + "/" + alb._short_id()
    arn = f"arn:aws:elasticloadbalancing:{get_region()}:{get_account_id()}:listener/{tail}"
    listener = alb._listeners[arn] = {
        "ListenerArn": arn,
        "LoadBalancerArn": balancer_arn,
        "Port": port,
        "Protocol": protocol,
        "DefaultActions": actions,
        "MutualAuthentication": request.get("MutualAuthentication"),
    }
    if protocol in _SECURE:
        listener["SslPolicy"] = request.get("SslPolicy", alb._DEFAULT_SSL_POLICY)
        listener["Certificates"] = certificates
    alb._listener_attrs[arn] = [{"Key": "routing.http.response.server.enabled", "Value": "true"}]
    alb._tags[arn] = query.tags(request)
    rule_arn = arn.replace(":listener/", ":listener-rule/") + "/" + alb._short_id()
    alb._rules[rule_arn] = {
        "RuleArn": rule_arn,
        "ListenerArn": arn,
        "Priority": "default",
        "Conditions": [],
        "Actions": actions,
        "IsDefault": True,
    }
    attach_groups(listener)
    return {"Listeners": [view(listener)]}


@operation("ModifyListener")
def modify(request):
    listener = find(request.get("ListenerArn", ""))
    listener.update(
        {name: request[name] for name in ("Port", "Protocol", "SslPolicy", "MutualAuthentication") if name in request}
    )
    if request.get("Certificates"):
        release_certificates(listener)
        listener["Certificates"] = [one["CertificateArn"] for one in request["Certificates"]]
    if listener["Protocol"] not in _SECURE:
        listener.pop("SslPolicy", None)
        listener.pop("Certificates", None)
    if request.get("DefaultActions"):
        listener["DefaultActions"] = _actions(request["DefaultActions"])
        for rule in alb._rules.values():
            if rule.get("ListenerArn") == listener["ListenerArn"] and rule.get("IsDefault"):
                rule["Actions"] = listener["DefaultActions"]
    attach_groups(listener)
    return {"Listeners": [view(listener)]}


def release_certificates(listener: dict) -> None:
    """What a listener used counts as used for a while."""
    for arn in listener.get("Certificates", []):
        settling.begin("certificate released", (acm._certificates.get(arn) or {}).get("DomainName", ""), arn)


@operation("DescribeListeners")
def describe(request):
    found = list(alb._listeners.values())
    if request.get("ListenerArns"):
        found = [find(one) for one in request["ListenerArns"]]
    if request.get("LoadBalancerArn"):
        load_balancers.find(request["LoadBalancerArn"])
        found = [one for one in found if one["LoadBalancerArn"] == request["LoadBalancerArn"]]
    return query.page(request, [view(one) for one in found], "Listeners", "Marker", "PageSize", 400, "NextMarker")


@operation("DeleteListener")
def delete(request):
    arn = request.get("ListenerArn", "")
    listener = find(arn)
    release_certificates(listener)
    for rule_arn, rule in list(alb._rules.items()):
        if rule.get("ListenerArn") == arn:
            alb._rules.pop(rule_arn, None)
    for store in (alb._listeners, alb._listener_attrs, alb._tags):
        store.pop(arn, None)
    attach_groups(listener)

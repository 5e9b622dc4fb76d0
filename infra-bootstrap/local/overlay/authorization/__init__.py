"""IAM with AUTH=true: a call is a permission on every resource it names, as AWS has it.

MiniStack asks for one permission on one resource, often on `*` and without IAM's paths, so that a
role limited to ARNs is refused what AWS would allow, and allowed what AWS would refuse: roles that
are passed, tags that a creation sets, the subnet that a gateway stands in.
"""

import contextvars
import logging

from ministack import app
from ministack.core import iam_actions, iam_evaluator

from overlay.authorization import ec2, iam, named
from overlay.authorization.need import Need
from overlay.patch import replace
from overlay.wire import requests

_log = logging.getLogger("overlay.authorization")

# What the request under way needs, and the action under which MiniStack asks for it.
_needed: contextvars.ContextVar[tuple[str, list[Need]] | None] = contextvars.ContextVar("needed", default=None)

_RULES = {"ec2": ec2.needs, "iam": iam.needs}


def needs(service: str, call: requests.Call, region: str, account: str) -> list[Need]:
    """The permissions a call takes; none where MiniStack's own answer is good."""
    return _RULES.get(service, named.needs(service))(call, region, account)


def install() -> None:
    @replace(app, "pin_request_origin", "loopback stands for the encrypted way to AWS, which policies may demand")
    def pin_request_origin(original, address, _is_encrypted):
        return original(address, True)

    @replace(iam_actions, "extract_resource_arn", "it knows one resource a call and no paths")
    def extract_resource_arn(original, service, method, path, headers, body, params, region, account):
        _needed.set(None)
        if service in _RULES or named.knows(service):
            call = requests.parse(requests.Request(service, method, path, headers, body, params))
            found = needs(service, call, region, account) if call else []
            if found:
                _needed.set((call.operation, found))
                return found[0].resource
        return original(service, method, path, headers, body, params, region, account)

    @replace(iam_evaluator, "enforce", "a call is a permission on every resource it names")
    def enforce(original, access_key, action, service, region, resource_arn="*", service_context=None):
        asked = _needed.get()
        if asked is None or action.split(":")[-1] != asked[0]:
            return original(access_key, action, service, region, resource_arn, service_context)
        for need in asked[1]:
            context = {**(service_context or {}), **need.context}
            denied = original(access_key, need.action or action, service, region, need.resource, context)
            if denied:
                _log.warning("refused %s on %s", need.action or action, need.resource)
                return denied
        return None

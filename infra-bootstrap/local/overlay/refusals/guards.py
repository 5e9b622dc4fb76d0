"""Checks that come before an operation, in the dialect that its service speaks."""

import functools
import json

from ministack.core.responses import error_response_json
from ministack.services import alb, autoscaling, ec2, iam, rds

from overlay.ec2 import api
from overlay.ec2.api import find  # noqa: F401  checks of EC2 look things up as its operations do
from overlay.patch import IN_FORCE, Patch, replace
from overlay.query import Refused
from overlay.refusals import tokens
from overlay.wire import form, models, replies

_checks: dict[tuple[str, str], list] = {}
_QUERY = {
    "elasticloadbalancing": alb._ACTION_MAP,
    "autoscaling": autoscaling._ACTION_MAP,
    "rds": rds._ACTION_MAP,
    "iam": iam._IAM_HANDLERS,
}
_BECAUSE = "AWS refuses what it is asked here"
# https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html
_DRY_RUN = "Request would have succeeded, but DryRun flag is set."


def before(service: str, *operations: str):
    """Let the decorated function look at the requests of these operations first."""

    def add(check):
        for name in operations:
            _checks.setdefault((service, name), []).append(check)
        return check

    return add


def install() -> None:
    for action in list(ec2._ACTION_MAP):
        _wrap_ec2(action)
    for service, table in _QUERY.items():
        for (owner, name), checks in _checks.items():
            # What MiniStack does not have, nobody can ask of it.
            if owner == service and name in table:
                _wrap_query(service, table, name, checks)
    for service in {owner for owner, _name in _checks} - {"ec2", *_QUERY}:
        _wrap_json(service)


def _wrap_ec2(action: str) -> None:
    """Every operation of EC2 can be tried without doing it; some are named by a token."""
    original, checks = ec2._ACTION_MAP[action], _checks.get(("ec2", action), [])
    model = models.operation_model("ec2", action)
    if model is None:
        return
    if checks:
        IN_FORCE.append(Patch("ec2", action, _BECAUSE))

    @functools.wraps(original)
    def checked(fields):
        try:
            request = form.parse(model, fields) if checks or "DryRun" in fields or "ClientToken" in fields else {}
            known = tokens.answer(action, request)
            if known is not None:
                return known
            for check in checks:
                check(request)
            if request.get("DryRun"):
                raise Refused("DryRunOperation", _DRY_RUN, 412)
        except (Refused, api.Refused) as refusal:
            return ec2._error(refusal.code, ec2._esc(str(refusal)), getattr(refusal, "status", 400))
        return tokens.keep(action, request, original(fields))

    ec2._ACTION_MAP[action] = checked


def _wrap_query(service: str, table: dict, name: str, checks: list) -> None:
    original, model = table[name], models.operation_model(service, name)
    IN_FORCE.append(Patch(service, name, _BECAUSE))

    @functools.wraps(original)
    def checked(fields, *rest):
        try:
            request = form.parse(model, fields)
            for check in checks:
                check(request)
        except Refused as refusal:
            return replies.query_error(model, refusal.code, str(refusal), refusal.status)
        return original(fields, *rest)

    table[name] = checked


def _wrap_json(service: str) -> None:
    """A service that speaks JSON; `_checks` names it by its module in MiniStack."""
    module = __import__(f"ministack.services.{service}", fromlist=[service])

    @replace(module, "handle_request", _BECAUSE)
    async def handle_request(original, method, path, headers, body, query_params):
        checks = _checks.get((service, headers.get("x-amz-target", "").rsplit(".", 1)[-1]), [])
        try:
            request = json.loads(body or b"{}") if checks else {}
            for check in checks:
                check(request)
        except Refused as refusal:
            return error_response_json(refusal.code, str(refusal), refusal.status)
        return await original(method, path, headers, body, query_params)

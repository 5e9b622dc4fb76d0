"""EventBridge: rules without targets go, rates are rates, a rule has five targets.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html
"""

import json
import re

from ministack.core.responses import error_response_json
from ministack.services import eventbridge, scheduler

from overlay.patch import replace
from overlay.query import Refused
from overlay.refusals.guards import before

_MOST_TARGETS = 5
_RATE = re.compile(r"rate\((\d+) (minute|hour|day)(s?)\)")
_CRON = re.compile(r"cron\((\S+ ){5}\S+\)")
_AT = re.compile(r"at\(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\)")
_WRONG = "Parameter ScheduleExpression is not valid."


def install() -> None:
    @replace(scheduler, "handle_request", "any text was a schedule")
    async def handle_request(original, method, path, headers, body, query_params):
        if method in ("POST", "PUT") and path.startswith("/schedules/"):
            text = json.loads(body or b"{}").get("ScheduleExpression", "")
            if not is_expression(text) and not _AT.fullmatch(text):
                return error_response_json("ValidationException", f"Invalid Schedule Expression {text}.", 400)
        return await original(method, path, headers, body, query_params)


def is_expression(text: str) -> bool:
    rate = _RATE.fullmatch(text)
    if rate:
        number, is_plural = int(rate.group(1)), bool(rate.group(3))
        return number > 0 and is_plural == (number > 1)
    return bool(_CRON.fullmatch(text))


def _targets(body: dict, name: str) -> list:
    bus = body.get("EventBusName") or "default"
    return eventbridge._targets.get(eventbridge._rule_key(name, bus)) or []


@before("eventbridge", "PutRule")
def is_scheduled_well(body):
    text = body.get("ScheduleExpression")
    if text and not is_expression(text):
        raise Refused("ValidationException", _WRONG)
    if not text and not body.get("EventPattern"):
        raise Refused("ValidationException", "Parameter(s) EventPattern or ScheduleExpression must be specified.")


@before("eventbridge", "DeleteRule")
def has_no_targets(body):
    if _targets(body, body.get("Name", "")):
        raise Refused("ValidationException", "Rule can't be deleted since it has targets.")


@before("eventbridge", "PutTargets")
def targets_are_few(body):
    name = body.get("Rule", "")
    ids = {one["Id"] for one in _targets(body, name)} | {one.get("Id") for one in body.get("Targets", [])}
    if len(ids) > _MOST_TARGETS:
        raise Refused("LimitExceededException", "The requested resource exceeds the maximum number allowed.")

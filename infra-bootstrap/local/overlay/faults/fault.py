"""One fault: which calls it befalls, and what it does to them."""

import random
from dataclasses import asdict, dataclass, field, fields

from overlay import conditions
from overlay.events import calls
from overlay.wire import models

HOWS = ("error", "throttle", "cut", "kill", "delay", "hide")
WHENS = ("before", "after")

# Names that people and SDKs use for services that MiniStack names by their endpoint.
_ALIASES = {
    "elb": "elasticloadbalancing",
    "elbv2": "elasticloadbalancing",
    "cloudwatch": "monitoring",
    "stepfunctions": "states",
    "eventbridge": "events",
    "service-quotas": "servicequotas",
    "resourcegroupstaggingapi": "tagging",
}


# So many of the calls that were hit are named; all are counted.
_REMEMBERED = 1000


@dataclass
class Fault:
    """`service` and `action` may be `*`. The first `skip` calls that match pass, then `count` are hit.

    `when`: before the call takes effect, or after it. `rate`: the part of the calls that is hit, drawn by
    the seed. `seconds`: of a delay. `times`: how many looks what a call makes stays hidden.
    """

    service: str
    action: str
    how: str
    resource: str | None = None
    caller: str | None = None
    stack: str | None = None
    reads: bool = False
    skip: int = 0
    count: int | None = None
    rate: float = 1.0
    when: str = "before"
    code: str = "InternalError"
    status: int = 500
    message: str = "An internal error has occurred"
    seconds: float = 0.0
    times: int = 0
    id: int = 0
    matched: int = 0
    fired: int = 0
    calls: list = field(default_factory=list)

    @classmethod
    def of(cls, asked: dict) -> "Fault":
        service = asked["service"]
        return cls(**{**asked, "service": _ALIASES.get(service, service)})

    def shown(self) -> dict:
        return asdict(self)

    def matches(self, call) -> bool:
        """Is it about this call? The cheap questions come first."""
        if self.service not in ("*", call.service) or (self.count is not None and self.fired >= self.count):
            return False
        if self.action not in ("*", call.operation) or (call.is_reading and not self.reads):
            return False
        if not call.is_reading and not call.is_change and self.action == "*":
            return False
        if self.caller is not None and self.caller not in call.caller:
            return False
        if self.stack is not None and self.stack != call.stack:
            return False
        return self.resource is None or self.resource in call.resource

    def strikes(self, call) -> bool:
        """Count a call that matches, and say whether this is one to hit."""
        self.matched += 1
        if self.matched <= self.skip:
            return False
        if self.rate < 1 and self._drawn() >= self.rate:
            return False
        self.fired += 1
        self.calls.append(f"{call.service}:{call.operation} {call.resource}".strip())
        del self.calls[:-_REMEMBERED]
        return True

    def _drawn(self) -> float:
        """By the seed and what the fault is about: the same in every run."""
        about = f"{self.service}|{self.action}|{self.resource}|{self.caller}|{self.how}|{self.when}|{self.matched}"
        return random.Random(f"{conditions.NOW.seed}|{about}").random()


_GIVEN = {one.name: one for one in fields(Fault) if one.name not in ("id", "matched", "fired", "calls")}


def problems_of(asked) -> list[str]:
    """Everything that is wrong with a fault that somebody asks for."""
    if not isinstance(asked, dict):
        return ["a fault is a JSON object"]
    problems = [f"there is no `{one}`; known are {', '.join(_GIVEN)}" for one in asked if one not in _GIVEN]
    problems += [f"`{one}` is missing" for one in ("service", "action", "how") if one not in asked]
    for name, what, is_right in _CHECKS:
        if name in asked and not is_right(asked[name]):
            problems.append(f"`{name}` is `{asked[name]}`, not {what}")
    return problems or _contradictions(asked)


def _contradictions(asked: dict) -> list[str]:
    problems = _unknown_action(asked)
    how, action = asked["how"], asked["action"]
    if how in ("throttle", "delay") and asked.get("when") == "after":
        problems.append(f"a `{how}` comes before the call takes effect, never after")
    if how == "delay" and not asked.get("seconds"):
        problems.append("a `delay` needs `seconds`")
    if how == "hide" and not asked.get("times"):
        problems.append("a `hide` needs `times`, the number of looks that do not find the new object")
    if action != "*" and calls.is_reading(action) and not asked.get("reads"):
        problems.append(f"`{action}` only reads: it is hit with `reads` set to true")
    return problems


def _unknown_action(asked: dict) -> list[str]:
    service, action = asked["service"], asked["action"]
    if service == "*":
        return [] if action == "*" else ["an action needs the service it belongs to"]
    model = models.service_model(_ALIASES.get(service, service))
    if model is None:
        return [f"there is no service `{service}`"]
    if action != "*" and action not in model.operation_names:
        return [f"`{service}` has no action `{action}`"]
    return []


def _is_text(value) -> bool:
    return isinstance(value, str) and value != ""


def _is_count(value) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_number(value) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and value >= 0


_CHECKS = (
    ("service", "the name of a service, or `*`", _is_text),
    ("action", "the name of an action, or `*`", _is_text),
    ("how", f"one of {', '.join(HOWS)}", lambda it: it in HOWS),
    ("when", f"one of {', '.join(WHENS)}", lambda it: it in WHENS),
    ("resource", "a part of a resource's name", lambda it: it is None or _is_text(it)),
    ("caller", "a part of a role's name", lambda it: it is None or _is_text(it)),
    ("stack", "the name of a stack, as a call's tags say it", lambda it: it is None or _is_text(it)),
    ("reads", "true or false", lambda it: isinstance(it, bool)),
    ("skip", "a whole number of 0 or more", _is_count),
    ("count", "a whole number of 1 or more, or null", lambda it: it is None or (_is_count(it) and it > 0)),
    ("rate", "a number above 0 and up to 1", lambda it: _is_number(it) and 0 < it <= 1),
    ("code", "an error code", _is_text),
    ("status", "an HTTP status of 400 to 599", lambda it: _is_count(it) and 400 <= it <= 599),
    ("message", "a text", lambda it: isinstance(it, str)),
    ("seconds", "a number of 0 or more", _is_number),
    ("times", "a whole number of 0 or more", _is_count),
)

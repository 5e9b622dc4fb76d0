"""A moment that this cloud can be brought back to: a copy of all that its services hold, in memory.

Functions, state machines, queues, buses and credentials stay as they are: they are what acts, not what is acted
on, and processes and threads hold on to their records. So whoever saves or goes back waits until nothing is at work.
"""

import collections
import copy
import sys

from ministack.core import lambda_runtime
from ministack.core.responses import AccountRegionScopedDict, AccountScopedDict, request_scope
from ministack.services import s3, stepfunctions

from overlay.control import acting
from overlay.patch import replace

# Services whose records are held by processes and threads, and those that only pass things on.
_ACTING = ("lambda", "stepfunctions", "cloudformation", "sqs", "eventbridge", "sts", "cloudtrail", "scheduler")

# What else the overlay keeps of the past of a resource, beside the stores of its service.
_BESIDE = (
    ("overlay.lag.hiding", "_hidden"),
    ("overlay.lag.settling", "_known_at"),
    ("overlay.events.alarms", "_told"),
)

_PLAIN = (str, bytes, int, float, bool, type(None))

# Records in S3 are small; what is larger, such as a function's package, never changes under its key.
_KEPT_BYTES = 1_000_000

_saved: list = []


def install() -> None:
    @replace(s3, "_persist_object", "a moment is in memory, so what it holds must not be read from the disk of today")
    def _persist_object(original, bucket, key, obj):
        body = obj.get("body") if isinstance(obj, dict) else None
        original(bucket, key, obj)
        if _saved and body is not None and len(body) <= _KEPT_BYTES:
            obj["body"] = body


def at_work() -> dict:
    """How much is under way: functions that run, executions that have not ended."""
    running = [one for one in stepfunctions._executions.all_values() if one.get("status") == "RUNNING"]
    return {"functions": lambda_runtime.workers_in_use(), "executions": len(running)}


def save() -> int:
    """Keep this moment, and only this one; how many stores it is."""
    _bring_bodies_to_memory()
    memo: dict = {}
    _saved[:] = [(store, _copied(_inside(store), memo)) for _name, store in stores()]
    return len(_saved)


def restore() -> int:
    """Go back to the moment that was kept; how many stores that were. What was on its way is let go."""
    acting.let_go()
    memo: dict = {}
    for store, kept in _saved:
        inside = _inside(store)
        inside.clear()
        inside.update(_copied(kept, memo))
    return len(_saved)


def stores() -> list[tuple[str, dict]]:
    """Every store of every service that is brought back, with the name it has in the code."""
    found = []
    for module in sorted(sys.modules):
        short = module.removeprefix("ministack.services.")
        if short == module or short.startswith(_ACTING):
            continue
        for name, value in sorted(vars(sys.modules[module]).items()):
            if isinstance(value, (AccountRegionScopedDict, AccountScopedDict)):
                found.append((f"{short}.{name}", value))
    for module in sorted(one for one in sys.modules if one.startswith("overlay.")):
        for name, value in sorted(vars(sys.modules[module]).items()):
            if isinstance(value, (AccountRegionScopedDict, AccountScopedDict)):
                found.append((f"{module.removeprefix('overlay.')}.{name}", value))
    found += [(name, vars(sys.modules[module])[name]) for module, name in _BESIDE if module in sys.modules]
    return list({id(store): (name, store) for name, store in found}.values())


def _bring_bodies_to_memory() -> None:
    for (account, name), bucket in list(s3._buckets._data.items()):
        for key, found in bucket["objects"].items():
            if found.get("body") is None and found.get("size", 0) <= _KEPT_BYTES:
                with request_scope(account, bucket.get("region") or "us-east-1"):
                    found["body"] = s3._read_body(name, key, found)


def _inside(store):
    return store if isinstance(store, dict) else store._data


def _copied(value, memo: dict):
    """A deep copy; what two stores share stays shared. What cannot be copied, such as a key, is never changed."""
    if isinstance(value, _PLAIN):
        return value
    if id(value) in memo:
        return memo[id(value)][1]
    if type(value) is dict:
        made = {}
        memo[id(value)] = (value, made)
        made.update((_copied(name, memo), _copied(inner, memo)) for name, inner in value.items())
        return made
    if type(value) is list:
        made = []
        memo[id(value)] = (value, made)
        made.extend(_copied(inner, memo) for inner in value)
        return made
    if type(value) in (tuple, set, frozenset):
        made = type(value)(_copied(inner, memo) for inner in value)
    elif isinstance(value, collections.deque):
        made = collections.deque((_copied(inner, memo) for inner in value), value.maxlen)
    else:
        try:
            made = copy.deepcopy(value)
        except TypeError:
            made = value
    memo[id(value)] = (value, made)
    return made

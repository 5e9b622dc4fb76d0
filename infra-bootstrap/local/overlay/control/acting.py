"""What acts on the account: functions, state machines, rules, queues. Going back to a moment leaves them as they are.

Whoever goes back can so tell whether they are still what they were; and what was on its way through them is let go.
"""

import hashlib
import json

from ministack.services import eventbridge, lambda_svc, sqs, stepfunctions

_STORES = (
    (lambda_svc, ("_functions", "_esms", "_function_urls")),
    (stepfunctions, ("_state_machines", "_state_machine_versions", "_state_machine_aliases")),
    (eventbridge, ("_event_buses", "_rules", "_targets")),
    (sqs, ("_queues",)),
)

# What use leaves behind in them, and is no setting.
_USE = (
    "messages", "dedup_cache", "fifo_seq", "LastProcessingResult", "StateReason", "StateReasonCode", "LastUpdateStatus",
)  # fmt: skip

# A new function wakes up when it is called for the first time.
_AWAKE = ("Pending", "Active")


def shown() -> dict:
    """For each store what it holds, by name and a digest of how it is set; how many `messages` each queue holds."""
    found = {}
    for module, names in _STORES:
        short = module.__name__.removeprefix("ministack.services.")
        for name in names:
            things = getattr(module, name)._data
            things_shown = (f"{_called(key)} {_digest(value)}" for key, value in sorted(things.items(), key=str))
            found[f"{short}.{name}"] = dict.fromkeys(things_shown, 1)
    found["messages"] = {queue["name"]: len(queue["messages"]) for queue in list(sqs._queues.all_values())}
    return found


def let_go() -> None:
    """Empty the queues: an event of today must not reach the moment that the cloud goes back to."""
    with sqs._queues_lock:
        for queue in list(sqs._queues.all_values()):
            queue["messages"].clear()
            queue["dedup_cache"].clear()


def _called(key) -> str:
    own = key[-1] if isinstance(key, tuple) else key
    return "/".join(str(one) for one in own) if isinstance(own, tuple) else str(own)


def _digest(value) -> str:
    return hashlib.sha256(json.dumps(_set(value), sort_keys=True, default=_plain).encode()).hexdigest()[:16]


def _set(value):
    """How it is set, without what its use changes."""
    if not isinstance(value, dict):
        return value
    kept = {name: inner for name, inner in value.items() if name not in _USE}
    if kept.get("State") in _AWAKE:
        del kept["State"]
    return {str(name): _set(inner) for name, inner in kept.items()}


def _plain(value):
    if isinstance(value, (bytes, bytearray)):
        return hashlib.sha256(value).hexdigest()
    return sorted(map(str, value)) if isinstance(value, (set, frozenset)) else type(value).__name__

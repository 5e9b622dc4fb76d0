"""Every changing call in the order in which it came, with how it ended."""

import threading
import time

from overlay.wire import answers

_entries: list[dict] = []
_lock = threading.Lock()
_last = 0

# A call that has not been answered yet, or never will be.
UNANSWERED = "unanswered"
OK = "ok"

# Whoever runs this for days shall not fill the memory: the oldest go first.
_KEPT = 50_000


def begin(call) -> dict | None:
    """An entry for the call; None for one that only looks."""
    global _last
    if not call.is_change:
        return None
    entry = {
        "service": call.service,
        "action": call.operation,
        "resource": call.resource,
        "stack": call.stack,
        "caller": call.caller,
        "outcome": UNANSWERED,
        "fault": None,
        "ledger": call.is_ledger,
        "time": time.time(),
    }
    with _lock:
        _last += 1
        entry["number"] = _last
        _entries.append(entry)
        del _entries[:-_KEPT]
    return entry


def end(entry: dict | None, call, answer) -> None:
    if entry is not None:
        entry["outcome"] = outcome(call, answer)


def outcome(call, answer) -> str:
    """`ok`, or the code of the refusal."""
    status, headers, body = answer
    if status < 300 or call.model is None:
        return OK if status < 300 else str(status)
    raw = body.encode() if isinstance(body, str) else body
    is_cbor = "smithy-protocol" in call.request.headers
    parsed = answers.parse(call, status, dict(headers), raw, is_cbor)
    return parsed.error[0] or str(status)


def since(number: int) -> list[dict]:
    with _lock:
        return [entry for entry in _entries if entry["number"] > number]


def clear() -> None:
    with _lock:
        _entries.clear()

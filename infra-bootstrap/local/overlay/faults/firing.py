"""Taking each call past the faults that are set."""

import asyncio
import itertools

from overlay.control import connection
from overlay.faults import killing, refusals
from overlay.faults.fault import Fault
from overlay.lag import hiding

_faults: list[Fault] = []
_numbers = itertools.count(1)


def faults() -> list[Fault]:
    return list(_faults)


def add(fault: Fault) -> Fault:
    fault.id = next(_numbers)
    _faults.append(fault)
    return fault


def remove(number: int) -> bool:
    kept = [one for one in _faults if one.id != number]
    is_gone = len(kept) < len(_faults)
    _faults[:] = kept
    return is_gone


def clear() -> None:
    _faults.clear()


async def through(call, entry: dict | None, do):
    """The answer to a call: its own, or what a fault makes of it. `do` lets it take effect."""
    fault = await _struck(call, entry)
    if fault is None:
        return await do()
    if entry is not None:
        entry["fault"] = {"id": fault.id, "how": fault.how, "when": fault.when}
    if fault.how == "hide":
        answer = await do()
        hiding.hide_made_by(call, answer, fault.times)
        return answer
    # A process is killed before the effect by its caller's death, and after it likewise.
    if fault.when == "after":
        await do()
    if fault.how == "kill":
        killing.kill_caller(call)
    if fault.how in ("kill", "cut"):
        if entry is not None:
            entry["outcome"] = fault.how
        raise connection.Cut
    if fault.how == "throttle":
        return refusals.throttled(call)
    return refusals.refused(call, fault.code, fault.message, fault.status)


async def _struck(call, entry: dict | None) -> Fault | None:
    """The fault that decides about the call; delays on the way to it are waited for."""
    for fault in list(_faults):
        if fault.matches(call) and fault.strikes(call):
            if fault.how != "delay":
                return fault
            if entry is not None:
                entry["fault"] = {"id": fault.id, "how": fault.how, "when": fault.when}
            await asyncio.sleep(fault.seconds)
    return None

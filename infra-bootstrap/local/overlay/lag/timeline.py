"""What becomes of things as time passes. Nothing runs by itself: whoever looks finds what is due done.

What is due lies in a store that is saved with EC2's, so a cloud that starts again goes on with it.
"""

import logging
import threading
import uuid

from ministack.core.responses import request_scope
from ministack.services import ec2

from overlay import stores
from overlay.lag import clock, draw

_log = logging.getLogger("overlay.lag")
_due = stores.beside(ec2, "timeline")
_happenings: dict = {}
_sweeping = threading.RLock()
_order = 0


def happening(name: str):
    """Let the decorated function do what is due under that name; it gets what it is about."""

    def install(function):
        _happenings[name] = function
        return function

    return install


def after(kind: str, called: str, name: str, about: str) -> float:
    """Have `name` happen to `about` when the time of its kind has passed; in how many seconds."""
    wait = draw.seconds(kind, called)
    in_seconds(wait, name, about)
    return wait


def in_seconds(wait: float, name: str, about: str) -> None:
    global _order
    _order += 1
    _due[uuid.uuid4().hex] = {"At": clock.now() + wait if wait else 0.0, "Order": _order, "Name": name, "About": about}


def sweep(with_instant: bool = True) -> None:
    """Do all that is due, in the order in which it was.

    What takes no time waits for the end of the call that began it, so only whoever serves calls does that.
    """
    if not _due.has_any():
        return
    with _sweeping:
        while True:
            now, first = clock.now(), -1.0 if with_instant else 0.0
            ready = [(one["At"], one["Order"], key, one) for key, one in _due.all_items() if first < one["At"] <= now]
            if not ready:
                return
            for _at, _number, (account, region, key), one in sorted(ready, key=lambda it: it[:2]):
                _due.pop_scoped(account, region, key, None)
                with request_scope(account, region):
                    _happen(one["Name"], one["About"])


def _happen(name: str, about: str) -> None:
    try:
        _happenings[name](about)
    except Exception:
        # It belongs to a call that was answered long ago; whoever calls now has no part in it.
        _log.exception("`%s` did not happen to `%s`", name, about)


def is_to_happen(name: str, about: str) -> bool:
    return any((one["Name"], one["About"]) == (name, about) for one in _due.values())


def is_waiting() -> bool:
    """Is anything to happen at a time of its own?"""
    return any(one["At"] for _key, one in _due.all_items())

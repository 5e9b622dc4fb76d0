"""Putting events of AWS's own on the default bus, in order and off the path of the request."""

import heapq
import itertools
import json
import logging
import threading
import time

from ministack.core.responses import request_scope
from ministack.services import eventbridge

from overlay.lag import timeline
from overlay.wire import models

_log = logging.getLogger("overlay.events")
# (when, number, account, region, job): the earliest first, and those of one moment as they came.
_work: list = []
_numbers = itertools.count()
_changed = threading.Condition()
# How often is looked for what happens by itself, where times are not instant.
_LOOK_SECONDS = 0.5


def start() -> None:
    threading.Thread(target=_run, name="event-bus", daemon=True).start()


def later(account: str, region: str, job, after_seconds: float = 0.0) -> None:
    """Run `job()` as that account in that region: after all that was handed in before, or when it is time."""
    with _changed:
        heapq.heappush(_work, (time.monotonic() + after_seconds, next(_numbers), account, region, job))
        _changed.notify()


def publish(source: str, detail_type: str, detail: dict, resources=(), at=None) -> None:
    """Put one event on the default bus of the account and region in scope.

    PutEvents refuses callers a source that begins with `aws.`, hence MiniStack's inner entry.
    """
    entry = {
        "Source": source,
        "DetailType": detail_type,
        "Detail": json.dumps(detail),
        "Resources": list(resources),
        "Time": at or time.time(),
    }
    eventbridge._put_events({"Entries": [entry]}, allow_aws_source=True)


def _run() -> None:
    # The largest model takes a quarter of a second to load: better now than under somebody's first call.
    models.service_model("ec2")
    while True:
        account, region, job = _next()
        try:
            with request_scope(account, region):
                job()
        except Exception:
            # An event that cannot be told must not end the telling of all others.
            _log.exception("an event was lost")


def _next() -> tuple:
    """What is to be done now, as soon as there is something.

    Meanwhile things happen though nobody looks: events tell of them.
    """
    while True:
        timeline.sweep(with_instant=False)
        with _changed:
            now = time.monotonic()
            if _work and _work[0][0] <= now:
                return heapq.heappop(_work)[2:]
            pauses = [_work[0][0] - now] if _work else []
            _changed.wait(min(pauses + [_LOOK_SECONDS] * timeline.is_waiting(), default=None))

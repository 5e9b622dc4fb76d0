"""Putting events of AWS's own on the default bus, in order and off the path of the request."""

import json
import logging
import queue
import threading
import time

from ministack.core.responses import request_scope
from ministack.services import eventbridge

from overlay.wire import models

_log = logging.getLogger("overlay.events")
_work: queue.Queue = queue.Queue()


def start() -> None:
    threading.Thread(target=_run, name="event-bus", daemon=True).start()


def later(account: str, region: str, job) -> None:
    """Run `job()` after all that was handed in before it, as that account in that region."""
    _work.put((account, region, job))


def settle(timeout_seconds: float = 5) -> bool:
    """Wait until all that was handed in so far is done; for tests."""
    done = threading.Event()
    _work.put(("", "", done.set))
    return done.wait(timeout_seconds)


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
        account, region, job = _work.get()
        try:
            with request_scope(account, region):
                job()
        except Exception:
            # An event that cannot be told must not end the telling of all others.
            _log.exception("an event was lost")

"""An execution under way, and the part of it that one branch is."""

import random
import threading
from contextvars import ContextVar

from ministack.core.responses import now_iso
from ministack.services import stepfunctions

from overlay.stepfunctions import clock, failures

EVENTS_MAX = 25_000

# The branch that this thread walks.
CURRENT: ContextVar = ContextVar("scope", default=None)


class Ended(BaseException):
    """The execution or the branch is over. Nothing may catch it: nothing more happens in there."""


class Run:
    """One execution: its record, its history, and its end, which comes once."""

    def __init__(self, execution: dict):
        self.execution = execution
        self.scopes: list = []
        # The same name gives the same run: jitter can be repeated.
        self.dice = random.Random(execution["name"])
        self._lock = threading.RLock()

    def is_over(self) -> bool:
        return self.execution["status"] != "RUNNING"

    def tell(self, kind: str, details: dict, before: int) -> int:
        """Add an event to the history; its number is what the next one follows."""
        with self._lock:
            if self.is_over():
                raise Ended
            if len(self.execution["events"]) >= EVENTS_MAX - 1:
                cause = f"The execution reached the maximum number of history events ({EVENTS_MAX})."
                self.fail(failures.RUNTIME, cause)
                raise Ended
            return self._write(kind, details, before)

    def _write(self, kind: str, details: dict, before: int) -> int:
        event = stepfunctions._add_event(self.execution, kind, details)
        event["previousEventId"] = before
        return event["id"]

    def succeed(self, output: str, before: int) -> None:
        details = {"executionSucceededEventDetails": {"output": output}}
        self._end("SUCCEEDED", "ExecutionSucceeded", details, before, output=output)

    def fail(self, error: str, cause: str) -> None:
        said = {"error": error, "cause": cause}
        self._end("FAILED", "ExecutionFailed", {"executionFailedEventDetails": said}, **said)

    def time_out(self) -> None:
        said = {"error": failures.TIMEOUT, "cause": "the execution ran longer than its TimeoutSeconds"}
        self._end("TIMED_OUT", "ExecutionTimedOut", {"executionTimedOutEventDetails": said}, **said)

    def abort(self, error, cause) -> None:
        said = {name: text for name, text in (("error", error), ("cause", cause)) if text}
        self._end("ABORTED", "ExecutionAborted", {"executionAbortedEventDetails": said}, **said)

    def _end(self, status: str, kind: str, details: dict, before: int = 0, **fields) -> None:
        with self._lock:
            if self.is_over():
                return
            self._write(kind, details, before or len(self.execution["events"]))
            self.execution.update(fields, status=status, stopDate=now_iso())
        for scope in self.scopes:
            scope.stop()
        stepfunctions._emit_execution_status_event(self.execution)


class Scope:
    """The machine's own states, a branch's or an item's: variables of their own, and stopped as one."""

    def __init__(self, run: Run, context: dict, last: int):
        self.run = run
        # What is assigned in a branch stays in it.
        self.context = {**context, "variables": dict(context["variables"])}
        self.last = last
        self._over = threading.Event()
        self._inner: list = []
        run.scopes.append(self)

    def inner(self, **context) -> "Scope":
        scope = Scope(self.run, {**self.context, **context}, self.last)
        self._inner.append(scope)
        return scope

    def stop(self) -> None:
        self._over.set()
        for scope in self._inner:
            scope.stop()

    def check(self) -> None:
        if self._over.is_set() or self.run.is_over():
            raise Ended

    def sleep(self, seconds: float) -> None:
        self.idle(clock.pause(seconds))

    def idle(self, real_seconds: float) -> None:
        """Pause by this machine's clock."""
        if self._over.wait(real_seconds):
            raise Ended
        self.check()

    def tell(self, kind: str, **details) -> None:
        self.check()
        self.last = self.run.tell(kind, details, self.last)

    def tell_aborted(self, kind: str) -> None:
        """A stopped branch's last word, while the execution goes on."""
        if not self.run.is_over():
            self.last = self.run.tell(f"{kind}StateAborted", {}, self.last)

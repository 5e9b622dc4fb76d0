"""Task tokens: who holds one answers for the task, once, and in time."""

import json
import secrets
import time
from collections import deque

from ministack.core.responses import error_response_json, json_response
from ministack.services import stepfunctions

from overlay.patch import replace
from overlay.stepfunctions import clock, failures

# How often a task looks whether its execution was stopped.
_LOOK_SECONDS = 0.05

# Tokens whose task is over are known for a while: answering them is late, not wrong.
_REMEMBERED = 10_000

_OPEN: dict[str, "Token"] = {}
_CLOSED: deque = deque(maxlen=_REMEMBERED)


class Token:
    def __init__(self):
        self.name = "AQC" + secrets.token_urlsafe(48)
        self.answer = None
        self._ends = self._beats = self._due = None

    def start(self, seconds, heartbeat) -> None:
        now = time.monotonic()
        self._ends = None if seconds is None else now + clock.limit(seconds)
        self._beats = None if heartbeat is None else clock.limit(heartbeat)
        self.beat()

    def beat(self) -> None:
        self._due = None if self._beats is None else time.monotonic() + self._beats

    def wait(self, scope):
        """The answer, as JSON; raises what was answered instead of it, or that nothing was."""
        while self.answer is None:
            now = time.monotonic()
            if self._ends is not None and now >= self._ends:
                raise failures.Failure(failures.TIMEOUT, "nobody answered for the task in time")
            if self._due is not None and now >= self._due:
                raise failures.Failure(failures.HEARTBEAT, "no heartbeat came for the task in time")
            scope.idle(_LOOK_SECONDS)
        if isinstance(self.answer, failures.Failure):
            raise self.answer
        return self.answer[0]

    def close(self) -> None:
        if _OPEN.pop(self.name, None):
            _CLOSED.append(self.name)


def new() -> Token:
    token = Token()
    _OPEN[token.name] = token
    return token


def install() -> None:
    @replace(stepfunctions, "_send_task_success", "a token is answered once, with JSON of a limited size")
    def _send_task_success(original, data):
        text = data.get("output", "")
        if len(text.encode()) > failures.PAYLOAD_MAX_BYTES:
            return error_response_json("ValidationException", "`output` is longer than 262144 bytes", 400)
        try:
            value = json.loads(text)
        except ValueError:
            return error_response_json("InvalidOutput", "Invalid Output: 'the output is no JSON'", 400)
        return _answer(original, data, (value,))

    @replace(stepfunctions, "_send_task_failure", "a token is answered once")
    def _send_task_failure(original, data):
        # Step Functions calls a failure without a name by its wildcard.
        failure = failures.Failure(data.get("error") or "States.TaskFailed", data.get("cause") or "")
        return _answer(original, data, failure)

    @replace(stepfunctions, "_send_task_heartbeat", "heartbeats put the time-out off")
    def _send_task_heartbeat(original, data):
        token = _OPEN.get(data.get("taskToken"))
        if token is None or token.answer is not None:
            return _answer(original, data, None)
        token.beat()
        return json_response({})


def _answer(original, data: dict, answer):
    """Give the open task its answer; an activity's token is MiniStack's own."""
    name = data.get("taskToken")
    token = _OPEN.get(name)
    if name in _CLOSED or (token and token.answer is not None):
        return error_response_json("TaskTimedOut", "Task Timed Out: 'Provided task does not exist anymore'", 400)
    if token is None:
        return original(data)
    token.answer = answer
    return json_response({})

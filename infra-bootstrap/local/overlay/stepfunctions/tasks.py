"""Tasks: one call with its time-outs, or a call that is answered later by whoever holds the token."""

import contextvars
import threading
from concurrent.futures import Future
from concurrent.futures import TimeoutError as Late

from ministack.services import stepfunctions

from overlay.stepfunctions import clock, failures, fields, retrying, tokens

_CALLBACK = ".waitForTaskToken"


def task(state: dict, value, scope):
    return retrying.attempts(state, value, scope, lambda: _once(state, value, scope))


def _once(state: dict, value, scope):
    if not state.get("Resource", "").endswith(_CALLBACK):
        return _tried(state, value, scope, None)
    token = tokens.new()
    scope.context["Task"] = {"Token": token.name}
    try:
        return _tried(state, value, scope, token)
    finally:
        token.close()


def _tried(state: dict, value, scope, token):
    resource, context = state.get("Resource", ""), scope.context
    given = fields.given(state, value, context)
    seconds, heartbeat = (_seconds(state, name, value, context) for name in ("TimeoutSeconds", "HeartbeatSeconds"))
    named = _names(resource)
    parameters = failures.written(given, "what the task is given")
    scope.tell(
        "TaskScheduled",
        taskScheduledEventDetails={**named, "region": stepfunctions.get_region(), "parameters": parameters},
    )
    scope.tell("TaskStarted", taskStartedEventDetails=named)
    try:
        if token:
            result = _answered_later(token, resource, given, scope, seconds, heartbeat)
        else:
            result = _answered(resource, given, _soonest(seconds, heartbeat), scope)
        text = failures.written(result, "the answer of the task")
    except failures.Failure as failure:
        said = {**named, "error": failure.error, "cause": failure.cause}
        if failure.error in (failures.TIMEOUT, failures.HEARTBEAT):
            scope.tell("TaskTimedOut", taskTimedOutEventDetails=said)
        else:
            scope.tell("TaskFailed", taskFailedEventDetails=said)
        raise
    scope.tell("TaskSucceeded", taskSucceededEventDetails={**named, "output": text})
    return fields.output(state, value, context, result)


def _answered_later(token, resource, given, scope, seconds, heartbeat):
    """The call hands the token on; the answer comes by SendTaskSuccess or SendTaskFailure."""
    token.start(seconds, heartbeat)
    _answered(resource.removesuffix(_CALLBACK), given, seconds, scope)
    scope.tell("TaskSubmitted", taskSubmittedEventDetails=_names(resource))
    return token.wait(scope)


def _answered(resource: str, given, seconds, scope):
    """What the call answers, if it does so in time. A call that is late runs on, unheard, as on AWS."""
    scope.check()
    if seconds is None or ":activity:" in resource:
        return stepfunctions._invoke_resource(resource, given)
    future: Future = Future()

    def work():
        try:
            future.set_result(stepfunctions._invoke_resource(resource, given))
        except BaseException as error:
            future.set_exception(error)

    threading.Thread(target=contextvars.copy_context().run, args=(work,), daemon=True).start()
    try:
        return future.result(timeout=clock.limit(seconds))
    except Late:
        raise failures.Failure(failures.TIMEOUT, f"the task ran longer than {seconds} seconds") from None


def _soonest(*seconds):
    return min((one for one in seconds if one is not None), default=None)


def _seconds(state, name, value, context):
    if name not in state:
        path = state.get(f"{name}Path")
        return stepfunctions._resolve_path_or_ctx(path, value, context) if path else None
    return stepfunctions._jsonata_state_field(state, name, "number", value, context)


def _names(resource: str) -> dict:
    """What the history calls a task's resource: `arn:aws:states:::lambda:invoke` is Lambda's `invoke`."""
    parts = resource.split(":")
    if resource.startswith("arn:aws:states:::") and len(parts) > 6:
        return {"resourceType": ":".join(parts[5:-1]), "resource": parts[-1]}
    return {"resourceType": parts[2] if len(parts) > 2 else "states", "resource": resource}

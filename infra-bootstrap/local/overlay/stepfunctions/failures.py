"""Errors by the names that Step Functions gives them, and which of them a wildcard catches.

Source: "Handling errors in Step Functions workflows" in the developer guide.
"""

import json

from ministack.services import lambda_svc, stepfunctions

from overlay.patch import replace

Failure = stepfunctions._ExecutionError

TIMEOUT = "States.Timeout"
HEARTBEAT = "States.HeartbeatTimeout"
TOO_LARGE = "States.DataLimitExceeded"
RUNTIME = "States.Runtime"

# Bytes in UTF-8 of an input, an output, and what a task is given or answers.
PAYLOAD_MAX_BYTES = 262_144


def install() -> None:
    @replace(stepfunctions, "_error_matches", "no wildcard catches what is past mending")
    def _error_matches(_original, wanted, error):
        if error in wanted or (error == HEARTBEAT and TIMEOUT in wanted):
            return True
        if error in (TOO_LARGE, RUNTIME):
            return False
        return "States.ALL" in wanted or ("States.TaskFailed" in wanted and error not in (TIMEOUT, HEARTBEAT))

    @replace(stepfunctions, "_call_lambda", "payloads have a limit, and failures of Lambda have AWS's names")
    def _call_lambda(original, function, event):
        written(event, "the payload of the function")
        try:
            answer = original(function, event)
        except Failure as failure:
            raise _named(failure) from None
        written(answer, "the answer of the function")
        return answer

    @replace(lambda_svc, "_throttle_response", "Step Functions names a throttled call by it")
    def _throttle_response(original, *args, **kwargs):
        answer = original(*args, **kwargs)
        answer["body"].setdefault("errorType", "Lambda.TooManyRequestsException")
        return answer


def written(value, what: str) -> str:
    """The value as JSON, no longer than Step Functions passes on."""
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    size = len(text.encode("utf-8", "surrogatepass"))
    if size > PAYLOAD_MAX_BYTES:
        raise Failure(TOO_LARGE, f"{what} has {size} bytes, more than the {PAYLOAD_MAX_BYTES} that may be passed on")
    return text


def _named(failure):
    """What Step Functions says of a function that failed without saying how.

    A process that ended keeps Lambda's own name for it, `Runtime.ExitError`, and one that ran out of time
    `Sandbox.Timedout`; only an answer without any error type is `Lambda.Unknown`.
    """
    if failure.error == "Runtime.ExitError":
        said = "Error: Runtime exited with error: signal: killed"
        return Failure(failure.error, json.dumps({"errorType": failure.error, "errorMessage": said}))
    if failure.error == "Lambda.Unknown":
        unknown = "The cause could not be determined because Lambda did not return an error type."
        return Failure(failure.error, f"{unknown} Returned payload: {failure.cause}")
    return failure

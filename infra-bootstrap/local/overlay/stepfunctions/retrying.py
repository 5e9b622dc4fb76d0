"""A state's Retry and Catch."""

from ministack.services import stepfunctions

from overlay.stepfunctions import failures

# What AWS assumes where a retrier says nothing.
_INTERVAL_SECONDS = 1
_BACKOFF_RATE = 2.0


def attempts(state: dict, value, scope, attempt):
    """What `attempt` comes to: the state's output and what follows it."""
    counts: dict = {}
    while True:
        scope.context["State"] = {**scope.context["State"], "RetryCount": sum(counts.values())}
        try:
            return attempt()
        except failures.Failure as raised:
            failure = raised
        retrier, number = stepfunctions._find_matching_retrier(state.get("Retry", []), failure.error, counts)
        if retrier is None:
            return _caught(state, value, scope, failure)
        scope.sleep(_delay(retrier, counts.get(number, 0), scope.run.dice))
        counts[number] = counts.get(number, 0) + 1


def _delay(retrier: dict, tried: int, dice) -> float:
    seconds = retrier.get("IntervalSeconds", _INTERVAL_SECONDS) * retrier.get("BackoffRate", _BACKOFF_RATE) ** tried
    seconds = min(seconds, retrier.get("MaxDelaySeconds", seconds))
    return dice.uniform(0, seconds) if retrier.get("JitterStrategy") == "FULL" else seconds


def _caught(state: dict, value, scope, failure):
    catcher = stepfunctions._find_matching_catcher(state.get("Catch", []), failure.error)
    if catcher is None:
        raise failure
    language = stepfunctions._state_query_language(state, scope.context)
    said = {"Error": failure.error, "Cause": failure.cause}
    return stepfunctions._apply_catcher(catcher, value, scope.context, language, said), catcher["Next"]

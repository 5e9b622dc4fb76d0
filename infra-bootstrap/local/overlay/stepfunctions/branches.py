"""Parallel and Map: branches side by side, each with variables of its own, stopped when one fails."""

import contextvars
import threading
from concurrent.futures import FIRST_EXCEPTION, Future, wait

from ministack.services import stepfunctions

from overlay.stepfunctions import failures, fields, retrying
from overlay.stepfunctions.scope import Ended

# Items of an inline map that AWS runs at once.
_ITEMS_AT_ONCE = 40


def parallel(state: dict, value, scope, walk):
    return retrying.attempts(state, value, scope, lambda: _parallel(state, value, scope, walk))


def _parallel(state, value, scope, walk):
    given = fields.given(state, value, scope.context)
    scope.tell("ParallelStateStarted")
    jobs = [
        (scope.inner(), lambda inner, branch=branch: walk(branch, given, inner)) for branch in state.get("Branches", [])
    ]
    results = _together(jobs, scope, len(jobs), "Parallel")
    scope.tell("ParallelStateSucceeded")
    return fields.output(state, value, scope.context, results)


def each(state: dict, value, scope, walk):
    processor = state.get("ItemProcessor") or state.get("Iterator") or {}
    if (processor.get("ProcessorConfig") or {}).get("Mode") == "DISTRIBUTED":
        chosen = stepfunctions._apply_input_path(state, value, scope.context)

        def spread():
            return stepfunctions._run_distributed_map(
                state, value, chosen, processor, scope.run.execution, scope.context
            )

        return retrying.attempts(state, value, scope, spread)
    return retrying.attempts(state, value, scope, lambda: _each(state, processor, value, scope, walk))


def _each(state, processor, value, scope, walk):
    items, most = _items(state, value, scope.context)
    name = scope.context["State"]["Name"]
    scope.tell("MapStateStarted", mapStateStartedEventDetails={"length": len(items)})
    jobs = []
    for index, item in enumerate(items):
        inner = scope.inner(Map={"Item": {"Index": index, "Value": item}})
        given = _item_input(state, value, item, inner.context)
        told = {"name": name, "index": index}

        def iterate(own, given=given, told=told):
            own.tell("MapIterationStarted", mapIterationStartedEventDetails=told)
            try:
                result = walk(processor, given, own)
            except failures.Failure:
                own.tell("MapIterationFailed", mapIterationFailedEventDetails=told)
                raise
            own.tell("MapIterationSucceeded", mapIterationSucceededEventDetails=told)
            return result

        jobs.append((inner, iterate))
    results = _together(jobs, scope, min(most or _ITEMS_AT_ONCE, _ITEMS_AT_ONCE), "Map")
    scope.tell("MapStateSucceeded")
    return fields.output(state, value, scope.context, results)


def _items(state, value, context):
    if fields.speaks_jsonata(state, context):
        items, most = value, 0
        if "Items" in state:
            items = stepfunctions._jsonata_state_field(state, "Items", "array", value, context)
        if "MaxConcurrency" in state:
            most = stepfunctions._jsonata_state_field(state, "MaxConcurrency", "number", value, context)
    else:
        chosen = stepfunctions._apply_input_path(state, value, context)
        items = stepfunctions._resolve_path_or_ctx(state.get("ItemsPath", "$"), chosen, context)
        most = state.get("MaxConcurrency", 0)
    if not isinstance(items, list):
        raise failures.Failure(failures.RUNTIME, "the items of the Map are no array")
    return items, int(most)


def _item_input(state, value, item, context):
    selector = state.get("ItemSelector") or state.get("Parameters")
    if not selector:
        return item
    if fields.speaks_jsonata(state, context):
        return stepfunctions._apply_jsonata_template(selector, value, context)
    chosen = stepfunctions._apply_input_path(state, value, context)
    return stepfunctions._resolve_params_obj(selector, chosen, context)


def _together(jobs: list, scope, at_once: int, kind: str) -> list:
    """What the jobs come to. The first that fails stops the others; their functions run on, unheard."""
    room = threading.Semaphore(max(at_once, 1))
    futures = [_start(inner, job, room) for inner, job in jobs]
    wait(futures, return_when=FIRST_EXCEPTION)
    # A branch that was stopped with the others is no reason of its own.
    ended = [future.exception() for future in futures if future.done()]
    failed = [error for error in ended if error is not None and not isinstance(error, Ended)]
    if failed:
        for inner, _job in jobs:
            inner.stop()
        scope.check()
        scope.tell(f"{kind}StateFailed")
        first = failed[0]
        raise first if isinstance(first, failures.Failure) else failures.Failure(failures.RUNTIME, str(first))
    scope.check()
    if any(isinstance(error, Ended) for error in ended):
        raise Ended
    return [future.result() for future in futures]


def _start(inner, job, room) -> Future:
    """The job on a thread of its own, which nobody waits for once it is stopped."""
    future: Future = Future()

    def work():
        try:
            with room:
                inner.check()
                future.set_result(job(inner))
        except BaseException as error:
            future.set_exception(error)

    # Account and region of the execution go with it.
    threading.Thread(target=contextvars.copy_context().run, args=(work,), daemon=True).start()
    return future

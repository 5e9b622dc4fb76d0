"""From state to state: a whole execution, or one branch of it."""

import contextvars
import json
import logging
import threading

from ministack.core.responses import now_iso
from ministack.services import stepfunctions

from overlay.patch import replace
from overlay.stepfunctions import branches, clock, failures, fields, tasks
from overlay.stepfunctions.scope import CURRENT, Ended, Run, Scope

_log = logging.getLogger("states")

# Executions under way, by ARN.
RUNS: dict[str, Run] = {}

# States that AWS tells of when the branch around them is stopped.
_ABORTABLE = ("Task", "Wait", "Parallel", "Map")


def install() -> None:
    @replace(stepfunctions, "_run_execution", "its interpreter leaks variables and knows no limits")
    def _run_execution(_original, arn):
        run_execution(arn)

    @replace(stepfunctions, "_scaled_sleep", "a wait ends when the execution does")
    def _scaled_sleep(original, seconds):
        scope = CURRENT.get()
        if scope is None:
            original(seconds)
        else:
            scope.sleep(seconds)

    @replace(stepfunctions, "reset", "executions end with the cloud's content")
    def reset(original):
        for run in list(RUNS.values()):
            for scope in run.scopes:
                scope.stop()
        RUNS.clear()
        return original()


def run_execution(arn: str) -> None:
    execution = stepfunctions._executions.get(arn)
    machine = stepfunctions._state_machines.get(execution["stateMachineArn"]) if execution else None
    if execution is None:
        return
    run = RUNS[arn] = Run(execution)
    timer = None
    try:
        if machine is None:
            raise failures.Failure("StateMachineDeleted", "the state machine does not exist any more")
        definition = json.loads(execution.get("definition") or machine["definition"])
        timer = _deadline(run, definition)
        value = json.loads(execution["input"])
        scope = Scope(run, _context(execution, machine, definition, value), last=1)
        output = walk(definition, value, scope)
        run.succeed(failures.written(output, "the output of the execution"), scope.last)
    except Ended:
        pass
    except failures.Failure as failure:
        run.fail(failure.error, failure.cause)
    except Exception as problem:
        _log.exception("execution %s failed here", arn)
        run.fail(failures.RUNTIME, str(problem))
    finally:
        RUNS.pop(arn, None)
        if timer:
            timer.cancel()


def _deadline(run: Run, definition: dict):
    seconds = definition.get("TimeoutSeconds")
    if seconds is None:
        return None
    timer = threading.Timer(clock.limit(seconds), contextvars.copy_context().run, (run.time_out,))
    timer.daemon = True
    timer.start()
    return timer


def _context(execution: dict, machine: dict, definition: dict, value) -> dict:
    return {
        "QueryLanguage": definition.get("QueryLanguage", "JSONPath"),
        "Execution": {
            "Id": execution["executionArn"],
            "Input": value,
            "Name": execution["name"],
            "RoleArn": machine["roleArn"],
            "StartTime": execution["startDate"],
            "RedriveCount": 0,
        },
        "StateMachine": {"Id": execution["stateMachineArn"], "Name": machine["name"]},
        "variables": {},
    }


def walk(level: dict, value, scope: Scope):
    """Through the states of one level, from its start to an end: what comes out."""
    around = CURRENT.set(scope)
    try:
        name = level.get("StartAt")
        while name:
            state = level.get("States", {}).get(name)
            if state is None:
                raise failures.Failure(failures.RUNTIME, f"there is no state `{name}`")
            value, name = _through(state, name, value, scope)
        return value
    finally:
        # An execution may run inside a task of another one, on the same thread.
        CURRENT.reset(around)


def _through(state: dict, name: str, value, scope: Scope):
    """Through one state: its output, and the name of the next if there is one."""
    kind = state.get("Type")
    scope.context["State"] = {"Name": name, "EnteredTime": now_iso(), "RetryCount": 0}
    entered = {"name": name, "input": failures.written(value, f"the input of `{name}`")}
    scope.tell(f"{kind}StateEntered", stateEnteredEventDetails=entered)
    if kind == "Fail":
        raise failures.Failure(*stepfunctions._fail_state_error(state, value, scope.context))
    try:
        output, following = _done(kind, state, value, scope)
    except Ended:
        if kind in _ABORTABLE:
            scope.tell_aborted(kind)
        raise
    left = {"name": name, "output": failures.written(output, f"the output of `{name}`")}
    scope.tell(f"{kind}StateExited", stateExitedEventDetails=left)
    return output, following


def _done(kind: str, state: dict, value, scope: Scope):
    match kind:
        case "Task":
            return tasks.task(state, value, scope)
        case "Parallel":
            return branches.parallel(state, value, scope, walk)
        case "Map":
            return branches.each(state, value, scope, walk)
        case "Pass":
            return stepfunctions._execute_pass(state, value, scope.context)
        case "Choice":
            return stepfunctions._execute_choice(state, value, scope.context)
        case "Wait":
            return stepfunctions._execute_wait(state, value, scope.context)
        case "Succeed":
            return _succeed(state, value, scope.context), None
    raise failures.Failure(failures.RUNTIME, f"`{kind}` is no type of state")


def _succeed(state: dict, value, context: dict):
    if fields.speaks_jsonata(state, context):
        return stepfunctions._apply_jsonata_output(state, value, context, default=value)
    chosen = stepfunctions._apply_input_path(state, value, context)
    return stepfunctions._apply_output_path(state, chosen, context)

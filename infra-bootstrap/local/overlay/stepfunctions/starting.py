"""Starting executions once for a name, of the version that was named, and stopping them."""

import json
import re
import threading

from ministack.core.responses import error_response_json, get_account_id, get_region, json_response, new_uuid
from ministack.services import stepfunctions

from overlay.patch import replace
from overlay.stepfunctions import failures, walking
from overlay.stepfunctions.scope import Run

_NAME = re.compile(r"[^\s<>{}\[\]?*\"#%\\^|~`$&,;:/\x00-\x1f\x7f-\x9f]{1,80}")

# Held while a record is made: the execution's own thread waits until it is whole.
_starting = threading.RLock()


def install() -> None:
    @replace(stepfunctions, "_start_execution", "a name is an idempotency token, and a version has its own definition")
    def _start_execution(original, data):
        data = {**data, "name": data.get("name") or new_uuid(), "input": data.get("input") or "{}"}
        return _refusal(data) or _start(original, data)

    @replace(stepfunctions, "_run_execution", "an execution begins when its record is whole")
    def _run_execution(original, arn):
        with _starting:
            pass
        original(arn)

    @replace(stepfunctions, "_stop_execution", "an execution ends once, and at once")
    def _stop_execution(original, data):
        execution = stepfunctions._executions.get(data.get("executionArn"))
        if execution is None or execution["status"] != "RUNNING":
            return original(data)
        run = walking.RUNS.get(data["executionArn"]) or Run(execution)
        run.abort(data.get("error"), data.get("cause"))
        return json_response({"stopDate": execution["stopDate"]})

    @replace(stepfunctions, "_describe_execution", "AWS says which version and alias an execution is of")
    def _describe_execution(original, data):
        status, headers, body = original(data)
        execution = stepfunctions._executions.get(data.get("executionArn"))
        if status != 200 or execution is None:
            return status, headers, body
        named = {name: execution[name] for name in _NAMED if execution.get(name)}
        return json_response({**json.loads(body), **named})

    @replace(stepfunctions, "_describe_state_machine_for_execution", "the definition is the one that runs")
    def _describe_state_machine_for_execution(original, data):
        status, headers, body = original(data)
        execution = stepfunctions._executions.get(data.get("executionArn"))
        if status != 200 or execution is None or "definition" not in execution:
            return status, headers, body
        return json_response({**json.loads(body), "definition": execution["definition"]})


_NAMED = ("stateMachineVersionArn", "stateMachineAliasArn")


def _refusal(data: dict):
    if not _NAME.fullmatch(data["name"]):
        return error_response_json("InvalidName", f"Invalid Name: '{data['name']}'", 400)
    if len(data["input"].encode()) > failures.PAYLOAD_MAX_BYTES:
        return error_response_json("ValidationException", "`input` is longer than 262144 bytes", 400)
    try:
        json.loads(data["input"])
    except ValueError as problem:
        return error_response_json("InvalidExecutionInput", f"Invalid State Machine Execution Input: '{problem}'", 400)
    return None


def _start(original, data: dict):
    asked = data.get("stateMachineArn", "").split("#", 1)[0]
    base = stepfunctions._resolve_state_machine_arn(asked)
    if base is None:
        return original(data)
    machine = stepfunctions._state_machines[base]
    arn = f"arn:aws:states:{get_region()}:{get_account_id()}:execution:{machine['name']}:{data['name']}"
    with _starting:
        standing = stepfunctions._executions.get(arn)
        if standing and standing["status"] == "RUNNING" and standing["input"] == data["input"]:
            return json_response({"executionArn": arn, "startDate": standing["startDate"]})
        answer = original(data)
        if answer[0] == 200:
            _pin(stepfunctions._executions[arn], asked, machine)
        return answer


def _pin(execution: dict, asked: str, machine: dict) -> None:
    """What runs is what was named when it started, whatever is published since."""
    version = stepfunctions._execution_version_arn(asked)
    source = stepfunctions._state_machine_versions.get(version) or machine
    execution["definition"] = source["definition"]
    execution["events"][0]["previousEventId"] = 0
    if version:
        execution["stateMachineVersionArn"] = version
    if asked in stepfunctions._state_machine_aliases:
        execution["stateMachineAliasArn"] = asked

"""Definitions that Step Functions refuses: what cannot be reached, leads nowhere, or is there twice.

Codes are those of ValidateStateMachineDefinition in the API reference.
"""

import json
from typing import NamedTuple

from ministack.core.responses import error_response_json, json_response
from ministack.services import stepfunctions
from ministack.services.cloudformation import provisioners

from overlay.patch import replace

_TYPES = ("Task", "Parallel", "Map", "Pass", "Wait", "Choice", "Succeed", "Fail")
_ENDS_BY_ITSELF = ("Succeed", "Fail", "Choice")
_DEFINITION_MAX_BYTES = 1024 * 1024
_NAME_MAX = 80


class Problem(NamedTuple):
    code: str
    message: str
    location: str


def install() -> None:
    @replace(stepfunctions, "_validate_definition_jsonata", "AWS refuses more than expressions that do not parse")
    def _validate_definition_jsonata(original, text):
        found = problems(text)
        if found:
            first = found[0]
            return f"Invalid State Machine Definition: '{first.code}: {first.message} at {first.location}'"
        return original(text)

    @replace(stepfunctions, "_validate_state_machine_definition", "it called every definition sound")
    def _validate_state_machine_definition(_original, data):
        found = problems(data.get("definition"))
        told = [{"severity": "ERROR", **one._asdict()} for one in found]
        return json_response({"result": "FAIL" if found else "OK", "diagnostics": told, "truncated": False})

    @replace(provisioners, "_sfn_definition", "CloudFormation does not see to definitions")
    def _sfn_definition(original, props):
        text = original(props)
        refused = stepfunctions._validate_definition_jsonata(text)
        if refused:
            raise ValueError(f"Resource handler returned message: \"{refused}\" (HandlerErrorCode: InvalidRequest)")
        return text

    @replace(stepfunctions, "_create_state_machine", "a machine has a definition")
    def _create_state_machine(original, data):
        if not data.get("definition"):
            return error_response_json("InvalidDefinition", "Invalid State Machine Definition: ''", 400)
        return original(data)


def problems(text) -> list[Problem]:
    """Everything that is wrong with a definition."""
    if not isinstance(text, str) or len(text.encode()) > _DEFINITION_MAX_BYTES:
        return [Problem("SCHEMA_VALIDATION_FAILED", "the definition is longer than 1 MiB or no text", "/")]
    try:
        machine = json.loads(text)
    except ValueError as problem:
        return [Problem("INVALID_JSON_DESCRIPTION", str(problem), "/")]
    if not isinstance(machine, dict):
        return [Problem("SCHEMA_VALIDATION_FAILED", "the definition is no object", "/")]
    found: list[Problem] = []
    _level(machine, "", set(), set(), found)
    return found


def _level(level: dict, path: str, names: set, outer: set, found: list) -> None:
    states = level.get("States")
    if not isinstance(states, dict) or not states:
        found.append(Problem("SCHEMA_VALIDATION_FAILED", "there are no States", path or "/"))
        return
    start = level.get("StartAt")
    if start not in states:
        found.append(Problem("MISSING_TRANSITION_TARGET", f"Missing 'StartAt' target: {start}", f"{path}/StartAt"))
    assigned = {name for state in states.values() for name in _assigned(state)}
    for name in sorted(assigned & outer):
        found.append(Problem("SCHEMA_VALIDATION_FAILED", f"variable `{name}` belongs to an outer scope", path))
    reached = _reached(states, start)
    for name, state in states.items():
        here = f"{path}/States/{name}"
        if name in names:
            found.append(Problem("DUPLICATE_STATE_NAME", f"Duplicate State name: {name}", here))
        names.add(name)
        if len(name) > _NAME_MAX:
            found.append(Problem("INVALID_STATE_NAME", f"a name has at most {_NAME_MAX} characters", here))
        if name not in reached:
            found.append(Problem("MISSING_TRANSITION_TARGET", f'State "{name}" is not reachable.', here))
        _state(state, here, states, found)
        for place, inner in _inner(state):
            _level(inner, f"{here}/{place}", names, outer | assigned, found)


def _state(state: dict, here: str, states: dict, found: list) -> None:
    kind = state.get("Type")
    if kind not in _TYPES:
        found.append(Problem("SCHEMA_VALIDATION_FAILED", f"`{kind}` is no type of state", f"{here}/Type"))
        return
    goes_on, ends = "Next" in state, state.get("End") is True
    if kind in _ENDS_BY_ITSELF and (goes_on or ends):
        found.append(Problem("SCHEMA_VALIDATION_FAILED", f"a {kind} has neither Next nor End", here))
    if kind not in _ENDS_BY_ITSELF and goes_on == ends:
        found.append(Problem("SCHEMA_VALIDATION_FAILED", "a state has either Next or End", here))
    if kind == "Task" and not state.get("Resource"):
        found.append(Problem("SCHEMA_VALIDATION_FAILED", "a Task has a Resource", here))
    if kind == "Choice" and not state.get("Choices"):
        found.append(Problem("SCHEMA_VALIDATION_FAILED", "a Choice has Choices", here))
    for place, target in _targets(state):
        if target not in states:
            found.append(Problem("MISSING_TRANSITION_TARGET", f"Missing 'Next' target: {target}", f"{here}/{place}"))


def _targets(state: dict):
    for name in ("Next", "Default"):
        if name in state:
            yield name, state[name]
    for name in ("Choices", "Catch"):
        for index, rule in enumerate(state.get(name) or ()):
            yield f"{name}[{index}]/Next", rule.get("Next")


def _assigned(state: dict):
    rules = [*(state.get("Choices") or ()), *(state.get("Catch") or ()), state]
    return {name for rule in rules for name in (rule.get("Assign") or {})}


def _reached(states: dict, start) -> set:
    reached: set = set()
    todo = [start]
    while todo:
        name = todo.pop()
        if name in states and name not in reached:
            reached.add(name)
            todo.extend(target for _place, target in _targets(states[name]))
    return reached


def _inner(state: dict):
    for index, branch in enumerate(state.get("Branches") or ()):
        yield f"Branches[{index}]", branch
    for name in ("ItemProcessor", "Iterator"):
        if name in state:
            yield name, state[name]

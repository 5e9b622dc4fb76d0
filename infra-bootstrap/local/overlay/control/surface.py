"""The control surface: `/_terrace/settings`, `/_terrace/faults`, `/_terrace/calls`, in JSON."""

import json

from overlay import conditions
from overlay.control import journal
from overlay.faults import fault, firing

PREFIX = "/_terrace/"
_JSON = {"Content-Type": "application/json"}


def answer(method: str, path: str, body: bytes, query: dict) -> tuple:
    what, _, rest = path.removeprefix(PREFIX).strip("/").partition("/")
    handlers = _HANDLERS.get(what)
    if handlers is None or (rest and what != "faults"):
        return _refusal(404, [f"there is nothing at `{path}`; there are {', '.join(PREFIX + it for it in _HANDLERS)}"])
    handler = handlers.get(method)
    if handler is None:
        return _refusal(405, [f"`{method}` means nothing here; use {', '.join(handlers)}"])
    try:
        asked = json.loads(body) if body.strip() else None
    except ValueError as cause:
        return _refusal(400, [f"the body is not JSON: {cause}"])
    return handler(asked, rest, query)


def _reply(value) -> tuple:
    return 200, dict(_JSON), json.dumps(value).encode()


def _refusal(status: int, problems: list[str]) -> tuple:
    return status, dict(_JSON), json.dumps({"problems": problems}).encode()


def _show_settings(_asked, _rest, _query):
    return _reply(conditions.shown())


def _change_settings(asked, _rest, _query):
    problems = conditions.problems_of(asked)
    if problems:
        return _refusal(400, problems)
    conditions.change(asked)
    return _reply(conditions.shown())


def _show_faults(_asked, _rest, _query):
    return _reply({"faults": [one.shown() for one in firing.faults()]})


def _add_faults(asked, _rest, _query):
    """One fault or a list of them; all are taken or none."""
    several = asked if isinstance(asked, list) else [asked]
    problems = [
        f"fault {number}: {problem}" if isinstance(asked, list) else problem
        for number, one in enumerate(several, 1)
        for problem in fault.problems_of(one)
    ]
    if problems:
        return _refusal(400, problems)
    return _reply({"faults": [firing.add(fault.Fault.of(one)).shown() for one in several]})


def _remove_faults(_asked, rest, _query):
    if not rest:
        firing.clear()
    elif not (rest.isdigit() and firing.remove(int(rest))):
        return _refusal(404, [f"there is no fault `{rest}`"])
    return _reply({"faults": [one.shown() for one in firing.faults()]})


def _show_calls(_asked, _rest, query):
    since = query.get("since", ["0"])[0]
    if not since.isdigit():
        return _refusal(400, [f"`since` is `{since}`, not the number of a call"])
    return _reply({"calls": journal.since(int(since))})


def _forget_calls(_asked, _rest, _query):
    journal.clear()
    return _reply({"calls": []})


_HANDLERS = {
    "settings": {"GET": _show_settings, "PUT": _change_settings},
    "faults": {"GET": _show_faults, "POST": _add_faults, "DELETE": _remove_faults},
    "calls": {"GET": _show_calls, "DELETE": _forget_calls},
}

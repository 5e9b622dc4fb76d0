"""The control surface: `/_terrace/settings`, `faults`, `calls`, `lag`, `state` and `databases`, in JSON."""

import json

from overlay import conditions
from overlay.control import acting, journal, moments, shape
from overlay.faults import fault, firing
from overlay.lag import draw
from overlay.lag.table import FAST_CALL_SECONDS
from overlay.rds import life

PREFIX = "/_terrace/"
_JSON = {"Content-Type": "application/json"}


def answer(method: str, path: str, body: bytes, query: dict) -> tuple:
    what, _, rest = path.removeprefix(PREFIX).strip("/").partition("/")
    handlers = _HANDLERS.get(what)
    if handlers is None or (rest and what not in ("faults", "state", "databases")):
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


def _show_state(_asked, rest, _query):
    show = {"": moments.at_work, "account": shape.of_account, "acting": acting.shown}.get(rest)
    if show is None:
        return _refusal(404, [f"there is no `state/{rest}`; there are `state`, `state/account` and `state/acting`"])
    return _reply(show())


def _bring_state(_asked, rest, _query):
    """Keep this moment, or go back to it; refused while anything is at work."""
    bring = {"save": moments.save, "restore": moments.restore}.get(rest)
    if bring is None:
        return _refusal(404, [f"there is no `state/{rest}`; there are `state/save` and `state/restore`"])
    at_work = moments.at_work()
    if any(at_work.values()):
        return _refusal(409, [f"{count} {what} are at work" for what, count in at_work.items() if count])
    return _reply({"stores": bring()})


def _bring_database(asked, rest, _query):
    """Put an instance into a state that RDS alone brings about, such as `failed`."""
    status = asked.get("status") if isinstance(asked, dict) else None
    if status not in life.STATES:
        return _refusal(400, [f"`status` is `{status}`; it is one of {', '.join(life.STATES)}"])
    if not life.befalls(rest, status):
        return _refusal(404, [f"there is no database `{rest}` that is neither coming nor going"])
    return _reply({"database": rest, "status": status})


def _show_lag(_asked, _rest, _query):
    """What was drawn, in AWS's seconds, the oldest first."""
    return _reply({"call_seconds": FAST_CALL_SECONDS, "drawn": draw.told()})


_HANDLERS = {
    "settings": {"GET": _show_settings, "PUT": _change_settings},
    "faults": {"GET": _show_faults, "POST": _add_faults, "DELETE": _remove_faults},
    "calls": {"GET": _show_calls, "DELETE": _forget_calls},
    "lag": {"GET": _show_lag},
    "state": {"GET": _show_state, "POST": _bring_state},
    "databases": {"PUT": _bring_database},
}

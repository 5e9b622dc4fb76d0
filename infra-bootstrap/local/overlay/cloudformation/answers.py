"""MiniStack's provisioners call the services' own handlers; this reads what those say."""

import json


def value_of(answer: tuple, attempted: str) -> dict:
    """The body of a JSON answer; a refusal becomes the resource's status reason."""
    status, _headers, body = answer
    values = json.loads(body) if body else {}
    if status >= 400:
        code = str(values.get("__type", "")).rsplit("#", 1)[-1]
        raise ValueError(f"{attempted}: {values.get('message') or values.get('Message')} ({code})")
    return values


def is_true(value) -> bool:
    """A template's boolean, which may be text."""
    return str(value).lower() == "true"

"""One permission that a call takes."""

from typing import NamedTuple


class Need(NamedTuple):
    """`action` is empty where it is the call's own; `context` holds condition keys."""

    resource: str
    action: str = ""
    context: dict = {}


def as_list(value) -> list:
    if value in (None, ""):
        return []
    return value if isinstance(value, list) else [value]


def passing(role_arn: str, service: str) -> Need:
    """A role handed to a service: `iam:PassRole`, with whom it is handed to."""
    return Need(role_arn, "iam:PassRole", {"iam:PassedToService": service})


def tag_context(tags: dict) -> dict:
    return {**{f"aws:RequestTag/{key}": value for key, value in tags.items()}, "aws:TagKeys": list(tags)}

"""Replacing functions of MiniStack in memory, each with the reason written down."""

import functools
from typing import NamedTuple


class Patch(NamedTuple):
    owner: str
    name: str
    because: str


# Every patch in force, for `python -m overlay.patches` and for the test that reads it.
IN_FORCE: list[Patch] = []


def replace(owner, name: str, because: str):
    """Put the decorated function in place of `owner.name`; its first argument is the original.

    A name that MiniStack no longer has raises AttributeError at start, never in the middle of a run.
    """
    original = getattr(owner, name)
    IN_FORCE.append(Patch(getattr(owner, "__name__", str(owner)), name, because))

    def install(function):
        @functools.wraps(original)
        def patched(*args, **kwargs):
            return function(original, *args, **kwargs)

        setattr(owner, name, patched)
        return function

    return install


def replace_action(table: dict, action: str, because: str):
    """The same for a service's table of actions: `table[action]` becomes the decorated function."""
    original = table[action]
    IN_FORCE.append(Patch("actions", action, because))

    def install(function):
        table[action] = functools.wraps(original)(functools.partial(function, original))
        return function

    return install

"""Under which conditions this cloud runs: how fast time passes, by which seed it draws, what it hides.

They are chosen at start and can be changed while it runs, by `PUT /_terrace/settings`.
"""

from dataclasses import dataclass, field

from overlay import quotas


@dataclass
class Conditions:
    """`speed`: AWS's own times divided by this; None: what is made is ready when it is looked at again.
    `hidden_reads`, `hidden_seconds`: how many looks, or how long (of AWS's time), a new object is missing.
    `ahead_seconds`: how far its clock is ahead; what is due until then has happened.
    `durations`: kind -> AWS's seconds, for kinds whose duration is not to be drawn.
    `wait_scale`: factor on waits and retry pauses of state machines; None: as the speed, or the start, says.
    """

    speed: float | None = None
    seed: int = 0
    hidden_reads: int = 0
    hidden_seconds: float = 0.0
    ahead_seconds: float = 0.0
    durations: dict = field(default_factory=dict)
    wait_scale: float | None = None


NOW = Conditions()

# Called with the new speed after it, or the wait scale, has changed; waits of state machines follow them.
on_speed = []

_NAMES = ("speed", "seed", "hidden_reads", "hidden_seconds", "ahead_seconds", "durations", "wait_scale", "quotas")


def shown() -> dict:
    return {name: getattr(NOW, name) for name in _NAMES if name != "quotas"} | {"quotas": quotas.all_limits()}


def problems_of(changes) -> list[str]:
    """What is wrong with settings that somebody asks for; nothing is taken unless all are right."""
    if not isinstance(changes, dict):
        return ["the settings are not a JSON object"]
    problems = [f"there is no setting `{one}`; known are {', '.join(_NAMES)}" for one in changes if one not in _NAMES]
    for name, what, is_right in _CHECKS:
        if name in changes and not is_right(changes[name]):
            problems.append(f"`{name}` is `{changes[name]}`, not {what}")
    return problems + (quotas.problems_of(changes["quotas"]) if "quotas" in changes else [])


def change(changes: dict) -> None:
    """Take settings in which `problems_of` has found nothing wrong."""
    for name, value in changes.items():
        if name == "quotas":
            quotas.choose(value)
        else:
            setattr(NOW, name, value)
    if "speed" in changes or "wait_scale" in changes:
        for listener in on_speed:
            listener(NOW.speed)


def _is_number(value) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _are_durations(value) -> bool:
    from overlay.lag.table import MEASURED  # its package builds on this module

    is_right = isinstance(value, dict) and value.keys() <= MEASURED.keys()
    return is_right and all(_is_number(one) and one >= 0 for one in value.values())


def _is_whole(value) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


_CHECKS = (
    ("speed", "a number above 0, or null", lambda it: it is None or (_is_number(it) and it > 0)),
    ("seed", "a whole number", _is_whole),
    ("hidden_reads", "a whole number of 0 or more", lambda it: _is_whole(it) and it >= 0),
    ("hidden_seconds", "a number of 0 or more", lambda it: _is_number(it) and it >= 0),
    ("ahead_seconds", "a number of 0 or more", lambda it: _is_number(it) and it >= 0),
    ("wait_scale", "a number of 0 or more, or null", lambda it: it is None or (_is_number(it) and it >= 0)),
    ("durations", "seconds by kinds of `lag/table.py`", lambda it: _are_durations(it)),
)

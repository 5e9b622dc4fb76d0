"""Drawing a duration, the same in every run with the same seed."""

import math
import random
import time
from collections import Counter, deque

from overlay import conditions
from overlay.lag.table import MEASURED

# How many deviations above the middle 19 of 20 lie below.
_P95 = 1.6448536269514722

# How often something of that kind and name was drawn for: its generation.
_drawn: Counter = Counter()

# What was drawn, the oldest first. Whoever runs this for days shall not fill the memory.
_told: deque = deque(maxlen=50_000)


def seconds(kind: str, called: str) -> float:
    """How long this takes here: AWS's time, divided by the speed; 0 when no speed is set.

    A lognormal distribution through the two measured points. It depends on the seed, the kind, what
    the thing is called and how many of that name came before: not on identifiers or other calls.
    """
    speed = conditions.NOW.speed
    if speed is None:
        return 0.0
    return of_aws(kind, called) / speed


def of_aws(kind: str, called: str) -> float:
    """AWS's own time, and the next generation is counted."""
    generation = _drawn[kind, called]
    _drawn[kind, called] += 1
    wait = conditions.NOW.durations.get(kind)
    if wait is None:
        wait = drawn(conditions.NOW.seed, kind, called, generation)
    tell(kind, called, wait)
    return wait


def tell(kind: str, called: str, wait: float) -> None:
    """Note what something takes, for those who ask what was drawn."""
    _told.append({"time": time.time(), "kind": kind, "called": called, "seconds": wait})


def told() -> list[dict]:
    return list(_told)


def drawn(seed: int, kind: str, called: str, generation: int) -> float:
    middle, high = MEASURED[kind]
    spread = math.log(high / middle) / _P95
    return random.Random(f"{seed}|{kind}|{called}|{generation}").lognormvariate(math.log(middle), spread)


def forget() -> None:
    _drawn.clear()
    _told.clear()

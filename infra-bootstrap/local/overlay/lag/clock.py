"""The time by which things come and go here: the machine's, and as much ahead of it as was asked for."""

import time

from overlay import conditions


def now() -> float:
    return time.time() + conditions.NOW.ahead_seconds

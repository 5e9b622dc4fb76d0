"""Time in executions: AWS's own, scaled as the cloud's waits are."""

from ministack.services import stepfunctions

# Functions take the time that this machine takes, whatever the scale. A time-out leaves them this much
# of it, else a cloud that is fast at waiting would cut off calls that AWS lets finish.
_LEFT_TO_FUNCTIONS_SECONDS = 60


def pause(seconds: float) -> float:
    """How long a wait of `seconds` takes here."""
    return max(seconds, 0) * stepfunctions._SFN_WAIT_SCALE


def limit(seconds: float) -> float:
    """After how long a time-out of `seconds` strikes here."""
    # A scale of 0 skips waits; a time-out that strikes at once would skip the work as well.
    scale = stepfunctions._SFN_WAIT_SCALE or 1
    return max(seconds * scale, min(seconds, _LEFT_TO_FUNCTIONS_SECONDS))

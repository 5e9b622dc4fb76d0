"""What exists but is not yet known to the services that are to use it."""

from overlay import conditions
from overlay.lag import clock, draw

_known_at: dict[tuple, float] = {}


def begin(kind: str, called: str, identifier: str | None = None) -> None:
    """Something was made or changed: others hear of it when the time of its kind has passed."""
    _begin(kind, identifier or called, draw.seconds(kind, called))


def begin_in(aws_seconds: float, kind: str, identifier: str) -> None:
    """The same where AWS's time is known and nothing is drawn."""
    speed = conditions.NOW.speed
    if speed:
        draw.tell(kind, identifier, aws_seconds)
    _begin(kind, identifier, aws_seconds / speed if speed else 0.0)


def _begin(kind: str, identifier: str, wait: float) -> None:
    if wait:
        _known_at[kind, identifier] = clock.now() + wait


def is_known(kind: str, identifier: str) -> bool:
    return _known_at.get((kind, identifier), 0.0) <= clock.now()


def unknown_profile(asked) -> str | None:
    """EC2's words for an instance profile, named by name or ARN, that it has not heard of yet."""
    given = (asked or {}).get("Name") or (asked or {}).get("Arn") or ""
    if is_known("instance profile usable", given.rsplit("/", 1)[-1]):
        return None
    part = "name" if asked.get("Name") else "arn"
    return f"Value ({given}) for parameter iamInstanceProfile.{part} is invalid. Invalid IAM Instance Profile {part}"


def forget() -> None:
    _known_at.clear()

"""How long things take: drawn for each of them from what has been measured of AWS."""

from ministack import app
from ministack.services import stepfunctions

from overlay import conditions
from overlay.lag import draw, hiding, settling
from overlay.patch import replace


def install() -> None:
    from overlay.lag import late, readiness  # noqa: F401  both build on the services, which build on this

    start_scale = stepfunctions._SFN_WAIT_SCALE

    def scale_waits(speed) -> None:
        """State machines wait by the same clock as everything else, unless somebody says how they are to wait."""
        by_speed = 1 / speed if speed else start_scale
        chosen = conditions.NOW.wait_scale
        stepfunctions._SFN_WAIT_SCALE = by_speed if chosen is None else chosen

    conditions.on_speed.append(scale_waits)
    if conditions.NOW.speed:
        scale_waits(conditions.NOW.speed)

    @replace(app, "_reset_all_state", "an empty cloud waits for nothing and remembers no draws")
    def _reset_all_state(original, *args, **kwargs):
        for part in (draw, settling):
            part.forget()
        hiding.clear()
        return original(*args, **kwargs)

"""Variables: all of a state's `Assign` is evaluated before any of it counts."""

from ministack.services import stepfunctions

from overlay.patch import replace
from overlay.stepfunctions import failures


def install() -> None:
    @replace(stepfunctions, "_apply_state_assign", "a state's new values do not show in that state, and have a limit")
    def _apply_state_assign(original, state, raw_input, context=None, result=None, error_output=None):
        if context is None:
            return
        aside = {**context, "variables": _Aside(context.setdefault("variables", {}))}
        original(state, raw_input, aside, result=result, error_output=error_output)
        assigned = aside["variables"].assigned
        failures.written(assigned, "what the state assigns")
        context["variables"].update(assigned)


class _Aside(dict):
    """Keeps what is set apart from what is read."""

    def __init__(self, known):
        super().__init__(known)
        self.assigned = {}

    def __setitem__(self, name, value):
        self.assigned[name] = value

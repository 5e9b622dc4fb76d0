"""What a person or a test decides about this cloud while it runs, and what it tells of itself."""

import asyncio

from ministack import app

from overlay import conditions
from overlay.control import journal, moments, surface
from overlay.control.passing import Passing
from overlay.faults import firing, refusals
from overlay.lag import hiding, timeline
from overlay.lag.table import FAST_CALL_SECONDS
from overlay.patch import replace


def install() -> None:
    moments.install()

    @replace(app, "_handle_post_body_shortcuts", "the control surface lies beside MiniStack's own")
    async def _handle_post_body_shortcuts(original, method, path, headers, body, query_params, request_id):
        if path.startswith(surface.PREFIX):
            return surface.answer(method, path, body, query_params)
        return await original(method, path, headers, body, query_params, request_id)

    @replace(app, "_dispatch_service_request", "calls are journalled, and faults befall them")
    async def _dispatch_service_request(original, method, path, headers, body, query_params, request_id):
        async def do():
            return await original(method, path, headers, body, query_params, request_id)

        if path.startswith("/_"):
            return await do()
        call = Passing.of(method, path, headers, body, query_params)
        entry = journal.begin(call)
        answer = await firing.through(call, entry, lambda: _as_time_passes(call, do))
        journal.end(entry, call, answer)
        return answer

    @replace(app, "_reset_all_state", "an empty cloud has no faults and no past")
    def _reset_all_state(original, *args, **kwargs):
        firing.clear()
        journal.clear()
        return original(*args, **kwargs)


async def _as_time_passes(call, do):
    """Let a call take effect on a cloud where all that is due is done, and nothing new is seen too early."""
    speed = conditions.NOW.speed
    if speed and call.is_change and not call.is_data:
        await asyncio.sleep(FAST_CALL_SECONDS / speed)
    timeline.sweep()
    unseen = hiding.missing(call)
    if unseen is not None:
        code, message, status = unseen
        return refusals.refused(call, code, message, status)
    answer = await do()
    hiding.after(call, answer)
    # Without a speed, things are done changing as soon as the answer that shows them changing is written.
    timeline.sweep()
    return answer

"""Writing operations of services that speak JSON, beside those that MiniStack has."""

import functools
import json

from ministack.core.responses import error_response_json, json_response

from overlay.patch import replace


class Refused(Exception):
    """What AWS answers instead of doing it."""

    def __init__(self, code: str, message: str, status: int = 400):
        super().__init__(message)
        self.code = code
        self.status = status


def operations(module, because: str):
    """A decorator that lets functions answer operations of a MiniStack service module.

    The function gets the request's body and MiniStack's own handler, to be called with a body for
    what it does well; that returns the body of its answer or raises Refused.
    """
    ours: dict = {}

    @replace(module, "handle_request", because)
    async def handle_request(original, method, path, headers, body, query_params):
        target = headers.get("x-amz-target", "").rsplit(".", 1)[-1]
        function = ours.get(target)
        if function is None:
            return await original(method, path, headers, body, query_params)

        async def theirs(changed):
            raw = json.dumps(changed).encode()
            status, _headers, answer = await original(method, path, headers, raw, query_params)
            values = json.loads(answer) if answer else {}
            if status >= 400:
                code = str(values.get("__type", "")).rsplit("#", 1)[-1]
                raise Refused(code, values.get("message") or values.get("Message") or "", status)
            return values

        try:
            return json_response(await function(json.loads(body or b"{}"), theirs) or {})
        except Refused as refusal:
            return error_response_json(refusal.code, str(refusal), refusal.status)

    def operation(name: str):
        def install(function):
            ours[name] = functools.wraps(function)(function)
            return function

        return install

    return operation

"""Writing operations of services that speak the query protocol, in the SDKs' dictionaries."""

import base64
import functools

from overlay.wire import form, models, replies


class Refused(Exception):
    """What AWS answers instead of doing it."""

    def __init__(self, code: str, message: str, status: int = 400):
        super().__init__(message)
        self.code = code
        self.status = status


def operations(service: str, table: dict):
    """A decorator that puts functions into a service's table of actions, under the operation's name."""

    def operation(name: str):
        def install(function):
            @functools.wraps(function)
            def handler(fields, *_rest):
                model = models.operation_model(service, name)
                try:
                    return replies.query(model, function(form.parse(model, fields)) or {})
                except Refused as refusal:
                    return replies.query_error(model, refusal.code, str(refusal), refusal.status)

            table[name] = handler
            return function

        return install

    return operation


def page(
    request: dict, found: list, member: str, token="NextToken", size="MaxRecords", default=100, reply=None
) -> dict:
    """One page of `found` under `member`, and the token for the next."""
    start = int(base64.b64decode(request[token])) if request.get(token) else 0
    count = int(request.get(size) or default)
    answer = {member: found[start : start + count]}
    if start + count < len(found):
        answer[reply or token] = base64.b64encode(str(start + count).encode()).decode()
    return answer


def tags(request: dict) -> list:
    return [{"Key": one["Key"], "Value": one.get("Value", "")} for one in request.get("Tags", [])]

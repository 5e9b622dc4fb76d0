"""From an HTTP request to an operation's name and its parameters, as an SDK's caller wrote them."""

import json
from typing import NamedTuple
from urllib.parse import parse_qs

import cbor2

from overlay.wire import form, models, rest


class Request(NamedTuple):
    """A request as MiniStack's dispatcher sees it; header names are in lower case."""

    service: str
    method: str
    path: str
    headers: dict
    body: bytes
    query: dict


class Call(NamedTuple):
    """`parameters` carries the names of the service model; `model` is botocore's OperationModel."""

    operation: str
    parameters: dict
    model: object


def operation_name(request: Request) -> str | None:
    """The operation where the request names it, at next to no cost; None in the REST protocols."""
    target = request.headers.get("x-amz-target")
    if target:
        return target.rsplit(".", 1)[-1]
    if "/operation/" in request.path and "smithy-protocol" in request.headers:
        return request.path.rsplit("/", 1)[-1]
    action = request.query.get("Action")
    if action:
        return action[0] if isinstance(action, list) else action
    return form.action(request.body) if _is_form(request) else None


def parse(request: Request) -> Call | None:
    """The call a request makes, or None when its service or operation has no model."""
    service = models.service_model(request.service)
    if service is None:
        return None
    name = operation_name(request)
    if name is None:
        return rest.parse(service, request, Call)
    model = models.operation_model(request.service, name)
    if model is None:
        return None
    return Call(name, _parameters(model, request), model)


def _parameters(model, request: Request) -> dict:
    if request.headers.get("x-amz-target"):
        return json.loads(request.body or b"{}")
    if "smithy-protocol" in request.headers:
        return cbor2.loads(request.body) if request.body else {}
    fields = dict(request.query)
    if _is_form(request):
        fields.update(parse_qs(request.body.decode(), keep_blank_values=True))
    return form.parse(model, fields)


def _is_form(request: Request) -> bool:
    return request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded")

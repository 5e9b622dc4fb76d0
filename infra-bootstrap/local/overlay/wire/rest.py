"""The REST protocols: an operation is a method and a path, its parameters lie anywhere."""

import functools
import json
import re
from urllib.parse import parse_qs, unquote
from xml.etree import ElementTree

from overlay.wire.form import scalar

_LABEL = re.compile(r"\{([^}]+)\}")


class _Route:
    """One operation's method, path pattern and the query words that tell it from its siblings."""

    def __init__(self, model):
        self.model = model
        self.method = model.http["method"]
        path, _, query = model.http["requestUri"].partition("?")
        self.words = {word: values[0] for word, values in parse_qs(query, keep_blank_values=True).items()}
        self.labels = [label.rstrip("+") for label in _LABEL.findall(path)]
        pieces = [
            ("(.+)" if piece.endswith("+}") else "([^/]+)") if piece.startswith("{") else re.escape(piece)
            for piece in re.split(r"(\{[^}]+\})", path.rstrip("/") or "/")
            if piece
        ]
        self.pattern = re.compile("".join(pieces) + "/?$")
        self.required_headers = [
            member.serialization["name"].lower()
            for name, member in (model.input_shape.members.items() if model.input_shape else ())
            if member.serialization.get("location") == "header" and name in model.input_shape.required_members
        ]
        self.weight = (len(self.words) + len(self.required_headers), -len(self.labels))

    def match(self, request):
        if self.method != request.method:
            return None
        for word, value in self.words.items():
            given = request.query.get(word)
            if given is None or (value and given[0] != value):
                return None
        if any(header not in request.headers for header in self.required_headers):
            return None
        return self.pattern.match(request.path)


@functools.cache
def _routes(service):
    routes = [_Route(service.operation_model(name)) for name in service.operation_names]
    return sorted(routes, key=lambda route: route.weight, reverse=True)


def parse(service, request, make):
    for route in _routes(service):
        found = route.match(request)
        if found:
            labels = dict(zip(route.labels, map(unquote, found.groups()), strict=True))
            return make(route.model.name, _parameters(route.model, request, labels), route.model)
    return None


def _parameters(model, request, labels: dict) -> dict:
    shape = model.input_shape
    found: dict = {}
    if shape is None:
        return found
    payload = shape.serialization.get("payload")
    in_body = {}
    for name, member in shape.members.items():
        location = member.serialization.get("location")
        wire_name = member.serialization.get("name", name)
        if location == "uri":
            value = labels.get(wire_name)
        elif location == "querystring":
            value = request.query.get(wire_name, [None])[0]
        elif location == "header":
            value = request.headers.get(wire_name.lower())
        else:
            in_body[name] = member
            continue
        if value is not None:
            found[name] = scalar(member, value)
    if payload and payload in in_body:
        found[payload] = _body(shape.members[payload], request.body)
    elif request.body and not payload:
        found.update({k: v for k, v in _body(shape, request.body).items() if k in in_body})
    return found


def _body(shape, body: bytes):
    if shape.type_name not in ("structure", "list", "map"):
        return body.decode("utf-8", "replace")
    text = body.strip()
    if not text:
        return {}
    if text.startswith(b"<"):
        return _from_xml(shape, ElementTree.fromstring(text))
    return _from_json(shape, json.loads(text))


def _from_json(shape, value):
    if shape.type_name == "structure" and isinstance(value, dict):
        return {
            name: _from_json(member, value[member.serialization.get("name", name)])
            for name, member in shape.members.items()
            if member.serialization.get("name", name) in value
        }
    if shape.type_name == "list" and isinstance(value, list):
        return [_from_json(shape.member, inner) for inner in value]
    return value


def _from_xml(shape, element):
    if shape.type_name == "structure":
        found = {}
        for name, member in shape.members.items():
            wire_name = member.serialization.get("name", name)
            is_flat = member.type_name == "list" and member.serialization.get("flattened")
            if is_flat and "name" not in member.serialization:
                wire_name = member.member.serialization.get("name", wire_name)
            inner = [child for child in element if _local(child.tag) == wire_name]
            if inner:
                found[name] = (
                    [_from_xml(member.member, one) for one in inner] if is_flat else _from_xml(member, inner[0])
                )
        return found
    if shape.type_name == "list":
        return [_from_xml(shape.member, child) for child in element]
    return scalar(shape, element.text or "")


def _local(tag: str) -> str:
    return tag.rsplit("}", 1)[-1]

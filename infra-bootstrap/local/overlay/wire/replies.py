"""From what an operation answers to XML, by the operation's model."""

import datetime
import uuid
from xml.sax.saxutils import escape

_EC2_XMLNS = "http://ec2.amazonaws.com/doc/2016-11-15/"
_HEADERS = {"Content-Type": "text/xml;charset=UTF-8"}


def ec2(model, values: dict) -> tuple:
    """(status, headers, body) in the EC2 protocol."""
    inner = _members(model.output_shape, values, "item") if model.output_shape else ""
    if not inner:
        inner = "<return>true</return>"
    name = model.name + "Response"
    body = f'<{name} xmlns="{_EC2_XMLNS}"><requestId>{uuid.uuid4()}</requestId>{inner}</{name}>'
    return 200, dict(_HEADERS), _document(body)


def query(model, values: dict) -> tuple:
    """(status, headers, body) in the query protocol."""
    shape = model.output_shape
    result = ""
    if shape is not None:
        wrapper = shape.serialization.get("resultWrapper", model.name + "Result")
        result = f"<{wrapper}>{_members(shape, values, 'member')}</{wrapper}>"
    name = model.name + "Response"
    xmlns = model.service_model.metadata.get("xmlNamespace", "")
    metadata = f"<ResponseMetadata><RequestId>{uuid.uuid4()}</RequestId></ResponseMetadata>"
    return 200, dict(_HEADERS), _document(f'<{name} xmlns="{xmlns}">{result}{metadata}</{name}>')


def query_error(model, code: str, message: str, status: int = 400) -> tuple:
    xmlns = model.service_model.metadata.get("xmlNamespace", "")
    error = f"<Error><Type>Sender</Type><Code>{code}</Code><Message>{escape(message)}</Message></Error>"
    body = f'<ErrorResponse xmlns="{xmlns}">{error}<RequestId>{uuid.uuid4()}</RequestId></ErrorResponse>'
    return status, dict(_HEADERS), _document(body)


def _document(body: str) -> bytes:
    return ('<?xml version="1.0" encoding="UTF-8"?>\n' + body).encode()


def _members(shape, values: dict, element: str) -> str:
    return "".join(
        _value(member.serialization.get("name", name), member, values[name], element)
        for name, member in shape.members.items()
        if values.get(name) is not None
    )


def _value(tag: str, shape, value, element: str) -> str:
    kind = shape.type_name
    if kind == "structure":
        return f"<{tag}>{_members(shape, value, element)}</{tag}>"
    if kind == "list":
        inner_tag = shape.member.serialization.get("name", element)
        if shape.serialization.get("flattened"):
            return "".join(_value(tag, shape.member, one, element) for one in value)
        return f"<{tag}>{''.join(_value(inner_tag, shape.member, one, element) for one in value)}</{tag}>"
    if kind == "map":
        entries = "".join(
            f"<entry><key>{escape(str(key))}</key>{_value('value', shape.value, inner, element)}</entry>"
            for key, inner in value.items()
        )
        return f"<{tag}>{entries}</{tag}>"
    return f"<{tag}>{_text(value)}</{tag}>"


def _text(value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime.datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%S.000Z")
    return escape(str(value))

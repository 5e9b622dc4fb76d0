"""The query and EC2 protocols: a tree of parameters flattened into form fields."""

import re

_ACTION = re.compile(rb"(?:^|&)Action=([A-Za-z0-9]+)")


def action(body: bytes) -> str | None:
    found = _ACTION.search(body[:4096]) or _ACTION.search(body)
    return found.group(1).decode() if found else None


def parse(model, fields: dict) -> dict:
    """The parameters of an operation from its form fields, {name: [value]}."""
    if model.input_shape is None:
        return {}
    tree: dict = {}
    for name, value in fields.items():
        _plant(tree, name.split("."), value[0] if isinstance(value, list) else value)
    is_ec2 = model.service_model.protocol == "ec2"
    return _value(model.input_shape, tree, is_ec2)


def field_name(name: str, shape, is_ec2: bool) -> str:
    """The name of a member in the form."""
    if is_ec2:
        if "queryName" in shape.serialization:
            return shape.serialization["queryName"]
        wire_name = shape.serialization.get("name", name)
        return wire_name[:1].upper() + wire_name[1:]
    return shape.serialization.get("name", name)


def _plant(tree: dict, path: list, value: str) -> None:
    for part in path[:-1]:
        below = tree.get(part)
        if not isinstance(below, dict):
            below = tree[part] = {}
        tree = below
    tree.setdefault(path[-1], value)


def _value(shape, node, is_ec2: bool):
    if shape.type_name == "structure":
        if not isinstance(node, dict):
            return {}
        found = {}
        for name, member in shape.members.items():
            inner = node.get(field_name(name, member, is_ec2))
            if inner is not None:
                found[name] = _value(member, inner, is_ec2)
        return found
    if shape.type_name == "list":
        return [_value(shape.member, inner, is_ec2) for inner in _numbered(node)]
    if shape.type_name == "map":
        return {entry["key"]: _value(shape.value, entry.get("value"), is_ec2) for entry in _numbered(node)}
    return scalar(shape, node)


def _numbered(node) -> list:
    """The children of `Name.1`, `Name.member.1` or `Name.entry.1`, in order."""
    if not isinstance(node, dict):
        return []
    if not any(name.isdigit() for name in node) and len(node) == 1:
        (node,) = node.values()
        if not isinstance(node, dict):
            return []
    return [node[name] for name in sorted(filter(str.isdigit, node), key=int)]


def scalar(shape, text):
    """A leaf in the type its model gives it; text that does not fit stays text."""
    try:
        if shape.type_name in ("integer", "long"):
            return int(text)
        if shape.type_name in ("float", "double"):
            return float(text)
    except ValueError:
        return text
    if shape.type_name == "boolean":
        return text == "true"
    return text

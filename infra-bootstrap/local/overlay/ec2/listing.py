"""Filters and pages, the same for everything that EC2 describes."""

import base64
import fnmatch
import functools
import re

from ministack.services import ec2

from overlay.ec2.api import Refused
from overlay.lag import hiding
from overlay.wire import models

_NAME_IN_DOCS = re.compile(r"<code>([a-z0-9][a-z0-9.:_-]*)</code>", re.IGNORECASE)


def page(operation: str, request: dict, records: dict, view, member: str, special=None) -> dict:
    """The part of `records` that a Describe call asks for, each through `view`, as its answer.

    `records` maps ids to records. `special` maps filter names to functions from a view to its values,
    for names that do not follow from the answer's own fields.
    """
    special = special or {}
    conditions = [(one.get("Name", ""), one.get("Values", [])) for one in request.get("Filters", [])]
    for name, _wanted in conditions:
        _refuse_unknown(operation, name, special)
    seen = ((key, record) for key, record in records.items() if not hiding.is_hidden("ec2", key))
    found = [view(record) for key, record in seen if _may_match(key, record, conditions)]
    for name, wanted in conditions:
        found = [one for one in found if _matches(one, name, wanted, special)]
    start = _position(request.get("NextToken"))
    size = int(request.get("MaxResults") or 0) or len(found)
    answer = {member: found[start : start + size]}
    if start + size < len(found):
        answer["NextToken"] = base64.b64encode(str(start + size).encode()).decode()
    return answer


def only(found: dict, ids, code: str, what: str) -> dict:
    """The resources with these ids, or all of them when none are named."""
    if not ids:
        return dict(found.items())
    for one in ids:
        if one not in found:
            raise Refused(code, f"The {what} '{one}' does not exist")
    return {one: found[one] for one in ids}


def _may_match(key: str, record, conditions: list) -> bool:
    """A cheap look before the view is made: most of what an account holds belongs to others."""
    for name, wanted in conditions:
        if name.startswith("tag:") and key not in ec2._key_pairs:  # those are kept by name
            if not any(
                tag["Key"] == name[4:] and _alike(tag["Value"], one)
                for tag in ec2._tags.get(key) or []
                for one in wanted
            ):
                return False
        elif name == "vpc-id" and isinstance(record, dict) and "VpcId" in record:
            if not any(_alike(record["VpcId"], one) for one in wanted):
                return False
    return True


def _position(token) -> int:
    if not token:
        return 0
    try:
        return int(base64.b64decode(token))
    except ValueError as cause:
        raise Refused("InvalidParameterValue", f"Unable to parse pagination token '{token}'") from cause


def _matches(resource: dict, name: str, wanted: list, special: dict) -> bool:
    if name.startswith("tag:"):
        have = [tag["Value"] for tag in resource.get("Tags") or [] if tag["Key"] == name[4:]]
    elif name == "tag-key":
        have = [tag["Key"] for tag in resource.get("Tags") or []]
    elif name == "tag-value":
        have = [tag["Value"] for tag in resource.get("Tags") or []]
    elif name in special:
        have = [text(value) for value in special[name](resource)]
    else:
        have = [text(value) for value in _values(resource, name.split("."))]
    return any(_alike(value, pattern) for value in have for pattern in wanted)


def _alike(value: str, pattern: str) -> bool:
    if "*" in pattern or "?" in pattern:
        return fnmatch.fnmatchcase(value, pattern.replace("[", "[[]"))
    return value == pattern


def text(value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _values(node, path: list) -> list:
    """The leaves at a dashed, dotted filter name such as `attachment.vpc-id`."""
    if isinstance(node, list):
        return [value for one in node for value in _values(one, path)]
    if not path:
        return [] if node is None or isinstance(node, dict) else [node]
    if not isinstance(node, dict):
        return []
    wanted = path[0].replace("-", "").lower()
    for key, inner in node.items():
        if key.lower() in (wanted, wanted + "s", wanted + "set"):
            return _values(inner, path[1:])
    return []


@functools.cache
def _documented(operation: str) -> frozenset:
    """The filter names that AWS documents for an operation; empty when the model carries no words."""
    model = models.operation_model("ec2", operation)
    shape = model.input_shape.members.get("Filters") or model.input_shape.members.get("Filter")
    return frozenset(_NAME_IN_DOCS.findall(shape.documentation)) if shape is not None else frozenset()


def _refuse_unknown(operation: str, name: str, special: dict) -> None:
    known = _documented(operation)
    if not known or name in known or name in special or name.startswith("tag:") or name in ("tag-key", "tag-value"):
        return
    raise Refused("InvalidParameterValue", f"The filter '{name}' is invalid")

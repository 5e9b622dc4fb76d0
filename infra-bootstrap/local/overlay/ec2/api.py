"""Writing EC2 operations: parameters in and answers out as the SDKs' dictionaries."""

import functools
import uuid

from ministack.services import ec2

from overlay.wire import form, models, replies

# EC2 identifiers end in seventeen hexadecimal digits.
_DIGITS = 17


class Refused(Exception):
    """What AWS answers instead of doing it."""

    def __init__(self, code: str, message: str):
        super().__init__(message)
        self.code = code


def operation(name: str):
    """Let the decorated function answer the EC2 operation `name`."""

    def install(function):
        @functools.wraps(function)
        def handler(fields):
            model = models.operation_model("ec2", name)
            try:
                return replies.ec2(model, function(form.parse(model, fields)) or {})
            except Refused as refusal:
                return ec2._error(refusal.code, ec2._esc(str(refusal)), 400)

        ec2._ACTION_MAP[name] = handler
        return function

    return install


def new_id(prefix: str) -> str:
    return f"{prefix}-{uuid.uuid4().hex[:_DIGITS]}"


def tags_of(resource_id: str) -> list:
    return [dict(tag) for tag in ec2._tags.get(resource_id) or []]


def called(resource_id: str, otherwise: str) -> str:
    """What a resource is called by whoever made it, and not by EC2."""
    tags = {one["Key"]: one["Value"] for one in ec2._tags.get(resource_id) or []}
    return tags.get("terrace:address") or tags.get("Name") or otherwise


def tag_on_create(request: dict, resource_id: str, *types: str) -> None:
    """Keep the tags a create call brings along for this kind of resource."""
    for specification in request.get("TagSpecifications", []):
        if specification.get("ResourceType") in types and specification.get("Tags"):
            ec2._tags[resource_id] = [
                {"Key": tag["Key"], "Value": tag.get("Value", "")} for tag in specification["Tags"]
            ]


def find(store, resource_id: str, code: str, what: str) -> dict:
    """The record of that id, or AWS's own words that there is none."""
    record = store.get(resource_id)
    if record is None:
        raise Refused(code, f"The {what} '{resource_id}' does not exist")
    return record


def value_of(attribute, default=None):
    """The inside of an AttributeValue."""
    return attribute.get("Value", default) if isinstance(attribute, dict) else default

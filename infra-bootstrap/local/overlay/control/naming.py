"""What a resource is called by those who made it: the same in every run, unlike its identifier."""

import re

from ministack.services import acm, alb, ec2, kms, rds, waf

_ADDRESS, _STACK, _NAME = "terrace:address", "terrace:stack", "Name"

# Members of a request that say which resource is meant.
_IDENTIFYING = re.compile(
    r"(Ids?|Names?|Arns?|ARN|Identifier|Bucket|Key|Cidr|CidrBlock|Rule|RuleNumber|Egress)$"
)
# That many of them tell one call of a kind from another.
_ENOUGH = 3
# Operations whose tags are what is set, not what the new thing is called.
_TAGGING = re.compile(r"(CreateTags|DeleteTags|AddTags|RemoveTags|TagResource|UntagResource|CreateOrUpdateTags)")
# What AWS draws: the tail of an EC2 identifier, of an ARN of a load balancer, a UUID.
_DRAWN = (
    re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"),
    re.compile(r"\b([a-z]{1,3}[a-z-]*)-[0-9a-f]{8,17}(?![0-9a-z])"),
    re.compile(r"[/_][0-9a-z]{16}(?![0-9a-z])"),
)


def of_call(service: str, model, parameters: dict) -> str:
    """The address in the tags a call brings along; else its Name; else what it is about, by its names."""
    is_tagging = model is not None and _TAGGING.search(model.name)
    tags = {} if is_tagging else _tags_in(parameters)
    own = tags.get(_ADDRESS) or tags.get(_NAME)
    return own or "/".join(of_id(one) for one in _identifiers(model, parameters))


def stack_of(parameters: dict) -> str | None:
    found = _tags_in(parameters).get(_STACK)
    if found:
        return found
    for value in _strings(parameters):
        stack = _tags_of(value).get(_STACK)
        if stack:
            return stack
    return None


def of_id(identifier: str) -> str:
    """The address or name that a resource is tagged with; else its identifier without what was drawn."""
    tags = _tags_of(identifier)
    found = tags.get(_ADDRESS) or tags.get(_NAME)
    if found:
        return found
    shown = identifier.rsplit(":", 1)[-1] if identifier.startswith("arn:") else identifier
    for pattern in _DRAWN:
        shown = pattern.sub(r"\1" if pattern.groups else "", shown)
    return shown


def _tags_of(identifier: str) -> dict:
    if not identifier or len(identifier) > 400:
        return {}
    for store in (ec2._tags, alb._tags, rds._tags, waf._waf_tags):
        tags = store.get(identifier)
        if tags:
            return _as_dict(tags)
    certificate = acm._certificates.get(identifier)
    if certificate:
        return _as_dict(certificate.get("Tags"))
    key = kms._keys.get(identifier.rsplit("/", 1)[-1])
    return _as_dict(key.get("Tags")) if key else {}


def _as_dict(tags) -> dict:
    if isinstance(tags, dict):
        return tags
    pairs = [one for one in tags or [] if isinstance(one, dict)]
    return {one.get("Key", one.get("TagKey")): one.get("Value", one.get("TagValue")) for one in pairs}


def _tags_in(node) -> dict:
    """The tags anywhere in a request, first come first."""
    found: dict = {}
    if isinstance(node, dict):
        key = node.get("Key", node.get("TagKey"))
        if isinstance(key, str) and ("Value" in node or "TagValue" in node):
            return {key: node.get("Value", node.get("TagValue"))}
        for name, inner in node.items():
            if name in ("tags", "Tags") and isinstance(inner, dict):
                found = {**inner, **found}
            else:
                found = {**_tags_in(inner), **found}
    elif isinstance(node, (list, tuple)):
        for inner in node:
            found = {**_tags_in(inner), **found}
    return found


def _identifiers(model, parameters: dict) -> list[str]:
    """What the call must name comes first, then what else it names; what lies deeper, when there is nothing."""
    shape = model.input_shape if model is not None else None
    required = list(shape.required_members) if shape is not None else []
    named = [one for one in parameters if _IDENTIFYING.search(one) and "Token" not in one]
    named.sort(key=lambda one: one not in required)
    found = [text for name in named[:_ENOUGH] for text in _texts(parameters[name])]
    values = [one for value in parameters.values() for one in (value if isinstance(value, list) else [value])]
    deeper = [one for one in values if isinstance(one, dict)]
    return found or [text for inner in deeper for text in _identifiers(None, inner)][:_ENOUGH]


def _texts(value) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, bool):
        return ["egress" if value else "ingress"]
    if isinstance(value, (int, float)):
        return [str(value)]
    return [one for one in value if isinstance(one, str)] if isinstance(value, (list, tuple)) else []


def _strings(parameters: dict) -> list[str]:
    return [text for value in parameters.values() for text in _texts(value)]

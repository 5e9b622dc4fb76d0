"""From an HTTP answer to what an SDK hands its caller."""

import functools
from typing import NamedTuple

import botocore.parsers


class Answer(NamedTuple):
    """`error` is (code, message) of a refused call, else None."""

    values: dict
    error: tuple | None


@functools.cache
def _parser(protocol: str):
    return botocore.parsers.create_parser(protocol)


def parse(call, status: int, headers: dict, body: bytes, is_cbor: bool) -> Answer:
    """Read an answer in the protocol its request was made in."""
    protocol = "smithy-rpc-v2-cbor" if is_cbor else _protocol(call.model, body)
    parsed = _parser(protocol).parse({"status_code": status, "headers": headers, "body": body}, call.model.output_shape)
    parsed.pop("ResponseMetadata", None)
    if status >= 300:
        error = parsed.pop("Error", {})
        return Answer({}, (error.get("Code", str(status)), error.get("Message", "")))
    return Answer(parsed, None)


def _protocol(model, body: bytes) -> str:
    protocol = model.service_model.protocol
    # SQS and CloudWatch speak several; what came back tells which.
    if protocol in ("json", "smithy-rpc-v2-cbor", "query"):
        return "query" if body.lstrip().startswith(b"<") else "json"
    return protocol

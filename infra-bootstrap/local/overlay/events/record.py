"""CloudTrail's record of one call."""

import json
import time
import uuid
from urllib.parse import unquote

import defusedxml.ElementTree as ElementTree

from overlay.events import calls, dialects

_EVENT_VERSION = "1.11"


def of_call(seen, call, answer, identity: dict) -> dict:
    """The record for a parsed call and its answer; `seen` is the call as it went over the wire."""
    record = {
        "eventVersion": _EVENT_VERSION,
        "userIdentity": identity,
        "eventTime": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seen.at)),
        "eventSource": f"{seen.request.service}.amazonaws.com",
        "eventName": calls.event_name(seen.request.service, call.operation),
        "awsRegion": seen.region,
        "sourceIPAddress": seen.address,
        "userAgent": seen.request.headers.get("user-agent", ""),
    }
    if answer.error:
        code, message = answer.error
        prefix = "Client." if seen.request.service == "ec2" else ""
        record |= {"errorCode": prefix + code, "errorMessage": message}
    record |= {
        "requestParameters": _parameters(seen.request, call),
        "responseElements": None if answer.error else _answer(seen, call, answer.values),
        "requestID": seen.request_id,
        "eventID": str(uuid.uuid4()),
        "readOnly": False,
        "eventType": "AwsApiCall",
        "managementEvent": True,
        "recipientAccountId": seen.account,
        "eventCategory": "Management",
    }
    return record


def _parameters(request, call):
    if request.service == "ec2":
        if dialects.is_ec2_of_late(call.operation):
            return dialects.ec2_wrapped_parameters(call.operation, call.model.input_shape, call.parameters)
        return dialects.ec2_parameters(call.model.input_shape, call.parameters)
    if request.service == "s3":
        return _s3_parameters(request, call)
    return dialects.service_style(call.parameters) or None


def _answer(seen, call, values: dict):
    shape = call.model.output_shape
    if seen.request.service == "ec2":
        if dialects.is_ec2_of_late(call.operation):
            return dialects.ec2_wrapped_answer(call.operation, shape, values, seen.request_id)
        return dialects.ec2_answer(shape, values, seen.request_id)
    if seen.request.service == "s3" or not values:
        return None
    if seen.request.service == "rds" and len(values) == 1:
        # RDS leaves out the one element around its answer.
        (values,) = values.values()
    return dialects.service_style(values)


def _s3_parameters(request, call) -> dict:
    bucket = call.parameters.get("Bucket", "")
    found = {"bucketName": bucket, "Host": request.headers.get("host", "")}
    for word, values in request.query.items():
        if word != "x-id":
            found[word] = values[0]
    if call.operation == "PutBucketPolicy":
        found["bucketPolicy"] = _parsed(request.body)
    elif request.body.lstrip().startswith(b"<"):
        root = ElementTree.fromstring(request.body)
        found[_local(root.tag)] = _document(root)
    return {name: unquote(value) if isinstance(value, str) else value for name, value in found.items()}


def _parsed(body: bytes):
    """The policy as a document; one that AWS refused for its syntax stays text."""
    try:
        return json.loads(body)
    except ValueError:
        return body.decode("utf-8", "replace")


def _document(element):
    """An XML document as CloudTrail writes it: one child is a value, several of a name a list."""
    if len(element) == 0:
        text = element.text or ""
        return {"true": True, "false": False}.get(text, int(text) if text.isdigit() else text)
    found: dict = {}
    for child in element:
        name, value = _local(child.tag), _document(child)
        if name not in found:
            found[name] = value
        elif isinstance(found[name], list):
            found[name].append(value)
        else:
            found[name] = [found[name], value]
    return found


def _local(tag: str) -> str:
    return tag.rsplit("}", 1)[-1]

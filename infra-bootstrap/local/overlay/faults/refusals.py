"""A refusal in the protocol in which a call was made."""

import cbor2
from ministack.core.responses import error_response_json
from ministack.services import ec2, s3

from overlay.wire import models, replies

_RATE = "Rate exceeded"

# Code, status and words of each service's throttling; the others say what the JSON services say.
_THROTTLES = {
    "ec2": ("RequestLimitExceeded", 503, "Request limit exceeded."),
    "s3": ("SlowDown", 503, "Please reduce your request rate."),
    "elasticloadbalancing": ("Throttling", 400, _RATE),
    "autoscaling": ("Throttling", 400, _RATE),
    "rds": ("Throttling", 400, _RATE),
    "iam": ("Throttling", 400, _RATE),
    "sts": ("Throttling", 400, _RATE),
    "cloudformation": ("Throttling", 400, _RATE),
    "monitoring": ("Throttling", 400, _RATE),
    "sns": ("Throttled", 429, _RATE),
    "lambda": ("TooManyRequestsException", 429, _RATE),
    "sqs": ("RequestThrottled", 403, "Request is throttled."),
    "servicequotas": ("TooManyRequestsException", 400, _RATE),
}
_JSON_THROTTLE = ("ThrottlingException", 400, _RATE)


def throttled(call):
    code, status, message = _THROTTLES.get(call.service, _JSON_THROTTLE)
    return refused(call, code, message, status)


def refused(call, code: str, message: str, status: int):
    if call.service == "ec2":
        return ec2._error(code, ec2._esc(message), status)
    if call.service == "s3":
        return s3._error(code, message, status)
    if "smithy-protocol" in call.request.headers:
        body = cbor2.dumps({"__type": code, "message": message})
        return status, {"Content-Type": "application/cbor", "smithy-protocol": "rpc-v2-cbor"}, body
    if _speaks_json(call):
        return error_response_json(code, message, status)
    return replies.query_error(call.model, code, message, status)


def _speaks_json(call) -> bool:
    model = models.service_model(call.service)
    if call.request.headers.get("x-amz-target") or model is None or call.model is None:
        return True
    return model.protocol in ("json", "rest-json")

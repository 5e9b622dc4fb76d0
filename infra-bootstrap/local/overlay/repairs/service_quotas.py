"""Service Quotas, which MiniStack lacks: the limits that this cloud keeps to, by AWS's codes."""

import base64
import json

from ministack import app
from ministack.core import router
from ministack.core.responses import error_response_json, get_account_id, get_region, json_response

from overlay import quotas

SERVICE = "servicequotas"
_CONTENT_TYPE = "application/x-amz-json-1.1"
_PAGE = 100


class _NoSuch(Exception):
    """There is no quota of that service and code."""


def install() -> None:
    router.SERVICE_PATTERNS[SERVICE] = {
        "target_prefixes": ["ServiceQuotasV20190624"],
        "host_patterns": [r"servicequotas\."],
    }
    app.SERVICE_HANDLERS[SERVICE] = handle


async def handle(_method, _path, headers, body, _query):
    name = headers.get("x-amz-target", "").rsplit(".", 1)[-1]
    operation = _OPERATIONS.get(name)
    if operation is None:
        return _refusal("UnknownOperationException", f"The operation {name} is not known here.")
    try:
        return json_response(operation(json.loads(body or b"{}")), content_type=_CONTENT_TYPE)
    except _NoSuch as missing:
        return _refusal("NoSuchResourceException", str(missing))


def _refusal(code: str, message: str):
    return error_response_json(code, message, 400, message_key="Message", content_type=_CONTENT_TYPE)


def _view(name: str, value: int) -> dict:
    quota = quotas.KNOWN[name]
    where = f"{get_region()}:{get_account_id()}"
    return {
        "ServiceCode": quota.service,
        "ServiceName": quota.service,
        "QuotaArn": f"arn:aws:servicequotas:{where}:{quota.service}/{quota.code}",
        "QuotaCode": quota.code,
        "QuotaName": quota.name,
        "Value": float(value),
        "Unit": "None",
        "Adjustable": True,
        "GlobalQuota": quota.service in ("iam", "s3"),
        "QuotaAppliedAtLevel": "ACCOUNT",
    }


def _named(request: dict) -> str:
    for name, quota in quotas.KNOWN.items():
        if (quota.service, quota.code) == (request.get("ServiceCode"), request.get("QuotaCode")):
            return name
    raise _NoSuch("The request failed because the specified service quota does not exist.")


def _get(request: dict) -> dict:
    name = _named(request)
    return {"Quota": _view(name, quotas.limit(name))}


def _get_default(request: dict) -> dict:
    name = _named(request)
    return {"Quota": _view(name, quotas.KNOWN[name].default)}


def _list(request: dict) -> dict:
    return _page(request, quotas.limit)


def _list_defaults(request: dict) -> dict:
    return _page(request, lambda name: quotas.KNOWN[name].default)


def _page(request: dict, value) -> dict:
    found = [name for name, quota in quotas.KNOWN.items() if quota.service == request.get("ServiceCode")]
    if not found:
        raise _NoSuch("The request failed because the specified service does not exist.")
    start = int(base64.b64decode(request["NextToken"])) if request.get("NextToken") else 0
    size = int(request.get("MaxResults") or _PAGE)
    answer = {"Quotas": [_view(name, value(name)) for name in found[start : start + size]]}
    if start + size < len(found):
        answer["NextToken"] = base64.b64encode(str(start + size).encode()).decode()
    return answer


_OPERATIONS = {
    "GetServiceQuota": _get,
    "GetAWSDefaultServiceQuota": _get_default,
    "ListServiceQuotas": _list,
    "ListAWSDefaultServiceQuotas": _list_defaults,
}

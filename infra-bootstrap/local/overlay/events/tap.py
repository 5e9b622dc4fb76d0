"""Listening at MiniStack's dispatcher: every changing call becomes an event."""

import json
import time
from typing import NamedTuple

from ministack import app
from ministack.core import responses, router
from ministack.services import cloudtrail

from overlay.events import bus, calls, identity, record
from overlay.lag import draw
from overlay.patch import replace
from overlay.wire import answers, requests


class Seen(NamedTuple):
    """One call as it went over the wire."""

    request: requests.Request
    status: int
    headers: dict
    body: bytes
    request_id: str
    account: str
    region: str
    address: str
    access_key: str
    at: float


def install() -> None:
    bus.start()

    @replace(app, "_dispatch_service_request", "AWS tells EventBridge of every changing call")
    async def _dispatch_service_request(original, method, path, headers, body, query_params, request_id):
        answer = await original(method, path, headers, body, query_params, request_id)
        if method not in ("GET", "HEAD", "OPTIONS") and not path.startswith("/_"):
            _listen(method, path, headers, body, query_params, request_id, answer)
        return answer

    @replace(app, "_maybe_record_cloudtrail", "its records carry flat form fields and no answer; ours replace them")
    def _maybe_record_cloudtrail(_original, *_args, **_kwargs):
        return None


def _listen(method, path, headers, body, query, request_id, answer) -> None:
    """Cheap on the path of the request: whatever is surely no change ends here."""
    service = router.detect_service(method, path, headers, app._routing_params(method, path, headers, body, query))
    request = requests.Request(service, method, path, headers, body, query)
    named = requests.operation_name(request)
    if named is not None and not calls.is_told(service, named, {}):
        return
    if service == "s3" and len(path.strip("/").split("/", 1)) == 2:
        return
    status, answer_headers, answer_body = answer
    if not isinstance(answer_body, (bytes, str)):
        return
    text = answer_body.encode() if isinstance(answer_body, str) else answer_body
    account, region = responses.get_account_id(), responses.get_region()
    seen = Seen(
        request, status, dict(answer_headers), text, request_id, account, region,
        responses.get_request_client_ip(), router.extract_access_key_id(headers, query), time.time(),
    )  # fmt: skip
    called = f"{service} {named or path}"
    bus.later(account, region, lambda: _tell(seen), draw.seconds("api call told", called))


def _tell(seen: Seen) -> None:
    call = requests.parse(seen.request)
    if call is None or not calls.is_told(seen.request.service, call.operation, call.parameters):
        return
    is_cbor = "smithy-protocol" in seen.request.headers
    answer = answers.parse(call, seen.status, seen.headers, seen.body, is_cbor)
    told = record.of_call(seen, call, answer, identity.user_identity(seen.access_key, seen.account))
    _remember(told, seen.at)
    bus.publish(f"aws.{seen.request.service}", "AWS API Call via CloudTrail", told, at=seen.at)


def _remember(told: dict, at: float) -> None:
    """For LookupEvents."""
    who = told["userIdentity"]
    cloudtrail._get_event_queue().append(
        {
            "EventId": told["eventID"],
            "EventName": told["eventName"],
            "EventSource": told["eventSource"],
            "EventTime": at,
            "Username": who.get("userName") or who["arn"].rsplit("/", 1)[-1],
            "AccessKeyId": who.get("accessKeyId", ""),
            "ReadOnly": "false",
            "Resources": [],
            "CloudTrailEvent": json.dumps(told),
        }
    )

"""One call on its way through: what is asked, of what, and by whom; each found out when it is needed."""

import functools

from ministack import app
from ministack.core import router
from ministack.services import lambda_svc, sts

from overlay.control import naming
from overlay.events import calls
from overlay.wire import models, requests

# Who calls with an account's own keys.
ROOT = "root"

# Calls that change nothing anybody could find again.
_PASSING_DATA = {
    "sts": None,
    "kms": calls._DATA["kms"],
    "logs": calls._DATA["logs"],
    "monitoring": calls._DATA["monitoring"],
}


class Passing:
    def __init__(self, request: requests.Request, access_key: str):
        self.request = request
        self.access_key = access_key

    @classmethod
    def of(cls, method, path, headers, body, query):
        params = app._routing_params(method, path, headers, body, query)
        service = router.detect_service(method, path, headers, params)
        if service != "s3":
            body = app._decompress_request_body(body, headers)
        request = requests.Request(service, method, path, headers, body, query)
        return cls(request, router.extract_access_key_id(headers, query))

    @property
    def service(self) -> str:
        return self.request.service

    @functools.cached_property
    def _parsed(self):
        try:
            return requests.parse(self.request)
        except (ValueError, SyntaxError):
            # Not what its protocol asks for: MiniStack says so, and nothing here can name it.
            return None

    @functools.cached_property
    def operation(self) -> str:
        """The SDK's name of the operation; empty when there is none by that request."""
        named = requests.operation_name(self.request)
        if named is None and self._parsed is not None:
            named = self._parsed.operation
        return named or ""

    @property
    def model(self):
        return models.operation_model(self.service, self.operation)

    @functools.cached_property
    def parameters(self) -> dict:
        return self._parsed.parameters if self._parsed else {}

    @functools.cached_property
    def is_reading(self) -> bool:
        if requests.operation_name(self.request) is None and self.request.method in ("GET", "HEAD", "OPTIONS"):
            return True
        return not self.operation or calls.is_reading(self.operation)

    @functools.cached_property
    def is_change(self) -> bool:
        """Does it leave something behind?"""
        if self.is_reading:
            return False
        passing = _PASSING_DATA.get(self.service, ())
        return passing is not None and self.operation not in passing

    @property
    def is_data(self) -> bool:
        """Is it about what a resource holds, such as a bucket's object, and not about the resource?"""
        return not calls.is_told(self.service, self.operation, self.parameters)

    @functools.cached_property
    def resource(self) -> str:
        return naming.of_call(self.service, self.model, self.parameters)

    @functools.cached_property
    def stack(self) -> str | None:
        return naming.stack_of(self.parameters)

    @functools.cached_property
    def caller(self) -> str:
        """The name of the role, or of whoever calls without one."""
        session = sts._sessions.get(self.access_key) or {}
        arn = session.get("Arn", "")
        return arn.split("/")[1] if ":assumed-role/" in arn else ROOT

    @functools.cached_property
    def is_ledger(self) -> bool:
        """Is it on the bucket that Terrace's functions keep their records in?"""
        bucket = self.parameters.get("Bucket") if self.service == "s3" else None
        return bucket is not None and bucket in _ledgers()


def _ledgers() -> set:
    found = set()
    for function in list(lambda_svc._functions.values()):
        variables = ((function.get("config") or {}).get("Environment") or {}).get("Variables") or {}
        found.add(variables.get("TERRACE_LEDGER"))
    return found

"""Policy documents: JSON with statements, and principals that exist.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
"""

import json
import re

from ministack.core.responses import get_account_id
from ministack.services import iam

from overlay.lag import settling

_ACCOUNT = re.compile(r"\d{12}")
_UNIQUE_ID = re.compile(r"A(ID|RO)A[A-Z0-9]{12,}")


def read(text) -> dict | None:
    """The document, or None when it is none."""
    try:
        found = json.loads(text)
    except (ValueError, TypeError):
        return None
    return found if isinstance(found, dict) else None


def statements(document: dict) -> list:
    found = document.get("Statement", [])
    return found if isinstance(found, list) else [found]


def unknown_principal(document: dict) -> str | None:
    """The first principal of this account that a policy names and nobody is."""
    for statement in statements(document):
        for name in _named(statement.get("Principal")) + _named(statement.get("NotPrincipal")):
            if not _exists(name):
                return name
    return None


def _named(principal) -> list:
    if not isinstance(principal, dict):
        return []
    found = principal.get("AWS", [])
    return found if isinstance(found, list) else [found]


def _exists(name: str) -> bool:
    if name == "*" or _ACCOUNT.fullmatch(name) or _UNIQUE_ID.fullmatch(name):
        return True
    parts = name.split(":", 5)
    if len(parts) < 6 or parts[0] != "arn":
        return False
    kind, account = parts[5].split("/", 1)[0], parts[4]
    if account != get_account_id() or kind not in ("role", "user"):
        # Other accounts cannot be looked into; sessions are not looked up.
        return True
    if kind == "role" and not settling.is_known("role usable", name.rsplit("/", 1)[-1]):
        return False
    store = iam._roles if kind == "role" else iam._users
    return any(one["Arn"] == name for one in store.values())


def role_for(arn: str, service: str) -> bool:
    """Whether there is a role of that ARN, and the service may assume it."""
    role = next((one for one in iam._roles.values() if one["Arn"] == arn), None)
    return role is not None and service in str(role.get("AssumeRolePolicyDocument"))


def invalid_effect(document: dict) -> str | None:
    for statement in statements(document):
        if statement.get("Effect") not in ("Allow", "Deny"):
            return str(statement.get("Effect"))
    return None

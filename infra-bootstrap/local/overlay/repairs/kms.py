"""KMS: lists of keys have pages, and a key that waits for its end cannot be told to end again."""

from ministack.services import kms

from overlay import conditions, json_api
from overlay.json_api import Refused
from overlay.lag import timeline

operation = json_api.operations(kms, "lists ignore their marker, states are not looked at")

_LIMIT_DEFAULT = 100
_DAY_SECONDS = 24 * 60 * 60


def install() -> None:
    """Importing this module has done it."""


@operation("ListKeys")
async def list_keys(body, _theirs):
    """The marker is the last key of the page before."""
    limit = body.get("Limit", _LIMIT_DEFAULT)
    keys = sorted(kms._keys.values(), key=lambda key: key["KeyId"])
    rest = [key for key in keys if key["KeyId"] > body.get("Marker", "")]
    page = [{"KeyId": key["KeyId"], "KeyArn": key["Arn"]} for key in rest[:limit]]
    more = len(rest) > limit
    return {"Keys": page, "Truncated": more, **({"NextMarker": page[-1]["KeyId"]} if more else {})}


@operation("ScheduleKeyDeletion")
async def schedule_deletion(body, theirs):
    _not_doomed(body)
    answer = await theirs(body)
    key = kms._resolve_key(body.get("KeyId", ""))
    if conditions.NOW.speed:
        days = body.get("PendingWindowInDays", 30)
        timeline.in_seconds(days * _DAY_SECONDS / conditions.NOW.speed, "key is gone", key["KeyId"])
    return answer


@timeline.happening("key is gone")
def is_gone(key_id: str) -> None:
    """Unless its deletion was cancelled, and perhaps begun again."""
    key = kms._keys.get(key_id)
    if key is None or key["KeyState"] != "PendingDeletion" or timeline.is_to_happen("key is gone", key_id):
        return
    del kms._keys[key_id]
    for alias, target in list(kms._aliases.items()):
        if target == key_id:
            del kms._aliases[alias]


@operation("EnableKey")
async def enable(body, theirs):
    _not_doomed(body)
    return await theirs(body)


@operation("DisableKey")
async def disable(body, theirs):
    _not_doomed(body)
    return await theirs(body)


@operation("CancelKeyDeletion")
async def cancel_deletion(body, theirs):
    key = kms._resolve_key(body.get("KeyId", ""))
    if key and key["KeyState"] != "PendingDeletion":
        raise Refused("KMSInvalidStateException", f"{key['Arn']} is not pending deletion.")
    return await theirs(body)


def _not_doomed(body: dict) -> None:
    key = kms._resolve_key(body.get("KeyId", ""))
    if key and key["KeyState"] == "PendingDeletion":
        raise Refused("KMSInvalidStateException", f"{key['Arn']} is pending deletion.")

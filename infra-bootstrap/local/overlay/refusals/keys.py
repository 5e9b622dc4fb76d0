"""KMS: what a key's state forbids, principals that exist, and AWS's own aliases.

https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html
"""

from ministack.services import kms

from overlay import quotas
from overlay.query import Refused
from overlay.refusals import policies
from overlay.refusals.guards import before

_NOT_WHEN_DOOMED = (
    "CreateGrant", "Decrypt", "DisableKeyRotation", "EnableKeyRotation", "Encrypt", "GenerateDataKey",
    "GenerateDataKeyWithoutPlaintext", "RotateKeyOnDemand", "TagResource", "UntagResource", "UpdateKeyDescription",
)  # fmt: skip
_MOST_TAGS = 50
_WAITING_DAYS = range(7, 31)


@before("kms", *_NOT_WHEN_DOOMED)
def is_not_doomed(body):
    _refuse_doomed(body.get("KeyId", ""))


@before("kms", "CreateAlias", "UpdateAlias")
def its_alias_leads_to_a_key(body):
    if str(body.get("AliasName")).startswith("alias/aws/"):
        raise Refused("NotAuthorizedException", "The alias prefix alias/aws/ is reserved.")
    _refuse_doomed(body.get("TargetKeyId", ""))


def _refuse_doomed(key_id: str) -> None:
    key = kms._resolve_key(key_id)
    if key and key["KeyState"] == "PendingDeletion":
        raise Refused("KMSInvalidStateException", f"{key['Arn']} is pending deletion.")


@before("kms", "EnableKeyRotation", "DisableKeyRotation")
def is_enabled(body):
    key = kms._resolve_key(body.get("KeyId", ""))
    if key and key["KeyState"] == "Disabled":
        raise Refused("DisabledException", f"{key['Arn']} is disabled.")


@before("kms", "ScheduleKeyDeletion")
def waits_long_enough(body):
    days = body.get("PendingWindowInDays", 30)
    if days not in _WAITING_DAYS:
        raise Refused("ValidationException", f"PendingWindowInDays is {days}; it must be between 7 and 30 days")


@before("kms", "CreateKey", "TagResource")
def tags_are_proper(body):
    key = kms._resolve_key(body.get("KeyId", ""))
    keys = {one["TagKey"] for one in body.get("Tags", [])}
    if any(one.lower().startswith("aws:") for one in keys):
        raise Refused("TagException", "Tag keys that begin with aws: are reserved.")
    if len(keys | {one["TagKey"] for one in (key or {}).get("Tags", [])}) > _MOST_TAGS:
        raise Refused("TagException", "Too many tags.")


@before("kms", "CreateKey")
def keys_are_few(_body):
    if len(kms._keys) >= quotas.limit("kms_keys"):
        raise Refused("LimitExceededException", "The quota on KMS keys has been reached.")


@before("kms", "CreateKey", "PutKeyPolicy")
def its_policy_names_who_exists(body):
    if not body.get("Policy"):
        return
    document = policies.read(body["Policy"])
    if document is None or not policies.statements(document) or policies.invalid_effect(document):
        raise Refused("MalformedPolicyDocumentException", "The new key policy is not a valid policy document.")
    if policies.unknown_principal(document):
        raise Refused(
            "MalformedPolicyDocumentException", "Policy contains a statement with one or more invalid principals."
        )

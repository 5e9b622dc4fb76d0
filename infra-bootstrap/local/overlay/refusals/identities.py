"""IAM: principals that exist, documents and attachments in number.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
"""

import re

from ministack.services import iam

from overlay import quotas
from overlay.query import Refused
from overlay.refusals import policies
from overlay.refusals.guards import before

_LONGEST_INLINE, _LONGEST_MANAGED = 10_240, 6_144
_MOST_ATTACHED = 10
_MOST_TAGS = 50
_CONFLICT, _LIMIT = 409, 409
_NAME = re.compile(r"[\w+=,.@-]{1,64}", re.ASCII)


@before("iam", "CreateRole", "UpdateAssumeRolePolicy")
def trusts_who_exists(request):
    document = policies.read(request.get("AssumeRolePolicyDocument") or request.get("PolicyDocument"))
    if document is None:
        raise Refused("MalformedPolicyDocument", "This policy contains invalid Json")
    if any("Resource" in one for one in policies.statements(document)):
        raise Refused("MalformedPolicyDocument", "Has prohibited field Resource")
    unknown = policies.unknown_principal(document)
    if unknown:
        raise Refused("MalformedPolicyDocument", f'Invalid principal in policy: "AWS":"{unknown}"')


@before("iam", "CreateRole", "CreateInstanceProfile", "CreatePolicy", "TagRole", "TagPolicy", "TagInstanceProfile")
def tags_are_proper(request):
    keys = [one["Key"] for one in request.get("Tags", [])]
    if any(one.lower().startswith("aws:") for one in keys):
        raise Refused("InvalidInput", "Tag keys starting with 'aws:' are reserved for internal use.")
    if len({one.lower() for one in keys}) < len(keys):
        raise Refused("InvalidInput", "Duplicate tag keys found. Please note that Tag keys are case insensitive.")
    if len(keys) > _MOST_TAGS:
        raise Refused("LimitExceeded", f"Cannot exceed quota for TagsPerResource: {_MOST_TAGS}", _LIMIT)


@before("iam", "CreateRole")
def roles_are_few(request):
    _named(request, "RoleName")
    _count(iam._roles, request.get("RoleName"), "roles", "RolesPerAccount")


@before("iam", "CreateInstanceProfile")
def profiles_are_few(request):
    _count(
        iam._instance_profiles, request.get("InstanceProfileName"), "instance_profiles", "InstanceProfilesPerAccount"
    )


@before("iam", "CreatePolicy")
def policies_are_few(_request):
    _count(iam._policies, None, "customer_managed_policies", "PoliciesPerAccount")


def _named(request: dict, member: str) -> None:
    name = request.get(member, "")
    if not _NAME.fullmatch(name):
        raise Refused("ValidationError", f"The specified value for {member[:1].lower()}{member[1:]} is invalid: {name}")


def _count(store, name, quota: str, words: str) -> None:
    """One that stands already gets its own answer."""
    most = quotas.limit(quota)
    if name not in store and len(store) >= most:
        raise Refused("LimitExceeded", f"Cannot exceed quota for {words}: {most}", _LIMIT)


@before("iam", "PutRolePolicy")
def its_inline_policies_are_short(request):
    role, text = iam._roles.get(request.get("RoleName")), request.get("PolicyDocument", "")
    if role is None:
        return
    others = [one for name, one in role.get("InlinePolicies", {}).items() if name != request.get("PolicyName")]
    if sum(map(_size, [*others, text])) > _LONGEST_INLINE:
        message = f"Maximum policy size of {_LONGEST_INLINE} bytes exceeded for role {role['RoleName']}"
        raise Refused("LimitExceeded", message, _LIMIT)


@before("iam", "CreatePolicy", "CreatePolicyVersion")
def a_managed_policy_is_short(request):
    if _size(request.get("PolicyDocument", "")) > _LONGEST_MANAGED:
        raise Refused("LimitExceeded", f"Cannot exceed quota for PolicySize: {_LONGEST_MANAGED}", _LIMIT)


def _size(text: str) -> int:
    """IAM does not count white space."""
    return len("".join(text.split()))


@before("iam", "AttachRolePolicy")
def attachments_are_few(request):
    role = iam._roles.get(request.get("RoleName"))
    attached = (role or {}).get("AttachedPolicies", [])
    if request.get("PolicyArn") not in attached and len(attached) >= _MOST_ATTACHED:
        raise Refused("LimitExceeded", f"Cannot exceed quota for PoliciesPerRole: {_MOST_ATTACHED}", _LIMIT)


@before("iam", "DeletePolicy")
def has_one_version(request):
    policy = iam._policies.get(request.get("PolicyArn"))
    if policy and len(policy.get("Versions", {})) > 1 and not policy.get("AttachmentCount"):
        message = (
            "This policy has more than one version. Before you delete a policy, you must delete the policy's versions. "
            "The default version is deleted with the policy."
        )
        raise Refused("DeleteConflict", message, _CONFLICT)

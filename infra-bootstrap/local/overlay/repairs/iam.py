"""IAM: lists in pages and without what AWS leaves out of them, details with boundaries, refusals."""

import json
from urllib.parse import quote

from ministack.services import iam

from overlay import query
from overlay.lag import hiding, settling
from overlay.patch import replace_action
from overlay.query import Refused
from overlay.wire import form, models, replies

operation = query.operations("iam", iam._IAM_HANDLERS)

_BY_OTHERS = "arn:aws:iam::aws:policy/"
# The calls that attach a managed policy, and those that bring a document along.
_ATTACHING = ("AttachRolePolicy", "AttachUserPolicy", "AttachGroupPolicy")
_DOCUMENTS = {
    "CreateRole": "AssumeRolePolicyDocument",
    "UpdateAssumeRolePolicy": "PolicyDocument",
    "CreatePolicy": "PolicyDocument",
    "CreatePolicyVersion": "PolicyDocument",
    "PutRolePolicy": "PolicyDocument",
    "PutUserPolicy": "PolicyDocument",
    "PutGroupPolicy": "PolicyDocument",
}


def install() -> None:
    for name in _ATTACHING:
        _guard(name, _refuse_missing_policy)
    for name, member in _DOCUMENTS.items():
        _guard(name, lambda request, member=member: _refuse_malformed(request.get(member, "")))


def _guard(name: str, check) -> None:
    """Ask `check` before MiniStack's own handler does anything."""

    @replace_action(iam._IAM_HANDLERS, name, "what AWS refuses must not be stored")
    def guarded(original, fields):
        model = models.operation_model("iam", name)
        try:
            check(form.parse(model, fields))
        except Refused as refusal:
            return replies.query_error(model, refusal.code, str(refusal), refusal.status)
        return original(fields)


@replace_action(iam._IAM_HANDLERS, "CreateRole", "services hear of a new role later")
def create_role(original, fields):
    answer = original(fields)
    if answer[0] == 200:
        settling.begin("role usable", _field(fields, "RoleName"))
    return answer


@replace_action(iam._IAM_HANDLERS, "AddRoleToInstanceProfile", "EC2 hears of a profile's role later")
def add_role_to_profile(original, fields):
    answer = original(fields)
    if answer[0] == 200:
        settling.begin("instance profile usable", _field(fields, "InstanceProfileName"))
    return answer


def _field(fields: dict, name: str) -> str:
    value = fields.get(name, "")
    return value[0] if isinstance(value, list) else value


def _refuse_missing_policy(request: dict) -> None:
    arn = request.get("PolicyArn", "")
    if not arn.startswith(_BY_OTHERS) and iam._policies.get(arn) is None:
        raise Refused("NoSuchEntity", f"Policy {arn} does not exist or is not attachable.", 404)


def _refuse_malformed(document: str) -> None:
    try:
        parsed = json.loads(document)
    except ValueError as cause:
        raise Refused("MalformedPolicyDocument", "Syntax errors in policy.") from cause
    if not isinstance(parsed, dict) or "Statement" not in parsed:
        raise Refused("MalformedPolicyDocument", "Syntax errors in policy.")


def _page(request: dict, found: list, member: str) -> dict:
    answer = query.page(request, found, member, "Marker", "MaxItems", 100)
    return {**answer, "IsTruncated": "Marker" in answer}


def _under(store, request: dict) -> list:
    prefix = request.get("PathPrefix") or "/"
    found = [one for key, one in sorted(store.items()) if not hiding.is_hidden("iam", key)]
    return [one for one in found if one.get("Path", "/").startswith(prefix)]


def _only(record: dict, *names: str) -> dict:
    return {name: record[name] for name in names if record.get(name) not in (None, "")}


def _role(role: dict) -> dict:
    shown = _only(role, "Path", "RoleName", "RoleId", "Arn", "CreateDate", "Description", "MaxSessionDuration")
    return {**shown, "AssumeRolePolicyDocument": quote(role.get("AssumeRolePolicyDocument") or "{}", safe="")}


@operation("ListRoles")
def list_roles(request):
    return _page(request, [_role(one) for one in _under(iam._roles, request)], "Roles")


@operation("ListUsers")
def list_users(request):
    found = [_only(one, "Path", "UserName", "UserId", "Arn", "CreateDate") for one in _under(iam._users, request)]
    return _page(request, found, "Users")


@operation("ListGroups")
def list_groups(request):
    found = [_only(one, "Path", "GroupName", "GroupId", "Arn", "CreateDate") for one in _under(iam._groups, request)]
    return _page(request, found, "Groups")


@operation("ListInstanceProfiles")
def list_profiles(request):
    found = [_profile(one) for one in _under(iam._instance_profiles, request)]
    return _page(request, found, "InstanceProfiles")


def _profile(profile: dict) -> dict:
    shown = _only(profile, "Path", "InstanceProfileName", "InstanceProfileId", "Arn", "CreateDate")
    return {**shown, "Roles": [_role(iam._roles[one]) for one in profile["Roles"] if one in iam._roles]}


@operation("ListPolicies")
def list_policies(request):
    scope, found = request.get("Scope") or "All", []
    if scope != "AWS":
        found += _under(iam._policies, request)
    if scope != "Local":
        found += _under(iam._aws_managed_policies, request)
    views = [_policy(one) for one in found]
    if request.get("OnlyAttached"):
        views = [one for one in views if one["AttachmentCount"]]
    return _page(request, views, "Policies")


def _policy(policy: dict) -> dict:
    names = ("PolicyName", "PolicyId", "Arn", "Path", "DefaultVersionId", "CreateDate")
    return {
        **_only(policy, *names),
        "UpdateDate": policy.get("UpdateDate", policy["CreateDate"]),
        "AttachmentCount": policy.get("AttachmentCount", 0),
        "PermissionsBoundaryUsageCount": iam._boundary_usage_counts().get(policy["Arn"], 0),
        "IsAttachable": True,
    }


@operation("GetAccountAuthorizationDetails")
def details(request):
    """Everything at once; pages run over all four lists together."""
    wanted = set(request.get("Filter", []))
    entries = [
        (member, view(one))
        for kind, member, store, view in (
            ("User", "UserDetailList", iam._users, _user_detail),
            ("Group", "GroupDetailList", iam._groups, _group_detail),
            ("Role", "RoleDetailList", iam._roles, _role_detail),
            ("LocalManagedPolicy", "Policies", iam._policies, _policy_detail),
        )
        if not wanted or kind in wanted
        for _key, one in sorted(store.items())
    ]
    paged = _page(request, entries, "entries")
    answer = {member: [] for member in ("UserDetailList", "GroupDetailList", "RoleDetailList", "Policies")}
    for member, shown in paged.pop("entries"):
        answer[member].append(shown)
    return {**answer, **paged}


def _inline(policies) -> list:
    return [{"PolicyName": name, "PolicyDocument": quote(text, safe="")} for name, text in (policies or {}).items()]


def _attached(entity: dict) -> list:
    return [{"PolicyName": arn.rsplit("/", 1)[-1], "PolicyArn": arn} for arn in entity.get("AttachedPolicies", [])]


def _boundary(entity: dict) -> dict:
    arn = entity.get("PermissionsBoundary")
    if not arn:
        return {}
    return {"PermissionsBoundary": {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": arn}}


def _user_detail(user: dict) -> dict:
    name = user["UserName"]
    return {
        **_only(user, "Path", "UserName", "UserId", "Arn", "CreateDate"),
        "UserPolicyList": _inline(iam._user_inline_policies.get(name)),
        "GroupList": [one["GroupName"] for one in iam._groups.values() if name in one.get("Users", [])],
        "AttachedManagedPolicies": _attached(user),
        "Tags": user.get("Tags", []),
        **_boundary(user),
    }


def _group_detail(group: dict) -> dict:
    return {
        **_only(group, "Path", "GroupName", "GroupId", "Arn", "CreateDate"),
        "GroupPolicyList": _inline(iam._group_inline_policies.get(group["GroupName"])),
        "AttachedManagedPolicies": _attached(group),
    }


def _role_detail(role: dict) -> dict:
    name = role["RoleName"]
    # Unlike everywhere else, AWS leaves out the description and the session's length here.
    return {
        **{key: value for key, value in _role(role).items() if key not in ("Description", "MaxSessionDuration")},
        "RolePolicyList": _inline(role.get("InlinePolicies")),
        "AttachedManagedPolicies": _attached(role),
        "InstanceProfileList": [_profile(one) for one in iam._instance_profiles.values() if name in one["Roles"]],
        "Tags": role.get("Tags", []),
        "RoleLastUsed": {},
        **_boundary(role),
    }


def _policy_detail(policy: dict) -> dict:
    versions = [
        {
            "Document": quote(one.get("Document") or "{}", safe=""),
            "VersionId": one["VersionId"],
            "IsDefaultVersion": bool(one.get("IsDefaultVersion")),
            "CreateDate": one.get("CreateDate"),
        }
        for one in policy.get("Versions", {}).values()
    ]
    return {**_policy(policy), "PolicyVersionList": versions}

"""IAM: ARNs with their paths, boundaries and policies as condition keys, roles that are passed.

Source: Service Authorization Reference, "… for AWS Identity and Access Management (IAM)".
"""

from ministack.services import iam

from overlay.authorization.need import Need, passing

# Lists of the whole account have no resource.
_LISTS = {"ListRoles", "ListUsers", "ListGroups", "ListPolicies", "ListInstanceProfiles", "ListVirtualMFADevices"}

# The parameter that names a call's resource, the resource's type, and where it is kept. In this
# order: a call that names a profile and a role is a permission on the profile.
_NAMED = (
    ("InstanceProfileName", "instance-profile", "_instance_profiles"),
    ("GroupName", "group", "_groups"),
    ("RoleName", "role", "_roles"),
    ("UserName", "user", "_users"),
    ("PolicyName", "policy", "_policies"),
)


def needs(call, _region: str, account: str) -> list[Need]:
    operation, given = call.operation, call.parameters
    if operation in _LISTS:
        return [Need("*")]
    if operation == "CreateServiceLinkedRole":
        service = given["AWSServiceName"]
        arn = f"arn:aws:iam::{account}:role/aws-service-role/{service}/*"
        return [Need(arn, context={"iam:AWSServiceName": service})]
    if "SerialNumber" in given and operation == "DeleteVirtualMFADevice":
        return [Need(given["SerialNumber"])]
    found = [Need(_resource(given, account), context=_context(given))]
    if operation == "AddRoleToInstanceProfile":
        found.append(passing(_arn(given, account, *_NAMED[2]), "ec2.amazonaws.com"))
    return found


def _resource(given: dict, account: str) -> str:
    for name, kind, store in _NAMED:
        if name in given:
            return _arn(given, account, name, kind, store)
    return given.get("PolicyArn", "*")


def _arn(given: dict, account: str, name: str, kind: str, store: str) -> str:
    known = getattr(iam, store).get(given[name])
    if known:
        return known["Arn"]
    return f"arn:aws:iam::{account}:{kind}{given.get('Path', '/')}{given[name]}"


def _context(given: dict) -> dict:
    """The boundary that is set, or the one that stands; the policy that is attached or detached."""
    context = {}
    subject = iam._roles.get(given.get("RoleName")) or iam._users.get(given.get("UserName")) or {}
    boundary = given.get("PermissionsBoundary") or subject.get("PermissionsBoundary")
    if isinstance(boundary, dict):
        boundary = boundary.get("PermissionsBoundaryArn")
    if boundary:
        context["iam:PermissionsBoundary"] = boundary
    if "PolicyArn" in given:
        context["iam:PolicyARN"] = given["PolicyArn"]
    return context

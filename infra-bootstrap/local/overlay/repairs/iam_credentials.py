"""IAM: the credentials of people that MiniStack has never heard of. Nobody can make any, so lists are empty."""

from ministack.services import iam

from overlay import query
from overlay.query import Refused

operation = query.operations("iam", iam._IAM_HANDLERS)


def install() -> None:
    """Importing this module has put the operations in."""


def _of_user(request: dict, member: str) -> dict:
    name = request.get("UserName", "")
    if name not in iam._users:
        raise Refused("NoSuchEntity", f"The user with name {name} cannot be found.", 404)
    return {member: [], "IsTruncated": False}


@operation("ListSSHPublicKeys")
def list_ssh_public_keys(request):
    return _of_user(request, "SSHPublicKeys")


@operation("ListSigningCertificates")
def list_signing_certificates(request):
    return _of_user(request, "Certificates")


@operation("ListServiceSpecificCredentials")
def list_service_specific_credentials(request):
    found = _of_user(request, "ServiceSpecificCredentials")
    return {"ServiceSpecificCredentials": found["ServiceSpecificCredentials"]}

"""`userIdentity`: who made a call, as CloudTrail writes it."""

import time

from ministack.services import iam, sts

_EXAMPLE_ROOT = "root"


def user_identity(access_key: str, account: str) -> dict:
    session = sts._sessions.get(access_key)
    if session and ":assumed-role/" in session.get("Arn", ""):
        return _assumed_role(session, access_key, account)
    user = _user_of_key(access_key, account)
    if user:
        return {
            "type": "IAMUser",
            "principalId": user.get("UserId", "AIDALOCAL"),
            "arn": user["Arn"],
            "accountId": account,
            "accessKeyId": access_key,
            "userName": user["UserName"],
        }
    return {
        "type": "Root",
        "principalId": account,
        "arn": f"arn:aws:iam::{account}:{_EXAMPLE_ROOT}",
        "accountId": account,
        "accessKeyId": access_key,
    }


def _assumed_role(session: dict, access_key: str, account: str) -> dict:
    role_name = session["Arn"].split("/")[1]
    issued = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(session.get("IssuedAt", time.time())))
    return {
        "type": "AssumedRole",
        "principalId": session.get("UserId", ""),
        "arn": session["Arn"],
        "accountId": account,
        "accessKeyId": access_key,
        "sessionContext": {
            "sessionIssuer": {
                "type": "Role",
                "principalId": session.get("UserId", "").split(":")[0],
                "arn": session.get("RoleArn") or _role_arn(role_name, account),
                "accountId": account,
                "userName": role_name,
            },
            "webIdFederationData": {},
            "attributes": {"creationDate": issued, "mfaAuthenticated": "false"},
        },
    }


def _role_arn(name: str, account: str) -> str:
    """The ARN with its path, which the session's own ARN leaves out."""
    role = iam._roles.get(name)
    return role["Arn"] if role else f"arn:aws:iam::{account}:role/{name}"


def _user_of_key(access_key: str, account: str):
    for (owner, key), record in iam._access_keys.to_dict().items():
        if key == access_key and owner == account:
            return iam._users.get(record.get("UserName"))
    return None

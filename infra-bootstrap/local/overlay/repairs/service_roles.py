"""Service-linked roles under the names that AWS gives them; MiniStack makes names from the service's."""

from ministack.services import iam

from overlay.patch import replace_action

_NAMES = {
    "autoscaling.amazonaws.com": "AWSServiceRoleForAutoScaling",
    "elasticloadbalancing.amazonaws.com": "AWSServiceRoleForElasticLoadBalancing",
    "rds.amazonaws.com": "AWSServiceRoleForRDS",
    "wafv2.amazonaws.com": "AWSServiceRoleForWAFV2Logging",
}


def install() -> None:
    @replace_action(iam._IAM_HANDLERS, "CreateServiceLinkedRole", "the roles have names of AWS's own")
    def create(original, fields):
        service = iam._p(fields, "AWSServiceName")
        name = _NAMES.get(service)
        if name is None:
            return original(fields)
        if name in iam._roles:
            message = f"Service role name {name} has been taken in this account, please try a different suffix."
            return iam._error(400, "InvalidInput", message, ns="iam")
        before = set(iam._roles)
        answer = original(fields)
        for made in set(iam._roles) - before:
            role = iam._roles.pop(made)
            iam._roles[name] = {**role, "RoleName": name, "Arn": role["Arn"].rsplit("/", 1)[0] + f"/{name}"}
            status, headers, body = answer
            text = body.decode() if isinstance(body, bytes) else body
            answer = (status, headers, text.replace(made, name).encode())
        return answer

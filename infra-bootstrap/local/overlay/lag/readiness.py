"""Refusals that pass by themselves: what is asked for needs something that is not known there yet."""

import json

from ministack.core.responses import error_response_json
from ministack.services import ec2, lambda_svc, waf

from overlay.lag import settling
from overlay.patch import replace
from overlay.query import Refused
from overlay.refusals.guards import before

_ROLE, _CERTIFICATE, _ACL = "role usable", "certificate usable", "web acl usable"


def _is_role_known(arn: str) -> bool:
    return settling.is_known(_ROLE, arn.rsplit("/", 1)[-1])


@replace(lambda_svc, "handle_request", "Lambda hears of a new role later")
async def handle_request(original, method, path, headers, body, query_params, **more):
    if method == "POST" and path.rstrip("/") == "/2015-03-31/functions":
        if not _is_role_known(json.loads(body or b"{}").get("Role", "")):
            message = "The role defined for the function cannot be assumed by Lambda."
            return error_response_json("InvalidParameterValueException", message, 400)
    return await original(method, path, headers, body, query_params, **more)


@before("ec2", "AssociateIamInstanceProfile", "ReplaceIamInstanceProfileAssociation")
def associated_profile_is_known(request):
    problem = settling.unknown_profile(request.get("IamInstanceProfile"))
    if problem:
        raise Refused("InvalidParameterValue", problem)


@before("ec2", "CreateFlowLogs")
def role_delivers(request):
    if not _is_role_known(request.get("DeliverLogsPermissionArn", "")):
        raise Refused("InvalidParameter", "Unable to assume given IAM role")


@before("rds", "CreateDBInstance", "ModifyDBInstance")
def role_monitors(request):
    if not _is_role_known(request.get("MonitoringRoleArn", "")):
        message = (
            "IAM role ARN value is invalid or does not include the required permissions for: ENHANCED_MONITORING"
        )
        raise Refused("InvalidParameterValue", message)


@before("elasticloadbalancing", "CreateListener", "ModifyListener", "AddListenerCertificates")
def certificate_is_known(request):
    for one in request.get("Certificates", []):
        arn = one.get("CertificateArn", "")
        if not settling.is_known(_CERTIFICATE, arn):
            raise Refused("CertificateNotFound", f"Certificate '{arn}' not found")


@before("acm", "DeleteCertificate")
def certificate_is_released(request):
    arn = request.get("CertificateArn", "")
    if not settling.is_known("certificate released", arn):
        raise Refused("ResourceInUseException", f"Certificate {arn} in account {arn.split(':')[4]} is in use.")


@before("waf", "DeleteWebACL")
def acl_is_released(request):
    acl = waf.web_acl_record(request.get("Id", ""), request.get("Scope", "REGIONAL"))
    if acl and not settling.is_known("web acl released", acl["ARN"]):
        message = "AWS WAF couldn't perform the operation because your resource is being used by another resource."
        raise Refused("WAFAssociatedItemException", message)


@before("waf", "AssociateWebACL")
def acl_is_spread(request):
    arn = request.get("WebACLArn", "")
    known = waf._resolve_local_web_acl(arn)[1] is None
    if known and not settling.is_known(_ACL, arn):
        message = "AWS WAF couldn't retrieve the resource that you requested. Retry your request."
        raise Refused("WAFUnavailableEntityException", message)


@before("ec2", "AssociateAddress")
def instance_is_past_pending(request):
    instance = ec2._instances.get(request.get("InstanceId") or "")
    if instance is not None and instance["State"]["Name"] == "pending":
        message = f"The pending instance '{instance['InstanceId']}' is not in a valid state for this operation."
        raise Refused("InvalidInstanceID", message)

"""WAF: logging configurations, capacity, descriptions, associations only with what exists."""

from ministack.services import alb, waf

from overlay import json_api
from overlay.json_api import Refused
from overlay.lag import settling

operation = json_api.operations(waf, "logging configurations and capacities are missing")

# WCUs: https://docs.aws.amazon.com/waf/latest/developerguide/aws-managed-rule-groups-list.html
_MANAGED = {
    "AWSManagedRulesCommonRuleSet": 700,
    "AWSManagedRulesAdminProtectionRuleSet": 100,
    "AWSManagedRulesKnownBadInputsRuleSet": 200,
    "AWSManagedRulesSQLiRuleSet": 200,
    "AWSManagedRulesLinuxRuleSet": 200,
    "AWSManagedRulesUnixRuleSet": 100,
    "AWSManagedRulesWindowsRuleSet": 200,
    "AWSManagedRulesPHPRuleSet": 100,
    "AWSManagedRulesWordPressRuleSet": 100,
    "AWSManagedRulesAmazonIpReputationList": 25,
    "AWSManagedRulesAnonymousIpList": 50,
    "AWSManagedRulesBotControlRuleSet": 50,
}
_KEPT = (
    "CustomResponseBodies", "CaptchaConfig", "ChallengeConfig", "TokenDomains", "AssociationConfig",
    "DataProtectionConfig", "OnSourceDDoSProtectionConfig", "ApplicationConfig",
)  # fmt: skip


def install() -> None:
    """Importing this module has done it."""


def _capacity(rules: list) -> int:
    return sum(_weight(rule.get("Statement", {})) for rule in rules)


def _weight(statement: dict) -> int:
    if "ManagedRuleGroupStatement" in statement:
        return _MANAGED.get(statement["ManagedRuleGroupStatement"].get("Name"), 100)
    if "RateBasedStatement" in statement:
        return 2 + _weight(statement["RateBasedStatement"].get("ScopeDownStatement", {}))
    for joined in ("AndStatement", "OrStatement"):
        if joined in statement:
            return sum(map(_weight, statement[joined].get("Statements", [])))
    if "NotStatement" in statement:
        return _weight(statement["NotStatement"].get("Statement", {}))
    return 1 if statement else 0


def _complete(acl: dict, body: dict) -> None:
    acl.update({name: body[name] for name in (*_KEPT, "Description") if name in body})
    acl["Capacity"] = _capacity(acl["Rules"])
    acl["LabelNamespace"] = f"awswaf:{acl['ARN'].split(':')[4]}:webacl:{acl['Name']}:"
    acl["ManagedByFirewallManager"] = False


@operation("CreateWebACL")
async def create(body, theirs):
    answer = await theirs(body)
    _complete(waf.web_acl_record(answer["Summary"]["Id"], body.get("Scope", "REGIONAL")), body)
    settling.begin("web acl usable", body.get("Name", ""), answer["Summary"]["ARN"])
    return answer


@operation("UpdateWebACL")
async def update(body, theirs):
    answer = await theirs(body)
    _complete(waf.web_acl_record(body["Id"], body.get("Scope", "REGIONAL")), body)
    return answer


@operation("DeleteWebACL")
async def delete(body, theirs):
    acl = waf.web_acl_record(body.get("Id", ""), body.get("Scope", "REGIONAL"))
    if acl and acl["ARN"] in _live_associations().values():
        message = (
            "AWS WAF couldn't perform the operation because your resource is being used by another resource "
            "or it's associated with another resource."
        )
        raise Refused("WAFAssociatedItemException", message)
    return await theirs(body)


def _live_associations() -> dict:
    """Associations of load balancers that are still there."""
    for arn in list(waf._associations.keys()):
        if ":loadbalancer/" in arn and arn not in alb._lbs:
            _let_go(waf._associations.pop(arn, None))
    return dict(waf._associations.items())


def _let_go(acl_arn) -> None:
    """A web ACL counts as associated for a while after it was."""
    if acl_arn:
        settling.begin("web acl released", acl_arn.split("/")[-2], acl_arn)


@operation("DisassociateWebACL")
async def disassociate(body, theirs):
    acl_arn = waf._associations.get(body.get("ResourceArn", ""))
    answer = await theirs(body)
    _let_go(acl_arn)
    return answer


@operation("AssociateWebACL")
async def associate(body, theirs):
    arn = body.get("ResourceArn", "")
    if ":loadbalancer/" in arn and arn not in alb._lbs:
        message = "AWS WAF couldn't perform the operation because your resource doesn't exist."
        raise Refused("WAFNonexistentItemException", message)
    return await theirs(body)


@operation("GetWebACLForResource")
async def for_resource(body, theirs):
    """A resource without an ACL is no error to AWS: the answer is empty."""
    arn = body.get("ResourceArn", "")
    if ":loadbalancer/" in arn and arn not in alb._lbs:
        message = "AWS WAF couldn't perform the operation because your resource doesn't exist."
        raise Refused("WAFNonexistentItemException", message)
    return await theirs(body) if arn in _live_associations() else {}


@operation("PutLoggingConfiguration")
async def put_logging(body, _theirs):
    configuration = body["LoggingConfiguration"]
    acl = _acl_of(configuration["ResourceArn"])
    for destination in configuration.get("LogDestinationConfigs", []):
        if "aws-waf-logs-" not in destination:
            message = f"Error reason: The ARN isn't valid., field: LOG_DESTINATION, parameter: {destination}"
            raise Refused("WAFInvalidParameterException", message)
    acl["_Logging"] = {**configuration, "ManagedByFirewallManager": False}
    return {"LoggingConfiguration": acl["_Logging"]}


@operation("GetLoggingConfiguration")
async def get_logging(body, _theirs):
    return {"LoggingConfiguration": _logging_of(_acl_of(body.get("ResourceArn", "")))}


@operation("DeleteLoggingConfiguration")
async def delete_logging(body, _theirs):
    acl = _acl_of(body.get("ResourceArn", ""))
    _logging_of(acl)
    del acl["_Logging"]


@operation("ListLoggingConfigurations")
async def list_logging(body, _theirs):
    acls = waf._values_for_scope(waf._web_acls, body.get("Scope", "REGIONAL"))
    return {"LoggingConfigurations": [one["_Logging"] for one in acls if "_Logging" in one]}


def _acl_of(arn: str) -> dict:
    acl, refusal = waf._resolve_local_web_acl(arn)
    if refusal:
        message = "AWS WAF couldn't perform the operation because your resource doesn't exist."
        raise Refused("WAFNonexistentItemException", message)
    return acl


def _logging_of(acl: dict) -> dict:
    if "_Logging" not in acl:
        message = "AWS WAF couldn't perform the operation because your resource doesn't exist."
        raise Refused("WAFNonexistentItemException", message)
    return acl["_Logging"]


@operation("GetWebACL")
async def get(body, theirs):
    answer = await theirs(body)
    answer["WebACL"] = {name: value for name, value in answer["WebACL"].items() if not name.startswith("_")}
    return answer

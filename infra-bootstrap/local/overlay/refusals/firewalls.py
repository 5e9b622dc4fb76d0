"""WAF: sets in use stay, rules differ in name and priority, capacity has an end.

https://docs.aws.amazon.com/waf/latest/developerguide/limits.html
"""

from ministack.services import waf

from overlay.query import Refused
from overlay.refusals.guards import before

_MOST_ACLS = 100
_USED = (
    "AWS WAF couldn't perform the operation because your resource is being used by another resource "
    "or it's associated with another resource."
)


@before("waf", "DeleteIPSet", "DeleteRegexPatternSet", "DeleteRuleGroup")
def is_not_in_use(body):
    for acl in [*waf._web_acls.values(), *waf._rule_groups.values()]:
        if body.get("Id") and body["Id"] in str(acl.get("Rules", [])):
            raise Refused("WAFAssociatedItemException", _USED)


@before("waf", "CreateWebACL", "UpdateWebACL")
def its_rules_differ(body):
    rules = body.get("Rules", [])
    for member in ("Name", "Priority"):
        values = [one.get(member) for one in rules]
        if len(set(values)) < len(values):
            message = f"Error reason: You have used a {member.lower()} in more than one rule, field: RULE"
            raise Refused(
                "WAFInvalidParameterException" if member == "Priority" else "WAFDuplicateItemException", message
            )


@before("waf", "CreateWebACL")
def acls_are_few(body):
    scope = body.get("Scope", "REGIONAL")
    standing = list(waf._values_for_scope(waf._web_acls, scope))
    if len(standing) >= _MOST_ACLS and all(one["Name"] != body.get("Name") for one in standing):
        message = "AWS WAF couldn't perform the operation because you exceeded your resource limit."
        raise Refused("WAFLimitsExceededException", message)


@before("waf", "AssociateWebACL")
def its_acl_exists(body):
    if all(one["ARN"] != body.get("WebACLArn") for one in waf._web_acls.values()):
        message = "AWS WAF couldn't perform the operation because your resource doesn't exist."
        raise Refused("WAFNonexistentItemException", message)

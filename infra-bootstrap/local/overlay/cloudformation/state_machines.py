"""`AWS::StepFunctions::StateMachineVersion` and `…Alias`: Ref and GetAtt Arn are the ARN."""

from ministack.services import stepfunctions

from overlay.cloudformation.answers import value_of


def _version_create(_logical_id, props, _stack_name):
    body = {"stateMachineArn": props["StateMachineArn"], "description": props.get("Description", "")}
    if props.get("StateMachineRevisionId"):
        body["revisionId"] = props["StateMachineRevisionId"]
    published = value_of(stepfunctions._publish_state_machine_version(body), "publish the version")
    arn = published["stateMachineVersionArn"]
    return arn, {"Arn": arn}


def _version_delete(physical_id, _props):
    answer = stepfunctions._delete_state_machine_version({"stateMachineVersionArn": physical_id})
    value_of(answer, "delete the version")


def _alias_create(_logical_id, props, stack_name):
    name = props.get("Name") or stack_name
    body = {"name": name, "description": props.get("Description", ""), "routingConfiguration": _routing(props)}
    arn = value_of(stepfunctions._create_state_machine_alias(body), "create the alias")["stateMachineAliasArn"]
    return arn, {"Arn": arn}


def _alias_update(physical_id, _old_props, new_props, _stack_name):
    body = {
        "stateMachineAliasArn": physical_id,
        "description": new_props.get("Description", ""),
        "routingConfiguration": _routing(new_props),
    }
    value_of(stepfunctions._update_state_machine_alias(body), "update the alias")
    return physical_id, {"Arn": physical_id}


def _alias_delete(physical_id, _props):
    answer = stepfunctions._delete_state_machine_alias({"stateMachineAliasArn": physical_id})
    value_of(answer, "delete the alias")


def _routing(props) -> list:
    """Where the alias points. A gradual deployment arrives at once here: nothing would watch it."""
    preference = props.get("DeploymentPreference")
    if preference:
        return [{"stateMachineVersionArn": preference["StateMachineVersionArn"], "weight": 100}]
    return [
        {"stateMachineVersionArn": one["StateMachineVersionArn"], "weight": int(one["Weight"])}
        for one in props["RoutingConfiguration"]
    ]


TYPES = {
    "AWS::StepFunctions::StateMachineVersion": (
        {"create": _version_create, "delete": _version_delete},
        ("StateMachineArn", "StateMachineRevisionId", "Description"),
    ),
    "AWS::StepFunctions::StateMachineAlias": (
        {"create": _alias_create, "update": _alias_update, "delete": _alias_delete},
        ("Name",),
    ),
}

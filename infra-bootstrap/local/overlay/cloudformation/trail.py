"""`AWS::CloudTrail::Trail`: Ref is the name, GetAtt has Arn and SnsTopicArn."""

from ministack.services import cloudtrail
from ministack.services.cloudformation.provisioners import _physical_name

from overlay.cloudformation.answers import is_true, value_of

_AS_IS = ("S3BucketName", "S3KeyPrefix", "SnsTopicName", "CloudWatchLogsLogGroupArn", "CloudWatchLogsRoleArn")
# Template properties that the API calls otherwise, and those that are true unless said otherwise.
_FLAGS = {
    "IncludeGlobalServiceEvents": ("IncludeGlobalServiceEvents", True),
    "IsMultiRegionTrail": ("IsMultiRegionTrail", False),
    "EnableLogFileValidation": ("EnableLogFileValidation", False),
    "IsOrganizationTrail": ("IsOrganizationTrail", False),
}


def _create(logical_id, props, stack_name):
    name = props.get("TrailName") or _physical_name(stack_name, logical_id, max_len=128)
    value_of(cloudtrail._create_trail({"Name": name, "S3BucketName": props["S3BucketName"]}), "create the trail")
    return _apply(name, {}, props)


def _update(physical_id, old_props, new_props, _stack_name):
    return _apply(physical_id, old_props, new_props)


def _delete(physical_id, _props):
    if cloudtrail._find_visible_trail(physical_id)[2] is not None:
        value_of(cloudtrail._delete_trail({"Name": physical_id}), "delete the trail")


def _apply(name, old_props, props):
    body = {"Name": name, "KmsKeyId": props.get("KMSKeyId", "")}
    body |= {key: props.get(key, "") for key in _AS_IS}
    body |= {sent: is_true(props.get(key, default)) for key, (sent, default) in _FLAGS.items()}
    arn = value_of(cloudtrail._update_trail(body), "update the trail")["TrailARN"]
    if props.get("EventSelectors"):
        _select(name, {"EventSelectors": [_selector(one) for one in props["EventSelectors"]]})
    if props.get("AdvancedEventSelectors"):
        _select(name, {"AdvancedEventSelectors": props["AdvancedEventSelectors"]})
    _tag(arn, old_props.get("Tags") or [], props.get("Tags") or [])
    switch = cloudtrail._start_logging if is_true(props["IsLogging"]) else cloudtrail._stop_logging
    value_of(switch({"Name": name}), "switch logging")
    return name, {"Arn": arn, "SnsTopicArn": ""}


def _select(name, selectors):
    value_of(cloudtrail._put_event_selectors({"TrailName": name, **selectors}), "set the event selectors")


def _selector(selector: dict) -> dict:
    made = {**selector, "IncludeManagementEvents": is_true(selector.get("IncludeManagementEvents", True))}
    made["DataResources"] = [
        {"Type": one["Type"], "Values": one.get("Values", [])} for one in selector.get("DataResources", [])
    ]
    return made


def _tag(arn, old, new):
    dropped = [{"Key": tag["Key"]} for tag in old if tag["Key"] not in {one["Key"] for one in new}]
    if dropped:
        value_of(cloudtrail._remove_tags({"ResourceId": arn, "TagsList": dropped}), "remove tags")
    if new:
        value_of(cloudtrail._add_tags({"ResourceId": arn, "TagsList": new}), "add tags")


TYPES = {
    "AWS::CloudTrail::Trail": ({"create": _create, "update": _update, "delete": _delete}, ("TrailName",)),
}

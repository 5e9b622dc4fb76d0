"""CloudFormation and SNS: capabilities are asked for, buckets with something in them stay, a topic is made once."""

from ministack.services import s3, sns
from ministack.services.cloudformation import handlers, provisioners

from overlay.patch import replace, replace_action

_NOT_EMPTY = "The bucket you tried to delete is not empty. You must delete all versions in the bucket."


def install() -> None:
    @replace(handlers, "_capabilities_enforced", "AWS asks for capabilities of everybody")
    def _capabilities_enforced(_original):
        return True

    @replace_action(
        provisioners._RESOURCE_HANDLERS["AWS::S3::Bucket"], "delete", "a bucket went with all that was in it"
    )
    def delete(original, physical_id, props):
        bucket = s3._buckets.get(physical_id)
        if bucket and (bucket["objects"] or s3._bucket_has_versions(physical_id)):
            raise RuntimeError(f"{_NOT_EMPTY} (Service: S3, Status Code: 409)")
        return original(physical_id, props)

    @replace(sns, "_create_topic", "a topic that stands was answered whatever was asked for")
    def _create_topic(original, params):
        problem = _differs(params)
        return sns._error("InvalidParameter", problem, 400) if problem else original(params)


def _differs(params) -> str | None:
    """AWS answers with the topic that stands only if it is the same one."""
    name = sns._p(params, "Name")
    topic = next((one for one in sns._topics.values() if one["name"] == name), None)
    if topic is None:
        return None
    if any(topic["attributes"].get(key) != value for key, value in _attributes(params).items()):
        return "Invalid parameter: Attributes Reason: Topic already exists with different attributes"
    tags = sns._param_tags(params)
    if tags and tags != topic["tags"]:
        return "Invalid parameter: Tags Reason: Topic already exists with different tags"
    return None


def _attributes(params) -> dict:
    found, number = {}, 1
    while sns._p(params, f"Attributes.entry.{number}.key"):
        found[sns._p(params, f"Attributes.entry.{number}.key")] = sns._p(params, f"Attributes.entry.{number}.value")
        number += 1
    return found

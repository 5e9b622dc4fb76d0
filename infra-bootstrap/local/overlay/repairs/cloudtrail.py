"""CloudTrail: what a trail is given beyond name and bucket, a topic's ARN, and whether its bucket admits it."""

import json

from ministack.core.responses import get_account_id, get_region
from ministack.services import cloudtrail, s3

from overlay.patch import replace_action

_LOGS = ("CloudWatchLogsLogGroupArn", "CloudWatchLogsRoleArn")


def install() -> None:
    @replace_action(cloudtrail._DISPATCH, "CreateTrail", "log group, topic and tags were dropped, buckets unchecked")
    def create(original, body):
        refused = _without_bucket(body) or _half_of_logs(body)
        if refused:
            return refused
        status, headers, answer = original(body)
        if status != 200:
            return status, headers, answer
        trail = cloudtrail._find_visible_trail(body["Name"])[2]
        given = {name: body[name] for name in _LOGS if body.get(name)} | _topic(body)
        trail.update(given)
        if body.get("TagsList"):
            cloudtrail._add_tags({"ResourceId": trail["TrailARN"], "TagsList": body["TagsList"]})
        return status, headers, json.dumps({**json.loads(answer), **given}).encode()

    @replace_action(cloudtrail._DISPATCH, "UpdateTrail", "a topic had no ARN, and none stayed as nothing")
    def update(original, body):
        refused = _without_bucket(body) or _half_of_logs(body)
        if refused:
            return refused
        status, headers, answer = original(body)
        if status != 200:
            return status, headers, answer
        trail = cloudtrail._find_visible_trail(body["Name"])[2]
        trail.update(_topic(body))
        if body.get("SnsTopicName") == "":
            trail.pop("SnsTopicARN", None)
        told = {name: value for name, value in (json.loads(answer) | _topic(body)).items() if value != ""}
        return status, headers, json.dumps(told).encode()


def _topic(body: dict) -> dict:
    """AWS takes a name or an ARN and shows both."""
    topic = body.get("SnsTopicName")
    if not topic:
        return {}
    arn = topic if topic.startswith("arn:") else f"arn:aws:sns:{get_region()}:{get_account_id()}:{topic}"
    return {"SnsTopicName": arn.rsplit(":", 1)[-1], "SnsTopicARN": arn}


def _without_bucket(body: dict):
    bucket = body.get("S3BucketName")
    if bucket is None:
        return None
    if bucket not in s3._buckets:
        return cloudtrail._err("S3BucketDoesNotExistException", f"S3 bucket {bucket} does not exist!")
    policy = s3._bucket_policies.get(bucket)
    if "cloudtrail.amazonaws.com" not in str(policy):
        return cloudtrail._err(
            "InsufficientS3BucketPolicyException", f"Incorrect S3 bucket policy is detected for bucket: {bucket}"
        )
    return None


def _half_of_logs(body: dict):
    group, role = (bool(body.get(name)) for name in _LOGS)
    if group and not role:
        return cloudtrail._err(
            "InvalidCloudWatchLogsRoleArnException", "You must specify a role ARN as well as a log group."
        )
    if role and not group:
        return cloudtrail._err(
            "InvalidCloudWatchLogsLogGroupArnException", "You must specify a log group as well as a role ARN."
        )
    return None

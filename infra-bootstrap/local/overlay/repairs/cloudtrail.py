"""CloudTrail: what CreateTrail is given beyond name and bucket, and a trail's own ARN in lists of tags."""

import json

from ministack.services import cloudtrail

from overlay.patch import replace_action

_LOGS = ("CloudWatchLogsLogGroupArn", "CloudWatchLogsRoleArn")


def install() -> None:
    @replace_action(cloudtrail._DISPATCH, "CreateTrail", "log group, role and tags were dropped")
    def create(original, body):
        status, headers, answer = original(body)
        if status != 200:
            return status, headers, answer
        trail = cloudtrail._find_visible_trail(body["Name"])[2]
        given = {name: body[name] for name in _LOGS if body.get(name)}
        trail.update(given)
        if body.get("TagsList"):
            cloudtrail._add_tags({"ResourceId": trail["TrailARN"], "TagsList": body["TagsList"]})
        return status, headers, json.dumps({**json.loads(answer), **given}).encode()

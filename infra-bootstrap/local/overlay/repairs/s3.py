"""S3: new buckets block public access, the status of a policy can be asked for, and events on the
bus name the object's version."""

import json
import threading

from ministack.services import eventbridge, s3

from overlay.patch import replace

# Since April 2023: https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
_BLOCK = (
    f'<PublicAccessBlockConfiguration xmlns="{s3.S3_NS}">'
    "<BlockPublicAcls>true</BlockPublicAcls><IgnorePublicAcls>true</IgnorePublicAcls>"
    "<BlockPublicPolicy>true</BlockPublicPolicy><RestrictPublicBuckets>true</RestrictPublicBuckets>"
    "</PublicAccessBlockConfiguration>"
)


def install() -> None:
    @replace(s3, "_new_bucket_public_access_block", "new buckets block public access, AUTH or not")
    def _new_bucket_public_access_block(_original, *_args):
        return {"_public_access_block": _BLOCK}

    @replace(s3, "handle_request", "GetBucketPolicyStatus is missing")
    async def handle_request(original, method, path, headers, body, query_params, **where):
        bucket = path.strip("/")
        if method == "GET" and "policyStatus" in query_params and "/" not in bucket and bucket in s3._buckets:
            policy = s3._bucket_policies.get(bucket)
            if policy is None:
                return s3._error("NoSuchBucketPolicy", "The bucket policy does not exist", 404)
            text = "true" if _is_public(policy) else "false"
            document = f'<PolicyStatus xmlns="{s3.S3_NS}"><IsPublic>{text}</IsPublic></PolicyStatus>'
            return 200, {"Content-Type": "application/xml"}, document.encode()
        return await original(method, path, headers, body, query_params, **where)

    _name_versions()


def _name_versions() -> None:
    """Without the version two puts of the same content are one event to whoever tells them apart by it."""
    firing = threading.local()

    @replace(s3, "_fire_s3_event", "the event on the bus lacks the version")
    def _fire_s3_event(original, *args, version_id=None, **kwargs):
        firing.version_id = version_id
        try:
            return original(*args, version_id=version_id, **kwargs)
        finally:
            firing.version_id = None

    @replace(eventbridge, "_dispatch_event", "the event on the bus lacks the version")
    def _dispatch_event(original, event, *args, **kwargs):
        version_id = getattr(firing, "version_id", None)
        if version_id and event.get("Source") == "aws.s3":
            detail = json.loads(event["Detail"])
            detail["object"]["version-id"] = version_id
            event = {**event, "Detail": json.dumps(detail)}
        return original(event, *args, **kwargs)


def _is_public(policy) -> bool:
    """Somebody unnamed is allowed something, under no condition."""
    document = json.loads(policy) if isinstance(policy, (str, bytes)) else policy
    for statement in document.get("Statement", []):
        is_unnamed = statement.get("Principal") in ("*", {"AWS": "*"}, {"AWS": ["*"]})
        if is_unnamed and statement.get("Effect") == "Allow" and not statement.get("Condition"):
            return True
    return False

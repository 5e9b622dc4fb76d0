"""S3: policies that are policies, of this bucket, for principals that exist; names and places of buckets."""

from ministack.services import s3

from overlay import quotas
from overlay.patch import replace
from overlay.refusals import policies

_LONGEST_POLICY = 20 * 1024
_TAKEN = "Your previous request to create the named bucket succeeded and you already own it."


def install() -> None:
    @replace(s3, "_put_bucket_policy", "a policy was stored whatever it said")
    def _put_bucket_policy(original, name, body):
        problem = _problem(name, body) if name in s3._buckets else None
        return s3._error("MalformedPolicy", problem, 400, f"/{name}") if problem else original(name, body)

    @replace(s3, "_create_bucket", "buckets without number, and one name in two regions")
    def _create_bucket(original, name, body, headers=None, endpoint_region=None):
        is_ours = name in s3._buckets
        if is_ours and (endpoint_region or "us-east-1") != "us-east-1":
            return s3._error("BucketAlreadyOwnedByYou", _TAKEN, 409, f"/{name}", extra={"BucketName": name})
        if not is_ours and len(s3._buckets) >= quotas.limit("buckets"):
            return s3._error(
                "TooManyBuckets", "You have attempted to create more buckets than allowed", 400, f"/{name}"
            )
        return original(name, body, headers, endpoint_region)


def _problem(bucket: str, body: bytes) -> str | None:
    """What S3 says is wrong with a bucket's policy."""
    if len(body) > _LONGEST_POLICY:
        return "The policy exceeds the maximum allowed document size."
    document = policies.read(body)
    if document is None:
        return "Policies must be valid JSON and the first byte must be '{'"
    if not policies.statements(document):
        return "Missing required field Statement"
    effect = policies.invalid_effect(document)
    if effect:
        return f"Invalid effect: {effect}"
    if any("Principal" not in one and "NotPrincipal" not in one for one in policies.statements(document)):
        return "Missing required field Principal"
    if policies.unknown_principal(document):
        return "Invalid principal in policy"
    return None if all(_is_inside(bucket, one) for one in _resources(document)) else "Policy has invalid resource"


def _resources(document: dict) -> list:
    found = [one.get("Resource", []) for one in policies.statements(document)]
    return [each for one in found for each in (one if isinstance(one, list) else [one])]


def _is_inside(bucket: str, resource: str) -> bool:
    named = resource.rsplit(":", 1)[-1].split("/", 1)[0]
    return named == bucket or "*" in named or "?" in named

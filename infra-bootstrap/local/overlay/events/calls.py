"""Which calls CloudTrail tells of, and the names it gives them."""

import re

_READS = re.compile(
    r"(Get|List|Describe|Head|BatchGet|Lookup|Search|Query|Scan|Filter|Validate|Simulate|Check|Estimate"
    r"|Preview|Select|Receive|Test|Decode|Verify|Poll)"
)

# Calls on what a resource holds, not on the resource: data events, which no trail records by default,
# and cryptography, which counts as reading.
_DATA = {
    "lambda": {"Invoke", "InvokeAsync", "InvokeWithResponseStream"},
    "sqs": {"SendMessage", "SendMessageBatch", "DeleteMessage", "DeleteMessageBatch",
            "ChangeMessageVisibility", "ChangeMessageVisibilityBatch"},
    "sns": {"Publish", "PublishBatch"},
    "kms": {"Encrypt", "Decrypt", "ReEncrypt", "GenerateDataKey", "GenerateDataKeyWithoutPlaintext",
            "GenerateDataKeyPair", "GenerateRandom", "GenerateMac", "Sign"},
    "events": {"PutEvents"},
    "logs": {"PutLogEvents", "StartQuery", "StopQuery", "StartLiveTail"},
    "monitoring": {"PutMetricData"},
    "states": {"SendTaskSuccess", "SendTaskFailure", "SendTaskHeartbeat"},
    "sts": {"AssumeRole", "AssumeRoleWithWebIdentity", "AssumeRoleWithSAML"},
    "s3": {"CopyObject", "CreateMultipartUpload", "CompleteMultipartUpload", "AbortMultipartUpload",
           "UploadPart", "UploadPartCopy", "RestoreObject", "DeleteObjects"},
    "dynamodb": {"PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "TransactWriteItems"},
}  # fmt: skip

# Names that CloudTrail writes differently from the SDK: S3's of old, and Lambda's with its API version.
_RENAMED = {
    ("s3", "PutBucketLifecycleConfiguration"): "PutBucketLifecycle",
    ("s3", "PutPublicAccessBlock"): "PutBucketPublicAccessBlock",
    ("s3", "DeletePublicAccessBlock"): "DeleteBucketPublicAccessBlock",
    ("s3", "PutBucketNotificationConfiguration"): "PutBucketNotification",
    ("lambda", "AddPermission"): "AddPermission20150331v2",
    ("lambda", "RemovePermission"): "RemovePermission20150331v2",
    ("lambda", "UpdateFunctionCode"): "UpdateFunctionCode20150331v2",
    ("lambda", "UpdateFunctionConfiguration"): "UpdateFunctionConfiguration20150331v2",
    ("lambda", "TagResource"): "TagResource20170331v2",
    ("lambda", "UntagResource"): "UntagResource20170331v2",
    ("lambda", "PutFunctionConcurrency"): "PutFunctionConcurrency20171031",
    ("lambda", "DeleteFunctionConcurrency"): "DeleteFunctionConcurrency20171031",
    **{
        ("lambda", name): f"{name}20150331"
        for name in (
            "CreateFunction", "DeleteFunction", "PublishVersion", "CreateAlias", "UpdateAlias", "DeleteAlias",
            "CreateEventSourceMapping", "UpdateEventSourceMapping", "DeleteEventSourceMapping",
        )
    },
}  # fmt: skip


def is_reading(operation: str) -> bool:
    return _READS.match(operation) is not None


def is_told(service: str, operation: str, parameters: dict) -> bool:
    """Does a trail with AWS's defaults record this call as a change?"""
    if is_reading(operation) or operation in _DATA.get(service, ()):
        return False
    return not (service == "s3" and "Key" in parameters)


def event_name(service: str, operation: str) -> str:
    return _RENAMED.get((service, operation), operation)

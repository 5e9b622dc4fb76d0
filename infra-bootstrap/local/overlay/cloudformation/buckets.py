"""`AWS::S3::Bucket`: the properties that MiniStack's provisioner leaves out."""

from xml.etree.ElementTree import Element, SubElement, tostring

from ministack.services import s3
from ministack.services.cloudformation import provisioners

from overlay.cloudformation.answers import is_true


def install() -> None:
    provisioners._S3_BUCKET_CONFIGURATIONS += (
        ("BucketEncryption", _encryption, s3._put_bucket_encryption, s3._delete_bucket_encryption),
        ("LifecycleConfiguration", _lifecycle, s3._put_bucket_lifecycle, s3._delete_bucket_lifecycle),
        ("OwnershipControls", _ownership, s3._put_bucket_ownership_controls, s3._delete_bucket_ownership_controls),
        ("LoggingConfiguration", _logging, _put_logging, lambda name: _put_logging(name, _logging({}))),
        ("Tags", _tags, s3._put_bucket_tagging, s3._delete_bucket_tagging),
    )


def _put_logging(name: str, document: bytes):
    s3._put_bucket_logging(name, document)


def _document(name: str, fill) -> bytes:
    root = Element(name, xmlns=s3.S3_NS)
    fill(root)
    return tostring(root)


def _put(parent, name, value):
    if value is not None:
        SubElement(parent, name).text = str(value).lower() if isinstance(value, bool) else str(value)


def _encryption(prop: dict) -> bytes:
    def fill(root):
        for rule in prop["ServerSideEncryptionConfiguration"]:
            made = SubElement(root, "Rule")
            by_default = rule.get("ServerSideEncryptionByDefault", {})
            chosen = SubElement(made, "ApplyServerSideEncryptionByDefault")
            _put(chosen, "SSEAlgorithm", by_default.get("SSEAlgorithm"))
            _put(chosen, "KMSMasterKeyID", by_default.get("KMSMasterKeyID"))
            _put(made, "BucketKeyEnabled", is_true(rule.get("BucketKeyEnabled", False)))

    return _document("ServerSideEncryptionConfiguration", fill)


def _lifecycle(prop: dict) -> bytes:
    def fill(root):
        for number, rule in enumerate(prop["Rules"], 1):
            made = SubElement(root, "Rule")
            _put(made, "ID", rule.get("Id", f"rule-{number}"))
            _put(made, "Status", rule["Status"])
            _put(SubElement(made, "Filter"), "Prefix", rule.get("Prefix", ""))
            if "ExpirationInDays" in rule:
                _put(SubElement(made, "Expiration"), "Days", rule["ExpirationInDays"])
            elif "ExpiredObjectDeleteMarker" in rule:
                expiration = SubElement(made, "Expiration")
                _put(expiration, "ExpiredObjectDeleteMarker", is_true(rule["ExpiredObjectDeleteMarker"]))
            for transition in rule.get("Transitions", []):
                moved = SubElement(made, "Transition")
                _put(moved, "Days", transition.get("TransitionInDays"))
                _put(moved, "StorageClass", transition["StorageClass"])
            if "NoncurrentVersionExpiration" in rule:
                old = SubElement(made, "NoncurrentVersionExpiration")
                for field in ("NoncurrentDays", "NewerNoncurrentVersions"):
                    _put(old, field, rule["NoncurrentVersionExpiration"].get(field))
            if "AbortIncompleteMultipartUpload" in rule:
                days = rule["AbortIncompleteMultipartUpload"]["DaysAfterInitiation"]
                _put(SubElement(made, "AbortIncompleteMultipartUpload"), "DaysAfterInitiation", days)

    return _document("LifecycleConfiguration", fill)


def _ownership(prop: dict) -> bytes:
    def fill(root):
        for rule in prop["Rules"]:
            _put(SubElement(root, "Rule"), "ObjectOwnership", rule["ObjectOwnership"])

    return _document("OwnershipControls", fill)


def _logging(prop: dict) -> bytes:
    def fill(root):
        if prop.get("DestinationBucketName"):
            enabled = SubElement(root, "LoggingEnabled")
            _put(enabled, "TargetBucket", prop["DestinationBucketName"])
            _put(enabled, "TargetPrefix", prop.get("LogFilePrefix", ""))

    return _document("BucketLoggingStatus", fill)


def _tags(prop: list) -> bytes:
    def fill(root):
        tag_set = SubElement(root, "TagSet")
        for tag in prop:
            made = SubElement(tag_set, "Tag")
            _put(made, "Key", tag["Key"])
            _put(made, "Value", tag["Value"])

    return _document("Tagging", fill)

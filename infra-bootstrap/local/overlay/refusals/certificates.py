"""ACM: certificates in number, tags not in AWS's name.

https://docs.aws.amazon.com/acm/latest/userguide/acm-limits.html
"""

from ministack.services import acm

from overlay import quotas
from overlay.query import Refused
from overlay.refusals.guards import before

_MOST_NAMES = 10


@before("acm", "RequestCertificate", "ImportCertificate")
def certificates_are_few(body):
    is_new = body.get("CertificateArn") not in acm._certificates
    if is_new and len(acm._certificates) >= quotas.limit("certificates"):
        raise Refused("LimitExceededException", "Error: you have reached your limit of certificates.")
    for tag in body.get("Tags", []):
        if tag["Key"].lower().startswith("aws:"):
            raise Refused("InvalidTagException", f"aws: prefixed tag key names are not allowed: {tag['Key']}")


@before("acm", "RequestCertificate")
def names_are_few(body):
    names = {body.get("DomainName"), *body.get("SubjectAlternativeNames", [])}
    if len(names) > _MOST_NAMES:
        raise Refused("LimitExceededException", f"A certificate has at most {_MOST_NAMES} names here.")

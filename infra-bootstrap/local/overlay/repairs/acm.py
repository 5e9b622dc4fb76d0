"""ACM: imported certificates are read, requested ones wait for their record, uses are counted."""

import hashlib
import json

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from ministack.services import acm, alb, route53

from overlay import json_api
from overlay.json_api import Refused
from overlay.lag import draw, settling, timeline
from overlay.patch import replace

operation = json_api.operations(acm, "imported certificates, tokens and uses")


def install() -> None:
    @replace(acm, "_validation_options", "the record's names are AWS's")
    def _validation_options(_original, domain, method):
        base = domain.removeprefix("*.")
        digest = hashlib.sha256(base.encode()).hexdigest()
        record = {
            "Name": f"_{digest[:32]}.{base}.",
            "Type": "CNAME",
            "Value": f"_{digest[32:]}.acm-validations.aws.",
        }
        return {
            "DomainName": domain,
            "ValidationDomain": domain,
            "ValidationMethod": method,
            "ValidationStatus": "PENDING_VALIDATION",
            "ResourceRecord": record,
        }

    @replace(acm, "_cert_shape", "uses by load balancers, and what the certificate itself says")
    def _cert_shape(original, certificate):
        _settle(certificate)
        shown = original(certificate)
        shown["InUseBy"] = sorted({*shown["InUseBy"], *_uses(certificate["CertificateArn"])})
        shown.update(certificate.get("_Read", {}))
        if certificate["Status"] == "PENDING_VALIDATION":
            for name in ("IssuedAt", "NotBefore", "NotAfter"):
                shown.pop(name, None)
        if certificate.get("Type") == "IMPORTED":
            shown["ImportedAt"] = shown["CreatedAt"]
            shown.pop("DomainValidationOptions", None)
        shown.pop("Tags", None)
        return {"RenewalEligibility": "INELIGIBLE", **shown}


def _settle(certificate: dict) -> None:
    """Issue a certificate whose validation records stand in some hosted zone."""
    if certificate["Status"] != "PENDING_VALIDATION":
        return
    standing = {
        (record["Name"].rstrip("."), one.get("Value", one) if isinstance(one, dict) else one)
        for records in route53._records.values()
        for record in records
        for one in record.get("ResourceRecords", [])
    }
    for option in certificate["DomainValidationOptions"]:
        wanted = option["ResourceRecord"]
        if any(
            name == wanted["Name"].rstrip(".") and value.rstrip(".") == wanted["Value"].rstrip(".")
            for name, value in standing
        ):
            option["ValidationStatus"] = "SUCCESS"
    is_proven = all(one["ValidationStatus"] == "SUCCESS" for one in certificate["DomainValidationOptions"])
    if is_proven and "_Proven" not in certificate:
        certificate["_Proven"] = True
        arn = certificate["CertificateArn"]
        wait = draw.seconds("certificate validated", certificate["DomainName"])
        if wait:
            timeline.in_seconds(wait, "certificate is issued", arn)
        else:
            is_issued(arn)


@timeline.happening("certificate is issued")
def is_issued(arn: str) -> None:
    certificate = acm._certificates.get(arn)
    if certificate is not None and certificate["Status"] == "PENDING_VALIDATION":
        certificate.update(Status="ISSUED", IssuedAt=acm.now_iso())


def _uses(arn: str) -> list:
    return [one["LoadBalancerArn"] for one in alb._listeners.values() if arn in one.get("Certificates", [])]


@operation("RequestCertificate")
async def request(body, theirs):
    token = body.get("IdempotencyToken")
    names = sorted({body.get("DomainName"), *body.get("SubjectAlternativeNames", [])})
    for arn, certificate in acm._certificates.items():
        if token and certificate.get("_Token") == [token, *names]:
            return {"CertificateArn": arn}
    answer = await theirs(body)
    certificate = acm._certificates[answer["CertificateArn"]]
    certificate.update(_Token=[token, *names], Status="PENDING_VALIDATION")
    certificate["Options"] = body.get("Options") or {"CertificateTransparencyLoggingPreference": "ENABLED"}
    return answer


@operation("ImportCertificate")
async def import_certificate(body, theirs):
    answer = await theirs(body)
    record = acm._certificates[answer["CertificateArn"]]
    pem = record["_pem_body"]
    try:
        found = x509.load_pem_x509_certificate(pem.encode() if isinstance(pem, str) else pem)
    except ValueError as cause:
        del acm._certificates[answer["CertificateArn"]]
        message = "The certificate field contains more than one certificate or is not valid PEM."
        raise Refused("ValidationException", message) from cause
    _read(record, found)
    if "CertificateArn" not in body:
        settling.begin("certificate usable", record["DomainName"], answer["CertificateArn"])
    return answer


def _read(record: dict, found: x509.Certificate) -> None:
    common = found.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
    try:
        names = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value.get_values_for_type(
            x509.DNSName
        )
    except x509.ExtensionNotFound:
        names = []
    domain = str(common[0].value) if common else (names[0] if names else "")
    record.update(
        DomainName=domain,
        SubjectAlternativeNames=names or [domain],
        NotBefore=found.not_valid_before_utc.isoformat(),
        NotAfter=found.not_valid_after_utc.isoformat(),
    )
    digits = f"{found.serial_number:x}"
    digits = digits.zfill(len(digits) + len(digits) % 2)
    record["_Read"] = {
        "Serial": ":".join(digits[at : at + 2] for at in range(0, len(digits), 2)),
        "Subject": found.subject.rfc4514_string(),
        "Issuer": found.issuer.rfc4514_string(),
        "KeyAlgorithm": _algorithm(found.public_key()),
    }


def _algorithm(key) -> str:
    if isinstance(key, rsa.RSAPublicKey):
        return f"RSA_{key.key_size}"
    if isinstance(key, ec.EllipticCurvePublicKey):
        return {"secp256r1": "EC_prime256v1"}.get(key.curve.name, f"EC_{key.curve.name}")
    return "RSA_2048"


@operation("DeleteCertificate")
async def delete(body, theirs):
    arn = body.get("CertificateArn", "")
    if _uses(arn):
        raise Refused("ResourceInUseException", f"Certificate {arn} in account {arn.split(':')[4]} is in use.")
    return await theirs(body)


@operation("ListCertificates")
async def list_certificates(body, theirs):
    wanted = body.get("CertificateStatuses", [])
    answer = await theirs({**body, "CertificateStatuses": []})
    shown = []
    for summary in answer["CertificateSummaryList"]:
        full = acm._cert_shape(acm._certificates[summary["CertificateArn"]])
        if wanted and full["Status"] not in wanted:
            continue
        names = (
            "CertificateArn", "DomainName", "Status", "Type", "KeyAlgorithm", "NotBefore", "NotAfter", "CreatedAt",
            "IssuedAt", "ImportedAt", "RenewalEligibility",
        )  # fmt: skip
        entry = {name: full[name] for name in names if name in full}
        entry["SubjectAlternativeNameSummaries"] = full["SubjectAlternativeNames"]
        shown.append({**entry, "InUse": bool(full["InUseBy"]), "HasAdditionalSubjectAlternativeNames": False})
    return json.loads(json.dumps({"CertificateSummaryList": shown}))

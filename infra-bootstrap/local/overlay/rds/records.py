"""What the RDS operations share: records, views and AWS's own error codes."""

import hashlib

from ministack.core.responses import get_account_id, get_region
from ministack.services import rds

from overlay import query
from overlay.query import Refused
from overlay.wire import models

operation = query.operations("rds", rds._ACTION_MAP)

# What a major version means when no minor is asked for.
VERSIONS = {
    "postgres": {"13": "13.20", "14": "14.17", "15": "15.12", "16": "16.8", "17": "17.4"},
    "mysql": {"8.0": "8.0.41", "8.4": "8.4.4"},
    "mariadb": {"10.11": "10.11.11", "11.4": "11.4.5"},
}


def refused(fault: str, message: str) -> Refused:
    """A fault under the code and status its model gives it."""
    error = models.service_model("rds").shape_for(fault).metadata.get("error", {})
    return Refused(error.get("code", fault), message, error.get("httpStatusCode", 400))


def find(identifier: str) -> dict:
    instance = rds._instances.get(identifier.rsplit(":", 1)[-1].lower())
    if instance is None:
        raise refused("DBInstanceNotFoundFault", f"DBInstance {identifier.lower()} not found.")
    return instance


def arn(kind: str, name: str) -> str:
    return f"arn:aws:rds:{get_region()}:{get_account_id()}:{kind}:{name}"


def address(identifier: str) -> str:
    """An endpoint as AWS forms it: one label per account and region."""
    label = hashlib.sha256(f"{get_account_id()}{get_region()}".encode()).hexdigest()[:12]
    return f"{identifier}.c{label}.{get_region()}.rds.amazonaws.com"


def view(instance: dict) -> dict:
    shown = {name: value for name, value in instance.items() if not name.startswith("_")}
    group = rds._subnet_groups.get(instance.get("DBSubnetGroup", {}).get("DBSubnetGroupName", ""))
    if group is not None:
        shown["DBSubnetGroup"] = group
    if instance["DBInstanceStatus"] == "creating":
        shown["Endpoint"] = None
    shown["TagList"] = rds._tags.get(instance["DBInstanceArn"]) or []
    return shown


def page(request: dict, found: list, member: str) -> dict:
    return query.page(request, found, member, "Marker", "MaxRecords", 100)


def matches(record: dict, filters: list, fields: dict) -> bool:
    for condition in filters:
        field = fields.get(condition.get("Name"))
        if field is None:
            raise Refused("InvalidParameterValue", f"Unrecognized filter name: {condition.get('Name')}")
        wanted = [one.rsplit(":", 1)[-1] for one in condition.get("Values", [])]
        if str(record.get(field, "")) not in wanted:
            return False
    return True

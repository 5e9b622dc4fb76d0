"""Snapshots: listed by what the API says, and instances that are built from one."""

from ministack.services import rds

from overlay.query import Refused
from overlay.rds import instances
from overlay.rds.records import matches, operation, page, refused

_FILTERS = {
    "db-instance-id": "DBInstanceIdentifier",
    "db-snapshot-id": "DBSnapshotIdentifier",
    "dbi-resource-id": "DbiResourceId",
    "snapshot-type": "SnapshotType",
    "engine": "Engine",
}
# What an instance has from its snapshot unless the call says otherwise ...
_INHERITED = ("DBInstanceClass", "StorageType", "Port")
# ... and what no call can say.
_FIXED = ("Engine", "EngineVersion", "MasterUsername", "AllocatedStorage", "DBName")


@operation("DescribeDBSnapshots")
def describe(request):
    name = request.get("DBSnapshotIdentifier")
    if name:
        return {"DBSnapshots": [find(name)]}
    wanted = {key: request[key] for key in ("DBInstanceIdentifier", "SnapshotType", "DbiResourceId") if key in request}
    found = [
        one
        for one in rds._snapshots.values()
        if all(one.get(key) == value for key, value in wanted.items())
        and matches(one, request.get("Filters", []), _FILTERS)
    ]
    return page(request, found, "DBSnapshots")


@operation("RestoreDBInstanceFromDBSnapshot")
def restore(request):
    snapshot = find(request.get("DBSnapshotIdentifier", ""))
    if snapshot["Status"] != "available":
        message = f"The snapshot {snapshot['DBSnapshotIdentifier']} is not in available state."
        raise refused("InvalidDBSnapshotStateFault", message)
    if "AllocatedStorage" in request and int(request["AllocatedStorage"]) < int(snapshot["AllocatedStorage"]):
        message = "The specified allocated storage is less than that of the snapshot."
        raise Refused("InvalidParameterCombination", message)
    fixed = {name: snapshot[name] for name in _FIXED if snapshot.get(name)}
    key = {"KmsKeyId": snapshot["KmsKeyId"]} if snapshot.get("KmsKeyId") else {}
    inherited = {name: snapshot[name] for name in _INHERITED}
    # The password of the snapshot's time, which nobody is asked for.
    password = {} if request.get("ManageMasterUserPassword") else {"MasterUserPassword": "as it was then"}
    encrypted = {"StorageEncrypted": snapshot["Encrypted"], **key}
    return instances.create({**inherited, **request, **fixed, **encrypted, **password})


def find(name: str) -> dict:
    snapshot = rds._snapshots.get(name.rsplit(":", 1)[-1])
    if snapshot is None:
        raise refused("DBSnapshotNotFoundFault", f"DBSnapshot {name} not found.")
    return snapshot

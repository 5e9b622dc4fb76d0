"""How an instance comes, changes and goes, and how long that takes; of snapshots as well."""

from ministack.services import cloudwatch_logs, ec2, rds

from overlay.lag import draw, timeline
from overlay.patch import replace_action
from overlay.rds import secrets
from overlay.rds.records import refused
from overlay.rds.telling import tell

# Modifications that take hold at once: the instance stays available.
_INSTANT = (
    "DeletionProtection", "CopyTagsToSnapshot", "AutoMinorVersionUpgrade", "PreferredBackupWindow",
    "PreferredMaintenanceWindow",
)  # fmt: skip
# ... and members of a request that are not modifications.
_HOW = ("DBInstanceIdentifier", "ApplyImmediately", "AllowMajorVersionUpgrade")
# States that an instance is in by no call of anybody's (RDS user guide, "Viewing DB instance status"),
# and the way out of them.
STATES = (
    "available", "failed", "inaccessible-encryption-credentials", "incompatible-network",
    "incompatible-option-group", "incompatible-parameters", "incompatible-restore",
    "insufficient-capacity", "storage-full",
)  # fmt: skip


def comes(instance: dict) -> None:
    instance["DBInstanceStatus"] = "creating"
    kind = "database with standby available" if instance["MultiAZ"] else "database available"
    identifier = instance["DBInstanceIdentifier"]
    timeline.after(kind, identifier, "database is available", identifier)


def refuse_unless_available(instance: dict) -> None:
    if instance["DBInstanceStatus"] != "available":
        message = "Database instance is not in available state. Please try your request later."
        raise refused("InvalidDBInstanceStateFault", message)


def changes(instance: dict, request: dict) -> None:
    if any(name not in (*_INSTANT, *_HOW) for name in request):
        _turns(instance, "modifying", "database modified")


def restarts(instance: dict) -> None:
    _turns(instance, "rebooting", "database restarted")


def switches(instance: dict, meanwhile: str, after: str) -> None:
    instance["_After"] = after
    _turns(instance, meanwhile, "database restarted")


def _turns(instance: dict, meanwhile: str, kind: str) -> None:
    instance["DBInstanceStatus"] = meanwhile
    identifier = instance["DBInstanceIdentifier"]
    timeline.after(kind, identifier, "database is available", identifier)


@timeline.happening("database is available")
def is_available(identifier: str) -> None:
    instance = rds._instances.get(identifier)
    if instance is None or instance["DBInstanceStatus"] == "deleting":
        return
    is_new = instance["DBInstanceStatus"] == "creating"
    instance["DBInstanceStatus"] = instance.pop("_After", "available")
    if is_new:
        tell(instance, "RDS-EVENT-0005", "DB instance created", "creation")
        _log(instance)


def befalls(identifier: str, status: str) -> bool:
    """Whether there is an instance that can be in that state from now on."""
    instance = rds._instances.get(identifier)
    if instance is None or instance["DBInstanceStatus"] in ("creating", "deleting"):
        return False
    instance["DBInstanceStatus"] = status
    return True


def goes(instance: dict, has_snapshot: bool) -> None:
    if instance["DBInstanceStatus"] == "deleting":
        message = f"Instance {instance['DBInstanceIdentifier']} is already being deleted."
        raise refused("InvalidDBInstanceStateFault", message)
    instance["DBInstanceStatus"] = "deleting"
    identifier = instance["DBInstanceIdentifier"]
    wait = draw.seconds("database deleted", identifier)
    if has_snapshot:
        wait += draw.seconds("snapshot available", f"final {identifier}")
    timeline.in_seconds(wait, "database is gone", identifier)


@timeline.happening("database is gone")
def is_gone(identifier: str) -> None:
    instance = rds._instances.get(identifier)
    if instance is None:
        return
    for interface_id in instance.get("_Interfaces", []):
        ec2._network_interfaces.pop(interface_id, None)
    secrets.forget(instance)
    del rds._instances[identifier]
    rds._tags.pop(instance["DBInstanceArn"], None)
    tell(instance, "RDS-EVENT-0003", "DB instance deleted", "deletion")
    for group in _log_groups(instance):
        wait = draw.seconds("late log", group)
        if wait:
            timeline.in_seconds(wait, "late record", group)


def _log_groups(instance: dict) -> list[str]:
    folder = f"/aws/rds/instance/{instance['DBInstanceIdentifier']}"
    return [f"{folder}/{one}" for one in instance["EnabledCloudwatchLogsExports"]]


def _log(instance: dict) -> None:
    """RDS makes the groups that it exports to, where nobody has."""
    for group in _log_groups(instance):
        if group not in cloudwatch_logs._log_groups:
            cloudwatch_logs._create_log_group({"logGroupName": group})


def snapshot_comes(identifier: str) -> None:
    rds._snapshots[identifier].update(Status="creating", PercentProgress=0)
    timeline.after("snapshot available", identifier, "snapshot is available", identifier)


@timeline.happening("snapshot is available")
def snapshot_is_available(identifier: str) -> None:
    if identifier in rds._snapshots:
        rds._snapshots[identifier].update(Status="available", PercentProgress=100)


@replace_action(rds._ACTION_MAP, "CreateDBSnapshot", "a snapshot takes its time")
def create_snapshot(original, fields):
    before = set(rds._snapshots)
    status, headers, body = original(fields)
    made = set(rds._snapshots) - before
    for identifier in made:
        snapshot_comes(identifier)
    if made and isinstance(body, bytes):
        body = body.replace(b"<Status>available</Status>", b"<Status>creating</Status>")
    return status, headers, body

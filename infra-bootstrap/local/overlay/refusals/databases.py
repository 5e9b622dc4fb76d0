"""RDS: names, versions, networks and parameter groups that fit, and changes that are never possible.

https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBInstance.html, API_ModifyDBInstance.html
"""

import re

from ministack.services import ec2, kms, rds

from overlay import quotas
from overlay.query import Refused
from overlay.rds.records import VERSIONS, refused
from overlay.refusals import policies
from overlay.refusals.guards import before

_NAME = re.compile(r"[a-zA-Z](?!.*--)[a-zA-Z0-9-]{0,62}(?<!-)")
_INTERVALS = (0, 1, 5, 10, 15, 30, 60)
_LONGEST_BACKUP_DAYS = 35
_MOST_TAGS = 50
_LEAST_STORAGE = {"gp3": 20, "gp2": 20, "io1": 100, "io2": 100, "standard": 5}
# Names that the engines keep to themselves.
_RESERVED = {
    "postgres": ("admin", "rdsadmin", "rds_superuser", "public"),
    "mysql": ("rdsadmin",),
    "mariadb": ("rdsadmin",),
}
# Members of ModifyDBInstance that name the instance or say when, and change nothing.
_NO_CHANGE = ("DBInstanceIdentifier", "ApplyImmediately", "AllowMajorVersionUpgrade")


@before("rds", "CreateDBInstance")
def can_be_created(request):
    identifier = request.get("DBInstanceIdentifier", "")
    if not _NAME.fullmatch(identifier):
        message = (
            "The parameter DBInstanceIdentifier is not a valid identifier. Identifiers must begin with a letter; must "
            "contain only ASCII letters, digits, and hyphens; and must not end with a hyphen or contain two "
            "consecutive hyphens."
        )
        raise Refused("InvalidParameterValue", message)
    if identifier.lower() in rds._instances:
        return
    if len(rds._instances) >= quotas.limit("db_instances"):
        raise refused("InstanceQuotaExceededFault", "The quota on DB instances has been reached.")
    _check_engine(request)
    _check_user(request)
    _check_storage(request)
    _check_numbers(request)
    _check_network(request)
    _check_roles_and_keys(request)


def _check_engine(request: dict) -> None:
    engine, version = request.get("Engine", ""), request.get("EngineVersion")
    if engine not in VERSIONS:
        raise Refused("InvalidParameterValue", f"Invalid DB engine: {engine}")
    if version and _major(engine, version) not in VERSIONS[engine]:
        raise Refused("InvalidParameterCombination", f"Cannot find version {version} for {engine}")
    _check_family(request.get("DBParameterGroupName"), engine, version)


def _major(engine: str, version: str) -> str:
    parts = version.split(".")
    return parts[0] if engine == "postgres" else ".".join(parts[:2])


def _check_family(group_name, engine: str, version) -> None:
    group = rds._param_groups.get(group_name or "")
    if group is None or not version:
        return
    family = engine + _major(engine, version)
    if group["DBParameterGroupFamily"] != family:
        message = (
            f"The parameter group {group_name} with DBParameterGroupFamily {group['DBParameterGroupFamily']} can't be "
            f"used for this instance. Please use a parameter group with DBParameterGroupFamily {family}"
        )
        raise Refused("InvalidParameterCombination", message)


def _check_user(request: dict) -> None:
    name = request.get("MasterUsername", "")
    if name.lower() in _RESERVED.get(request["Engine"], ()):
        message = f"MasterUsername {name} cannot be used as it is a reserved word used by the engine"
        raise Refused("InvalidParameterValue", message)


def _check_storage(request: dict) -> None:
    kind, size = request.get("StorageType", "gp3"), int(request.get("AllocatedStorage") or 20)
    if size < _LEAST_STORAGE.get(kind, 20) or size > 65536:
        message = f"Invalid storage size for engine name {request['Engine']} and storage type {kind}: {size}"
        raise Refused("InvalidParameterCombination", message)
    most = request.get("MaxAllocatedStorage")
    if most and int(most) <= size:
        raise Refused("InvalidParameterCombination", "Max storage size must be greater than storage size")
    if request.get("KmsKeyId") and request.get("StorageEncrypted") is False:
        raise Refused("InvalidParameterCombination", "KmsKeyId must not be specified when StorageEncrypted is false")


def _check_numbers(request: dict) -> None:
    interval = int(request.get("MonitoringInterval") or 0)
    if interval not in _INTERVALS:
        raise Refused("InvalidParameterValue", f"Invalid value of {interval} for MonitoringInterval")
    days = int(request.get("BackupRetentionPeriod") or 0)
    if not 0 <= days <= _LONGEST_BACKUP_DAYS:
        raise Refused("InvalidParameterValue", f"Invalid backup retention period: {days}. Must be between 0 and 35.")
    if request.get("MultiAZ") and request.get("AvailabilityZone"):
        message = "Requesting a specific availability zone is not valid for Multi-AZ instances."
        raise Refused("InvalidParameterCombination", message)


def _check_network(request: dict) -> None:
    group = rds._subnet_groups.get((request.get("DBSubnetGroupName") or "").lower())
    if group is not None:
        _check_groups(request.get("VpcSecurityGroupIds", []), group["VpcId"])


def _check_groups(group_ids: list, vpc_id: str) -> None:
    for one in group_ids:
        group = ec2._security_groups.get(one)
        if group is not None and group["VpcId"] != vpc_id:
            message = (
                "The DB instance and EC2 security group are in different VPCs. "
                f"The DB instance is in {vpc_id} and the EC2 security group is in {group['VpcId']}"
            )
            raise Refused("InvalidParameterCombination", message)


def _check_roles_and_keys(request: dict) -> None:
    role_arn, interval = request.get("MonitoringRoleArn"), int(request.get("MonitoringInterval") or 0)
    if interval and not role_arn:
        message = "A MonitoringRoleARN value is required if you specify a MonitoringInterval value other than 0."
        raise Refused("InvalidParameterCombination", message)
    if role_arn and not policies.role_for(role_arn, "monitoring.rds.amazonaws.com"):
        message = "IAM role ARN value is invalid or does not include the required permissions for: ENHANCED_MONITORING"
        raise Refused("InvalidParameterValue", message)
    for member in ("KmsKeyId", "MasterUserSecretKmsKeyId"):
        _check_key(request.get(member))


def _check_key(key_id) -> None:
    key = kms._resolve_key(key_id or "")
    is_aws_own = "alias/aws/" in (key_id or "")
    if key_id and not is_aws_own and (key is None or key["KeyState"] != "Enabled"):
        message = f"The specified KMS key [{key_id}] does not exist, is not enabled, or may not be used."
        raise refused("KMSKeyNotAccessibleFault", message)


@before("rds", "ModifyDBInstance")
def can_be_modified(request):
    instance = rds._instances.get(request.get("DBInstanceIdentifier", "").lower())
    if instance is None:
        return
    if all(name in _NO_CHANGE for name in request):
        raise Refused("InvalidParameterCombination", "No modifications were requested")
    _check_growth(instance, request)
    _check_upgrade(instance, request)
    _check_move(instance, request)
    _check_numbers(request)
    _check_family(request.get("DBParameterGroupName"), instance["Engine"], instance["EngineVersion"])
    _check_groups(request.get("VpcSecurityGroupIds", []), _vpc_of(instance))
    if "MonitoringInterval" in request or "MonitoringRoleArn" in request:
        _check_roles_and_keys(
            {**{name: instance.get(name) for name in ("MonitoringInterval", "MonitoringRoleArn")}, **request}
        )


def _vpc_of(instance: dict) -> str:
    group = rds._subnet_groups.get(instance["DBSubnetGroup"]["DBSubnetGroupName"], {})
    return group.get("VpcId", ec2._DEFAULT_VPC_ID)


def _check_growth(instance: dict, request: dict) -> None:
    wanted, have = request.get("AllocatedStorage"), instance["AllocatedStorage"]
    if wanted and int(wanted) < int(have):
        message = f"Requested storage {wanted} is less than the current {have}: storage cannot be reduced."
        raise Refused("InvalidParameterCombination", message)


def _check_upgrade(instance: dict, request: dict) -> None:
    engine, have, wanted = instance["Engine"], instance["EngineVersion"], request.get("EngineVersion")
    if not wanted or engine not in VERSIONS:
        return
    if _major(engine, wanted) not in VERSIONS[engine]:
        raise Refused("InvalidParameterCombination", f"Cannot find version {wanted} for {engine}")
    full = VERSIONS[engine].get(wanted, wanted)
    if _numbers(full) < _numbers(have):
        raise Refused("InvalidParameterCombination", f"Cannot upgrade {engine} from {have} to {full}")
    if _major(engine, full) != _major(engine, have) and not request.get("AllowMajorVersionUpgrade"):
        message = "The AllowMajorVersionUpgrade flag must be present when upgrading to a new major version."
        raise Refused("InvalidParameterCombination", message)


def _numbers(version: str) -> list:
    return [int(one) for one in version.split(".") if one.isdigit()]


def _check_move(instance: dict, request: dict) -> None:
    name = (request.get("DBSubnetGroupName") or "").lower()
    group = rds._subnet_groups.get(name)
    if not name or group is None:
        return
    if name == instance["DBSubnetGroup"]["DBSubnetGroupName"]:
        message = f"The specified DB instance is already in the target DB subnet group {name}."
    elif group["VpcId"] == _vpc_of(instance):
        message = (
            f"You cannot move DB instance {instance['DBInstanceIdentifier']} to subnet group {name}. "
            "The specified DB subnet group and DB instance are in the same VPC. Choose a DB subnet group in a "
            "different VPC than the specified DB instance and try again."
        )
    else:
        return
    raise refused("InvalidVPCNetworkStateFault", message)


@before("rds", "RestoreDBInstanceFromDBSnapshot")
def can_be_restored(request):
    if request.get("DBInstanceIdentifier", "").lower() in rds._instances:
        return
    if len(rds._instances) >= quotas.limit("db_instances"):
        raise refused("InstanceQuotaExceededFault", "The quota on DB instances has been reached.")
    snapshot = rds._snapshots.get(request.get("DBSnapshotIdentifier", "").rsplit(":", 1)[-1])
    if snapshot is not None:
        _check_family(request.get("DBParameterGroupName"), snapshot["Engine"], snapshot["EngineVersion"])
        # A key that is scheduled for deletion opens nothing.
        _check_key(snapshot.get("KmsKeyId"))
    _check_network(request)
    _check_key(request.get("MasterUserSecretKmsKeyId"))


@before("rds", "DeleteDBInstance")
def can_be_deleted(request):
    name = request.get("FinalDBSnapshotIdentifier")
    if name and request.get("SkipFinalSnapshot"):
        message = "FinalDBSnapshotIdentifier cannot be specified when SkipFinalSnapshot is enabled."
        raise Refused("InvalidParameterCombination", message)
    if name and name in rds._snapshots:
        raise refused(
            "DBSnapshotAlreadyExistsFault",
            f"Cannot create the snapshot because one with the identifier {name} already exists.",
        )


@before("rds", "CreateDBSnapshot")
def snapshots_are_few(_request):
    if len(rds._snapshots) >= quotas.limit("db_snapshots"):
        raise refused("SnapshotQuotaExceededFault", "The quota on manual snapshots has been reached.")


@before("rds", "CreateDBParameterGroup")
def its_family_exists(request):
    family = request.get("DBParameterGroupFamily", "")
    if all(family != engine + major for engine, majors in VERSIONS.items() for major in majors):
        raise Refused("InvalidParameterValue", f"ParameterGroupFamily {family} is not a valid parameter group family")


@before("rds", "CreateDBSubnetGroup", "CreateDBParameterGroup", "CreateDBInstance", "AddTagsToResource")
def tags_are_proper(request):
    tags = request.get("Tags", [])
    for tag in tags:
        if tag["Key"].lower().startswith(("aws:", "rds:")):
            raise Refused("InvalidParameterValue", f"The tag key {tag['Key']} is invalid: it has a reserved prefix.")
    standing = rds._tags.get(request.get("ResourceName", "")) or []
    if len({one["Key"] for one in [*tags, *standing]}) > _MOST_TAGS:
        raise Refused("InvalidParameterValue", f"A resource has at most {_MOST_TAGS} tags.")

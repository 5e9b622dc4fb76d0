"""DB instances: created, described, modified at once or later, deleted unless protected."""

from ministack.services import ec2, rds

from overlay import query
from overlay.ec2 import interfaces
from overlay.query import Refused
from overlay.rds import life, parts, secrets
from overlay.rds.records import address, arn, find, matches, operation, page, refused, view
from overlay.rds.telling import tell

_PORTS = {"postgres": 5432, "mysql": 3306, "mariadb": 3306}
_LICENSES = {"postgres": "postgresql-license", "mysql": "general-public-license", "mariadb": "general-public-license"}
_DEFAULTS = {
    "BackupRetentionPeriod": 1,
    "PreferredBackupWindow": "03:00-03:30",
    "PreferredMaintenanceWindow": "sun:05:00-sun:05:30",
    "MultiAZ": False,
    "AutoMinorVersionUpgrade": True,
    "PubliclyAccessible": False,
    "StorageType": "gp3",
    "StorageEncrypted": False,
    "CopyTagsToSnapshot": False,
    "MonitoringInterval": 0,
    "DeletionProtection": False,
    "CACertificateIdentifier": "rds-ca-rsa2048-g1",
    "NetworkType": "IPV4",
    "BackupTarget": "region",
    "DedicatedLogVolume": False,
}
_OPTIONAL = (
    "DBName",
    "Iops",
    "StorageThroughput",
    "MaxAllocatedStorage",
    "MonitoringRoleArn",
    "KmsKeyId",
    "LicenseModel",
)
# Members that the API calls otherwise than the answer does.
_SWITCHES = {
    "EnableIAMDatabaseAuthentication": "IAMDatabaseAuthenticationEnabled",
    "EnablePerformanceInsights": "PerformanceInsightsEnabled",
    "PerformanceInsightsKMSKeyId": "PerformanceInsightsKMSKeyId",
    "PerformanceInsightsRetentionPeriod": "PerformanceInsightsRetentionPeriod",
    "DatabaseInsightsMode": "DatabaseInsightsMode",
}
# Changes that wait for the maintenance window unless they are to be applied at once.
_PATIENT = (
    "DBInstanceClass",
    "AllocatedStorage",
    "MultiAZ",
    "EngineVersion",
    "StorageType",
    "Iops",
    "StorageThroughput",
)
_FILTERS = {"db-instance-id": "DBInstanceIdentifier", "engine": "Engine", "dbi-resource-id": "DbiResourceId"}


@operation("CreateDBInstance")
def create(request):
    identifier = request.get("DBInstanceIdentifier", "").lower()
    if identifier in rds._instances:
        raise refused("DBInstanceAlreadyExistsFault", "DB instance already exists")
    _check(request)
    engine = request["Engine"]
    group = parts.subnet_group(request.get("DBSubnetGroupName"))
    instance = {
        **_DEFAULTS,
        **{name: request[name] for name in (*_DEFAULTS, *_OPTIONAL) if name in request},
        **{shown: request[asked] for asked, shown in _SWITCHES.items() if asked in request},
        "DBInstanceIdentifier": identifier,
        "DBInstanceArn": arn("db", identifier),
        "DbiResourceId": "db-" + rds.new_uuid().replace("-", "").upper()[:26],
        "DBInstanceClass": request["DBInstanceClass"],
        "Engine": engine,
        "EngineVersion": parts.version(engine, request.get("EngineVersion")),
        "DBInstanceStatus": "available",
        "MasterUsername": request.get("MasterUsername", ""),
        "AllocatedStorage": int(request.get("AllocatedStorage") or 20),
        "Endpoint": {
            "Address": address(identifier),
            "Port": int(request.get("Port") or _PORTS.get(engine, 5432)),
            "HostedZoneId": "Z2R2ITUGPM61AM",
        },
        "DbInstancePort": 0,
        "InstanceCreateTime": ec2._now_ts(),
        "DBSubnetGroup": group,
        "VpcSecurityGroups": parts.memberships(request.get("VpcSecurityGroupIds") or parts.default_groups(group)),
        "EnabledCloudwatchLogsExports": sorted(request.get("EnableCloudwatchLogsExports", [])),
        "PendingModifiedValues": {},
        "LicenseModel": request.get("LicenseModel", _LICENSES.get(engine, "license-included")),
    }
    parts.place(instance, request)
    parts.storage(instance)
    parts.parameter_group(instance, request.get("DBParameterGroupName"))
    rds._instances[identifier] = instance
    rds._tags[instance["DBInstanceArn"]] = query.tags(request)
    if request.get("ManageMasterUserPassword"):
        secrets.manage(instance, request.get("MasterUserSecretKmsKeyId"))
    life.comes(instance)
    return {"DBInstance": view(instance)}


def _check(request: dict) -> None:
    kind = request.get("DBInstanceClass", "")
    family = kind.split(".")
    if len(family) != 3 or family[0] != "db" or not family[1][:1].isalpha() or family[2] == "mega":
        raise Refused("InvalidParameterValue", f"Invalid DB Instance class: {kind}")
    password = request.get("MasterUserPassword")
    if request.get("ManageMasterUserPassword") and password:
        message = "You can't specify MasterUserPassword when ManageMasterUserPassword is enabled"
        raise Refused("InvalidParameterCombination", message)
    if not request.get("ManageMasterUserPassword") and len(password or "") < 8:
        message = "The parameter MasterUserPassword is not a valid password because it is shorter than 8 characters."
        raise Refused("InvalidParameterValue", message)
    for group_id in request.get("VpcSecurityGroupIds", []):
        if group_id not in ec2._security_groups:
            raise Refused("InvalidParameterValue", f"Invalid security group , groupId= {group_id}, groupName=.")


@operation("DescribeDBInstances")
def describe(request):
    if request.get("DBInstanceIdentifier"):
        return {"DBInstances": [view(find(request["DBInstanceIdentifier"]))]}
    found = [one for one in rds._instances.values() if matches(one, request.get("Filters", []), _FILTERS)]
    return page(request, [view(one) for one in found], "DBInstances")


@operation("ModifyDBInstance")
def modify(request):
    instance = find(request.get("DBInstanceIdentifier", ""))
    life.refuse_unless_available(instance)
    changes = {name: request[name] for name in (*_DEFAULTS, *_OPTIONAL, *_PATIENT) if name in request}
    if "EngineVersion" in changes:
        changes["EngineVersion"] = parts.version(instance["Engine"], changes["EngineVersion"])
    later = {} if request.get("ApplyImmediately") else {name: changes.pop(name) for name in _PATIENT if name in changes}
    instance["PendingModifiedValues"].update({k: v for k, v in later.items() if instance.get(k) != v})
    for name in changes:
        instance["PendingModifiedValues"].pop(name, None)
    instance.update(changes)
    instance.update({shown: request[asked] for asked, shown in _SWITCHES.items() if asked in request})
    _modify_members(instance, request)
    tell(instance, "RDS-EVENT-0014", "Finished applying modification to DB instance", "configuration change")
    answer = {"DBInstance": view(instance)}
    life.changes(instance, request)
    return answer


def _modify_members(instance: dict, request: dict) -> None:
    if request.get("VpcSecurityGroupIds"):
        instance["VpcSecurityGroups"] = parts.memberships(request["VpcSecurityGroupIds"])
        for interface_id in instance.get("_Interfaces", []):
            ec2._network_interfaces[interface_id]["Groups"] = interfaces.groups(request["VpcSecurityGroupIds"])
    logs = request.get("CloudwatchLogsExportConfiguration") or {}
    exported = set(instance["EnabledCloudwatchLogsExports"]) | set(logs.get("EnableLogTypes", []))
    instance["EnabledCloudwatchLogsExports"] = sorted(exported - set(logs.get("DisableLogTypes", [])))
    if request.get("DBParameterGroupName"):
        parts.parameter_group(instance, request["DBParameterGroupName"], "pending-reboot")
    if request.get("DBPortNumber"):
        instance["Endpoint"]["Port"] = int(request["DBPortNumber"])
    if request.get("CACertificateIdentifier"):
        instance["CertificateDetails"] = {"CAIdentifier": request["CACertificateIdentifier"]}
    if request.get("ManageMasterUserPassword") and "MasterUserSecret" not in instance:
        secrets.manage(instance, request.get("MasterUserSecretKmsKeyId"))
    if request.get("ManageMasterUserPassword") is False:
        secrets.forget(instance)
    if instance["MultiAZ"] and not instance.get("SecondaryAvailabilityZone"):
        zones = [one["AvailabilityZone"] for one in parts.subnets(instance)]
        instance["SecondaryAvailabilityZone"] = next((z for z in zones if z != instance["AvailabilityZone"]), None)
    if not instance["MultiAZ"]:
        instance.pop("SecondaryAvailabilityZone", None)


@operation("DeleteDBInstance")
def delete(request):
    instance = find(request.get("DBInstanceIdentifier", ""))
    if instance["DeletionProtection"]:
        message = "Cannot delete protected DB Instance, please disable deletion protection and try again."
        raise Refused("InvalidParameterCombination", message)
    if not request.get("SkipFinalSnapshot"):
        if not request.get("FinalDBSnapshotIdentifier"):
            message = "FinalDBSnapshotIdentifier is required unless SkipFinalSnapshot is specified."
            raise Refused("InvalidParameterCombination", message)
        name = request["FinalDBSnapshotIdentifier"]
        life.goes(instance, has_snapshot=True)
        rds._create_snapshot_internal(name, {**instance, "Endpoint": instance["Endpoint"]})
        life.snapshot_comes(name)
    else:
        life.goes(instance, has_snapshot=False)
    return {"DBInstance": view(instance)}


@operation("RebootDBInstance")
def reboot(request):
    instance = find(request.get("DBInstanceIdentifier", ""))
    life.refuse_unless_available(instance)
    for group in instance["DBParameterGroups"]:
        group["ParameterApplyStatus"] = "in-sync"
    life.restarts(instance)
    tell(instance, "RDS-EVENT-0006", "DB instance restarted", "availability")
    return {"DBInstance": view(instance)}


@operation("StopDBInstance")
def stop(request):
    return _switch(request, "available", "stopped", "stopping", ("RDS-EVENT-0087", "DB instance stopped"))


@operation("StartDBInstance")
def start(request):
    return _switch(request, "stopped", "available", "starting", ("RDS-EVENT-0088", "DB instance started"))


def _switch(request: dict, before: str, after: str, shown: str, event: tuple) -> dict:
    instance = find(request.get("DBInstanceIdentifier", ""))
    if instance["DBInstanceStatus"] != before:
        message = f"Instance {instance['DBInstanceIdentifier']} is not in {before} state."
        raise refused("InvalidDBInstanceStateFault", message)
    life.switches(instance, shown, after)
    tell(instance, *event, "notification")
    return {"DBInstance": view(instance)}

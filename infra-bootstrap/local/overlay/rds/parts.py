"""What a database instance stands on: version, subnets, groups, storage, parameters."""

from ministack.core.responses import get_account_id, get_region
from ministack.services import ec2, rds

from overlay.ec2 import interfaces
from overlay.rds.records import VERSIONS, refused

_DEFAULT_MAJOR = {"postgres": "17", "mysql": "8.4", "mariadb": "11.4"}


def version(engine: str, asked) -> str:
    known = VERSIONS.get(engine, {})
    asked = asked or _DEFAULT_MAJOR.get(engine, "1.0")
    return known.get(asked, asked)


def subnet_group(name) -> dict:
    if not name:
        return {"DBSubnetGroupName": "default"}
    group = rds._subnet_groups.get(name.lower()) or rds._subnet_groups.get(name)
    if group is None:
        raise refused("DBSubnetGroupNotFoundFault", f"DB subnet group '{name}' does not exist.")
    return {"DBSubnetGroupName": group["DBSubnetGroupName"]}


def subnets(instance: dict) -> list:
    group = rds._subnet_groups.get(instance["DBSubnetGroup"]["DBSubnetGroupName"], {})
    return [
        ec2._subnets[one["SubnetIdentifier"]]
        for one in group.get("Subnets", [])
        if one["SubnetIdentifier"] in ec2._subnets
    ]


def default_groups(group: dict) -> list:
    vpc_id = rds._subnet_groups.get(group["DBSubnetGroupName"], {}).get("VpcId", ec2._DEFAULT_VPC_ID)
    found = [one for one in ec2._security_groups.values() if one["VpcId"] == vpc_id and one["GroupName"] == "default"]
    return [one["GroupId"] for one in found]


def memberships(group_ids: list) -> list:
    return [{"VpcSecurityGroupId": one, "Status": "active"} for one in group_ids]


def place(instance: dict, request: dict) -> None:
    """Zones, and an interface in each of them, in the instance's groups."""
    standing = subnets(instance)
    zones = [one["AvailabilityZone"] for one in standing] or [get_region() + "a", get_region() + "b"]
    instance["AvailabilityZone"] = request.get("AvailabilityZone") or zones[0]
    if instance["MultiAZ"]:
        others = [one for one in zones if one != instance["AvailabilityZone"]]
        instance["SecondaryAvailabilityZone"] = others[0] if others else None
    wanted = (instance["AvailabilityZone"], instance.get("SecondaryAvailabilityZone"))
    groups = [one["VpcSecurityGroupId"] for one in instance["VpcSecurityGroups"]]
    instance["_Interfaces"] = [
        interfaces.make(one, groups, "RDSNetworkInterface", is_managed=True)["NetworkInterfaceId"]
        for zone in wanted
        for one in [subnet for subnet in standing if subnet["AvailabilityZone"] == zone][:1]
    ]


def storage(instance: dict) -> None:
    if instance["StorageType"] == "gp3":
        instance.setdefault("Iops", 3000)
        instance.setdefault("StorageThroughput", 125)
    if instance["StorageEncrypted"] and not instance.get("KmsKeyId"):
        instance["KmsKeyId"] = f"arn:aws:kms:{get_region()}:{get_account_id()}:alias/aws/rds"
    major = instance["EngineVersion"].split(".")
    instance["CertificateDetails"] = {"CAIdentifier": instance["CACertificateIdentifier"]}
    name = f"default:{instance['Engine']}-{'-'.join(major[:1] if instance['Engine'] == 'postgres' else major[:2])}"
    instance["OptionGroupMemberships"] = [{"OptionGroupName": name, "Status": "in-sync"}]


def parameter_group(instance: dict, name, status="in-sync") -> None:
    if name and name not in rds._param_groups:
        raise refused("DBParameterGroupNotFoundFault", f"DBParameterGroup not found: {name}")
    if not name:
        major = instance["EngineVersion"].split(".")
        family = major[0] if instance["Engine"] == "postgres" else ".".join(major[:2])
        name = f"default.{instance['Engine']}{family}"
    instance["DBParameterGroups"] = [{"DBParameterGroupName": name, "ParameterApplyStatus": status}]

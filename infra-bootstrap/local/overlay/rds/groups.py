"""Subnet groups and parameter groups: zones enough, in use or not, page by page."""

from ministack.services import ec2, rds

from overlay import query
from overlay.rds.records import VERSIONS, arn, operation, page, refused


@operation("CreateDBSubnetGroup")
def create_subnet_group(request):
    name = request.get("DBSubnetGroupName", "").lower()
    if name in rds._subnet_groups:
        raise refused("DBSubnetGroupAlreadyExistsFault", f"The DB subnet group '{name}' already exists.")
    vpc_id, members = _members(request.get("SubnetIds", []))
    group = rds._subnet_groups[name] = {
        "DBSubnetGroupName": name,
        "DBSubnetGroupDescription": request.get("DBSubnetGroupDescription", ""),
        "VpcId": vpc_id,
        "SubnetGroupStatus": "Complete",
        "Subnets": members,
        "DBSubnetGroupArn": arn("subgrp", name),
        "SupportedNetworkTypes": ["IPV4"],
    }
    rds._tags[group["DBSubnetGroupArn"]] = query.tags(request)
    return {"DBSubnetGroup": group}


def _members(subnet_ids: list) -> tuple:
    for one in subnet_ids:
        if one not in ec2._subnets:
            raise refused("InvalidSubnet", f"Some input subnets in :[{one}] are invalid.")
    subnets = [ec2._subnets[one] for one in subnet_ids]
    if len({one["VpcId"] for one in subnets}) > 1:
        raise refused("InvalidSubnet", "Subnets are not all in the same VPC.")
    if len({one["AvailabilityZone"] for one in subnets}) < 2:
        message = (
            "The DB subnet group doesn't meet Availability Zone (AZ) coverage requirement. "
            "Current AZ coverage: 1. Add subnets to cover at least 2 AZs."
        )
        raise refused("DBSubnetGroupDoesNotCoverEnoughAZs", message)
    members = [
        {
            "SubnetIdentifier": one["SubnetId"],
            "SubnetAvailabilityZone": {"Name": one["AvailabilityZone"]},
            "SubnetOutpost": {},
            "SubnetStatus": "Active",
        }
        for one in subnets
    ]
    return subnets[0]["VpcId"], members


def _subnet_group(name: str) -> dict:
    group = rds._subnet_groups.get(name.lower()) or rds._subnet_groups.get(name)
    if group is None:
        raise refused("DBSubnetGroupNotFoundFault", f"DB subnet group '{name}' does not exist.")
    return group


def _in_use(name: str) -> list:
    """Subnets in which instances of the group have their interfaces."""
    instances = [
        one for one in rds._instances.values() if one.get("DBSubnetGroup", {}).get("DBSubnetGroupName") == name
    ]
    interfaces = [ec2._network_interfaces.get(each) for one in instances for each in one.get("_Interfaces", [])]
    return [one["SubnetId"] for one in interfaces if one]


@operation("ModifyDBSubnetGroup")
def modify_subnet_group(request):
    group = _subnet_group(request.get("DBSubnetGroupName", ""))
    vpc_id, members = _members(request.get("SubnetIds", []))
    stay = {one["SubnetIdentifier"] for one in members}
    if any(one not in stay for one in _in_use(group["DBSubnetGroupName"])):
        raise refused("SubnetAlreadyInUse", "The DB subnet is already in use in the Availability Zone.")
    group["VpcId"], group["Subnets"] = vpc_id, members
    if "DBSubnetGroupDescription" in request:
        group["DBSubnetGroupDescription"] = request["DBSubnetGroupDescription"]
    return {"DBSubnetGroup": group}


@operation("DescribeDBSubnetGroups")
def describe_subnet_groups(request):
    if request.get("DBSubnetGroupName"):
        return {"DBSubnetGroups": [_subnet_group(request["DBSubnetGroupName"])]}
    return page(request, list(rds._subnet_groups.values()), "DBSubnetGroups")


@operation("DeleteDBSubnetGroup")
def delete_subnet_group(request):
    group = _subnet_group(request.get("DBSubnetGroupName", ""))
    name = group["DBSubnetGroupName"]
    if any(one.get("DBSubnetGroup", {}).get("DBSubnetGroupName") == name for one in rds._instances.values()):
        message = f"Cannot delete the subnet group '{name}' because at least one database instance is still using it."
        raise refused("InvalidDBSubnetGroupStateFault", message)
    del rds._subnet_groups[name]
    rds._tags.pop(group["DBSubnetGroupArn"], None)


def _parameter_group(name: str) -> dict:
    group = rds._param_groups.get(name)
    if group is None:
        raise refused("DBParameterGroupNotFoundFault", f"DBParameterGroup not found: {name}")
    return group


def _parameter_group_view(group: dict) -> dict:
    names = ("DBParameterGroupName", "DBParameterGroupFamily", "Description")
    return {**{name: group[name] for name in names}, "DBParameterGroupArn": arn("pg", group["DBParameterGroupName"])}


@operation("DescribeDBParameterGroups")
def describe_parameter_groups(request):
    if request.get("DBParameterGroupName"):
        return {"DBParameterGroups": [_parameter_group_view(_parameter_group(request["DBParameterGroupName"]))]}
    found = [_parameter_group_view(one) for one in rds._param_groups.values()]
    return page(request, found, "DBParameterGroups")


@operation("DescribeDBParameters")
def describe_parameters(request):
    group = _parameter_group(request.get("DBParameterGroupName", ""))
    source = request.get("Source")
    known = {one["name"]: one for one in rds._default_parameters_for_family(group["DBParameterGroupFamily"])}
    found = [
        _parameter(name, known.get(name), group["Parameters"].get(name)) for name in {**known, **group["Parameters"]}
    ]
    return page(request, [one for one in found if not source or one["Source"] == source], "Parameters")


def _parameter(name: str, known, chosen) -> dict:
    known = known or {}
    value = (chosen or {}).get("ParameterValue", known.get("default"))
    return {
        "ParameterName": name,
        "ParameterValue": value,
        "Description": known.get("description", ""),
        "Source": "user" if chosen else "engine-default",
        "ApplyType": known.get("apply_type", "dynamic"),
        "DataType": known.get("data_type", "string"),
        "IsModifiable": known.get("modifiable", True),
        "ApplyMethod": (chosen or {}).get("ApplyMethod", "pending-reboot"),
    }


@operation("DeleteDBParameterGroup")
def delete_parameter_group(request):
    group = _parameter_group(request.get("DBParameterGroupName", ""))
    name = group["DBParameterGroupName"]
    for instance in rds._instances.values():
        if any(one["DBParameterGroupName"] == name for one in instance.get("DBParameterGroups", [])):
            message = (
                "One or more database instances are still members of this parameter group, "
                "so the group cannot be deleted."
            )
            raise refused("InvalidDBParameterGroupStateFault", message)
    del rds._param_groups[name]
    rds._tags.pop(arn("pg", name), None)


@operation("DescribeDBEngineVersions")
def engine_versions(request):
    """The versions that instances get here, newest last."""
    engine, wanted = request.get("Engine"), request.get("EngineVersion", "")
    found = [
        {
            "Engine": name,
            "EngineVersion": version,
            "MajorEngineVersion": major,
            "DBParameterGroupFamily": name + major,
            "Status": "available",
            "ExportableLogTypes": ["postgresql", "upgrade"]
            if name == "postgres"
            else ["audit", "error", "general", "slowquery"],
        }
        for name, versions in VERSIONS.items()
        for major, version in versions.items()
        if (not engine or name == engine) and (not wanted or version == wanted or version.startswith(wanted + "."))
    ]
    family = request.get("DBParameterGroupFamily")
    return page(
        request, [one for one in found if not family or one["DBParameterGroupFamily"] == family], "DBEngineVersions"
    )

"""How much of each thing an account may have: AWS's defaults, or what this cloud was told.

The defaults are those of a new account, from each service's "quotas" page in AWS's documentation;
where AWS gives an account more by its use, `GIVEN` is what accounts in use commonly have.
"""

from typing import NamedTuple


class Quota(NamedTuple):
    service: str
    code: str
    name: str
    default: int


KNOWN = {
    "vpcs": Quota("vpc", "L-F678F1CE", "VPCs per Region", 5),
    "internet_gateways": Quota("vpc", "L-A4707A72", "Internet gateways per Region", 5),
    "nat_gateways_per_zone": Quota("vpc", "L-FE5A380F", "NAT gateways per Availability Zone", 5),
    "subnets_per_vpc": Quota("vpc", "L-407747CB", "Subnets per VPC", 200),
    "security_groups": Quota("vpc", "L-E79EC296", "VPC security groups per Region", 2500),
    "rules_per_security_group": Quota("vpc", "L-0EA8095F", "Inbound or outbound rules per security group", 60),
    "security_groups_per_interface": Quota("vpc", "L-2AFB9258", "Security groups per network interface", 5),
    "route_tables_per_vpc": Quota("vpc", "L-589F43AA", "Route tables per VPC", 200),
    "network_acls_per_vpc": Quota("vpc", "L-B4A6D682", "Network ACLs per VPC", 200),
    "rules_per_network_acl": Quota("vpc", "L-2AEEBF1A", "Rules per network ACL", 20),
    "elastic_ips": Quota("ec2", "L-0263D0A3", "EC2-VPC Elastic IPs", 5),
    "on_demand_vcpus": Quota(
        "ec2", "L-1216C47A", "Running On-Demand Standard (A, C, D, H, I, M, R, T, Z) instances", 5
    ),
    "application_load_balancers": Quota(
        "elasticloadbalancing", "L-53DA6B97", "Application Load Balancers per Region", 50
    ),
    "target_groups": Quota("elasticloadbalancing", "L-B22855CB", "Target Groups per Region", 3000),
    "auto_scaling_groups": Quota("autoscaling", "L-CDE20ADC", "Auto Scaling groups per region", 500),
    "db_instances": Quota("rds", "L-7B6409FD", "DB instances", 40),
    "db_snapshots": Quota("rds", "L-272F1212", "Manual DB instance snapshots", 100),
    "roles": Quota("iam", "L-FE177D64", "Roles per account", 1000),
    "instance_profiles": Quota("iam", "L-6E65F664", "Instance profiles per account", 1000),
    "customer_managed_policies": Quota("iam", "L-E95E4862", "Customer managed policies per account", 1500),
    "buckets": Quota("s3", "L-DC2B2D3D", "General purpose buckets", 10000),
    "kms_keys": Quota("kms", "L-C2F1777E", "Customer Master Keys (CMKs)", 100000),
    "certificates": Quota("acm", "L-F141DD1D", "ACM certificates", 2500),
}

GIVEN = {"on_demand_vcpus": 64}

_chosen: dict[str, int] = {}


def limit(name: str) -> int:
    """How many an account may have here."""
    return _chosen.get(name, GIVEN.get(name, KNOWN[name].default))


def all_limits() -> dict[str, int]:
    return {name: limit(name) for name in KNOWN}


def choose(changes: dict[str, int]) -> None:
    """Take other limits; `problems_of` has found nothing wrong with them."""
    _chosen.update(changes)


def problems_of(changes) -> list[str]:
    """What is wrong with limits that somebody asks for."""
    if not isinstance(changes, dict):
        return ["`quotas` is not an object of names and numbers"]
    known = ", ".join(sorted(KNOWN))
    unknown = [f"there is no quota `{one}`; known are {known}" for one in changes if one not in KNOWN]
    wrong = [
        f"quota `{name}` is `{value}`, not a whole number of 0 or more"
        for name, value in changes.items()
        if name in KNOWN and (isinstance(value, bool) or not isinstance(value, int) or value < 0)
    ]
    return unknown + wrong

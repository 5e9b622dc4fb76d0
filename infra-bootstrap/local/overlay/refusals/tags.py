"""Tags: on what exists, in number, and never in AWS's own name.

https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Tags.html#tag-restrictions
"""

from ministack.services import ec2

from overlay.query import Refused
from overlay.refusals.guards import before

_MOST = 50
_LONGEST_KEY, _LONGEST_VALUE = 128, 256
_KINDS = {
    "vpc-": ("_vpcs", "InvalidVpcID.NotFound", "vpc ID"),
    "subnet-": ("_subnets", "InvalidSubnetID.NotFound", "subnet ID"),
    "igw-": ("_internet_gateways", "InvalidInternetGatewayID.NotFound", "internetGateway ID"),
    "rtb-": ("_route_tables", "InvalidRouteTableID.NotFound", "routeTable ID"),
    "acl-": ("_network_acls", "InvalidNetworkAclID.NotFound", "networkAcl ID"),
    "sg-": ("_security_groups", "InvalidGroup.NotFound", "security group"),
    "eipalloc-": ("_addresses", "InvalidAllocationID.NotFound", "allocation ID"),
    "nat-": ("_nat_gateways", "NatGatewayNotFound", "Nat Gateway"),
    "i-": ("_instances", "InvalidInstanceID.NotFound", "instance ID"),
    "lt-": ("_launch_templates", "InvalidLaunchTemplateId.NotFound", "launch template ID"),
    "fl-": ("_flow_logs", "InvalidFlowLogId.NotFound", "flow log ID"),
}
_WITH_TAGS = (
    "AllocateAddress", "CreateFlowLogs", "CreateInternetGateway", "CreateLaunchTemplate", "CreateNatGateway",
    "CreateNetworkAcl", "CreateNetworkInterface", "CreateRouteTable", "CreateSecurityGroup", "CreateSubnet",
    "CreateVpc", "CreateVpcEndpoint", "ImportKeyPair", "RunInstances",
)  # fmt: skip


def check(tags: list, standing=()) -> None:
    """The tags of one call, and what is there already."""
    keys = [one.get("Key", "") for one in tags]
    for key in keys:
        if key.lower().startswith("aws:"):
            words = "Tag keys starting with 'aws:' are reserved for internal use"
            message = f"Value ( {key} ) for parameter key is invalid. {words}"
            raise Refused("InvalidParameterValue", message)
        if not 1 <= len(key) <= _LONGEST_KEY:
            raise Refused("InvalidParameterValue", f"Tag key '{key}' is not between 1 and {_LONGEST_KEY} characters")
    if len(set(keys)) < len(keys):
        raise Refused(
            "InvalidParameterValue", "Duplicate tag keys found. Please note that Tag keys are case sensitive."
        )
    if any(len(one.get("Value", "")) > _LONGEST_VALUE for one in tags):
        raise Refused("InvalidParameterValue", f"Tag value exceeds the maximum length of {_LONGEST_VALUE} characters")
    own = {one["Key"] for one in standing if not one["Key"].startswith("aws:")}
    if len(own | set(keys)) > _MOST:
        raise Refused("TagLimitExceeded", "The maximum number of Tags for a resource has been reached.")


@before("ec2", "CreateTags")
def tags_go_on_what_exists(request):
    for resource_id in request.get("Resources", []):
        for prefix, (store, code, what) in _KINDS.items():
            if resource_id.startswith(prefix) and resource_id not in getattr(ec2, store):
                raise Refused(code, f"The {what} '{resource_id}' does not exist")
        check(request.get("Tags", []), ec2._tags.get(resource_id) or [])


@before("ec2", *_WITH_TAGS)
def tags_at_birth_are_proper(request):
    for specification in request.get("TagSpecifications", []):
        check(specification.get("Tags", []))

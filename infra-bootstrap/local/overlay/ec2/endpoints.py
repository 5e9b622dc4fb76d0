"""VPC endpoints: made by MiniStack, listed by the documented filters, gone with their tags."""

from ministack.services import ec2

from overlay.ec2 import listing
from overlay.ec2.api import operation, tags_of


def _view(endpoint: dict) -> dict:
    return {**endpoint, "Tags": tags_of(endpoint["VpcEndpointId"])}


@operation("DescribeVpcEndpoints")
def describe(request):
    chosen = listing.only(
        ec2._vpc_endpoints, request.get("VpcEndpointIds"), "InvalidVpcEndpointId.NotFound", "Vpc Endpoint Id"
    )
    return listing.page("DescribeVpcEndpoints", request, chosen, _view, "VpcEndpoints")


def sits_in(subnet_id: str) -> bool:
    """Whether an endpoint has an interface in the subnet."""
    return any(subnet_id in one.get("SubnetIds", []) for one in ec2._vpc_endpoints.values())

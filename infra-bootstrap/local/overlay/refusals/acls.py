"""Network ACLs: numbers in range, entries in number, subnets of the same VPC."""

from ministack.services import ec2

from overlay import quotas
from overlay.query import Refused
from overlay.refusals.guards import before, find
from overlay.refusals.vpcs import network

_NOT_FOUND = ("InvalidNetworkAclID.NotFound", "networkAcl ID")
# https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateNetworkAclEntry.html
_LAST_RULE = 32766
_WITH_PORTS = ("6", "17", "tcp", "udp")


@before("ec2", "CreateNetworkAcl")
def acls_are_few(request):
    inside = [one for one in ec2._network_acls.values() if one["VpcId"] == request.get("VpcId")]
    if len(inside) >= quotas.limit("network_acls_per_vpc"):
        raise Refused("NetworkAclLimitExceeded", "The maximum number of network ACLs for this VPC has been reached.")


@before("ec2", "CreateNetworkAclEntry", "ReplaceNetworkAclEntry")
def is_a_rule(request):
    find(ec2._network_acls, request.get("NetworkAclId", ""), *_NOT_FOUND)
    number = request.get("RuleNumber")
    if not isinstance(number, int) or not 1 <= number <= _LAST_RULE:
        message = f"Value ({number}) for parameter ruleNumber is invalid. It must be between 1 and {_LAST_RULE}."
        raise Refused("InvalidParameterValue", message)
    if request.get("CidrBlock"):
        network(request["CidrBlock"])
    if str(request.get("Protocol")) in _WITH_PORTS:
        ports = request.get("PortRange") or {}
        if "From" not in ports or "To" not in ports:
            raise Refused("MissingParameter", "The request must contain the parameter PortRange")
        if not 0 <= ports["From"] <= ports["To"] <= 65535:
            message = f"Value ({ports['From']}-{ports['To']}) for parameter portRange is invalid."
            raise Refused("InvalidParameterValue", message)


@before("ec2", "CreateNetworkAclEntry")
def entries_are_few(request):
    acl, egress = ec2._network_acls[request["NetworkAclId"]], bool(request.get("Egress"))
    entries = [one for one in acl["Entries"] if one["Egress"] == egress and int(one["RuleNumber"]) <= _LAST_RULE]
    if len(entries) >= quotas.limit("rules_per_network_acl"):
        message = f"The maximum number of network acl entries has been reached for {acl['NetworkAclId']}."
        raise Refused("NetworkAclEntryLimitExceeded", message)


@before("ec2", "ReplaceNetworkAclAssociation")
def is_in_the_same_vpc(request):
    target = find(ec2._network_acls, request.get("NetworkAclId", ""), *_NOT_FOUND)
    for acl in ec2._network_acls.values():
        for one in acl["Associations"]:
            is_meant = one["NetworkAclAssociationId"] == request.get("AssociationId")
            if is_meant and acl["VpcId"] != target["VpcId"]:
                message = f"{target['NetworkAclId']} and subnet {one['SubnetId']} belong to different networks."
                raise Refused("InvalidParameterValue", message)

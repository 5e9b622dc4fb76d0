"""What AWS refuses about networks: ranges, dependencies, duplicates, foreign things, tags, tokens."""

from tests.cloud import WithCloud

_EVERYWHERE = [{"CidrIp": "0.0.0.0/0"}]


def _tcp(port, **sources):
    return [{"IpProtocol": "tcp", "FromPort": port, "ToPort": port, **sources}]


class Refusals(WithCloud):
    def gateway_of(self, vpc_id):
        attached = [{"Name": "attachment.vpc-id", "Values": [vpc_id]}]
        found = self.client("ec2").describe_internet_gateways(Filters=attached)["InternetGateways"]
        return found[0]["InternetGatewayId"]

    def nat(self, subnet_id, **request):
        ec2 = self.client("ec2")
        address = ec2.allocate_address(Domain="vpc")["AllocationId"]
        made = ec2.create_nat_gateway(SubnetId=subnet_id, AllocationId=address, **request)
        return made["NatGateway"]["NatGatewayId"], address


class Ranges(Refusals):
    def test_ranges_have_a_size_and_lie_inside_one_another(self):
        ec2 = self.client("ec2")
        vpc_id, _subnets = self.vpc("a")
        in_vpc = {"VpcId": vpc_id}
        flow = {
            "ResourceType": "VPC", "TrafficType": "ALL", "LogDestinationType": "cloud-watch-logs",
            "LogGroupName": "flows", "DeliverLogsPermissionArn": "arn:aws:iam::000000000000:role/refused-nobody",
        }  # fmt: skip
        self.each_refused(
            ("InvalidVpc.Range", ec2.create_vpc, {"CidrBlock": "10.0.0.0/8"}),
            ("InvalidVpc.Range", ec2.create_vpc, {"CidrBlock": "10.0.0.0/29"}),
            ("InvalidParameterValue", ec2.create_vpc, {"CidrBlock": "10.0.0.300/16"}),
            ("DryRunOperation", ec2.create_vpc, {"CidrBlock": "10.0.0.0/16", "DryRun": True}),
            ("InvalidSubnet.Range", ec2.create_subnet, {**in_vpc, "CidrBlock": "10.250.0.0/24"}),
            ("InvalidSubnet.Range", ec2.create_subnet, {**in_vpc, "CidrBlock": "10.0.0.0/29"}),
            ("InvalidSubnet.Conflict", ec2.create_subnet, {**in_vpc, "CidrBlock": "10.0.0.128/25"}),
            ("InvalidVpcId.NotFound", ec2.create_flow_logs, {**flow, "ResourceIds": ["vpc-0123456789abcdef0"]}),
            ("InvalidParameter", ec2.create_flow_logs, {**flow, "ResourceIds": [vpc_id]}),
            (
                "InvalidParameterCombination",
                ec2.modify_vpc_attribute,
                {**in_vpc, "EnableDnsSupport": {"Value": True}, "EnableDnsHostnames": {"Value": True}},
            ),
            (
                "InvalidParameterValue",
                ec2.create_subnet,
                {**in_vpc, "CidrBlock": "10.0.9.0/24", "AvailabilityZone": "us-east-1z"},
            ),
        )


class Dependencies(Refusals):
    def test_what_is_in_use_stays(self):
        ec2 = self.client("ec2")
        vpc_id, (subnet_id,) = self.vpc("a")
        gateway_id = self.gateway_of(vpc_id)
        table_id = ec2.create_route_table(VpcId=vpc_id)["RouteTable"]["RouteTableId"]
        main = ec2.describe_route_tables(Filters=[{"Name": "vpc-id", "Values": [vpc_id]}])["RouteTables"]
        main_id = next(one["RouteTableId"] for one in main if one["RouteTableId"] != table_id)
        ec2.associate_route_table(RouteTableId=table_id, SubnetId=subnet_id)
        self.nat(subnet_id)
        pair = {"InternetGatewayId": gateway_id, "VpcId": vpc_id}
        self.each_refused(
            ("DependencyViolation", ec2.delete_vpc, {"VpcId": vpc_id}),
            ("DependencyViolation", ec2.delete_subnet, {"SubnetId": subnet_id}),
            ("DependencyViolation", ec2.delete_internet_gateway, {"InternetGatewayId": gateway_id}),
            ("DependencyViolation", ec2.detach_internet_gateway, pair),
            ("DependencyViolation", ec2.delete_route_table, {"RouteTableId": table_id}),
            ("DependencyViolation", ec2.delete_route_table, {"RouteTableId": main_id}),
        )

    def test_a_vpc_goes_only_when_every_kind_of_thing_in_it_is_gone(self):
        ec2 = self.client("ec2")
        vpc_id, _none = self.vpc("")
        gateway_id = self.gateway_of(vpc_id)
        table_id = ec2.create_route_table(VpcId=vpc_id)["RouteTable"]["RouteTableId"]
        acl_id = ec2.create_network_acl(VpcId=vpc_id)["NetworkAcl"]["NetworkAclId"]
        group_id = ec2.create_security_group(GroupName="g", Description="d", VpcId=vpc_id)["GroupId"]
        removals = (
            lambda: ec2.detach_internet_gateway(InternetGatewayId=gateway_id, VpcId=vpc_id),
            lambda: ec2.delete_route_table(RouteTableId=table_id),
            lambda: ec2.delete_network_acl(NetworkAclId=acl_id),
            lambda: ec2.delete_security_group(GroupId=group_id),
        )
        for remove in removals:
            self.refused("DependencyViolation", ec2.delete_vpc, VpcId=vpc_id)
            remove()
        ec2.delete_vpc(VpcId=vpc_id)
        self.refused("InvalidVpcID.NotFound", ec2.describe_vpcs, VpcIds=[vpc_id])

    def test_a_gateway_is_attached_once_and_detached_from_where_it_is(self):
        ec2 = self.client("ec2")
        vpc_id, _subnets = self.vpc("a")
        gateway_id = self.gateway_of(vpc_id)
        other = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
        pair = {"InternetGatewayId": other, "VpcId": vpc_id}
        self.each_refused(
            ("InvalidParameterValue", ec2.attach_internet_gateway, pair),
            ("Gateway.NotAttached", ec2.detach_internet_gateway, pair),
            (
                "Resource.AlreadyAssociated",
                ec2.attach_internet_gateway,
                {"InternetGatewayId": gateway_id, "VpcId": vpc_id},
            ),
            (
                "InvalidVpcID.NotFound",
                ec2.attach_internet_gateway,
                {"InternetGatewayId": other, "VpcId": "vpc-0123456789abcdef0"},
            ),
        )


class Routes(Refusals):
    def test_a_route_leads_to_something_of_its_own_vpc_and_is_there_once(self):
        ec2 = self.client("ec2")
        vpc_id, (subnet_id,) = self.vpc("a")
        other_id, (foreign,) = self.vpc("a")
        table_id = ec2.create_route_table(VpcId=vpc_id)["RouteTable"]["RouteTableId"]
        here, there = self.gateway_of(vpc_id), self.gateway_of(other_id)
        out = {"RouteTableId": table_id, "DestinationCidrBlock": "0.0.0.0/0"}
        ec2.create_route(**out, GatewayId=here)
        nat_id, _address = self.nat(foreign)
        self.each_refused(
            ("RouteAlreadyExists", ec2.create_route, {**out, "GatewayId": here}),
            ("InvalidParameterValue", ec2.replace_route, {**out, "GatewayId": there}),
            ("InvalidParameterValue", ec2.replace_route, {**out, "NatGatewayId": nat_id}),
            ("InvalidGatewayID.NotFound", ec2.replace_route, {**out, "GatewayId": "igw-0123456789abcdef0"}),
            ("InvalidNatGatewayID.NotFound", ec2.replace_route, {**out, "NatGatewayId": "nat-0123456789abcdef0"}),
            ("MissingParameter", ec2.create_route, {"RouteTableId": table_id, "DestinationCidrBlock": "1.0.0.0/8"}),
            ("InvalidRoute.NotFound", ec2.delete_route, {**out, "DestinationCidrBlock": "9.0.0.0/8"}),
            ("InvalidParameterValue", ec2.delete_route, {**out, "DestinationCidrBlock": "10.0.0.0/16"}),
            ("InvalidParameterValue", ec2.associate_route_table, {"RouteTableId": table_id, "SubnetId": foreign}),
        )
        ec2.associate_route_table(RouteTableId=table_id, SubnetId=subnet_id)
        second = ec2.create_route_table(VpcId=vpc_id)["RouteTable"]["RouteTableId"]
        self.refused("Resource.AlreadyAssociated", ec2.associate_route_table, RouteTableId=second, SubnetId=subnet_id)


class Addresses(Refusals):
    def test_an_address_serves_one_gateway_and_what_aws_runs_is_not_touched(self):
        ec2 = self.client("ec2")
        vpc_id, (subnet_id,) = self.vpc("a")
        nat_id, address = self.nat(subnet_id)
        (nat,) = ec2.describe_nat_gateways(NatGatewayIds=[nat_id])["NatGateways"]
        (bound,) = ec2.describe_addresses(AllocationIds=[address])["Addresses"]
        closed = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        inside = ec2.create_subnet(VpcId=closed, CidrBlock="10.0.0.0/24")["Subnet"]["SubnetId"]
        spare = ec2.allocate_address(Domain="vpc")["AllocationId"]
        interface_id = nat["NatGatewayAddresses"][0]["NetworkInterfaceId"]
        self.each_refused(
            ("Resource.AlreadyAssociated", ec2.create_nat_gateway, {"SubnetId": subnet_id, "AllocationId": address}),
            ("MissingParameter", ec2.create_nat_gateway, {"SubnetId": subnet_id}),
            ("Gateway.NotAttached", ec2.create_nat_gateway, {"SubnetId": inside, "AllocationId": spare}),
            ("InvalidIPAddress.InUse", ec2.release_address, {"AllocationId": address}),
            ("AuthFailure", ec2.disassociate_address, {"AssociationId": bound["AssociationId"]}),
            ("InvalidParameterValue", ec2.delete_network_interface, {"NetworkInterfaceId": interface_id}),
        )
        self.assertEqual(nat["VpcId"], vpc_id)


class Groups(Refusals):
    def test_rules_admit_what_exists_once_and_in_number(self):
        ec2 = self.client("ec2")
        vpc_id, _subnets = self.vpc("")
        other_id, _others = self.vpc("")
        own, used = (
            ec2.create_security_group(GroupName=name, Description="d", VpcId=vpc_id)["GroupId"] for name in "ou"
        )
        foreign = ec2.create_security_group(GroupName="f", Description="d", VpcId=other_id)["GroupId"]
        ec2.authorize_security_group_ingress(GroupId=own, IpPermissions=_tcp(443, IpRanges=_EVERYWHERE))
        ec2.authorize_security_group_ingress(GroupId=own, IpPermissions=_tcp(8, UserIdGroupPairs=[{"GroupId": used}]))
        many = [{"CidrIp": f"10.0.{number}.0/24"} for number in range(60)]
        authorize = ec2.authorize_security_group_ingress
        asked = (
            ("InvalidPermission.Duplicate", _tcp(443, IpRanges=_EVERYWHERE)),
            ("InvalidParameterValue", _tcp(1, IpRanges=[{"CidrIp": "10.0.0.300/33"}])),
            ("InvalidParameterValue", [{"IpProtocol": "tcp", "FromPort": 9, "ToPort": 1, "IpRanges": _EVERYWHERE}]),
            ("InvalidGroup.NotFound", _tcp(1, UserIdGroupPairs=[{"GroupId": "sg-0123456789abcdef0"}])),
            ("InvalidGroup.NotFound", _tcp(1, UserIdGroupPairs=[{"GroupId": foreign}])),
            ("InvalidParameterValue", _tcp(1, IpRanges=[{"CidrIp": "10.0.0.0/8", "Description": "it's"}])),
            ("RulesPerSecurityGroupLimitExceeded", _tcp(1, IpRanges=many)),
        )
        self.each_refused(*((code, authorize, {"GroupId": own, "IpPermissions": rules}) for code, rules in asked))
        everything = [{"IpProtocol": "-1", "IpRanges": _EVERYWHERE}]
        named = {"Description": "d", "VpcId": vpc_id}
        self.each_refused(
            (
                "InvalidPermission.Duplicate",
                ec2.authorize_security_group_egress,
                {"GroupId": own, "IpPermissions": everything},
            ),
            ("DependencyViolation", ec2.delete_security_group, {"GroupId": used}),
            ("InvalidGroup.Duplicate", ec2.create_security_group, {**named, "GroupName": "o"}),
            ("InvalidParameterValue", ec2.create_security_group, {**named, "GroupName": "default"}),
            ("InvalidParameterValue", ec2.create_security_group, {**named, "GroupName": "sg-mine"}),
            ("InvalidParameterValue", ec2.create_security_group, {**named, "GroupName": "g", "Description": "it's"}),
        )


class Acls(Refusals):
    def test_entries_have_numbers_of_their_own_and_subnets_of_the_same_vpc(self):
        ec2 = self.client("ec2")
        vpc_id, (subnet_id,) = self.vpc("a")
        other_id, _others = self.vpc("")
        acl_id = ec2.create_network_acl(VpcId=vpc_id)["NetworkAcl"]["NetworkAclId"]
        foreign = ec2.create_network_acl(VpcId=other_id)["NetworkAcl"]["NetworkAclId"]
        by_subnet = [{"Name": "association.subnet-id", "Values": [subnet_id]}]
        (standing,) = ec2.describe_network_acls(Filters=by_subnet)["NetworkAcls"]
        association = next(one for one in standing["Associations"] if one["SubnetId"] == subnet_id)
        entry = {
            "NetworkAclId": acl_id, "RuleNumber": 1, "Protocol": "6", "RuleAction": "allow", "Egress": False,
            "CidrBlock": "0.0.0.0/0", "PortRange": {"From": 443, "To": 443},
        }  # fmt: skip
        for number in range(1, 21):
            ec2.create_network_acl_entry(**{**entry, "RuleNumber": number})
        create = ec2.create_network_acl_entry
        moved = {"AssociationId": association["NetworkAclAssociationId"], "NetworkAclId": foreign}
        self.each_refused(
            ("NetworkAclEntryLimitExceeded", create, {**entry, "RuleNumber": 21}),
            ("InvalidParameterValue", create, {**entry, "RuleNumber": 32767}),
            ("MissingParameter", create, {name: entry[name] for name in entry if name != "PortRange"}),
            ("InvalidParameterValue", ec2.replace_network_acl_association, moved),
            ("InvalidParameterValue", ec2.delete_network_acl, {"NetworkAclId": standing["NetworkAclId"]}),
        )
        ec2.delete_network_acl_entry(NetworkAclId=acl_id, RuleNumber=20, Egress=False)
        self.refused("NetworkAclEntryAlreadyExists", create, **entry)


class Tags(Refusals):
    def test_tags_are_few_on_what_exists_and_not_in_aws_s_name(self):
        ec2 = self.client("ec2")
        vpc_id, _subnets = self.vpc("")
        ec2.create_tags(Resources=[vpc_id], Tags=[{"Key": f"k{number}", "Value": "v"} for number in range(50)])
        gone = "subnet-0123456789abcdef0"
        own = [{"ResourceType": "vpc", "Tags": [{"Key": "aws:mine", "Value": "v"}]}]
        self.each_refused(
            ("TagLimitExceeded", ec2.create_tags, {"Resources": [vpc_id], "Tags": [{"Key": "one", "Value": "more"}]}),
            ("InvalidSubnetID.NotFound", ec2.create_tags, {"Resources": [gone], "Tags": [{"Key": "a", "Value": "b"}]}),
            (
                "InvalidParameterValue",
                ec2.create_tags,
                {"Resources": [vpc_id], "Tags": [{"Key": "aws:x", "Value": ""}]},
            ),
            ("InvalidParameterValue", ec2.create_vpc, {"CidrBlock": "10.0.0.0/16", "TagSpecifications": own}),
        )


class Tokens(Refusals):
    def test_a_token_is_one_call_and_answers_even_when_what_it_made_is_gone(self):
        ec2 = self.client("ec2")
        vpc_id, (subnet_id,) = self.vpc("a")
        asked = {"VpcId": vpc_id, "ClientToken": "tokens-table"}
        table_id = ec2.create_route_table(**asked)["RouteTable"]["RouteTableId"]
        ec2.delete_route_table(RouteTableId=table_id)
        self.assertEqual(ec2.create_route_table(**asked)["RouteTable"]["RouteTableId"], table_id)
        asked = {"VpcId": vpc_id, "ClientToken": "tokens-acl"}
        acl_id = ec2.create_network_acl(**asked)["NetworkAcl"]["NetworkAclId"]
        ec2.delete_network_acl(NetworkAclId=acl_id)
        self.assertEqual(ec2.create_network_acl(**asked)["NetworkAcl"]["NetworkAclId"], acl_id)
        nat_id, address = self.nat(subnet_id, ClientToken="tokens-nat")
        ec2.delete_nat_gateway(NatGatewayId=nat_id)
        same = {"SubnetId": subnet_id, "AllocationId": address, "ClientToken": "tokens-nat"}
        self.assertEqual(ec2.create_nat_gateway(**same)["NatGateway"]["NatGatewayId"], nat_id)
        other_id, _none = self.vpc("")
        mismatch = "IdempotentParameterMismatch"
        self.each_refused(
            (mismatch, ec2.create_route_table, {"VpcId": other_id, "ClientToken": "tokens-table"}),
            (mismatch, ec2.create_nat_gateway, {**same, "ConnectivityType": "private"}),
        )

    def test_a_token_of_a_terminated_instance_is_spent(self):
        ec2 = self.client("ec2")
        _vpc_id, (subnet_id,) = self.vpc("a")
        image_id = ec2.describe_images(Owners=["amazon"])["Images"][0]["ImageId"]
        asked = {"ImageId": image_id, "InstanceType": "t3.micro", "MinCount": 1, "MaxCount": 1, "SubnetId": subnet_id}
        made = ec2.run_instances(**asked, ClientToken="tokens-instance")["Instances"][0]["InstanceId"]
        ec2.terminate_instances(InstanceIds=[made])
        self.refused("IdempotentInstanceTerminated", ec2.run_instances, **asked, ClientToken="tokens-instance")

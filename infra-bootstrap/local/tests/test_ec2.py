"""What is written to EC2 is read back, filtered and paged as AWS does it."""

from tests.cloud import WithCloud


class Network(WithCloud):
    def test_a_new_acl_denies_all_and_takes_a_subnet_from_the_default_one(self):
        ec2 = self.client("ec2")
        vpc_id, (subnet_id,) = self.vpc("a")
        acl = ec2.create_network_acl(VpcId=vpc_id)["NetworkAcl"]
        self.assertEqual([one["RuleAction"] for one in acl["Entries"]], ["deny", "deny"])
        ec2.create_network_acl_entry(
            NetworkAclId=acl["NetworkAclId"], RuleNumber=10, Protocol="6", RuleAction="allow", Egress=False,
            CidrBlock="10.0.0.0/8", PortRange={"From": 443, "To": 444},
        )  # fmt: skip
        by_subnet = [{"Name": "association.subnet-id", "Values": [subnet_id]}]
        (default,) = ec2.describe_network_acls(Filters=by_subnet)["NetworkAcls"]
        association = next(one for one in default["Associations"] if one["SubnetId"] == subnet_id)
        ec2.replace_network_acl_association(
            AssociationId=association["NetworkAclAssociationId"], NetworkAclId=acl["NetworkAclId"]
        )
        (moved,) = ec2.describe_network_acls(Filters=by_subnet)["NetworkAcls"]
        self.assertEqual(moved["NetworkAclId"], acl["NetworkAclId"])
        entry = next(one for one in moved["Entries"] if one["RuleNumber"] == 10)
        self.assertEqual(entry["PortRange"], {"From": 443, "To": 444})

    def test_a_permission_is_one_rule_for_each_source_and_read_back_as_one(self):
        ec2 = self.client("ec2")
        vpc_id, _subnets = self.vpc("")
        group_id = ec2.create_security_group(GroupName="g", Description="d", VpcId=vpc_id)["GroupId"]
        sources = [{"CidrIp": "10.0.0.0/8", "Description": "in"}, {"CidrIp": "11.0.0.0/8"}]
        permission = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": sources}
        made = ec2.authorize_security_group_ingress(GroupId=group_id, IpPermissions=[permission])
        self.assertEqual(len({one["SecurityGroupRuleId"] for one in made["SecurityGroupRules"]}), 2)
        (group,) = ec2.describe_security_groups(GroupIds=[group_id])["SecurityGroups"]
        self.assertEqual(group["IpPermissions"][0]["IpRanges"], sources)
        self.refused(
            "InvalidPermission.Duplicate", ec2.authorize_security_group_ingress,
            GroupId=group_id, IpPermissions=[permission],
        )  # fmt: skip
        ec2.revoke_security_group_ingress(
            GroupId=group_id, SecurityGroupRuleIds=[made["SecurityGroupRules"][0]["SecurityGroupRuleId"]]
        )
        self.refused(
            "InvalidPermission.NotFound", ec2.revoke_security_group_ingress,
            GroupId=group_id, IpPermissions=[permission],
        )  # fmt: skip

    def test_lists_are_filtered_by_tag_paged_and_refuse_unknown_filters(self):
        ec2 = self.client("ec2")
        vpc_id, subnets = self.vpc("abcabca")
        ec2.create_tags(Resources=subnets[:2], Tags=[{"Key": "stack", "Value": "mine"}])
        found = ec2.describe_subnets(Filters=[{"Name": "tag:stack", "Values": ["mine"]}])["Subnets"]
        self.assertEqual({one["SubnetId"] for one in found}, set(subnets[:2]))
        in_vpc = [{"Name": "vpc-id", "Values": [vpc_id]}]
        first = ec2.describe_subnets(Filters=in_vpc, MaxResults=5)
        second = ec2.describe_subnets(Filters=in_vpc, MaxResults=5, NextToken=first["NextToken"])
        self.assertEqual((len(first["Subnets"]), len(second["Subnets"])), (5, 2))
        self.assertNotIn("NextToken", second)
        self.refused("InvalidParameterValue", ec2.describe_subnets, Filters=[{"Name": "colour", "Values": ["red"]}])

    def test_a_nat_gateway_holds_its_address_and_a_token_makes_one_only(self):
        ec2 = self.client("ec2")
        _vpc_id, (subnet_id,) = self.vpc("a")
        allocation = ec2.allocate_address(Domain="vpc")["AllocationId"]
        asked = {"SubnetId": subnet_id, "AllocationId": allocation, "ClientToken": "once"}
        nat_id = ec2.create_nat_gateway(**asked)["NatGateway"]["NatGatewayId"]
        self.assertEqual(ec2.create_nat_gateway(**asked)["NatGateway"]["NatGatewayId"], nat_id)
        self.refused("InvalidIPAddress.InUse", ec2.release_address, AllocationId=allocation)
        ec2.delete_nat_gateway(NatGatewayId=nat_id)
        ec2.release_address(AllocationId=allocation)


class Instances(WithCloud):
    def test_an_instance_keeps_what_its_template_and_its_call_asked_for(self):
        ec2, ssm = self.client("ec2"), self.client("ssm")
        _vpc_id, (subnet_id,) = self.vpc("a")
        path = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-arm64"
        image_id = ssm.get_parameter(Name=path)["Parameter"]["Value"]
        self.assertEqual(ec2.describe_images(ImageIds=[image_id])["Images"][0]["Architecture"], "arm64")
        disk = {"VolumeSize": 20, "VolumeType": "gp3", "Encrypted": True}
        ec2.create_launch_template(
            LaunchTemplateName="tpl",
            LaunchTemplateData={
                "ImageId": image_id,
                "InstanceType": "t4g.micro",
                "MetadataOptions": {"HttpTokens": "required"},
                "BlockDeviceMappings": [{"DeviceName": "/dev/xvda", "Ebs": disk}],
                "TagSpecifications": [{"ResourceType": "volume", "Tags": [{"Key": "a", "Value": "b"}]}],
            },
        )
        asked = {"LaunchTemplate": {"LaunchTemplateName": "tpl"}, "SubnetId": subnet_id, "MinCount": 1, "MaxCount": 1}
        made = ec2.run_instances(**asked, ClientToken="one")["Instances"][0]
        again = ec2.run_instances(**asked, ClientToken="one")["Instances"][0]
        self.assertEqual((made["State"]["Name"], again["InstanceId"]), ("pending", made["InstanceId"]))
        reservations = ec2.describe_instances(InstanceIds=[made["InstanceId"]])["Reservations"]
        instance = reservations[0]["Instances"][0]
        self.assertEqual(instance["MetadataOptions"]["HttpTokens"], "required")
        self.assertEqual((instance["SubnetId"], instance["PrivateIpAddress"][:7]), (subnet_id, "10.0.0."))
        volume_id = instance["BlockDeviceMappings"][0]["Ebs"]["VolumeId"]
        (volume,) = ec2.describe_volumes(VolumeIds=[volume_id])["Volumes"]
        self.assertEqual((volume["Size"], volume["Encrypted"]), (20, True))
        self.assertEqual(volume["Tags"], [{"Key": "a", "Value": "b"}])

    def test_a_protected_instance_is_terminated_only_when_it_no_longer_is(self):
        ec2 = self.client("ec2")
        _vpc_id, (subnet_id,) = self.vpc("a")
        image_id = ec2.describe_images(Owners=["amazon"])["Images"][0]["ImageId"]
        made = ec2.run_instances(
            ImageId=image_id,
            InstanceType="t3.micro",
            SubnetId=subnet_id,
            MinCount=1,
            MaxCount=1,
            DisableApiTermination=True,
        )
        instance_id = made["Instances"][0]["InstanceId"]
        self.refused("OperationNotPermitted", ec2.terminate_instances, InstanceIds=[instance_id])
        ec2.modify_instance_attribute(InstanceId=instance_id, DisableApiTermination={"Value": False})
        ec2.terminate_instances(InstanceIds=[instance_id])
        ec2.delete_subnet(SubnetId=subnet_id)

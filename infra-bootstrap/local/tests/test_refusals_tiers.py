"""What AWS refuses about load balancers, databases and scaling groups."""

from tests.certificates import self_signed
from tests.cloud import WithCloud

_NOBODY_S = "arn:aws:acm:us-east-1:000000000000:certificate/11111111-1111-1111-1111-111111111111"


class Balancers(WithCloud):
    def setUp(self):
        self.elb = self.client("elbv2")
        self.vpc_id, self.subnets = self.vpc("ab")

    def balancer(self, name):
        made = self.elb.create_load_balancer(Name=name, Subnets=self.subnets)
        return made["LoadBalancers"][0]["LoadBalancerArn"]

    def group(self, name):
        made = self.elb.create_target_group(Name=name, Protocol="HTTP", Port=80, VpcId=self.vpc_id)
        return made["TargetGroups"][0]["TargetGroupArn"]

    def test_a_balancer_has_a_short_name_two_zones_and_a_way_out(self):
        ec2, create = self.client("ec2"), self.elb.create_load_balancer
        closed = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        inside = [
            ec2.create_subnet(VpcId=closed, CidrBlock=f"10.0.{n}.0/24", AvailabilityZone=f"us-east-1{zone}")["Subnet"]
            for n, zone in enumerate("ab")
        ]
        foreign = ec2.create_security_group(GroupName="f", Description="d", VpcId=closed)["GroupId"]
        both = {"Subnets": self.subnets}
        self.balancer("refused-two-zones")
        self.each_refused(
            ("ValidationError", create, {"Name": "x" * 33, **both}),
            ("ValidationError", create, {"Name": "-x", **both}),
            ("ValidationError", create, {"Name": "under_score", **both}),
            ("ValidationError", create, {"Name": "internal-x", **both}),
            ("ValidationError", create, {"Name": "one-zone", "Subnets": self.subnets[:1]}),
            ("SubnetNotFound", create, {"Name": "no", "Subnets": ["subnet-0123456789abcdef0", self.subnets[1]]}),
            ("InvalidSubnet", create, {"Name": "closed", "Subnets": [one["SubnetId"] for one in inside]}),
            ("InvalidSecurityGroup", create, {"Name": "no", **both, "SecurityGroups": ["sg-0123456789abcdef0"]}),
            ("InvalidConfigurationRequest", create, {"Name": "no", **both, "SecurityGroups": [foreign]}),
            ("DuplicateLoadBalancerName", create, {"Name": "refused-two-zones", **both, "Scheme": "internal"}),
        )

    def test_a_protected_balancer_stays_and_holds_its_network(self):
        ec2, arn = self.client("ec2"), self.balancer("refused-protected")
        group_id = ec2.create_security_group(GroupName="g", Description="d", VpcId=self.vpc_id)["GroupId"]
        self.elb.set_security_groups(LoadBalancerArn=arn, SecurityGroups=[group_id])
        on = [{"Key": "deletion_protection.enabled", "Value": "true"}]
        self.elb.modify_load_balancer_attributes(LoadBalancerArn=arn, Attributes=on)
        logs = [
            {"Key": "access_logs.s3.enabled", "Value": "true"},
            {"Key": "access_logs.s3.bucket", "Value": "refused-nobody-s-bucket"},
        ]
        set_attributes = self.elb.modify_load_balancer_attributes
        self.each_refused(
            ("OperationNotPermitted", self.elb.delete_load_balancer, {"LoadBalancerArn": arn}),
            ("DependencyViolation", ec2.delete_security_group, {"GroupId": group_id}),
            ("DependencyViolation", ec2.delete_subnet, {"SubnetId": self.subnets[0]}),
            ("InvalidConfigurationRequest", set_attributes, {"LoadBalancerArn": arn, "Attributes": logs}),
            ("ValidationError", set_attributes, {"LoadBalancerArn": arn, "Attributes": [{"Key": "x", "Value": "y"}]}),
        )

    def test_a_listener_has_a_port_a_certificate_and_targets_of_its_own(self):
        first, second, group = self.balancer("refused-first"), self.balancer("refused-second"), self.group("refused-a")
        forward = [{"Type": "forward", "TargetGroupArn": group}]
        redirect = [{"Type": "redirect", "RedirectConfig": {"Protocol": "HTTPS", "StatusCode": "HTTP_301"}}]
        acm, create = self.client("acm"), self.elb.create_listener
        self.elb.create_listener(LoadBalancerArn=first, Protocol="HTTP", Port=80, DefaultActions=forward)
        waiting = acm.request_certificate(DomainName="waiting.example.com", ValidationMethod="DNS")["CertificateArn"]
        plain = {"LoadBalancerArn": first, "Protocol": "HTTP", "DefaultActions": forward}
        secure = {**plain, "Protocol": "HTTPS", "Port": 443}
        nobody_s = [{"Type": "forward", "TargetGroupArn": group[:-4] + "dead"}]
        self.each_refused(
            ("DuplicateListener", create, {**plain, "Port": 80, "DefaultActions": redirect}),
            ("ValidationError", create, secure),
            ("CertificateNotFound", create, {**secure, "Certificates": [{"CertificateArn": _NOBODY_S}]}),
            ("UnsupportedCertificate", create, {**secure, "Certificates": [{"CertificateArn": waiting}]}),
            ("TargetGroupNotFound", create, {**plain, "Port": 81, "DefaultActions": nobody_s}),
            ("TargetGroupAssociationLimit", create, {**plain, "LoadBalancerArn": second, "Port": 80}),
            ("ResourceInUse", self.elb.delete_target_group, {"TargetGroupArn": group}),
        )
        certificate, key = self_signed("refused.example.com")
        arn = acm.import_certificate(Certificate=certificate, PrivateKey=key)["CertificateArn"]
        self.elb.create_listener(**secure, Certificates=[{"CertificateArn": arn}])
        self.refused("ResourceInUseException", acm.delete_certificate, CertificateArn=arn)

    def test_a_target_group_s_name_and_health_check_are_checked(self):
        create, asked = self.elb.create_target_group, {"Protocol": "HTTP", "Port": 80, "VpcId": self.vpc_id}
        self.group("refused-named")
        slow = {"HealthCheckIntervalSeconds": 5, "HealthCheckTimeoutSeconds": 5}
        self.each_refused(
            ("ValidationError", create, {**asked, "Name": "x" * 33}),
            ("ValidationError", create, {**asked, "Name": "no", **slow}),
            ("ValidationError", create, {**asked, "Name": "no", "VpcId": "vpc-0123456789abcdef0"}),
            ("DuplicateTargetGroupName", create, {**asked, "Name": "refused-named", "Port": 81}),
        )


class Databases(WithCloud):
    def setUp(self):
        self.rds, name = self.client("rds"), self.id().rsplit("_", 1)[-1]
        self.vpc_id, self.subnets = self.vpc("abc")
        self.rds.create_db_subnet_group(
            DBSubnetGroupName=name, DBSubnetGroupDescription="d", SubnetIds=self.subnets[:2]
        )
        self.rds.create_db_parameter_group(
            DBParameterGroupName=name, DBParameterGroupFamily="postgres16", Description="d"
        )
        self.asked = {
            "DBInstanceIdentifier": name, "DBInstanceClass": "db.t4g.micro", "Engine": "postgres",
            "EngineVersion": "16.3", "AllocatedStorage": 20, "MasterUsername": "keeper",
            "MasterUserPassword": "long-enough", "DBSubnetGroupName": name, "DBParameterGroupName": name,
        }  # fmt: skip
        self.name = {"DBInstanceIdentifier": name}

    def test_a_database_is_created_only_from_what_fits(self):
        create, asked = self.rds.create_db_instance, self.asked
        other_id, _subnets = self.vpc("")
        ec2 = self.client("ec2")
        foreign = ec2.create_security_group(GroupName="f", Description="d", VpcId=other_id)["GroupId"]
        role = "arn:aws:iam::000000000000:role/refused-nobody"
        changes = (
            ("InvalidParameterValue", {"DBInstanceIdentifier": "-db"}),
            ("InvalidParameterValue", {"DBInstanceIdentifier": "a--b"}),
            ("InvalidParameterValue", {"Engine": "sqlite"}),
            ("InvalidParameterValue", {"MasterUsername": "admin"}),
            ("InvalidParameterValue", {"MonitoringInterval": 7}),
            ("InvalidParameterValue", {"MonitoringInterval": 60, "MonitoringRoleArn": role}),
            ("InvalidParameterValue", {"BackupRetentionPeriod": 36}),
            ("InvalidParameterCombination", {"EngineVersion": "9.1"}),
            ("InvalidParameterCombination", {"EngineVersion": "17.4"}),
            ("InvalidParameterCombination", {"AllocatedStorage": 5}),
            ("InvalidParameterCombination", {"MonitoringInterval": 60}),
            ("InvalidParameterCombination", {"MultiAZ": True, "AvailabilityZone": "us-east-1a"}),
            ("InvalidParameterCombination", {"VpcSecurityGroupIds": [foreign]}),
            (
                "KMSKeyNotAccessibleFault",
                {"StorageEncrypted": True, "KmsKeyId": "11111111-1111-1111-1111-111111111111"},
            ),
            ("DBSubnetGroupNotFoundFault", {"DBSubnetGroupName": "refused-nobody-s"}),
        )
        self.each_refused(*((code, create, {**asked, **change}) for code, change in changes))

    def test_a_database_never_shrinks_and_is_not_put_back(self):
        self.rds.create_db_instance(**{**self.asked, "AllocatedStorage": 40})
        modify = self.rds.modify_db_instance
        changes = (
            ("InvalidParameterCombination", {}),
            ("InvalidParameterCombination", {"AllocatedStorage": 20}),
            ("InvalidParameterCombination", {"EngineVersion": "16.2"}),
            ("InvalidParameterCombination", {"EngineVersion": "17.4"}),
            ("InvalidVPCNetworkStateFault", {"DBSubnetGroupName": self.asked["DBSubnetGroupName"]}),
        )
        self.each_refused(*((code, modify, {**self.name, **change}) for code, change in changes))

    def test_what_a_database_stands_on_stays(self):
        name, groups = self.asked["DBInstanceIdentifier"], self.client("ec2")
        group_id = groups.create_security_group(GroupName="g", Description="d", VpcId=self.vpc_id)["GroupId"]
        self.rds.create_db_instance(**self.asked, VpcSecurityGroupIds=[group_id], DeletionProtection=True)
        others, delete = self.subnets[1:], self.rds.delete_db_instance
        self.each_refused(
            ("DBInstanceAlreadyExists", self.rds.create_db_instance, self.asked),
            ("InvalidDBSubnetGroupStateFault", self.rds.delete_db_subnet_group, {"DBSubnetGroupName": name}),
            ("InvalidDBParameterGroupState", self.rds.delete_db_parameter_group, {"DBParameterGroupName": name}),
            (
                "SubnetAlreadyInUse",
                self.rds.modify_db_subnet_group,
                {"DBSubnetGroupName": name, "SubnetIds": others},
            ),
            (
                "DBSubnetGroupDoesNotCoverEnoughAZs",
                self.rds.modify_db_subnet_group,
                {"DBSubnetGroupName": name, "SubnetIds": self.subnets[:1]},
            ),
            ("DependencyViolation", groups.delete_security_group, {"GroupId": group_id}),
            ("InvalidParameterCombination", delete, {**self.name, "SkipFinalSnapshot": True}),
        )
        self.rds.modify_db_instance(**self.name, DeletionProtection=False, ApplyImmediately=True)
        both = {**self.name, "SkipFinalSnapshot": True, "FinalDBSnapshotIdentifier": "last"}
        self.each_refused(
            ("InvalidParameterCombination", delete, self.name), ("InvalidParameterCombination", delete, both)
        )


class Scaling(WithCloud):
    def test_a_group_keeps_within_its_bounds_and_has_something_to_launch(self):
        ec2, scaling = self.client("ec2"), self.client("autoscaling")
        _vpc_id, (subnet_id,) = self.vpc("a")
        image_id = ec2.describe_images(Owners=["amazon"])["Images"][0]["ImageId"]
        data = {"ImageId": image_id, "InstanceType": "t3.micro"}
        ec2.create_launch_template(LaunchTemplateName="refused-scaling", LaunchTemplateData=data)
        source = {"LaunchTemplate": {"LaunchTemplateName": "refused-scaling"}}
        asked = {"AutoScalingGroupName": "refused", "MinSize": 1, "MaxSize": 1, "VPCZoneIdentifier": subnet_id}
        create, update, named = (
            scaling.create_auto_scaling_group, scaling.update_auto_scaling_group, {"AutoScalingGroupName": "refused"},
        )  # fmt: skip
        nobody_s = {"LaunchTemplate": {"LaunchTemplateId": "lt-0123456789abcdef0"}}
        self.each_refused(
            ("ValidationError", create, asked),
            ("ValidationError", create, {**asked, **nobody_s}),
            ("ValidationError", create, {**asked, **source, "DesiredCapacity": 2}),
            ("ValidationError", create, {**asked, **source, "MinSize": 2}),
            ("ValidationError", create, {**asked, **source, "HealthCheckType": "GUESS"}),
            ("ValidationError", update, {**named, "MinSize": 1}),
        )
        scaling.create_auto_scaling_group(**asked, **source)
        self.each_refused(
            ("AlreadyExists", create, {**asked, **source}),
            ("ValidationError", update, {**named, "DesiredCapacity": 5}),
            ("ResourceInUse", scaling.delete_auto_scaling_group, named),
            ("InvalidLaunchTemplateName.MalformedException", ec2.create_launch_template,
             {"LaunchTemplateName": "x", "LaunchTemplateData": data}),
        )  # fmt: skip

    def test_a_running_instance_is_not_rebuilt_and_a_launch_names_what_exists(self):
        ec2 = self.client("ec2")
        _vpc_id, (subnet_id,) = self.vpc("a")
        image_id = ec2.describe_images(Owners=["amazon"])["Images"][0]["ImageId"]
        asked = {"ImageId": image_id, "InstanceType": "t3.micro", "MinCount": 1, "MaxCount": 1, "SubnetId": subnet_id}
        instance_id = ec2.run_instances(**asked)["Instances"][0]["InstanceId"]
        kind = {"InstanceId": instance_id, "InstanceType": {"Value": "t3.large"}}
        profile = {"Name": "refused-nobody-s"}
        self.each_refused(
            ("IncorrectInstanceState", ec2.modify_instance_attribute, kind),
            ("InvalidAMIID.NotFound", ec2.run_instances, {**asked, "ImageId": "ami-0123456789abcdef0"}),
            ("InvalidKeyPair.NotFound", ec2.run_instances, {**asked, "KeyName": "nobody"}),
            ("InvalidParameterValue", ec2.run_instances, {**asked, "UserData": "x" * 20_000}),
            ("InvalidParameterValue", ec2.run_instances, {**asked, "IamInstanceProfile": profile}),
            ("InvalidParameterValue", ec2.run_instances, {**asked, "InstanceType": "z9.mega"}),
        )
        ec2.terminate_instances(InstanceIds=[instance_id])
        self.each_refused(("IncorrectInstanceState", ec2.start_instances, {"InstanceIds": [instance_id]}))

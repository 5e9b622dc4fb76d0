"""More than an account may have is refused in each service's own words."""

from tests.cloud import QUOTAS, WithCloud, trusting

# An account of its own: what others have does not count.
_ACCOUNT = "444444444444"


class Quotas(WithCloud):
    def client(self, service, **credentials):
        return super().client(service, **{"key": _ACCOUNT, **credentials})

    def limit(self, **quotas):
        """Set quotas until the end of the test."""
        self.cloud.set(quotas=quotas)
        before = {**_DEFAULTS, **QUOTAS}
        self.addCleanup(self.cloud.set, quotas={name: before[name] for name in quotas})

    def test_the_network_s_quotas(self):
        ec2 = self.client("ec2")
        vpc_id, (subnet_id,) = self.vpc("a")
        address = ec2.allocate_address(Domain="vpc")["AllocationId"]
        image_id = ec2.describe_images(Owners=["amazon"])["Images"][0]["ImageId"]
        launch = {"ImageId": image_id, "InstanceType": "t3.micro", "MinCount": 1, "MaxCount": 1, "SubnetId": subnet_id}
        group = {"GroupName": "g", "Description": "d", "VpcId": vpc_id}
        self.limit(
            vpcs=1, elastic_ips=1, on_demand_vcpus=1, subnets_per_vpc=1, nat_gateways_per_zone=0, security_groups=1,
            route_tables_per_vpc=1, network_acls_per_vpc=1,
        )  # fmt: skip
        self.each_refused(
            ("VpcLimitExceeded", ec2.create_vpc, {"CidrBlock": "10.0.0.0/16"}),
            ("InternetGatewayLimitExceeded", ec2.create_internet_gateway, {}),
            ("SubnetLimitExceeded", ec2.create_subnet, {"VpcId": vpc_id, "CidrBlock": "10.0.9.0/24"}),
            ("RouteTableLimitExceeded", ec2.create_route_table, {"VpcId": vpc_id}),
            ("NetworkAclLimitExceeded", ec2.create_network_acl, {"VpcId": vpc_id}),
            ("SecurityGroupLimitExceeded", ec2.create_security_group, group),
            ("AddressLimitExceeded", ec2.allocate_address, {"Domain": "vpc"}),
            ("NatGatewayLimitExceeded", ec2.create_nat_gateway, {"SubnetId": subnet_id, "AllocationId": address}),
            ("VcpuLimitExceeded", ec2.run_instances, launch),
        )

    def test_the_other_services_quotas(self):
        elb, rds, iam, kms, acm, s3, scaling, ec2 = (
            self.client(one) for one in ("elbv2", "rds", "iam", "kms", "acm", "s3", "autoscaling", "ec2")
        )
        vpc_id, subnets = self.vpc("ab")
        template = {"LaunchTemplateName": "quota", "LaunchTemplateData": {"InstanceType": "t3.micro"}}
        ec2.create_launch_template(**template)
        none = (
            "application_load_balancers", "target_groups", "db_instances", "roles", "instance_profiles",
            "customer_managed_policies", "kms_keys", "certificates", "buckets", "auto_scaling_groups",
        )  # fmt: skip
        self.limit(**dict.fromkeys(none, 0))
        database = {
            "DBInstanceIdentifier": "quota", "DBInstanceClass": "db.t4g.micro", "Engine": "postgres",
            "AllocatedStorage": 20, "MasterUsername": "keeper", "MasterUserPassword": "long-enough",
        }  # fmt: skip
        target = {"Name": "quota", "Protocol": "HTTP", "Port": 80, "VpcId": vpc_id}
        group = {
            "AutoScalingGroupName": "quota", "MinSize": 0, "MaxSize": 0, "VPCZoneIdentifier": subnets[0],
            "LaunchTemplate": {"LaunchTemplateName": "quota"},
        }  # fmt: skip
        role = {"RoleName": "quota", "AssumeRolePolicyDocument": trusting("ec2.amazonaws.com")}
        allow = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}'
        self.each_refused(
            ("TooManyLoadBalancers", elb.create_load_balancer, {"Name": "quota", "Subnets": subnets}),
            ("TooManyTargetGroups", elb.create_target_group, target),
            ("InstanceQuotaExceeded", rds.create_db_instance, database),
            ("LimitExceeded", iam.create_role, role),
            ("LimitExceeded", iam.create_instance_profile, {"InstanceProfileName": "quota"}),
            ("LimitExceeded", iam.create_policy, {"PolicyName": "quota", "PolicyDocument": allow}),
            ("LimitExceededException", kms.create_key, {}),
            ("LimitExceededException", acm.request_certificate, {"DomainName": "quota.example.com"}),
            ("LimitExceeded", scaling.create_auto_scaling_group, group),
            ("TooManyBuckets", s3.create_bucket, {"Bucket": "quota-bucket"}),
        )


_DEFAULTS = {
    "subnets_per_vpc": 200, "security_groups": 2500, "route_tables_per_vpc": 200, "network_acls_per_vpc": 200,
    "application_load_balancers": 50, "target_groups": 3000, "db_instances": 40, "roles": 1000,
    "instance_profiles": 1000, "customer_managed_policies": 1500, "kms_keys": 100000, "certificates": 2500,
    "buckets": 10000, "auto_scaling_groups": 500,
}  # fmt: skip

"""Things take their time, the same time in every run, and are refused until then."""

import json
import unittest
import urllib.request

from overlay.lag import draw
from overlay.lag.table import MEASURED
from tests import functions
from tests.certificates import self_signed
from tests.cloud import Cloud, WithCloud, policy, trusting


class Drawing(unittest.TestCase):
    def test_half_is_below_the_median_and_19_of_20_below_the_95th_percentile(self):
        for kind, (middle, high) in MEASURED.items():
            drawn = sorted(draw.drawn(seed, kind, "shop", 0) for seed in range(2000))
            self.assertTrue(0.9 * middle < drawn[1000] < 1.1 * middle, kind)
            self.assertTrue(0.85 * high < drawn[1900] < 1.15 * high, kind)

    def test_a_draw_depends_on_seed_kind_name_and_generation_and_on_nothing_else(self):
        first = draw.drawn(7, "nat gateway available", "network/nat", 0)
        self.assertEqual(first, draw.drawn(7, "nat gateway available", "network/nat", 0))
        others = {
            draw.drawn(8, "nat gateway available", "network/nat", 0),
            draw.drawn(7, "nat gateway deleted", "network/nat", 0),
            draw.drawn(7, "nat gateway available", "network/nat-b", 0),
            draw.drawn(7, "nat gateway available", "network/nat", 1),
        }
        self.assertEqual((len(others), first in others), (4, False))


class Lagging(WithCloud):
    """At AWS's own speed nothing that a test starts is ready before the clock is put ahead."""

    @classmethod
    def setUpClass(cls):
        cls.cloud = Cloud()
        cls.addClassCleanup(cls.cloud.stop)
        cls.ahead = 0

    def setUp(self):
        self.settings(speed=1, quotas={"vpcs": 50, "internet_gateways": 50})

    def tearDown(self):
        self.settings(speed=None)

    def settings(self, **chosen):
        body = json.dumps(chosen).encode()
        request = urllib.request.Request(f"{self.cloud.url}/_terrace/settings", data=body, method="PUT")
        urllib.request.urlopen(request, timeout=5).close()

    def later(self, seconds=5000):
        """Put the clock ahead: longer than all that was drawn, if not said otherwise."""
        type(self).ahead += seconds
        self.settings(ahead_seconds=self.ahead)

    def subnets(self):
        """Two subnets of a VPC with a way out."""
        _vpc_id, subnets = self.vpc()
        self.later(100)
        return subnets

    def test_a_nat_gateway_comes_and_goes_slowly_and_holds_its_address_to_the_end(self):
        ec2 = self.client("ec2")
        subnets = self.subnets()
        allocation = ec2.allocate_address(Domain="vpc")["AllocationId"]
        nat_id = ec2.create_nat_gateway(SubnetId=subnets[0], AllocationId=allocation)["NatGateway"]["NatGatewayId"]

        def state():
            return ec2.describe_nat_gateways(NatGatewayIds=[nat_id])["NatGateways"][0]["State"]

        self.assertEqual(state(), "pending")
        self.later()
        self.assertEqual(state(), "available")
        ec2.delete_nat_gateway(NatGatewayId=nat_id)
        self.assertEqual(state(), "deleting")
        self.refused("InvalidIPAddress.InUse", ec2.release_address, AllocationId=allocation)
        self.refused("DependencyViolation", ec2.delete_subnet, SubnetId=subnets[0])
        self.later()
        self.assertEqual(state(), "deleted")
        ec2.release_address(AllocationId=allocation)
        ec2.delete_subnet(SubnetId=subnets[0])

    def test_a_load_balancer_s_interfaces_outlive_it_and_its_last_logs_come_later(self):
        ec2, elb, s3 = self.client("ec2"), self.client("elbv2"), self.client("s3")
        subnets = self.subnets()
        balancer = elb.create_load_balancer(Name="slow", Subnets=subnets)["LoadBalancers"][0]["LoadBalancerArn"]
        s3.create_bucket(Bucket="slow-logs")
        delivery = {"Service": "logdelivery.elasticloadbalancing.amazonaws.com"}
        allowed = {"Effect": "Allow", "Principal": delivery, "Action": "s3:PutObject"}
        s3.put_bucket_policy(Bucket="slow-logs", Policy=policy({**allowed, "Resource": "arn:aws:s3:::slow-logs/*"}))
        logged = {"access_logs.s3.enabled": "true", "access_logs.s3.bucket": "slow-logs"}
        elb.modify_load_balancer_attributes(
            LoadBalancerArn=balancer, Attributes=[{"Key": key, "Value": value} for key, value in logged.items()]
        )
        shown = elb.describe_load_balancers(LoadBalancerArns=[balancer])["LoadBalancers"][0]
        self.assertEqual(shown["State"]["Code"], "provisioning")
        self.later()
        shown = elb.describe_load_balancers(LoadBalancerArns=[balancer])["LoadBalancers"][0]
        self.assertEqual(shown["State"]["Code"], "active")
        elb.delete_load_balancer(LoadBalancerArn=balancer)
        self.refused("LoadBalancerNotFound", elb.describe_load_balancers, LoadBalancerArns=[balancer])
        self.refused("DependencyViolation", ec2.delete_subnet, SubnetId=subnets[0])
        self.later()
        ec2.delete_subnet(SubnetId=subnets[0])
        self.refused("BucketNotEmpty", s3.delete_bucket, Bucket="slow-logs")

    def test_a_database_is_changed_only_when_it_is_available_and_its_group_is_held_until_it_is_gone(self):
        rds = self.client("rds")
        subnets = self.subnets()
        rds.create_db_subnet_group(DBSubnetGroupName="slow", DBSubnetGroupDescription="d", SubnetIds=subnets)
        made = rds.create_db_instance(
            DBInstanceIdentifier="slow", DBInstanceClass="db.t3.micro", Engine="postgres", MasterUsername="owner",
            ManageMasterUserPassword=True, AllocatedStorage=20, DBSubnetGroupName="slow",
        )["DBInstance"]  # fmt: skip
        self.assertEqual((made["DBInstanceStatus"], made.get("Endpoint")), ("creating", None))

        def status():
            return rds.describe_db_instances(DBInstanceIdentifier="slow")["DBInstances"][0]["DBInstanceStatus"]

        change = {"DBInstanceIdentifier": "slow", "BackupRetentionPeriod": 3}
        self.refused("InvalidDBInstanceState", rds.modify_db_instance, **change)
        self.later()
        rds.modify_db_instance(**change)
        self.assertEqual(status(), "modifying")
        self.refused("InvalidDBInstanceState", rds.modify_db_instance, **change)
        self.later()
        self.assertEqual(status(), "available")
        rds.delete_db_instance(DBInstanceIdentifier="slow", FinalDBSnapshotIdentifier="slow-last")
        self.assertEqual(status(), "deleting")
        again = {"DBInstanceIdentifier": "slow", "SkipFinalSnapshot": True}
        self.refused("InvalidDBInstanceState", rds.delete_db_instance, **again)
        self.refused("InvalidDBSubnetGroupStateFault", rds.delete_db_subnet_group, DBSubnetGroupName="slow")
        self.later()
        self.refused("DBInstanceNotFound", rds.describe_db_instances, DBInstanceIdentifier="slow")
        last = rds.describe_db_snapshots(DBSnapshotIdentifier="slow-last")["DBSnapshots"][0]
        self.assertEqual(last["Status"], "available")
        rds.delete_db_subnet_group(DBSubnetGroupName="slow")

    def test_an_instance_and_its_profile_take_their_time(self):
        ec2, iam = self.client("ec2"), self.client("iam")
        subnets = self.subnets()
        iam.create_role(RoleName="slow", AssumeRolePolicyDocument=trusting("ec2.amazonaws.com"))
        iam.create_instance_profile(InstanceProfileName="slow")
        iam.add_role_to_instance_profile(InstanceProfileName="slow", RoleName="slow")
        image = ec2.describe_images(Owners=["amazon"])["Images"][0]["ImageId"]
        asked = {
            "ImageId": image, "InstanceType": "t3.micro", "MinCount": 1, "MaxCount": 1, "SubnetId": subnets[0],
            "IamInstanceProfile": {"Name": "slow"},
        }  # fmt: skip
        self.refused("InvalidParameterValue", ec2.run_instances, **asked)
        self.later()
        instance = ec2.run_instances(**asked)["Instances"][0]["InstanceId"]

        def state():
            found = ec2.describe_instances(InstanceIds=[instance])
            return found["Reservations"][0]["Instances"][0]["State"]["Name"]

        allocation = ec2.allocate_address(Domain="vpc")["AllocationId"]
        self.assertEqual(state(), "pending")
        self.refused("InvalidInstanceID", ec2.associate_address, AllocationId=allocation, InstanceId=instance)
        self.later()
        self.assertEqual(state(), "running")
        ec2.terminate_instances(InstanceIds=[instance])
        self.assertEqual(state(), "shutting-down")
        self.refused("DependencyViolation", ec2.delete_subnet, SubnetId=subnets[0])
        self.later()
        self.assertEqual(state(), "terminated")
        ec2.delete_subnet(SubnetId=subnets[0])

    def test_a_new_web_acl_cannot_be_associated_at_once(self):
        elb, waf = self.client("elbv2"), self.client("wafv2")
        subnets = self.subnets()
        balancer = elb.create_load_balancer(Name="fresh", Subnets=subnets)["LoadBalancers"][0]["LoadBalancerArn"]
        seen = {"SampledRequestsEnabled": True, "CloudWatchMetricsEnabled": True, "MetricName": "m"}
        acl = waf.create_web_acl(Name="fresh", Scope="REGIONAL", DefaultAction={"Allow": {}}, VisibilityConfig=seen)
        asked = {"WebACLArn": acl["Summary"]["ARN"], "ResourceArn": balancer}
        self.refused("WAFUnavailableEntityException", waf.associate_web_acl, **asked)
        self.later()
        waf.associate_web_acl(**asked)

    def test_what_a_listener_and_an_association_used_is_released_later(self):
        elb, waf, acm = self.client("elbv2"), self.client("wafv2"), self.client("acm")
        balancer = elb.create_load_balancer(Name="held", Subnets=self.subnets())["LoadBalancers"][0]["LoadBalancerArn"]
        certificate, key = self_signed("held.example.org")
        arn = acm.import_certificate(Certificate=certificate, PrivateKey=key)["CertificateArn"]
        answer = {"StatusCode": "404", "ContentType": "text/plain"}
        listener = {
            "LoadBalancerArn": balancer, "Protocol": "HTTPS", "Port": 443, "Certificates": [{"CertificateArn": arn}],
            "DefaultActions": [{"Type": "fixed-response", "FixedResponseConfig": answer}],
        }  # fmt: skip
        self.refused("CertificateNotFound", elb.create_listener, **listener)
        self.later()
        made = elb.create_listener(**listener)["Listeners"][0]["ListenerArn"]
        seen = {"SampledRequestsEnabled": True, "CloudWatchMetricsEnabled": True, "MetricName": "m"}
        acl = waf.create_web_acl(Name="held", Scope="REGIONAL", DefaultAction={"Allow": {}}, VisibilityConfig=seen)
        self.later()
        waf.associate_web_acl(WebACLArn=acl["Summary"]["ARN"], ResourceArn=balancer)
        waf.disassociate_web_acl(ResourceArn=balancer)
        elb.delete_listener(ListenerArn=made)
        gone = {name: acl["Summary"][name] for name in ("Name", "Id", "LockToken")}
        self.refused("WAFAssociatedItemException", waf.delete_web_acl, Scope="REGIONAL", **gone)
        self.refused("ResourceInUseException", acm.delete_certificate, CertificateArn=arn)
        self.later()
        waf.delete_web_acl(Scope="REGIONAL", **gone)
        acm.delete_certificate(CertificateArn=arn)

    def test_a_function_is_refused_until_lambda_knows_its_role(self):
        self.client("iam").create_role(RoleName="late", AssumeRolePolicyDocument=trusting("lambda.amazonaws.com"))
        asked = {
            "FunctionName": "late", "Runtime": "provided.al2023", "Handler": "bootstrap",
            "Role": "arn:aws:iam::000000000000:role/late", "Code": {"ZipFile": functions.package("pass")},
        }  # fmt: skip
        self.refused("InvalidParameterValueException", self.client("lambda").create_function, **asked)
        self.later()
        self.client("lambda").create_function(**asked)

    def test_a_key_is_gone_when_its_window_has_passed_and_not_when_that_was_cancelled(self):
        kms = self.client("kms")
        doomed, saved = (kms.create_key()["KeyMetadata"]["KeyId"] for _ in range(2))
        for key in (doomed, saved):
            kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
        kms.cancel_key_deletion(KeyId=saved)
        self.assertEqual(kms.describe_key(KeyId=doomed)["KeyMetadata"]["KeyState"], "PendingDeletion")
        self.later(8 * 24 * 60 * 60)
        self.refused("NotFoundException", kms.describe_key, KeyId=doomed)
        self.assertEqual(kms.describe_key(KeyId=saved)["KeyMetadata"]["KeyState"], "Disabled")

    def test_a_role_is_no_principal_until_it_is_known(self):
        iam, kms = self.client("iam"), self.client("kms")
        arn = iam.create_role(RoleName="unheard", AssumeRolePolicyDocument=trusting("ec2.amazonaws.com"))["Role"]["Arn"]
        allowed = {"Effect": "Allow", "Principal": {"AWS": arn}, "Action": "kms:*", "Resource": "*"}
        self.refused("MalformedPolicyDocumentException", kms.create_key, Policy=policy(allowed))
        self.later()
        kms.create_key(Policy=policy(allowed))

    def test_a_group_s_members_come_into_service_one_after_another_and_it_goes_with_the_last(self):
        ec2, scaling = self.client("ec2"), self.client("autoscaling")
        subnets = self.subnets()
        image = ec2.describe_images(Owners=["amazon"])["Images"][0]["ImageId"]
        data = {"ImageId": image, "InstanceType": "t3.micro"}
        ec2.create_launch_template(LaunchTemplateName="slow-group", LaunchTemplateData=data)
        template = {"LaunchTemplateName": "slow-group", "Version": "$Latest"}
        scaling.create_auto_scaling_group(
            AutoScalingGroupName="slow", MinSize=2, MaxSize=3, LaunchTemplate=template,
            VPCZoneIdentifier=",".join(subnets),
        )  # fmt: skip

        def states():
            found = scaling.describe_auto_scaling_groups(AutoScalingGroupNames=["slow"])["AutoScalingGroups"]
            return [one["LifecycleState"] for group in found for one in group["Instances"]]

        self.assertEqual(states(), ["Pending", "Pending"])
        self.later()
        self.assertEqual(states(), ["InService", "InService"])
        scaling.start_instance_refresh(
            AutoScalingGroupName="slow", Preferences={"MinHealthyPercentage": 100, "MaxHealthyPercentage": 150}
        )

        def refresh():
            found = scaling.describe_instance_refreshes(AutoScalingGroupName="slow")
            return found["InstanceRefreshes"][0]["Status"]

        self.assertEqual((sorted(states()), refresh()), (["InService", "InService", "Pending"], "InProgress"))
        self.refused("InstanceRefreshInProgress", scaling.start_instance_refresh, AutoScalingGroupName="slow")
        for _ in range(4):
            self.assertGreaterEqual(states().count("InService"), 2)
            self.later()
        self.assertEqual((states(), refresh()), (["InService", "InService"], "Successful"))
        scaling.delete_auto_scaling_group(AutoScalingGroupName="slow", ForceDelete=True)
        self.assertEqual(states(), ["Terminating", "Terminating"])
        self.later()
        self.assertEqual(states(), [])

    def test_without_a_speed_what_is_made_is_pending_only_in_the_answer_that_makes_it(self):
        self.settings(speed=None)
        ec2, elb, subnets = self.client("ec2"), self.client("elbv2"), self.subnets()
        made = elb.create_load_balancer(Name="quick", Subnets=subnets)["LoadBalancers"][0]
        self.assertEqual(made["State"]["Code"], "provisioning")
        found = elb.describe_load_balancers(Names=["quick"])["LoadBalancers"][0]
        self.assertEqual(found["State"]["Code"], "active")
        elb.delete_load_balancer(LoadBalancerArn=made["LoadBalancerArn"])
        ec2.delete_subnet(SubnetId=subnets[0])

"""Load balancers, scaling groups and databases hang together with what they stand on."""

import json

from tests.cloud import WithCloud


class Tiers(WithCloud):
    def test_a_group_s_instances_exist_are_targets_and_are_replaced(self):
        ec2, scaling, elb = self.client("ec2"), self.client("autoscaling"), self.client("elbv2")
        vpc_id, subnets = self.vpc("ab")
        image_id = ec2.describe_images(Owners=["amazon"])["Images"][0]["ImageId"]
        ec2.create_launch_template(
            LaunchTemplateName="app", LaunchTemplateData={"ImageId": image_id, "InstanceType": "t3.micro"}
        )
        balancer = elb.create_load_balancer(Name="front", Subnets=subnets)["LoadBalancers"][0]["LoadBalancerArn"]
        group = elb.create_target_group(Name="app", Protocol="HTTP", Port=8080, VpcId=vpc_id)["TargetGroups"][0]
        forward = [{"Type": "forward", "TargetGroupArn": group["TargetGroupArn"]}]
        elb.create_listener(LoadBalancerArn=balancer, Protocol="HTTP", Port=80, DefaultActions=forward)
        scaling.create_auto_scaling_group(
            AutoScalingGroupName="app", MinSize=2, MaxSize=4, VPCZoneIdentifier=",".join(subnets),
            LaunchTemplate={"LaunchTemplateName": "app", "Version": "$Latest"},
            TargetGroupARNs=[group["TargetGroupArn"]], HealthCheckType="ELB",
            Tags=[{"Key": "stack", "Value": "s", "PropagateAtLaunch": True}],
        )  # fmt: skip
        before = self._healthy(group)
        tagged = ec2.describe_instances(Filters=[{"Name": "tag:stack", "Values": ["s"]}])["Reservations"]
        self.assertEqual({one["Instances"][0]["InstanceId"] for one in tagged}, before)
        self.assertEqual(len({one["Instances"][0]["SubnetId"] for one in tagged}), 2)
        ec2.terminate_instances(InstanceIds=[min(before)])
        after = self._healthy(group)
        self.assertEqual((len(after), min(before) in after), (2, False))
        scaling.suspend_processes(AutoScalingGroupName="app", ScalingProcesses=["Launch"])
        ec2.terminate_instances(InstanceIds=[max(before)])
        self.assertEqual(len(self._healthy(group)), 1)

    def _healthy(self, group) -> set:
        described = self.client("elbv2").describe_target_health(TargetGroupArn=group["TargetGroupArn"])
        return {
            one["Target"]["Id"]
            for one in described["TargetHealthDescriptions"]
            if one["TargetHealth"]["State"] == "healthy"
        }

    def test_a_database_keeps_its_switches_and_its_password_in_a_secret(self):
        rds = self.client("rds")
        _vpc_id, subnets = self.vpc("ab")
        rds.create_db_subnet_group(DBSubnetGroupName="db", DBSubnetGroupDescription="d", SubnetIds=subnets)
        rds.create_db_parameter_group(DBParameterGroupName="db", DBParameterGroupFamily="postgres16", Description="d")
        forced = [{"ParameterName": "rds.force_ssl", "ParameterValue": "1", "ApplyMethod": "pending-reboot"}]
        rds.modify_db_parameter_group(DBParameterGroupName="db", Parameters=forced)
        made = rds.create_db_instance(
            DBInstanceIdentifier="db", DBInstanceClass="db.t4g.micro", Engine="postgres", EngineVersion="16",
            AllocatedStorage=20, MasterUsername="keeper", ManageMasterUserPassword=True, MultiAZ=True,
            DBSubnetGroupName="db", DBParameterGroupName="db", DeletionProtection=True,
            EnableCloudwatchLogsExports=["postgresql", "upgrade"], Tags=[{"Key": "a", "Value": "b"}],
        )["DBInstance"]  # fmt: skip
        self.assertEqual(made["DBInstanceStatus"], "creating")
        (database,) = rds.describe_db_instances(DBInstanceIdentifier="db")["DBInstances"]
        self.assertEqual(database["EnabledCloudwatchLogsExports"], ["postgresql", "upgrade"])
        self.assertNotEqual(database["AvailabilityZone"], database["SecondaryAvailabilityZone"])
        secret = self.client("secretsmanager").get_secret_value(SecretId=database["MasterUserSecret"]["SecretArn"])
        self.assertEqual(json.loads(secret["SecretString"])["username"], "keeper")
        mine = rds.describe_db_parameters(DBParameterGroupName="db", Source="user")["Parameters"]
        self.assertEqual([one["ParameterName"] for one in mine], ["rds.force_ssl"])
        self.refused(
            "InvalidParameterCombination", rds.delete_db_instance, DBInstanceIdentifier="db", SkipFinalSnapshot=True
        )
        rds.modify_db_instance(DBInstanceIdentifier="db", DeletionProtection=False, AllocatedStorage=40)
        (database,) = rds.describe_db_instances(DBInstanceIdentifier="db")["DBInstances"]
        self.assertEqual(
            (database["AllocatedStorage"], database["PendingModifiedValues"]["AllocatedStorage"]), (20, 40)
        )
        rds.delete_db_instance(DBInstanceIdentifier="db", SkipFinalSnapshot=True)
        self.refused("DBInstanceNotFound", rds.describe_db_instances, DBInstanceIdentifier="db")

    def test_a_web_acl_s_logging_is_read_back_and_its_association_keeps_it(self):
        waf, elb = self.client("wafv2"), self.client("elbv2")
        _vpc_id, subnets = self.vpc("ab")
        balancer = elb.create_load_balancer(Name="walled", Subnets=subnets)["LoadBalancers"][0]["LoadBalancerArn"]
        seen = {"SampledRequestsEnabled": True, "CloudWatchMetricsEnabled": True, "MetricName": "m"}
        acl = waf.create_web_acl(Name="w", Scope="REGIONAL", DefaultAction={"Allow": {}}, VisibilityConfig=seen)[
            "Summary"
        ]
        destination = "arn:aws:logs:us-east-1:000000000000:log-group:aws-waf-logs-w"
        logging = {"ResourceArn": acl["ARN"], "LogDestinationConfigs": [destination]}
        waf.put_logging_configuration(LoggingConfiguration=logging)
        kept = waf.get_logging_configuration(ResourceArn=acl["ARN"])["LoggingConfiguration"]
        self.assertEqual(kept["LogDestinationConfigs"], [destination])
        waf.associate_web_acl(WebACLArn=acl["ARN"], ResourceArn=balancer)
        self.assertEqual(waf.get_web_acl_for_resource(ResourceArn=balancer)["WebACL"]["ARN"], acl["ARN"])
        named = {"Name": "w", "Scope": "REGIONAL", "Id": acl["Id"], "LockToken": acl["LockToken"]}
        self.refused("WAFAssociatedItemException", waf.delete_web_acl, **named)
        waf.disassociate_web_acl(ResourceArn=balancer)
        waf.delete_web_acl(**named)

"""Every changing call reaches the default bus in CloudTrail's shape."""

import json

from tests.cloud import WithCloud, eventually, trusting


class Events(WithCloud):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        events, cls.sqs = cls.cloud.client("events"), cls.cloud.client("sqs")
        cls.queue = cls.sqs.create_queue(QueueName="told")["QueueUrl"]
        events.put_rule(Name="all", EventPattern=json.dumps({"source": [{"prefix": "aws."}]}))
        events.put_targets(Rule="all", Targets=[{"Id": "q", "Arn": "arn:aws:sqs:us-east-1:000000000000:told"}])
        cls.seen = []

    def told(self, **wanted):
        """The event whose detail has these values, once it is there."""

        def found():
            received = self.sqs.receive_message(QueueUrl=self.queue, MaxNumberOfMessages=10).get("Messages", [])
            self.seen.extend(json.loads(one["Body"]) for one in received)
            return [one for one in self.seen if all(one["detail"].get(k) == v for k, v in wanted.items())]

        return eventually(found)[-1]

    def test_a_rule_that_opens_a_group_is_told_with_its_source_and_its_id(self):
        ec2 = self.client("ec2")
        vpc_id, _subnets = self.vpc("")
        group_id = ec2.create_security_group(GroupName="g", Description="d", VpcId=vpc_id)["GroupId"]
        permission = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
        ec2.authorize_security_group_ingress(GroupId=group_id, IpPermissions=[permission])
        event = self.told(eventName="AuthorizeSecurityGroupIngress")
        detail = event["detail"]
        self.assertEqual((event["source"], event["detail-type"]), ("aws.ec2", "AWS API Call via CloudTrail"))
        self.assertEqual(
            detail["requestParameters"],
            {
                "groupId": group_id,
                "ipPermissions": {
                    "items": [
                        {
                            "ipProtocol": "tcp", "fromPort": 22, "toPort": 22, "groups": {},
                            "ipRanges": {"items": [{"cidrIp": "0.0.0.0/0"}]}, "ipv6Ranges": {}, "prefixListIds": {},
                        }
                    ]
                },
            },
        )  # fmt: skip
        rule = detail["responseElements"]["securityGroupRuleSet"]["items"][0]
        self.assertTrue(rule["securityGroupRuleId"].startswith("sgr-"))
        self.assertEqual((detail["readOnly"], detail["userIdentity"]["type"]), (False, "Root"))

    def test_a_refused_call_is_told_with_its_error_and_a_reading_one_not_at_all(self):
        ec2 = self.client("ec2")
        ec2.describe_vpcs()
        self.refused("InvalidVpcID.NotFound", ec2.delete_vpc, VpcId="vpc-00000000000000000")
        detail = self.told(eventName="DeleteVpc")["detail"]
        self.assertEqual(detail["errorCode"], "Client.InvalidVpcID.NotFound")
        self.assertIsNone(detail["responseElements"])
        self.assertNotIn("DescribeVpcs", [one["detail"].get("eventName") for one in self.seen])

    def test_a_newer_operation_is_told_in_the_wrapped_dialect(self):
        ec2 = self.client("ec2")
        vpc_id, _subnets = self.vpc("")
        self.client("s3").create_bucket(Bucket="flow-logs-here")
        ec2.create_flow_logs(
            ResourceIds=[vpc_id], ResourceType="VPC", TrafficType="ALL",
            LogDestinationType="s3", LogDestination="arn:aws:s3:::flow-logs-here",
        )  # fmt: skip
        parameters = self.told(eventName="CreateFlowLogs")["detail"]["requestParameters"]
        self.assertEqual(parameters["CreateFlowLogsRequest"]["ResourceId"], {"tag": 1, "content": vpc_id})

    def test_names_differ_from_the_sdk_where_cloudtrail_has_its_own(self):
        s3 = self.client("s3")
        s3.create_bucket(Bucket="named-by-trail")
        s3.put_public_access_block(Bucket="named-by-trail", PublicAccessBlockConfiguration={"BlockPublicAcls": True})
        detail = self.told(eventName="PutBucketPublicAccessBlock")["detail"]
        self.assertEqual(detail["requestParameters"]["bucketName"], "named-by-trail")

    def test_a_role_s_call_names_the_role_with_its_path(self):
        iam, sts = self.client("iam"), self.client("sts")
        arn = iam.create_role(
            RoleName="actor", Path="/terrace/", AssumeRolePolicyDocument=trusting("ec2.amazonaws.com")
        )
        arn = arn["Role"]["Arn"]
        keys = sts.assume_role(RoleArn=arn, RoleSessionName="one")["Credentials"]
        acting = self.client("kms", key=keys["AccessKeyId"], secret=keys["SecretAccessKey"], token=keys["SessionToken"])
        acting.create_key()
        who = self.told(eventName="CreateKey")["detail"]["userIdentity"]
        self.assertEqual(who["type"], "AssumedRole")
        self.assertEqual(who["arn"], "arn:aws:sts::000000000000:assumed-role/actor/one")
        self.assertEqual(who["sessionContext"]["sessionIssuer"]["arn"], arn)

    def test_an_alarm_s_transition_is_told_with_both_states(self):
        cloudwatch = self.client("cloudwatch")
        cloudwatch.put_metric_alarm(
            AlarmName="hot", Namespace="N", MetricName="M", Statistic="Sum", Period=60, EvaluationPeriods=1,
            Threshold=1, ComparisonOperator="GreaterThanThreshold", Dimensions=[{"Name": "D", "Value": "v"}],
        )  # fmt: skip
        cloudwatch.set_alarm_state(AlarmName="hot", StateValue="ALARM", StateReason="why")
        event = self.told(alarmName="hot")
        detail = event["detail"]
        self.assertEqual(event["detail-type"], "CloudWatch Alarm State Change")
        self.assertEqual((detail["previousState"]["value"], detail["state"]["value"]), ("INSUFFICIENT_DATA", "ALARM"))
        metric = detail["configuration"]["metrics"][0]["metricStat"]["metric"]
        self.assertEqual(metric, {"namespace": "N", "name": "M", "dimensions": {"D": "v"}})

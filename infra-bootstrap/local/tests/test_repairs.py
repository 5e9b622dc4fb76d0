"""The smaller repairs, a service each."""

from tests.cloud import WithCloud, policy, trusting


class Repairs(WithCloud):
    def test_iam_lists_by_path_without_tags_and_its_details_have_the_boundary(self):
        iam = self.client("iam")
        allowed = policy({"Effect": "Allow", "Action": "*", "Resource": "*"})
        boundary = iam.create_policy(PolicyName="edge", Path="/s/", PolicyDocument=allowed)["Policy"]["Arn"]
        iam.create_role(
            RoleName="inside", Path="/s/", AssumeRolePolicyDocument=trusting("ec2.amazonaws.com"),
            PermissionsBoundary=boundary, Tags=[{"Key": "a", "Value": "b"}],
        )  # fmt: skip
        (listed,) = iam.list_roles(PathPrefix="/s/")["Roles"]
        self.assertNotIn("Tags", listed)
        details = iam.get_account_authorization_details(Filter=["Role"])["RoleDetailList"]
        (role,) = [one for one in details if one["RoleName"] == "inside"]
        self.assertEqual(role["PermissionsBoundary"]["PermissionsBoundaryArn"], boundary)
        missing = "arn:aws:iam::000000000000:policy/none"
        self.refused("NoSuchEntity", iam.attach_role_policy, RoleName="inside", PolicyArn=missing)

    def test_an_alarm_keeps_its_math_and_looks_at_its_own_dimensions(self):
        cloudwatch = self.client("cloudwatch")
        stat = {"Metric": {"Namespace": "N", "MetricName": "M"}, "Period": 60, "Stat": "Sum"}
        queries = [
            {"Id": "e", "Expression": "m*2", "ReturnData": True},
            {"Id": "m", "MetricStat": stat, "ReturnData": False},
        ]
        rule = {"EvaluationPeriods": 1, "Threshold": 1.0, "ComparisonOperator": "GreaterThanThreshold"}
        cloudwatch.put_metric_alarm(AlarmName="math", Metrics=queries, **rule)
        one = {"Namespace": "N", "MetricName": "Load", "Statistic": "Maximum", "Period": 60, **rule}
        for host in ("a", "b"):
            cloudwatch.put_metric_alarm(AlarmName=f"load-{host}", Dimensions=[{"Name": "Host", "Value": host}], **one)
        data = {"MetricName": "Load", "Value": 5, "Dimensions": [{"Name": "Host", "Value": "a"}]}
        cloudwatch.put_metric_data(Namespace="N", MetricData=[data])
        cloudwatch.put_metric_data(Namespace="N", MetricData=[data])
        alarms = {one["AlarmName"]: one for one in cloudwatch.describe_alarms()["MetricAlarms"]}
        self.assertEqual(alarms["math"]["Metrics"], queries)
        self.assertNotIn("Period", alarms["math"])
        states = (alarms["load-a"]["StateValue"], alarms["load-b"]["StateValue"])
        self.assertEqual(states, ("ALARM", "INSUFFICIENT_DATA"))

    def test_an_e_mail_address_is_subscribed_only_when_it_has_confirmed(self):
        sns = self.client("sns")
        topic = sns.create_topic(Name="t")["TopicArn"]
        answer = sns.subscribe(TopicArn=topic, Protocol="email", Endpoint="who@example.com")
        self.assertEqual(answer["SubscriptionArn"], "pending confirmation")
        (listed,) = sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
        self.assertEqual(listed["SubscriptionArn"], "PendingConfirmation")

    def test_a_certificate_is_issued_when_its_record_stands(self):
        acm, route53 = self.client("acm"), self.client("route53")
        arn = acm.request_certificate(DomainName="app.example.org", ValidationMethod="DNS")["CertificateArn"]
        waiting = acm.describe_certificate(CertificateArn=arn)["Certificate"]
        self.assertEqual(waiting["Status"], "PENDING_VALIDATION")
        record = waiting["DomainValidationOptions"][0]["ResourceRecord"]
        zone = route53.create_hosted_zone(Name="example.org", CallerReference="1")["HostedZone"]["Id"]
        made = {"Name": record["Name"], "Type": "CNAME", "TTL": 60, "ResourceRecords": [{"Value": record["Value"]}]}
        change = {"Changes": [{"Action": "UPSERT", "ResourceRecordSet": made}]}
        route53.change_resource_record_sets(HostedZoneId=zone, ChangeBatch=change)
        self.assertEqual(acm.describe_certificate(CertificateArn=arn)["Certificate"]["Status"], "ISSUED")

    def test_a_new_bucket_blocks_public_access(self):
        s3 = self.client("s3")
        s3.create_bucket(Bucket="closed-from-birth")
        block = s3.get_public_access_block(Bucket="closed-from-birth")["PublicAccessBlockConfiguration"]
        self.assertEqual(set(block.values()), {True})

    def test_a_trail_wants_a_bucket_that_admits_it_and_shows_its_topic_and_its_logs(self):
        s3, cloudtrail = self.client("s3"), self.client("cloudtrail")
        self.refused("S3BucketDoesNotExistException", cloudtrail.create_trail, Name="t-1", S3BucketName="no-such-trail")
        s3.create_bucket(Bucket="trail-bucket")
        wish = {"Name": "t-1", "S3BucketName": "trail-bucket"}
        self.refused("InsufficientS3BucketPolicyException", cloudtrail.create_trail, **wish)
        write = {
            "Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"},
            "Action": "s3:PutObject", "Resource": "arn:aws:s3:::trail-bucket/*",
        }  # fmt: skip
        s3.put_bucket_policy(Bucket="trail-bucket", Policy=policy(write))
        group = "arn:aws:logs:us-east-1:000000000000:log-group:t:*"
        half = {**wish, "CloudWatchLogsLogGroupArn": group}
        self.refused("InvalidCloudWatchLogsRoleArnException", cloudtrail.create_trail, **half)
        self.client("logs").create_log_group(logGroupName="t")
        trust = trusting("cloudtrail.amazonaws.com")
        role = self.client("iam").create_role(RoleName="trail-logs", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
        logs = {"CloudWatchLogsLogGroupArn": group, "CloudWatchLogsRoleArn": role}
        cloudtrail.create_trail(**wish, **logs)
        topic = "arn:aws:sns:us-east-1:000000000000:told"
        cloudtrail.update_trail(Name="t-1", SnsTopicName=topic)
        trail = cloudtrail.get_trail(Name="t-1")["Trail"]
        shown = {name: trail[name] for name in (*logs, "SnsTopicARN", "SnsTopicName")}
        self.assertEqual(shown, {**logs, "SnsTopicARN": topic, "SnsTopicName": "told"})
        cloudtrail.update_trail(Name="t-1", SnsTopicName="")
        self.assertNotIn("SnsTopicARN", cloudtrail.get_trail(Name="t-1")["Trail"])

"""The control surface: settings, what was drawn, the journal of changing calls, moments, and databases."""

from tests import functions
from tests.control import Controlled


class Settings(Controlled):
    def test_what_is_set_is_shown_and_what_is_wrong_is_refused_all_at_once(self):
        self.assertEqual(self.ask("PUT", "settings", {"seed": 7, "quotas": {"vpcs": 9}})[0], 200)
        shown = self.ask("GET", "settings")[1]
        self.assertEqual((shown["seed"], shown["quotas"]["vpcs"], shown["speed"]), (7, 9, None))
        wrong = {"seed": 1, "speed": 0, "colour": "red", "quotas": {"vpcs": -1, "moons": 2}}
        status, answer = self.ask("PUT", "settings", wrong)
        self.assertEqual((status, len(answer["problems"])), (400, 4), answer)
        self.assertEqual(self.ask("GET", "settings")[1]["seed"], 7)

    def test_service_quotas_answers_what_is_set(self):
        self.ask("PUT", "settings", {"quotas": {"elastic_ips": 8}})
        quotas = self.client("service-quotas")
        asked = {"ServiceCode": "ec2", "QuotaCode": "L-0263D0A3"}
        self.assertEqual(quotas.get_service_quota(**asked)["Quota"]["Value"], 8)
        self.assertEqual(quotas.get_aws_default_service_quota(**asked)["Quota"]["Value"], 5)
        listed = quotas.list_service_quotas(ServiceCode="vpc")["Quotas"]
        self.assertIn("L-F678F1CE", [one["QuotaCode"] for one in listed])
        self.refused("NoSuchResourceException", quotas.get_service_quota, ServiceCode="vpc", QuotaCode="L-NONE")


class Drawn(Controlled):
    def test_it_tells_what_was_drawn_and_takes_durations_that_are_not_to_be(self):
        wrong = self.ask("PUT", "settings", {"durations": {"moon landed": 3}})
        self.assertEqual(wrong[0], 400, wrong)
        self.ask("PUT", "settings", {"speed": 1000, "durations": {"vpc available": 5}})
        self.addCleanup(self.ask, "PUT", "settings", {"speed": None, "durations": {}})
        self.new_vpc()
        told = self.ask("GET", "lag")[1]["drawn"]
        self.assertIn(("vpc available", 5), [(one["kind"], one["seconds"]) for one in told])


class Journal(Controlled):
    def calls(self, since=0):
        return self.ask("GET", f"calls?since={since}")[1]["calls"]

    def last(self):
        return max((one["number"] for one in self.calls()), default=0)

    def test_changing_calls_are_told_by_address_with_how_they_ended_and_looks_are_not(self):
        ec2, start = self.client("ec2"), self.last()
        tags = [{"Key": "terrace:address", "Value": "network/vpc"}, {"Key": "terrace:stack", "Value": "shop"}]
        made = ec2.create_vpc(
            CidrBlock="10.8.0.0/16", TagSpecifications=[{"ResourceType": "vpc", "Tags": tags}]
        )["Vpc"]["VpcId"]  # fmt: skip
        ec2.describe_vpcs()
        ec2.delete_vpc(VpcId=made)
        self.refused("InvalidVpcID.NotFound", ec2.delete_vpc, VpcId=made)
        names = ("action", "resource", "stack", "outcome", "caller")
        told = [tuple(one[name] for name in names) for one in self.calls(start)]
        self.assertEqual(told[0], ("CreateVpc", "network/vpc", "shop", "ok", "root"))
        self.assertEqual(told[1], ("DeleteVpc", "network/vpc", "shop", "ok", "root"))
        self.assertEqual(told[2], ("DeleteVpc", "vpc", None, "InvalidVpcID.NotFound", "root"))
        self.assertEqual(len(told), 3)

    def test_every_protocol_is_told(self):
        start = self.last()
        self.client("s3").create_bucket(Bucket="journalled")
        self.client("s3").put_object(Bucket="journalled", Key="k", Body=b"x")
        self.client("s3").get_object(Bucket="journalled", Key="k")
        self.client("logs").create_log_group(logGroupName="/journalled")
        self.client("iam").create_user(UserName="journalled")
        self.client("cloudwatch").delete_alarms(AlarmNames=["journalled"])
        self.client("kms").create_key(Tags=[{"TagKey": "terrace:address", "TagValue": "keys/data"}])
        self.client("sns").create_topic(Name="journalled")
        told = [(one["service"], one["action"], one["resource"]) for one in self.calls(start)]
        expected = [
            ("s3", "CreateBucket", "journalled"), ("s3", "PutObject", "journalled/k"),
            ("logs", "CreateLogGroup", "/journalled"), ("iam", "CreateUser", "journalled"),
            ("monitoring", "DeleteAlarms", "journalled"), ("kms", "CreateKey", "keys/data"),
            ("sns", "CreateTopic", "journalled"),
        ]  # fmt: skip
        self.assertEqual(told, expected)

    def test_it_can_be_emptied_and_numbers_go_on(self):
        self.new_vpc()
        before = self.last()
        self.ask("DELETE", "calls")
        self.assertEqual(self.calls(), [])
        self.new_vpc()
        self.assertEqual([one["number"] for one in self.calls()], [before + 1])


class Moments(Controlled):
    def test_the_cloud_goes_back_to_the_moment_that_was_kept_as_often_as_one_likes(self):
        buckets, parameters = self.client("s3"), self.client("ssm")
        buckets.create_bucket(Bucket="kept")
        buckets.put_object(Bucket="kept", Key="one", Body=b"before")
        vpcs, account = self.vpcs(), self.ask("GET", "state/account")[1]
        self.assertEqual(self.ask("POST", "state/save")[0], 200)
        for _ in range(2):
            self.new_vpc()
            parameters.put_parameter(Name="late", Value="x", Type="String")
            buckets.put_object(Bucket="kept", Key="one", Body=b"and after")
            buckets.put_object(Bucket="kept", Key="two", Body=b"new")
            self.assertNotEqual(self.ask("GET", "state/account")[1], account)
            self.assertEqual(self.ask("POST", "state/restore")[0], 200)
            self.assertEqual(self.vpcs(), vpcs)
            self.assertEqual(parameters.describe_parameters()["Parameters"], [])
            self.assertEqual(buckets.get_object(Bucket="kept", Key="one")["Body"].read(), b"before")
            self.assertEqual(buckets.list_objects_v2(Bucket="kept")["KeyCount"], 1)
            self.assertEqual(self.ask("GET", "state/account")[1], account)

    def test_going_back_keeps_what_acts_and_lets_go_of_what_was_on_its_way(self):
        sqs, rules = self.client("sqs"), self.client("events")
        queue = sqs.create_queue(QueueName="mail")["QueueUrl"]
        functions.create(self.cloud, "actor", functions.CALLING)
        rules.put_rule(Name="bell", EventPattern='{"source": ["door"]}')
        self.assertEqual(self.ask("POST", "state/save")[0], 200)
        before = self.ask("GET", "state/acting")[1]
        self.assertIn("bell", str(before["eventbridge._rules"]))
        self.client("lambda").invoke(FunctionName="actor")
        sqs.send_message(QueueUrl=queue, MessageBody="late")
        during = self.ask("GET", "state/acting")[1]
        self.assertEqual((during.pop("messages")["mail"], before["messages"]["mail"]), (1, 0))
        self.assertEqual(during, {name: value for name, value in before.items() if name != "messages"})
        self.assertEqual(self.ask("POST", "state/restore")[0], 200)
        self.assertEqual(self.ask("GET", "state/acting")[1], before)
        self.assertNotIn("Messages", sqs.receive_message(QueueUrl=queue))
        rules.put_rule(Name="bell", EventPattern='{"source": ["window"]}')
        self.assertNotEqual(self.ask("GET", "state/acting")[1], before)

    def test_the_account_is_told_by_address_and_untagged_things_count(self):
        made = self.new_vpc()["Vpc"]["VpcId"]
        tag = {"Key": "terrace:address", "Value": "network/vpc"}
        self.client("ec2").create_tags(Resources=[made], Tags=[tag])
        before = self.ask("GET", "state/account")[1]["ec2._vpcs"]
        self.assertEqual(before["network/vpc"], 1)
        self.new_vpc()
        after = self.ask("GET", "state/account")[1]["ec2._vpcs"]
        self.assertEqual(sum(after.values()), sum(before.values()) + 1)

    def test_what_is_at_work_is_told_and_unknown_ways_are_refused(self):
        self.assertEqual(self.ask("GET", "state")[1], {"functions": 0, "executions": 0})
        self.assertEqual(self.ask("POST", "state/burn")[0], 404)
        self.assertEqual(self.ask("GET", "state/burn")[0], 404)


class Databases(Controlled):
    def test_a_database_gets_into_states_that_no_call_brings_about_and_out_again(self):
        rds = self.client("rds")
        rds.create_db_instance(
            DBInstanceIdentifier="worn", Engine="postgres", DBInstanceClass="db.t4g.micro", AllocatedStorage=20,
            MasterUsername="root_user", ManageMasterUserPassword=True,
        )  # fmt: skip
        for status in ("failed", "incompatible-parameters", "available"):
            self.assertEqual(self.ask("PUT", "databases/worn", {"status": status})[0], 200)
            found = rds.describe_db_instances(DBInstanceIdentifier="worn")["DBInstances"][0]
            self.assertEqual(found["DBInstanceStatus"], status)
        self.assertEqual(self.ask("PUT", "databases/worn", {"status": "sunk"})[0], 400)
        self.assertEqual(self.ask("PUT", "databases/another", {"status": "failed"})[0], 404)

"""Every kind of fault, one by one and drawn."""

import time

import botocore.exceptions

from tests import functions
from tests.cloud import trusting
from tests.control import Controlled


class Faults(Controlled):
    def test_an_error_before_leaves_no_effect_and_one_after_leaves_it(self):
        before = self.vpcs()
        number = self.fault(service="ec2", action="CreateVpc", how="error", count=1, code="Odd", status=400)
        self.refused("Odd", self.new_vpc)
        self.assertEqual(self.vpcs(), before)
        self.assertEqual(self.fired(number)["fired"], 1)
        self.fault(service="ec2", action="CreateVpc", how="error", when="after", count=1)
        self.refused("InternalError", self.new_vpc)
        self.assertEqual(len(self.vpcs() - before), 1)
        self.new_vpc()

    def test_a_cut_call_gets_no_answer_and_has_had_its_effect_or_not(self):
        for when, made in (("before", 0), ("after", 1)):
            before = self.vpcs()
            self.fault(service="ec2", action="CreateVpc", how="cut", when=when, count=1)
            with self.assertRaises(botocore.exceptions.ConnectionClosedError, msg=when):
                self.new_vpc()
            self.assertEqual(len(self.vpcs() - before), made, when)

    def test_throttling_speaks_each_service_s_own_words(self):
        self.fault(service="*", action="*", how="throttle")
        for service, code, operation, request in (
            ("ec2", "RequestLimitExceeded", "create_vpc", {"CidrBlock": "10.0.0.0/16"}),
            ("s3", "SlowDown", "create_bucket", {"Bucket": "throttled"}),
            ("iam", "Throttling", "create_user", {"UserName": "throttled"}),
            ("kms", "ThrottlingException", "create_key", {}),
            ("cloudwatch", "Throttling", "delete_alarms", {"AlarmNames": ["throttled"]}),
            ("sns", "Throttled", "create_topic", {"Name": "throttled"}),
            ("events", "ThrottlingException", "put_rule", {"Name": "throttled", "EventPattern": "{}"}),
        ):
            self.refused(code, getattr(self.client(service), operation), **request)
        self.client("ec2").describe_vpcs()

    def test_a_function_dies_in_the_middle_of_its_call(self):
        for when, made in (("before", 0), ("after", 1)):
            functions.create(self.cloud, f"caller-{when}", functions.CALLING)
            before = self.vpcs()
            number = self.fault(
                service="ec2", action="CreateVpc", how="kill", when=when, count=1, caller=f"caller-{when}"
            )
            self.new_vpc()
            answer = self.client("lambda").invoke(FunctionName=f"caller-{when}")
            self.assertEqual(answer.get("FunctionError"), "Unhandled", answer)
            self.assertEqual((len(self.vpcs() - before), self.fired(number)["fired"]), (1 + made, 1), when)
            self.assertNotIn("FunctionError", self.client("lambda").invoke(FunctionName=f"caller-{when}"))

    def test_what_a_call_makes_can_stay_unseen_for_some_looks(self):
        self.fault(service="ec2", action="CreateVpc", how="hide", times=2, count=1)
        ec2 = self.client("ec2")
        made = self.new_vpc()["Vpc"]["VpcId"]
        self.refused("InvalidVpcID.NotFound", ec2.create_subnet, VpcId=made, CidrBlock="10.9.0.0/24")
        self.assertNotIn(made, self.vpcs())
        self.assertIn(made, self.vpcs())
        self.ask("PUT", "settings", {"hidden_reads": 1})
        self.addCleanup(self.ask, "PUT", "settings", {"hidden_reads": 0})
        self.client("iam").create_role(RoleName="unseen", AssumeRolePolicyDocument=trusting("ec2.amazonaws.com"))
        self.refused("NoSuchEntity", self.client("iam").get_role, RoleName="unseen")
        self.client("iam").get_role(RoleName="unseen")

    def test_only_the_chosen_calls_are_hit(self):
        iam = self.client("iam")
        number = self.fault(service="iam", action="CreateUser", how="error", resource="anna", skip=1, count=1)
        iam.create_user(UserName="bert")
        iam.create_user(UserName="anna-1")
        self.refused("InternalError", iam.create_user, UserName="anna-2")
        iam.create_user(UserName="anna-3")
        shown = self.fired(number)
        self.assertEqual((shown["matched"], shown["calls"]), (2, ["iam:CreateUser anna-2"]))

    def test_a_rate_is_drawn_by_the_seed(self):
        def hits():
            self.fault(service="iam", action="GetUser", how="error", reads=True, rate=0.5, code="Drawn", status=400)
            found = ""
            for _ in range(16):
                try:
                    self.client("iam").get_user(UserName="nobody")
                except botocore.exceptions.ClientError as refusal:
                    found += "x" if refusal.response["Error"]["Code"] == "Drawn" else "."
            self.ask("DELETE", "faults")
            return found

        self.ask("PUT", "settings", {"seed": 3})
        drawn = hits()
        self.assertTrue("x" in drawn and "." in drawn, drawn)
        self.assertEqual(hits(), drawn)

    def test_a_delay_holds_the_call_and_then_lets_it_through(self):
        self.fault(service="ec2", action="DescribeVpcs", how="delay", reads=True, seconds=0.3, count=1)
        started = time.monotonic()
        self.vpcs()
        self.assertGreaterEqual(time.monotonic() - started, 0.3)

    def test_what_is_wrong_with_a_fault_is_said_all_at_once(self):
        status, answer = self.ask("POST", "faults", {"service": "ec2", "how": "explode", "often": 1, "count": 0})
        self.assertEqual((status, len(answer["problems"])), (400, 4), answer)
        for wrong in (
            {"service": "ec2", "action": "CreateMoon", "how": "cut"},
            {"service": "moon", "action": "*", "how": "cut"},
            {"service": "ec2", "action": "DescribeVpcs", "how": "cut"},
            {"service": "ec2", "action": "CreateVpc", "how": "throttle", "when": "after"},
        ):
            self.assertEqual(self.ask("POST", "faults", wrong)[0], 400, wrong)
        self.assertEqual(self.ask("GET", "faults")[1]["faults"], [])

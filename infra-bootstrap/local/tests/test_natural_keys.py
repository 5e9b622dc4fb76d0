"""Asking twice for the same thing: the same thing again, or the code that says it is there."""

import io
import json
import zipfile

from tests.cloud import WithCloud, policy, trusting


class NaturalKeys(WithCloud):
    def assert_same(self, *cases):
        """Every case is (the call, its request, where its answer names what was made)."""
        for call, request, path in cases:
            with self.subTest(request=request):
                first, second = (self._at(call(**request), path) for _ in range(2))
                self.assertEqual(first, second)

    def _at(self, answer, path):
        for step in path:
            answer = answer[step]
        return answer

    def assert_taken(self, *cases):
        """Every case is (the code for a second one, the call, its request)."""
        for code, call, request in cases:
            with self.subTest(code=code):
                call(**request)
                self.refused(code, call, **request)

    def test_what_is_the_same_again_is_no_second_one(self):
        elb, sns, iam = self.client("elbv2"), self.client("sns"), self.client("iam")
        vpc_id, subnets = self.vpc("ab")
        role = iam.create_role(RoleName="natural", AssumeRolePolicyDocument=trusting("states.amazonaws.com"))["Role"]
        group = {"Name": "natural", "Protocol": "HTTP", "Port": 80, "VpcId": vpc_id}
        balancer = {"Name": "natural", "Subnets": subnets}
        self.assert_same(
            (elb.create_load_balancer, balancer, ("LoadBalancers", 0, "LoadBalancerArn")),
            (elb.create_target_group, group, ("TargetGroups", 0, "TargetGroupArn")),
            (sns.create_topic, {"Name": "natural"}, ("TopicArn",)),
        )
        arn = elb.create_load_balancer(**balancer)["LoadBalancers"][0]["LoadBalancerArn"]
        target = elb.create_target_group(**group)["TargetGroups"][0]["TargetGroupArn"]
        forward = [{"Type": "forward", "TargetGroupArn": target}]
        listener = {"LoadBalancerArn": arn, "Protocol": "HTTP", "Port": 80, "DefaultActions": forward}
        machine = {"StartAt": "End", "States": {"End": {"Type": "Pass", "End": True}}}
        topic = sns.create_topic(Name="natural")["TopicArn"]
        subscription = {
            "TopicArn": topic, "Protocol": "sqs", "Endpoint": "arn:aws:sqs:us-east-1:000000000000:natural",
            "ReturnSubscriptionArn": True,
        }  # fmt: skip
        certificate = {"DomainName": "natural.example.com", "ValidationMethod": "DNS", "IdempotencyToken": "natural"}
        definition = {"name": "natural", "definition": json.dumps(machine), "roleArn": role["Arn"]}
        self.assert_same(
            (elb.create_listener, listener, ("Listeners", 0, "ListenerArn")),
            (sns.subscribe, subscription, ("SubscriptionArn",)),
            (self.client("acm").request_certificate, certificate, ("CertificateArn",)),
            (self.client("stepfunctions").create_state_machine, definition, ("stateMachineArn",)),
        )

    def test_a_name_is_taken_once(self):
        ec2, iam, rds, logs = (self.client(one) for one in ("ec2", "iam", "rds", "logs"))
        vpc_id, subnets = self.vpc("ab")
        trust = trusting("lambda.amazonaws.com")
        allow = policy({"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"})
        topic = self.client("sns").create_topic(Name="natural-events")["TopicArn"]
        key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f"
        flow = {
            "ResourceIds": [vpc_id], "ResourceType": "VPC", "TrafficType": "ALL", "LogDestinationType": "s3",
            "LogDestination": "arn:aws:s3:::natural-flows",
        }  # fmt: skip
        group = {"DBSubnetGroupName": "natural", "DBSubnetGroupDescription": "d", "SubnetIds": subnets}
        parameters = {"DBParameterGroupName": "natural", "DBParameterGroupFamily": "postgres16", "Description": "d"}
        schedule = {
            "Name": "natural", "ScheduleExpression": "rate(5 minutes)", "FlexibleTimeWindow": {"Mode": "OFF"},
            "Target": {"Arn": topic, "RoleArn": "arn:aws:iam::000000000000:role/natural-clock"},
        }  # fmt: skip
        self.assert_taken(
            ("InvalidSubnet.Conflict", ec2.create_subnet, {"VpcId": vpc_id, "CidrBlock": "10.0.9.0/24"}),
            (
                "InvalidGroup.Duplicate",
                ec2.create_security_group,
                {"GroupName": "n", "Description": "d", "VpcId": vpc_id},
            ),
            ("InvalidKeyPair.Duplicate", ec2.import_key_pair, {"KeyName": "natural", "PublicKeyMaterial": key}),
            ("FlowLogAlreadyExists", ec2.create_flow_logs, flow),
            ("EntityAlreadyExists", iam.create_role, {"RoleName": "natural-2", "AssumeRolePolicyDocument": trust}),
            ("EntityAlreadyExists", iam.create_policy, {"PolicyName": "natural", "PolicyDocument": allow}),
            ("EntityAlreadyExists", iam.create_instance_profile, {"InstanceProfileName": "natural"}),
            ("DBSubnetGroupAlreadyExists", rds.create_db_subnet_group, group),
            ("DBParameterGroupAlreadyExists", rds.create_db_parameter_group, parameters),
            (
                "SubscriptionAlreadyExist",
                rds.create_event_subscription,
                {"SubscriptionName": "natural", "SnsTopicArn": topic},
            ),
            ("ResourceAlreadyExistsException", logs.create_log_group, {"logGroupName": "natural"}),
            ("ConflictException", self.client("scheduler").create_schedule, schedule),
            ("ResourceConflictException", self.client("lambda").create_function, _function()),
        )


def _function() -> dict:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("bootstrap", "#!/bin/sh\n")
    return {
        "FunctionName": "natural", "Runtime": "provided.al2023", "Handler": "bootstrap",
        "Role": "arn:aws:iam::000000000000:role/natural-2", "Code": {"ZipFile": packed.getvalue()},
    }  # fmt: skip

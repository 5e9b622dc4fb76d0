"""Types and properties that MiniStack's CloudFormation lacks."""

import json

from tests.cloud import WithCloud, eventually, policy, trusting

_MACHINE = json.dumps({"StartAt": "A", "States": {"A": {"Type": "Pass", "Result": "%s", "End": True}}})


def _template(word: str) -> str:
    ref = {"Ref": "Machine"}
    resources = {
        "Bucket": ("AWS::S3::Bucket", {
            "BucketName": "trail-bucket",
            "LifecycleConfiguration": {"Rules": [{"Id": "old", "Status": "Enabled", "ExpirationInDays": 9}]},
        }),
        "Trail": ("AWS::CloudTrail::Trail", {
            "TrailName": "t", "S3BucketName": {"Ref": "Bucket"}, "IsLogging": True, "IsMultiRegionTrail": True,
            "EnableLogFileValidation": True, "Tags": [{"Key": "a", "Value": "b"}],
        }),
        "Edge": ("AWS::IAM::ManagedPolicy", {
            "PolicyDocument": json.loads(policy({"Effect": "Allow", "Action": "*", "Resource": "*"})),
        }),
        "Role": ("AWS::IAM::Role", {
            "RoleName": "machine", "AssumeRolePolicyDocument": json.loads(trusting("states.amazonaws.com")),
            "PermissionsBoundary": {"Ref": "Edge"},
        }),
        "Machine": ("AWS::StepFunctions::StateMachine", {
            "StateMachineName": "m", "DefinitionString": _MACHINE % word, "RoleArn": {"Fn::GetAtt": ["Role", "Arn"]},
        }),
        "Version": ("AWS::StepFunctions::StateMachineVersion", {
            "StateMachineArn": ref, "StateMachineRevisionId": {"Fn::GetAtt": ["Machine", "StateMachineRevisionId"]},
        }),
        "Alias": ("AWS::StepFunctions::StateMachineAlias", {
            "Name": "live", "RoutingConfiguration": [{"StateMachineVersionArn": {"Ref": "Version"}, "Weight": 100}],
        }),
    }  # fmt: skip
    made = {name: {"Type": kind, "Properties": properties} for name, (kind, properties) in resources.items()}
    return json.dumps({"Resources": made, "Outputs": {"Alias": {"Value": {"Ref": "Alias"}}}})


class Stacks(WithCloud):
    def _settled(self, wanted: str) -> dict:
        def found():
            (stack,) = self.client("cloudformation").describe_stacks(StackName="s")["Stacks"]
            return None if stack["StackStatus"].endswith("IN_PROGRESS") else stack

        stack = eventually(found, 20)
        self.assertEqual(stack["StackStatus"], wanted)
        return {one["OutputKey"]: one["OutputValue"] for one in stack["Outputs"]}

    def _run(self, alias: str) -> str:
        states = self.client("stepfunctions")
        arn = states.start_execution(stateMachineArn=alias)["executionArn"]
        return eventually(lambda: states.describe_execution(executionArn=arn).get("output"))

    def test_a_trail_stands_and_the_alias_follows_the_newest_version(self):
        stacks, trails = self.client("cloudformation"), self.client("cloudtrail")
        stacks.create_stack(StackName="s", TemplateBody=_template("one"), Capabilities=["CAPABILITY_NAMED_IAM"])
        alias = self._settled("CREATE_COMPLETE")["Alias"]
        trail = trails.get_trail(Name="t")["Trail"]
        self.assertEqual((trail["IsMultiRegionTrail"], trail["LogFileValidationEnabled"]), (True, True))
        self.assertTrue(trails.get_trail_status(Name="t")["IsLogging"])
        rules = self.client("s3").get_bucket_lifecycle_configuration(Bucket="trail-bucket")["Rules"]
        self.assertEqual(rules[0]["Expiration"], {"Days": 9})
        self.assertIn("PermissionsBoundary", self.client("iam").get_role(RoleName="machine")["Role"])
        self.assertEqual(self._run(alias), '"one"')
        stacks.update_stack(StackName="s", TemplateBody=_template("two"), Capabilities=["CAPABILITY_NAMED_IAM"])
        self.assertEqual(self._settled("UPDATE_COMPLETE")["Alias"], alias)
        self.assertEqual(self._run(alias), '"two"')

"""AUTH=true: what a policy limited to ARNs, tags and conditions allows, and what it does not."""

import os
import unittest
from unittest import mock

from botocore.exceptions import ClientError
from tests.cloud import Cloud, policy, trusting

_ACCOUNT = "000000000000"


class Authorization(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        with mock.patch.dict(os.environ, {"AUTH": "true"}):
            cls.cloud = Cloud()
        cls.addClassCleanup(cls.cloud.stop)
        cls.root = {name: cls.cloud.client(name, _ACCOUNT, "local") for name in ("ec2", "iam")}

    def client(self, service, *statements):
        """A client of a new user who holds these statements."""
        name, iam = self.id().rsplit(".", 1)[1][:60], self.root["iam"]
        iam.create_user(UserName=name)
        document = policy(*({"Effect": "Allow", **one} for one in statements))
        iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=document)
        key = iam.create_access_key(UserName=name)["AccessKey"]
        return self.cloud.client(service, key["AccessKeyId"], key["SecretAccessKey"])

    def refused(self, call, **parameters):
        with self.assertRaises(ClientError) as caught:
            call(**parameters)
        self.assertIn(caught.exception.response["Error"]["Code"], ("AccessDenied", "UnauthorizedOperation"))

    def test_what_is_made_is_a_permission_on_its_type_and_on_what_it_stands_in(self):
        ours = self.root["ec2"].create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        other = self.root["ec2"].create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        on = f"arn:aws:ec2:us-east-1:{_ACCOUNT}:"
        ec2 = self.client("ec2", {"Action": "ec2:CreateSubnet", "Resource": [f"{on}subnet/*", f"{on}vpc/{ours}"]})
        ec2.create_subnet(VpcId=ours, CidrBlock="10.0.0.0/24")
        self.refused(ec2.create_subnet, VpcId=other, CidrBlock="10.0.0.0/24")
        self.refused(ec2.create_vpc, CidrBlock="10.0.0.0/16")

    def test_tags_in_a_creation_are_a_permission_of_their_own(self):
        on = f"arn:aws:ec2:us-east-1:{_ACCOUNT}:vpc/*"
        making = {"StringEquals": {"ec2:CreateAction": "CreateVpc", "aws:RequestTag/stack": "shop"}}
        ec2 = self.client(
            "ec2",
            {"Action": "ec2:CreateVpc", "Resource": on},
            {"Action": "ec2:CreateTags", "Resource": on, "Condition": making},
        )
        tags = [{"ResourceType": "vpc", "Tags": [{"Key": "stack", "Value": "shop"}]}]
        made = ec2.create_vpc(CidrBlock="10.0.0.0/16", TagSpecifications=tags)["Vpc"]["VpcId"]
        self.refused(ec2.create_tags, Resources=[made], Tags=[{"Key": "stack", "Value": "shop"}])

    def test_a_role_is_made_only_under_the_path_and_with_the_boundary(self):
        everything = policy({"Effect": "Allow", "Action": "*", "Resource": "*"})
        boundary = self.root["iam"].create_policy(PolicyName="edge", Path="/ours/", PolicyDocument=everything)
        boundary = boundary["Policy"]["Arn"]
        bounded = {"ArnLike": {"iam:PermissionsBoundary": f"arn:aws:iam::{_ACCOUNT}:policy/ours/*"}}
        roles = f"arn:aws:iam::{_ACCOUNT}:role/ours/*"
        iam = self.client("iam", {"Action": "iam:CreateRole", "Resource": roles, "Condition": bounded})
        role = {"AssumeRolePolicyDocument": trusting("ec2.amazonaws.com"), "RoleName": "one"}
        self.refused(iam.create_role, Path="/ours/", **role)
        self.refused(iam.create_role, Path="/", PermissionsBoundary=boundary, **role)
        iam.create_role(Path="/ours/", PermissionsBoundary=boundary, **role)

    def test_a_role_is_passed_only_where_it_may_be(self):
        root = self.root["iam"]
        for name in ("passed", "kept"):
            root.create_role(Path=f"/{name}/", RoleName=name, AssumeRolePolicyDocument=trusting("ec2.amazonaws.com"))
        root.create_instance_profile(InstanceProfileName="machine")
        to_machines = {"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}}
        iam = self.client(
            "iam",
            {"Action": "iam:AddRoleToInstanceProfile", "Resource": "*"},
            {"Action": "iam:PassRole", "Resource": f"arn:aws:iam::{_ACCOUNT}:role/passed/*", "Condition": to_machines},
        )
        self.refused(iam.add_role_to_instance_profile, InstanceProfileName="machine", RoleName="kept")
        iam.add_role_to_instance_profile(InstanceProfileName="machine", RoleName="passed")


if __name__ == "__main__":
    unittest.main()

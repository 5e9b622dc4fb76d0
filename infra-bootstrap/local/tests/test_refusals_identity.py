"""What AWS refuses about roles, keys, buckets, trails, rules and web ACLs."""

import json

from tests.cloud import WithCloud, eventually, policy, trusting

_ACCOUNT = "000000000000"
_NOBODY = f"arn:aws:iam::{_ACCOUNT}:role/refused-nobody"
_WEB = {"SampledRequestsEnabled": True, "CloudWatchMetricsEnabled": True, "MetricName": "m"}


def _allowing(principal, **statement) -> str:
    return policy({"Effect": "Allow", "Principal": principal, "Action": "kms:*", "Resource": "*", **statement})


class Roles(WithCloud):
    def test_roles_go_after_what_hangs_on_them_and_a_profile_has_one(self):
        iam = self.client("iam")
        for name in ("refused-r1", "refused-r2"):
            iam.create_role(RoleName=name, AssumeRolePolicyDocument=trusting("ec2.amazonaws.com"))
        role, profile = {"RoleName": "refused-r1"}, {"InstanceProfileName": "refused-p"}
        iam.create_instance_profile(**profile)
        iam.add_role_to_instance_profile(**profile, **role)
        long = policy({"Effect": "Allow", "Action": [f"s3:Get{n:04}Object" for n in range(700)], "Resource": "*"})
        inline = {**role, "PolicyName": "p"}
        self.each_refused(
            ("LimitExceeded", iam.add_role_to_instance_profile, {**profile, "RoleName": "refused-r2"}),
            ("DeleteConflict", iam.delete_role, role),
            ("DeleteConflict", iam.delete_instance_profile, profile),
            ("EntityAlreadyExists", iam.create_instance_profile, profile),
            ("MalformedPolicyDocument", iam.put_role_policy, {**inline, "PolicyDocument": "{no"}),
            ("LimitExceeded", iam.put_role_policy, {**inline, "PolicyDocument": long}),
        )
        iam.remove_role_from_instance_profile(**profile, **role)
        iam.delete_instance_profile(**profile)
        managed = {"PolicyArn": "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"}
        iam.attach_role_policy(**role, **managed)
        iam.put_role_policy(**inline, PolicyDocument=policy({"Effect": "Allow", "Action": "s3:*", "Resource": "*"}))
        self.refused("DeleteConflict", iam.delete_role, **role)
        iam.detach_role_policy(**role, **managed)
        self.refused("DeleteConflict", iam.delete_role, **role)
        iam.delete_role_policy(**inline)
        iam.delete_role(**role)

    def test_trust_is_for_who_exists_and_names_are_taken_once(self):
        iam = self.client("iam")
        trust, create = trusting("ec2.amazonaws.com"), iam.create_role
        iam.create_role(RoleName="refused-trust", AssumeRolePolicyDocument=trust)
        stranger = _allowing({"AWS": _NOBODY}, Action="sts:AssumeRole")
        own = [{"Key": "aws:mine", "Value": "v"}]
        self.each_refused(
            ("EntityAlreadyExists", create, {"RoleName": "refused-trust", "AssumeRolePolicyDocument": trust}),
            ("MalformedPolicyDocument", create, {"RoleName": "refused", "AssumeRolePolicyDocument": stranger}),
            ("MalformedPolicyDocument", create, {"RoleName": "refused", "AssumeRolePolicyDocument": "{no"}),
            ("InvalidInput", create, {"RoleName": "refused", "AssumeRolePolicyDocument": trust, "Tags": own}),
        )


class Keys(WithCloud):
    def test_a_doomed_key_is_only_looked_at_or_saved(self):
        kms = self.client("kms")
        key = {"KeyId": kms.create_key()["KeyMetadata"]["KeyId"]}
        self.refused("ValidationException", kms.schedule_key_deletion, **key, PendingWindowInDays=6)
        kms.schedule_key_deletion(**key, PendingWindowInDays=7)
        code, tag = "KMSInvalidStateException", [{"TagKey": "a", "TagValue": "b"}]
        alias = {"AliasName": "alias/refused-doomed", "TargetKeyId": key["KeyId"]}
        self.each_refused(
            (code, kms.schedule_key_deletion, key),
            (code, kms.enable_key, key),
            (code, kms.disable_key, key),
            (code, kms.enable_key_rotation, key),
            (code, kms.encrypt, {**key, "Plaintext": b"x"}),
            (code, kms.tag_resource, {**key, "Tags": tag}),
            (code, kms.update_key_description, {**key, "Description": "d"}),
            (code, kms.create_alias, alias),
        )
        kms.cancel_key_deletion(**key)
        self.each_refused(("DisabledException", kms.enable_key_rotation, key), (code, kms.cancel_key_deletion, key))
        kms.enable_key(**key)
        kms.create_alias(**alias)
        self.refused("AlreadyExistsException", kms.create_alias, **alias)

    def test_a_key_s_policy_names_who_exists(self):
        kms = self.client("kms")
        key_id = kms.create_key()["KeyMetadata"]["KeyId"]
        stranger, malformed = _allowing({"AWS": _NOBODY}), "MalformedPolicyDocumentException"
        self.each_refused(
            (malformed, kms.create_key, {"Policy": stranger}),
            (malformed, kms.put_key_policy, {"KeyId": key_id, "Policy": stranger}),
            (malformed, kms.put_key_policy, {"KeyId": key_id, "Policy": "{no"}),
        )


class Buckets(WithCloud):
    def test_a_bucket_with_versions_or_markers_in_it_stays(self):
        s3, name = self.client("s3"), {"Bucket": "refused-full"}
        s3.create_bucket(**name)
        s3.put_bucket_versioning(**name, VersioningConfiguration={"Status": "Enabled"})
        version = s3.put_object(**name, Key="k", Body=b"x")["VersionId"]
        self.refused("BucketNotEmpty", s3.delete_bucket, **name)
        marker = s3.delete_object(**name, Key="k")["VersionId"]
        self.refused("BucketNotEmpty", s3.delete_bucket, **name)
        s3.delete_object(**name, Key="k", VersionId=version)
        self.refused("BucketNotEmpty", s3.delete_bucket, **name)
        s3.delete_object(**name, Key="k", VersionId=marker)
        s3.delete_bucket(**name)

    def test_a_bucket_s_policy_is_one_of_this_bucket_for_who_exists(self):
        s3, name = self.client("s3"), "refused-policy"
        s3.create_bucket(Bucket=name)
        inside, service = f"arn:aws:s3:::{name}/*", {"Service": "cloudtrail.amazonaws.com"}
        documents = (
            "{no",
            policy(),
            _allowing(service, Effect="Alow", Resource=inside),
            _allowing({"AWS": _NOBODY}, Action="s3:GetObject", Resource=inside),
            _allowing(service, Action="s3:GetObject", Resource="arn:aws:s3:::another/*"),
        )
        put = s3.put_bucket_policy
        self.each_refused(*(("MalformedPolicy", put, {"Bucket": name, "Policy": one}) for one in documents))
        s3.put_bucket_policy(Bucket=name, Policy=_allowing(service, Action="s3:PutObject", Resource=inside))


class Trails(WithCloud):
    def test_a_region_has_five_trails_whose_bucket_and_key_admit_them(self):
        trails, s3, kms = (self.client(one, key="333333333333") for one in ("cloudtrail", "s3", "kms"))
        for name in ("refused-trails", "refused-closed"):
            s3.create_bucket(Bucket=name)
        admits = _allowing(
            {"Service": "cloudtrail.amazonaws.com"}, Action="s3:PutObject", Resource="arn:aws:s3:::refused-trails/*"
        )
        s3.put_bucket_policy(Bucket="refused-trails", Policy=admits)
        key_id = kms.create_key()["KeyMetadata"]["KeyId"]
        create, bucket = trails.create_trail, {"S3BucketName": "refused-trails"}
        self.each_refused(
            ("S3BucketDoesNotExistException", create, {"Name": "no", "S3BucketName": "refused-nobody-s"}),
            ("InsufficientS3BucketPolicyException", create, {"Name": "no", "S3BucketName": "refused-closed"}),
            ("InsufficientEncryptionPolicyException", create, {"Name": "no", **bucket, "KmsKeyId": key_id}),
        )
        nowhere = {
            "CloudWatchLogsLogGroupArn": "arn:aws:logs:us-east-1:333333333333:log-group:refused:*",
            "CloudWatchLogsRoleArn": "arn:aws:iam::333333333333:role/refused-nobody",
        }
        self.refused("InvalidCloudWatchLogsLogGroupArnException", create, Name="no", **bucket, **nowhere)
        self.client("logs", key="333333333333").create_log_group(logGroupName="refused")
        self.refused("InvalidCloudWatchLogsRoleArnException", create, Name="no", **bucket, **nowhere)
        for number in range(5):
            trails.create_trail(Name=f"trail-{number}", **bucket)
        self.each_refused(
            ("TrailAlreadyExistsException", create, {"Name": "trail-0", **bucket}),
            ("MaximumNumberOfTrailsExceededException", create, {"Name": "trail-5", **bucket}),
        )


class Logs(WithCloud):
    def test_a_log_group_takes_only_a_key_that_admits_it(self):
        logs, kms = self.client("logs"), self.client("kms")
        closed = kms.create_key()["KeyMetadata"]["Arn"]
        admits = _allowing({"Service": "logs.us-east-1.amazonaws.com"})
        opened = kms.create_key(Policy=admits)["KeyMetadata"]["Arn"]
        logs.create_log_group(logGroupName="refused-opened", kmsKeyId=opened)
        self.each_refused(
            ("InvalidParameterException", logs.create_log_group, {"logGroupName": "refused-no", "kmsKeyId": closed}),
            (
                "InvalidParameterException",
                logs.associate_kms_key,
                {"logGroupName": "refused-opened", "kmsKeyId": closed},
            ),
        )


class Rules(WithCloud):
    def test_a_rule_with_targets_stays_and_a_rate_is_a_rate(self):
        events, topic = self.client("events"), self.client("sns").create_topic(Name="refused")["TopicArn"]
        events.put_rule(Name="refused", EventPattern=json.dumps({"source": ["a"]}))
        targets = [{"Id": str(number), "Arn": topic} for number in range(6)]
        events.put_targets(Rule="refused", Targets=targets[:5])
        schedules = ("rate(0 minutes)", "rate(1 minutes)", "rate(5 minute)", "rate(5 fortnights)", "cron(0 12 * * ?)")
        self.each_refused(
            ("ValidationException", events.delete_rule, {"Name": "refused"}),
            ("LimitExceededException", events.put_targets, {"Rule": "refused", "Targets": targets[5:]}),
            *(("ValidationException", events.put_rule, {"Name": "no", "ScheduleExpression": one}) for one in schedules),
        )
        events.remove_targets(Rule="refused", Ids=[one["Id"] for one in targets])
        events.delete_rule(Name="refused")

    def test_a_secret_that_waits_for_its_end_keeps_its_name(self):
        secrets = self.client("secretsmanager")
        secrets.create_secret(Name="refused", SecretString="x")
        self.refused("ResourceExistsException", secrets.create_secret, Name="refused", SecretString="x")
        secrets.delete_secret(SecretId="refused", RecoveryWindowInDays=7)
        self.refused("InvalidRequestException", secrets.create_secret, Name="refused", SecretString="x")


class WebAcls(WithCloud):
    def test_what_is_in_use_stays_and_a_stale_token_changes_nothing(self):
        waf, place = self.client("wafv2"), {"Scope": "REGIONAL"}
        addresses = waf.create_ip_set(**place, Name="refused", IPAddressVersion="IPV4", Addresses=["10.0.0.0/8"])
        rule = {
            "Name": "r", "Priority": 1, "Action": {"Block": {}}, "VisibilityConfig": _WEB,
            "Statement": {"IPSetReferenceStatement": {"ARN": addresses["Summary"]["ARN"]}},
        }  # fmt: skip
        asked = {**place, "Name": "refused", "DefaultAction": {"Allow": {}}, "VisibilityConfig": _WEB}
        acl = waf.create_web_acl(**asked, Rules=[rule])["Summary"]
        _vpc_id, subnets = self.vpc("ab")
        balancer = self.client("elbv2").create_load_balancer(Name="refused-walled", Subnets=subnets)
        arn = balancer["LoadBalancers"][0]["LoadBalancerArn"]
        waf.associate_web_acl(WebACLArn=acl["ARN"], ResourceArn=arn)
        named = {**place, "Name": "refused", "Id": acl["Id"]}
        token = {"LockToken": waf.get_web_acl(**named)["LockToken"]}
        stale = {"LockToken": "11111111-1111-1111-1111-111111111111"}
        addresses_named = {**place, "Name": "refused", "Id": addresses["Summary"]["Id"]}
        twice = [rule, {**rule, "Name": "s"}]
        self.each_refused(
            ("WAFDuplicateItemException", waf.create_web_acl, {**asked, "Rules": []}),
            ("WAFInvalidParameterException", waf.create_web_acl, {**asked, "Name": "no", "Rules": twice}),
            ("WAFOptimisticLockException", waf.update_web_acl, {**asked, "Id": acl["Id"], "Rules": [], **stale}),
            ("WAFAssociatedItemException", waf.delete_web_acl, {**named, **token}),
            (
                "WAFAssociatedItemException",
                waf.delete_ip_set,
                {**addresses_named, "LockToken": addresses["Summary"]["LockToken"]},
            ),
            (
                "WAFNonexistentItemException",
                waf.associate_web_acl,
                {"WebACLArn": acl["ARN"][:-4] + "dead", "ResourceArn": arn},
            ),
        )
        waf.disassociate_web_acl(ResourceArn=arn)
        self.refused("WAFOptimisticLockException", waf.delete_web_acl, **named, **stale)
        waf.delete_web_acl(**named, **token)


class Stacks(WithCloud):
    def test_roles_need_a_capability_and_a_full_bucket_keeps_its_stack(self):
        stacks, s3 = self.client("cloudformation"), self.client("s3")
        role = {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": json.loads(trusting("a.b"))}}
        body = json.dumps({"Resources": {"Role": role}})
        self.refused("InsufficientCapabilitiesException", stacks.create_stack, StackName="refused", TemplateBody=body)
        bucket = {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "refused-in-stack"}}
        body = json.dumps({"Resources": {"Bucket": bucket}})
        stacks.create_stack(StackName="refused", TemplateBody=body)
        eventually(lambda: self._status(stacks) == "CREATE_COMPLETE")
        self.each_refused(
            ("AlreadyExistsException", stacks.create_stack, {"StackName": "refused", "TemplateBody": body}),
            ("ValidationError", stacks.update_stack, {"StackName": "refused", "TemplateBody": body}),
        )
        s3.put_object(Bucket="refused-in-stack", Key="k", Body=b"x")
        stacks.delete_stack(StackName="refused")
        eventually(lambda: self._status(stacks) == "DELETE_FAILED")
        s3.head_object(Bucket="refused-in-stack", Key="k")

    def _status(self, stacks):
        return stacks.describe_stacks(StackName="refused")["Stacks"][0]["StackStatus"]

    def test_a_topic_that_stands_is_answered_only_to_who_asks_for_the_same(self):
        create, own = self.client("sns").create_topic, {"Name": "refused-topic", "Tags": [{"Key": "a", "Value": "b"}]}
        arn = create(**own)["TopicArn"]
        self.assertEqual([create(**own)["TopicArn"], create(Name="refused-topic")["TopicArn"]], [arn, arn])
        self.each_refused(
            ("InvalidParameter", create, {**own, "Tags": [{"Key": "a", "Value": "c"}]}),
            ("InvalidParameter", create, {"Name": "refused-topic", "Attributes": {"DisplayName": "other"}}),
        )

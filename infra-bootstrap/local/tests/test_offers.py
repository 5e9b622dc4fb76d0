"""What can be had: instance types, databases, service-linked roles."""

from tests.cloud import WithCloud


class Offers(WithCloud):
    def test_types_tell_their_vcpus_and_what_they_run(self):
        ec2 = self.client("ec2")
        names = ["t4g.small", "m7i.4xlarge", "x0.large"]
        found = ec2.describe_instance_types(Filters=[{"Name": "instance-type", "Values": names}])["InstanceTypes"]
        told = {
            one["InstanceType"]: (one["VCpuInfo"]["DefaultVCpus"], one["ProcessorInfo"]["SupportedArchitectures"])
            for one in found
        }
        self.assertEqual(told, {"t4g.small": (2, ["arm64"]), "m7i.4xlarge": (16, ["x86_64"])})
        with self.assertRaisesRegex(Exception, "InvalidInstanceType"):
            ec2.describe_instance_types(InstanceTypes=["x0.large"])

    def test_a_type_that_nobody_has_is_offered_nowhere(self):
        ec2 = self.client("ec2")
        names = [{"Name": "instance-type", "Values": ["t4g.small", "x0.large"]}]
        found = ec2.describe_instance_type_offerings(LocationType="availability-zone", Filters=names)
        self.assertEqual({one["InstanceType"] for one in found["InstanceTypeOfferings"]}, {"t4g.small"})

    def test_databases_are_offered_by_class_and_version(self):
        rds = self.client("rds")
        found = rds.describe_orderable_db_instance_options(Engine="postgres", DBInstanceClass="db.t4g.small", Vpc=True)
        offers = found["OrderableDBInstanceOptions"]
        of_17 = [one for one in offers if one["EngineVersion"].startswith("17.") and one["StorageType"] == "gp3"]
        self.assertTrue(of_17 and of_17[0]["MultiAZCapable"])
        self.assertEqual(len(of_17[0]["AvailabilityZones"]), 3)
        none = rds.describe_orderable_db_instance_options(Engine="postgres", DBInstanceClass="db.x0.large")
        self.assertEqual(none["OrderableDBInstanceOptions"], [])

    def test_versions_name_what_they_can_be_upgraded_to(self):
        (found,) = self.client("rds").describe_db_engine_versions(Engine="postgres", EngineVersion="16.8")[
            "DBEngineVersions"
        ]
        self.assertEqual(found["DBParameterGroupFamily"], "postgres16")
        self.assertEqual(
            [(one["EngineVersion"], one["IsMajorVersionUpgrade"]) for one in found["ValidUpgradeTarget"]],
            [("17.4", True), ("17.5", True), ("18.1", True)],
        )

    def test_a_service_linked_role_has_the_name_of_aws_and_is_made_once(self):
        iam = self.client("iam")
        made = iam.create_service_linked_role(AWSServiceName="rds.amazonaws.com")["Role"]
        self.assertEqual(made["RoleName"], "AWSServiceRoleForRDS")
        found = iam.get_role(RoleName="AWSServiceRoleForRDS")["Role"]
        self.assertEqual(found["Arn"], made["Arn"])
        self.assertIn(":role/aws-service-role/rds.amazonaws.com/AWSServiceRoleForRDS", found["Arn"])
        with self.assertRaisesRegex(Exception, "has been taken"):
            iam.create_service_linked_role(AWSServiceName="rds.amazonaws.com")

//! Metric filters and alarms on the trail: the list of the CIS AWS Foundations Benchmark, which
//! Security Hub knows as CloudWatch.1 and CloudWatch.4–14.

use serde_json::json;

use super::{Resources, reference};

/// Logical name, what happened, and the filter pattern that finds it in the trail.
const WATCHED: &[(&str, &str, &str)] = &[
    (
        "RootUse",
        "the root user was used",
        "{ $.userIdentity.type = \"Root\" && $.userIdentity.invokedBy NOT EXISTS && $.eventType != \"AwsServiceEvent\" }",
    ),
    (
        "IamChanges",
        "an IAM policy changed",
        "{ ($.eventSource = iam.amazonaws.com) && (($.eventName = DeleteGroupPolicy) || ($.eventName = DeleteRolePolicy) || ($.eventName = DeleteUserPolicy) || ($.eventName = PutGroupPolicy) || ($.eventName = PutRolePolicy) || ($.eventName = PutUserPolicy) || ($.eventName = CreatePolicy) || ($.eventName = DeletePolicy) || ($.eventName = CreatePolicyVersion) || ($.eventName = DeletePolicyVersion) || ($.eventName = AttachRolePolicy) || ($.eventName = DetachRolePolicy) || ($.eventName = AttachUserPolicy) || ($.eventName = DetachUserPolicy) || ($.eventName = AttachGroupPolicy) || ($.eventName = DetachGroupPolicy)) }",
    ),
    (
        "TrailChanges",
        "a trail changed",
        "{ ($.eventName = CreateTrail) || ($.eventName = UpdateTrail) || ($.eventName = DeleteTrail) || ($.eventName = StartLogging) || ($.eventName = StopLogging) }",
    ),
    (
        "ConsoleFailures",
        "a console sign-in failed",
        "{ ($.eventName = ConsoleLogin) && ($.errorMessage = \"Failed authentication\") }",
    ),
    (
        "KeyChanges",
        "a KMS key was disabled or scheduled for deletion",
        "{ ($.eventSource = kms.amazonaws.com) && (($.eventName = DisableKey) || ($.eventName = ScheduleKeyDeletion)) }",
    ),
    (
        "BucketPolicyChanges",
        "a bucket's policy changed",
        "{ ($.eventSource = s3.amazonaws.com) && (($.eventName = PutBucketAcl) || ($.eventName = PutBucketPolicy) || ($.eventName = PutBucketCors) || ($.eventName = PutBucketLifecycle) || ($.eventName = PutBucketReplication) || ($.eventName = DeleteBucketPolicy) || ($.eventName = DeleteBucketCors) || ($.eventName = DeleteBucketLifecycle) || ($.eventName = DeleteBucketReplication)) }",
    ),
    (
        "ConfigChanges",
        "AWS Config changed",
        "{ ($.eventSource = config.amazonaws.com) && (($.eventName = StopConfigurationRecorder) || ($.eventName = DeleteDeliveryChannel) || ($.eventName = PutDeliveryChannel) || ($.eventName = PutConfigurationRecorder)) }",
    ),
    (
        "SecurityGroupChanges",
        "a security group changed",
        "{ ($.eventName = AuthorizeSecurityGroupIngress) || ($.eventName = AuthorizeSecurityGroupEgress) || ($.eventName = RevokeSecurityGroupIngress) || ($.eventName = RevokeSecurityGroupEgress) || ($.eventName = CreateSecurityGroup) || ($.eventName = DeleteSecurityGroup) }",
    ),
    (
        "NaclChanges",
        "a network ACL changed",
        "{ ($.eventName = CreateNetworkAcl) || ($.eventName = CreateNetworkAclEntry) || ($.eventName = DeleteNetworkAcl) || ($.eventName = DeleteNetworkAclEntry) || ($.eventName = ReplaceNetworkAclEntry) || ($.eventName = ReplaceNetworkAclAssociation) }",
    ),
    (
        "GatewayChanges",
        "a network gateway changed",
        "{ ($.eventName = CreateCustomerGateway) || ($.eventName = DeleteCustomerGateway) || ($.eventName = AttachInternetGateway) || ($.eventName = CreateInternetGateway) || ($.eventName = DeleteInternetGateway) || ($.eventName = DetachInternetGateway) }",
    ),
    (
        "RouteChanges",
        "a route table changed",
        "{ ($.eventSource = ec2.amazonaws.com) && (($.eventName = CreateRoute) || ($.eventName = CreateRouteTable) || ($.eventName = ReplaceRoute) || ($.eventName = ReplaceRouteTableAssociation) || ($.eventName = DeleteRouteTable) || ($.eventName = DeleteRoute) || ($.eventName = DisassociateRouteTable)) }",
    ),
    (
        "VpcChanges",
        "a VPC changed",
        "{ ($.eventName = CreateVpc) || ($.eventName = DeleteVpc) || ($.eventName = ModifyVpcAttribute) || ($.eventName = AcceptVpcPeeringConnection) || ($.eventName = CreateVpcPeeringConnection) || ($.eventName = DeleteVpcPeeringConnection) || ($.eventName = RejectVpcPeeringConnection) }",
    ),
];

/// Seconds over which events are summed.
const PERIOD_SECONDS: u32 = 300;

pub fn add(resources: &mut Resources) {
    for (name, what, pattern) in WATCHED {
        resources.insert(format!("{name}Filter"), json!({
            "Type": "AWS::Logs::MetricFilter",
            "Condition": "OwnTrail",
            "Properties": {
                "LogGroupName": reference("TrailLogs"),
                "FilterPattern": pattern,
                "MetricTransformations": [{ "MetricNamespace": "Terrace/Trail", "MetricName": name, "MetricValue": "1" }],
            },
        }));
        resources.insert(
            format!("{name}Alarm"),
            json!({
                "Type": "AWS::CloudWatch::Alarm",
                "Condition": "OwnTrail",
                "Properties": {
                    "AlarmName": format!("terrace-trail-{name}"),
                    "AlarmDescription": format!("In this account, {what}"),
                    "Namespace": "Terrace/Trail",
                    "MetricName": name,
                    "Statistic": "Sum",
                    "Period": PERIOD_SECONDS,
                    "EvaluationPeriods": 1,
                    "Threshold": 1,
                    "ComparisonOperator": "GreaterThanOrEqualToThreshold",
                    "TreatMissingData": "notBreaching",
                    "AlarmActions": [reference("Topic")],
                },
            }),
        );
    }
}

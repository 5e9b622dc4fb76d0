//! What people may do, level by level, as policy statements.
//!
//! Changes are limited to the stack by its tag where AWS evaluates tags, else by ARN. Names alone
//! would not do: `terrace-shop-*` covers the stack `shop-two` as well. Lists mostly know no
//! resources, so they are limited to the region. No level may change roles, policies, keys or tags,
//! by which it could give itself more; nor delete what the stack consists of, which is what
//! `terrace destroy` is for.

use shared::aws::Scope;
use shared::model::{Tier, reference};

use crate::iam;
use crate::machines::{database_arn, parameters, read_secret};
use crate::statement::{Allow, allow};

/// Looks at everything the stack is and logs, not at what it holds: no files, no secrets.
pub fn read_only(scope: &Scope) -> Vec<Allow> {
    let of_iam = iam::arn(scope, "*", "*");
    let groups = scope.arn("logs", "log-group:*");
    vec![
        allow(&[
            "acm:DescribeCertificate",
            "acm:ListCertificates",
            "autoscaling:Describe*",
            "cloudwatch:Describe*",
            "cloudwatch:Get*",
            "cloudwatch:List*",
            "ec2:Describe*",
            "elasticloadbalancing:Describe*",
            "logs:Describe*",
            "logs:GetQueryResults",
            "rds:Describe*",
            "rds:ListTagsForResource",
            "ssm:DescribeInstanceInformation",
            "ssm:DescribeParameters",
            "wafv2:Get*",
            "wafv2:List*",
        ])
        .when("StringEquals", "aws:RequestedRegion", scope.region.as_str()),
        allow(&["iam:Get*", "iam:List*"]).on([of_iam]),
        allow(&["kms:DescribeKey", "kms:GetKeyPolicy", "kms:GetKeyRotationStatus"])
            .on([reference(Tier::Keys, "key", "arn")]),
        allow(&["logs:FilterLogEvents", "logs:GetLogEvents", "logs:StartQuery"])
            .on([groups])
            .tagged(scope),
        allow(&[
            "s3:GetBucket*",
            "s3:GetEncryptionConfiguration",
            "s3:GetLifecycleConfiguration",
            "s3:ListBucket",
        ])
        .on(["access-logs", "alb-logs", "files"].map(bucket)),
        allow(&["s3:GetObject"]).on(["access-logs", "alb-logs"].map(objects)),
        allow(&["sns:GetTopicAttributes", "sns:ListSubscriptionsByTopic"]).on([topic()]),
        allow(&["kms:Decrypt"]).on([reference(Tier::Keys, "key", "arn")]).via(scope, &["s3"]),
    ]
}

/// Restarts, scales and deploys: instances, refreshes, files.
pub fn operate(scope: &Scope) -> Vec<Allow> {
    let partition = scope.partition();
    let document = |name: &str| format!("arn:{partition}:ssm:{}::document/{name}", scope.region);
    vec![
        allow(&[
            "ec2:RebootInstances",
            "ec2:StartInstances",
            "ec2:StopInstances",
            "ec2:TerminateInstances",
        ])
        .on([scope.arn("ec2", "instance/*")])
        .tagged(scope),
        allow(&[
            "autoscaling:CancelInstanceRefresh",
            "autoscaling:EnterStandby",
            "autoscaling:ExitStandby",
            "autoscaling:ResumeProcesses",
            "autoscaling:RollbackInstanceRefresh",
            "autoscaling:SetDesiredCapacity",
            "autoscaling:SetInstanceHealth",
            "autoscaling:StartInstanceRefresh",
            "autoscaling:SuspendProcesses",
            "autoscaling:TerminateInstanceInAutoScalingGroup",
        ])
        .on([scope.arn("autoscaling", "autoScalingGroup:*")])
        .tagged(scope),
        allow(&["elasticloadbalancing:DeregisterTargets", "elasticloadbalancing:RegisterTargets"])
            .on([scope.arn("elasticloadbalancing", "targetgroup/*")])
            .tagged(scope),
        allow(&["rds:RebootDBInstance", "rds:StartDBInstance", "rds:StopDBInstance"])
            .on([database_arn(scope)]),
        allow(&[
            "cloudwatch:DisableAlarmActions",
            "cloudwatch:EnableAlarmActions",
            "cloudwatch:SetAlarmState",
        ])
        .on([alarms(scope)]),
        allow(&["s3:AbortMultipartUpload", "s3:DeleteObject", "s3:GetObject", "s3:PutObject"])
            .on([objects("files")]),
        allow(&["kms:Decrypt", "kms:GenerateDataKey"])
            .on([reference(Tier::Keys, "key", "arn")])
            .via(scope, &["s3"]),
        allow(&["ssm:StartSession"]).on([scope.arn("ec2", "instance/*")]).tagged(scope),
        allow(&["ssm:StartSession"])
            .on(["AWS-StartPortForwardingSession", "AWS-StartSSHSession"].map(document)),
        // Sessions are called after who opened them.
        allow(&["ssm:ResumeSession", "ssm:TerminateSession"])
            .on([scope.arn("ssm", "session/${aws:userid}-*")]),
    ]
}

/// Changes what belongs to the stack. What differs from the spec is drift all the same.
pub fn administer(scope: &Scope) -> Vec<Allow> {
    let snapshots = scope.arn("rds", &format!("snapshot:{}-*", scope.name("db")));
    vec![
        allow(&[
            "ec2:AssociateAddress",
            "ec2:AssociateRouteTable",
            "ec2:AttachInternetGateway",
            "ec2:AuthorizeSecurityGroup*",
            "ec2:CreateLaunchTemplateVersion",
            "ec2:CreateNetworkAclEntry",
            "ec2:CreateRoute",
            "ec2:DeleteNetworkAclEntry",
            "ec2:DeleteRoute",
            "ec2:Disassociate*",
            "ec2:Modify*",
            "ec2:Replace*",
            "ec2:RevokeSecurityGroup*",
        ])
        .on([scope.arn("ec2", "*")])
        .tagged(scope),
        allow(&[
            "elasticloadbalancing:CreateRule",
            "elasticloadbalancing:DeleteRule",
            "elasticloadbalancing:Modify*",
            "elasticloadbalancing:Set*",
        ])
        .on([scope.arn("elasticloadbalancing", "*")])
        .tagged(scope),
        allow(&[
            "autoscaling:DeletePolicy",
            "autoscaling:ExecutePolicy",
            "autoscaling:Put*",
            "autoscaling:UpdateAutoScalingGroup",
        ])
        .on([scope.arn("autoscaling", "autoScalingGroup:*")])
        .tagged(scope),
        allow(&["rds:Modify*", "rds:ResetDBParameterGroup"])
            .on([scope.arn("rds", "*")])
            .tagged(scope),
        allow(&["rds:CreateDBSnapshot"]).on([database_arn(scope), snapshots]),
        allow(&[
            "wafv2:DeleteLoggingConfiguration",
            "wafv2:PutLoggingConfiguration",
            "wafv2:UpdateWebACL",
        ])
        .on([scope.arn("wafv2", "*")])
        .tagged(scope),
        allow(&["logs:DeleteMetricFilter", "logs:PutMetricFilter", "logs:PutRetentionPolicy"])
            .on([scope.arn("logs", "log-group:*")])
            .tagged(scope),
        allow(&["cloudwatch:DeleteAlarms", "cloudwatch:PutMetricAlarm"]).on([alarms(scope)]),
        allow(&["s3:DeleteObjectVersion", "s3:GetObjectVersion", "s3:RestoreObject"])
            .on([objects("files")]),
        allow(&["sns:Publish", "sns:Subscribe"]).on([topic()]),
        allow(&["ssm:DeleteParameter", "ssm:GetParameter*", "ssm:PutParameter"])
            .on([parameters(scope)]),
        read_secret(scope),
        allow(&["kms:Decrypt"])
            .on([reference(Tier::Keys, "key", "arn")])
            .via(scope, &["secretsmanager"]),
    ]
}

/// What everybody may do for themselves without a second factor, or could not get one.
///
/// Source: IAM user guide, "Allows MFA-authenticated IAM users to manage their own credentials".
/// Devices are named freely, so creating one is a right on all; using it for anybody else is not.
pub fn own_second_factor(scope: &Scope) -> Vec<Allow> {
    let own = iam::arn(scope, "user", "${aws:username}");
    let devices = format!("arn:{}:iam::{}:mfa/*", scope.partition(), scope.account);
    vec![
        allow(&["iam:CreateVirtualMFADevice"]).on([devices]),
        allow(&[
            "iam:ChangePassword",
            "iam:EnableMFADevice",
            "iam:GetUser",
            "iam:ListMFADevices",
            "iam:ResyncMFADevice",
        ])
        .on([own]),
        allow(&["iam:GetAccountPasswordPolicy", "iam:ListVirtualMFADevices"]),
    ]
}

/// The same right, only for sessions that were opened with a second factor.
pub fn with_second_factor(statement: Allow) -> Allow {
    statement.when("Bool", "aws:MultiFactorAuthPresent", "true")
}

fn bucket(name: &str) -> String {
    reference(Tier::Storage, name, "arn")
}

fn objects(name: &str) -> String {
    format!("{}/*", bucket(name))
}

fn topic() -> String {
    reference(Tier::Storage, "topic", "arn")
}

fn alarms(scope: &Scope) -> String {
    scope.arn("cloudwatch", &format!("alarm:{}*", scope.alarm_name("")))
}

//! Roles of machines and services, and the boundary that no role of the stack exceeds.

use serde_json::{Value, json};
use shared::aws::{Policy, Scope, node};
use shared::model::{Node, Tier, reference};
use shared::spec::{Spec, Trail};

use crate::iam::{at, aws_policy};
use crate::statement::{Allow, allow, policy, trust};
use crate::{InstanceProfile, ManagedPolicy, Role, RolePolicy, role};

/// What the agent of Systems Manager needs, without which nobody reaches a machine by Session
/// Manager and the controls SSM.1 and SSM.3 fail.
const SYSTEMS_MANAGER: &str = "AmazonSSMManagedInstanceCore";
const ENHANCED_MONITORING: &str = "service-role/AmazonRDSEnhancedMonitoringRole";

/// ARNs of all policies that AWS keeps and the stack's roles have.
pub const AWS_POLICIES: &[&str] = &[
    "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore",
    "arn:aws:iam::aws:policy/service-role/AmazonRDSEnhancedMonitoringRole",
];

/// IAM's shortest and default: one hour.
const SESSION_SECONDS: i32 = 3600;

pub fn nodes(spec: &Spec, scope: &Scope) -> Vec<Node> {
    let boundary = ManagedPolicy { policy: boundary(spec, scope) };
    let mut nodes = vec![node(at(role::BOUNDARY), &boundary)];
    if spec.bastion.enabled {
        let trust = trust("ec2.amazonaws.com", &Value::Null);
        let bastion = role("The bastion", trust, Some(aws_policy(scope, SYSTEMS_MANAGER)));
        nodes.push(node(at("bastion-role"), &bastion));
        nodes.push(profile("bastion"));
    }
    let trust_ec2 = trust("ec2.amazonaws.com", &Value::Null);
    let app =
        role("The application's instances", trust_ec2, Some(aws_policy(scope, SYSTEMS_MANAGER)));
    nodes.extend([node(at("app-role"), &app), inline("app-role", policy(app_rights(scope)))]);
    nodes.push(profile("app"));
    if spec.logging.flow_logs {
        let flow_logs = role("Writes the VPC's flow logs", flow_logs_trust(scope), None);
        nodes.push(node(at("flow-logs-role"), &flow_logs));
        nodes.push(inline("flow-logs-role", policy(flow_logs_rights(scope))));
    }
    match spec.logging.trail {
        Trail::Account => (),
        Trail::Own => {
            // Without a condition: none is documented for the role by which a trail writes to
            // CloudWatch Logs, and CloudTrail takes only a role of the trail's own account.
            let trust = trust("cloudtrail.amazonaws.com", &Value::Null);
            let trail = role("Writes what the stack's trail records", trust, None);
            nodes.push(node(at("trail-role"), &trail));
            nodes.push(inline("trail-role", policy([trail_rights(scope)])));
        }
    }
    let policy = aws_policy(scope, ENHANCED_MONITORING);
    let monitoring = role(
        "Writes what RDS measures of the operating system",
        monitoring_trust(scope),
        Some(policy),
    );
    nodes.push(node(at("monitoring-role"), &monitoring));
    nodes
}

fn role(description: &str, trust: Policy, managed: Option<String>) -> Role {
    Role {
        trust,
        boundary: reference(Tier::Access, role::BOUNDARY, "arn"),
        description: description.to_owned(),
        managed_policies: managed.into_iter().collect(),
        foreign_policies: [].into(),
        max_session_seconds: SESSION_SECONDS,
    }
}

fn inline(role: &str, policy: Policy) -> Node {
    let role_name = reference(Tier::Access, role, "name");
    node(at(format!("{role}-policy")), &RolePolicy { role: role_name, policy })
}

fn profile(machine: &str) -> Node {
    let role = reference(Tier::Access, &format!("{machine}-role"), "name");
    node(at(format!("{machine}-profile")), &InstanceProfile { role })
}

/// Only for flow logs of this account: a role that a service assumes for anybody's account is a
/// confused deputy.
fn flow_logs_trust(scope: &Scope) -> Policy {
    let condition = json!({
        "StringEquals": { "aws:SourceAccount": scope.account },
        "ArnLike": { "aws:SourceArn": scope.arn("ec2", "vpc-flow-log/*") },
    });
    trust("vpc-flow-logs.amazonaws.com", &condition)
}

/// Only for the stack's own database.
fn monitoring_trust(scope: &Scope) -> Policy {
    let condition = json!({
        "StringEquals": {
            "aws:SourceAccount": scope.account,
            "aws:SourceArn": database_arn(scope),
        },
    });
    trust("monitoring.rds.amazonaws.com", &condition)
}

/// The application reads its files, its parameters and its database's secret, and writes its log.
fn app_rights(scope: &Scope) -> Vec<Allow> {
    vec![
        read_files(scope),
        allow(&["ssm:GetParameter", "ssm:GetParameters", "ssm:GetParametersByPath"])
            .on([parameters(scope)]),
        read_secret(scope),
        decrypt(scope),
        allow(&["logs:CreateLogStream", "logs:PutLogEvents"]).on([in_group(scope, "app-logs")]),
    ]
}

/// Source: VPC user guide, "IAM role for publishing flow logs to CloudWatch Logs", without the
/// right to make log groups: ours is there.
fn flow_logs_rights(scope: &Scope) -> Vec<Allow> {
    vec![
        allow(&["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"])
            .on([in_group(scope, "flow-logs")]),
        allow(&["logs:DescribeLogGroups"]).on([scope.arn("logs", "log-group:*")]),
    ]
}

/// Source: CloudTrail user guide, "Role policy document for CloudTrail to use CloudWatch Logs":
/// only to the streams that CloudTrail names after account and region.
fn trail_rights(scope: &Scope) -> Allow {
    let group = log_group(scope, "trail-logs-group");
    let streams = format!("{group}:log-stream:{}_CloudTrail_{}*", scope.account, scope.region);
    allow(&["logs:CreateLogStream", "logs:PutLogEvents"]).on([streams])
}

/// The sum of what the roles need. It caps AWS's own policies too: with
/// `AmazonSSMManagedInstanceCore` alone an instance reads every parameter of the account.
fn boundary(spec: &Spec, scope: &Scope) -> Policy {
    let aws_parameters = format!("arn:{}:ssm:{}::parameter/aws/*", scope.partition(), scope.region);
    let mut statements = vec![
        allow(SYSTEMS_MANAGER_AGENT),
        allow(&["ssm:GetParameter", "ssm:GetParameters", "ssm:GetParametersByPath"])
            .on([parameters(scope), aws_parameters]),
        read_files(scope),
        read_secret(scope),
        decrypt(scope),
        allow(&["logs:CreateLogStream", "logs:PutLogEvents"]).on([in_group(scope, "app-logs")]),
        allow(ENHANCED_MONITORING_LOGS).on([scope.arn("logs", "log-group:RDS*")]),
    ];
    if spec.logging.flow_logs {
        statements.extend(flow_logs_rights(scope));
    }
    match spec.logging.trail {
        Trail::Account => (),
        Trail::Own => statements.push(trail_rights(scope)),
    }
    policy(statements)
}

/// `AmazonSSMManagedInstanceCore` without the reading of parameters. None of these can be limited
/// to resources of a stack: they name the calling instance or documents.
const SYSTEMS_MANAGER_AGENT: &[&str] = &[
    "ec2messages:AcknowledgeMessage",
    "ec2messages:DeleteMessage",
    "ec2messages:FailMessage",
    "ec2messages:GetEndpoint",
    "ec2messages:GetMessages",
    "ec2messages:SendReply",
    "ssm:DescribeAssociation",
    "ssm:DescribeDocument",
    "ssm:GetDeployablePatchSnapshotForInstance",
    "ssm:GetDocument",
    "ssm:GetManifest",
    "ssm:ListAssociations",
    "ssm:ListInstanceAssociations",
    "ssm:PutComplianceItems",
    "ssm:PutConfigurePackageResult",
    "ssm:PutInventory",
    "ssm:UpdateAssociationStatus",
    "ssm:UpdateInstanceAssociationStatus",
    "ssm:UpdateInstanceInformation",
    "ssmmessages:CreateControlChannel",
    "ssmmessages:CreateDataChannel",
    "ssmmessages:OpenControlChannel",
    "ssmmessages:OpenDataChannel",
];

/// `AmazonRDSEnhancedMonitoringRole`: RDS writes to the account's log group `RDSOSMetrics`.
const ENHANCED_MONITORING_LOGS: &[&str] = &[
    "logs:CreateLogGroup",
    "logs:CreateLogStream",
    "logs:DescribeLogStreams",
    "logs:GetLogEvents",
    "logs:PutLogEvents",
    "logs:PutRetentionPolicy",
];

fn read_files(scope: &Scope) -> Allow {
    let bucket = format!("arn:{}:s3:::{}", scope.partition(), scope.bucket_name("files"));
    let objects = format!("{bucket}/*");
    allow(&["s3:GetBucketLocation", "s3:GetObject", "s3:GetObjectVersion", "s3:ListBucket"])
        .on([bucket, objects])
}

/// The secret that RDS made for the stack's database, and no other: RDS tags it.
pub fn read_secret(scope: &Scope) -> Allow {
    allow(&["secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"])
        .on([scope.arn("secretsmanager", "secret:rds!db-*")])
        .when("StringEquals", "aws:ResourceTag/aws:rds:primaryDBInstanceArn", database_arn(scope))
}

/// The stack's key, but only to read what the stack's bucket and secret hold.
fn decrypt(scope: &Scope) -> Allow {
    allow(&["kms:Decrypt"])
        .on([reference(Tier::Keys, "key", "arn")])
        .via(scope, &["s3", "secretsmanager"])
}

/// Everything in one of the stack's log groups.
fn in_group(scope: &Scope, name: &str) -> String {
    format!("{}:*", log_group(scope, name))
}

/// The ARN that one of the stack's log groups has, by its name: it need not exist for it. New roles
/// take a while until services may assume them, so they wait for as little as possible.
fn log_group(scope: &Scope, name: &str) -> String {
    scope.arn("logs", &format!("log-group:/terrace/{}/{name}", scope.stack))
}

/// Everything under `/terrace/<stack>/`.
pub fn parameters(scope: &Scope) -> String {
    scope.arn("ssm", &format!("parameter{}", scope.parameter_name("*")))
}

/// The ARN that the stack's database has, by its name: it need not exist for it.
pub fn database_arn(scope: &Scope) -> String {
    scope.arn("rds", &format!("db:{}", scope.name("db")))
}

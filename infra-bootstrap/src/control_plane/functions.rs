//! One Lambda, role, log group and version for each function.
//!
//! A tier's role is made from the grants of its kinds, so that it holds what they need and no
//! more.

use serde_json::{Value, json};
use shared::aws::{Condition, Grant, Kind};
use shared::ledger::FUNCTION_SECONDS;

use super::{Resources, allow, attribute, home, logical, reference, role, sub};

/// One function of the control plane.
pub struct Function {
    pub name: &'static str,
    /// What it does, for the console.
    pub purpose: &'static str,
    /// The kinds of a tier function; none for the others.
    pub(super) kinds: &'static [Kind],
    extra: fn() -> Vec<Value>,
}

/// Tiers in the order in which they are built, then the others.
pub const FUNCTIONS: &[Function] = &[
    tier("keys", "KMS key, policy, alias", keys::TIER.kinds),
    tier("storage", "buckets, log groups, topic", storage::TIER.kinds),
    tier("access", "roles, profiles, people", access::TIER.kinds),
    tier("network", "VPC, subnets, gateways, routes", network::TIER.kinds),
    tier("firewall", "security groups, network ACLs", firewall::TIER.kinds),
    tier("database", "RDS instance and its groups", database::TIER.kinds),
    tier("edge", "certificate, load balancer, WAF", edge::TIER.kinds),
    tier("compute", "instances, scaling, bastion", compute::TIER.kinds),
    tier("monitoring", "alarms, dashboard", monitoring::TIER.kinds),
    Function { name: "intake", purpose: "takes specs and schedules", kinds: &[], extra: intake },
    Function { name: "run", purpose: "opens and closes runs", kinds: &[], extra: run },
    Function { name: "plan", purpose: "makes plans", kinds: &[], extra: Vec::new },
    Function {
        name: "preflight",
        purpose: "looks whether the account has room for a plan",
        kinds: &[],
        extra: preflight,
    },
    Function {
        name: "recognise",
        purpose: "reads events and alarms",
        kinds: &[],
        extra: recognise,
    },
];

const fn tier(name: &'static str, purpose: &'static str, kinds: &'static [Kind]) -> Function {
    Function { name, purpose, kinds, extra: Vec::new }
}

/// CPU comes with memory; 512 MB is where TLS handshakes stop being felt.
const MEMORY_MB: u32 = 512;

/// The template's parameter for a function's code.
pub fn parameter(name: &str) -> String {
    format!("{}Code", logical(name))
}

/// The logical name of a function's newest version, by which machines call it.
pub fn version(name: &str) -> String {
    format!("{}Version", logical(name))
}

pub fn add(resources: &mut Resources) {
    for function in FUNCTIONS {
        let name = logical(function.name);
        resources.insert(format!("{name}Logs"), log_group(&format!("functions/{}", function.name)));
        resources.insert(format!("{name}Role"), role("lambda.amazonaws.com", statements(function)));
        resources.insert(format!("{name}Function"), lambda(function));
        resources.insert(
            version(function.name),
            json!({
                "Type": "AWS::Lambda::Version",
                // An execution that is under way when Terrace is upgraded still calls the old one.
                "UpdateReplacePolicy": "Retain",
                // A new code key gives a new description, and with it a new version.
                "Properties": {
                    "FunctionName": reference(&format!("{name}Function")),
                    "Description": reference(&parameter(function.name)),
                },
            }),
        );
    }
}

pub fn log_group(name: &str) -> Value {
    json!({
        "Type": "AWS::Logs::LogGroup",
        "Properties": {
            "LogGroupName": format!("/terrace/{name}"),
            "RetentionInDays": reference("LogRetentionDays"),
            "KmsKeyId": attribute("Key", "Arn"),
        },
    })
}

fn lambda(function: &Function) -> Value {
    let name = logical(function.name);
    let mut variables =
        json!({ "TERRACE_LEDGER": reference("Ledger"), "TERRACE_TOPIC": reference("Topic") });
    if matches!(function.name, "intake" | "recognise") {
        let machine = |name: &str| {
            sub(&format!(
                "arn:${{AWS::Partition}}:states:${{AWS::Region}}:${{AWS::AccountId}}:stateMachine:terrace-{name}:live"
            ))
        };
        variables["TERRACE_DEPLOY_MACHINE"] = machine("deploy");
        variables["TERRACE_DRIFT_MACHINE"] = machine("drift");
        variables["TERRACE_RESPOND_MACHINE"] = machine("respond");
    }
    if matches!(function.name, "preflight" | "recognise") {
        let tiers = FUNCTIONS.iter().filter(|function| !function.kinds.is_empty());
        let arns: Value =
            tiers.map(|it| attribute(&format!("{}Role", logical(it.name)), "Arn")).collect();
        // Who recognises: its own changes are no news, and a responder that answered itself would
        // never end. Who looks ahead: whether anything denies them what they are to do.
        variables["TERRACE_ROLES"] = json!({ "Fn::Join": [",", arns] });
    }
    json!({
        "Type": "AWS::Lambda::Function",
        "Properties": {
            "FunctionName": format!("terrace-{}", function.name),
            "Description": format!("Terrace: {}", function.purpose),
            "Runtime": "provided.al2023",
            "Handler": "bootstrap",
            "Code": { "S3Bucket": reference("Artifacts"), "S3Key": reference(&parameter(function.name)) },
            "Role": attribute(&format!("{name}Role"), "Arn"),
            // A new writer of a stack relies on it.
            "Timeout": FUNCTION_SECONDS,
            "MemorySize": MEMORY_MB,
            "Environment": { "Variables": variables },
            "LoggingConfig": { "LogGroup": reference(&format!("{name}Logs")) },
        },
    })
}

fn statements(function: &Function) -> Vec<Value> {
    let logs = sub(&format!("${{{}Logs.Arn}}", logical(function.name)));
    let mut statements = vec![
        allow(&["logs:CreateLogStream", "logs:PutLogEvents"], logs),
        allow(&["s3:GetObject", "s3:PutObject", "s3:DeleteObject"], home::below("Ledger", "*")),
        allow(&["s3:ListBucket"], home::arn("Ledger")),
    ];
    for kind in function.kinds {
        statements.extend(kind.grants.iter().map(statement));
    }
    statements.extend((function.extra)());
    merged(statements)
}

fn statement(grant: &Grant) -> Value {
    let mut statement = allow(grant.actions, filled(grant.resource));
    if let Some(Condition { operator, key, values }) = grant.condition {
        let values: Value = values.iter().map(|value| filled(value)).collect();
        statement["Condition"] = json!({ operator: { key: values } });
    }
    statement
}

/// A pattern of a grant, whose partition, region and account CloudFormation fills in.
fn filled(pattern: &str) -> Value {
    let text = pattern
        .replace("arn:aws:", "arn:${AWS::Partition}:")
        .replace("{region}", "${AWS::Region}")
        .replace("{account}", "${AWS::AccountId}");
    if text.contains("${") { sub(&text) } else { json!(text) }
}

/// Statements on the same resource and condition as one: a role's inline policies together take
/// 10,240 characters.
fn merged(statements: Vec<Value>) -> Vec<Value> {
    let mut merged: Vec<Value> = Vec::new();
    for statement in statements {
        let same = merged.iter_mut().find(|it| {
            it["Resource"] == statement["Resource"] && it["Condition"] == statement["Condition"]
        });
        match (same, statement["Action"].as_array()) {
            (Some(standing), Some(actions)) => {
                if let Some(all) = standing["Action"].as_array_mut() {
                    let new: Vec<Value> =
                        actions.iter().filter(|it| !all.contains(it)).cloned().collect();
                    all.extend(new);
                    all.sort_by_key(Value::to_string);
                }
            }
            (None, _) | (Some(_), None) => merged.push(statement),
        }
    }
    merged
}

fn machines(names: &[&str]) -> Value {
    arns("stateMachine", names, ":*")
}

/// Machines whose tasks wait for an answer, with and without their alias.
fn waiting(names: &[&str]) -> Value {
    arns("stateMachine", names, "*")
}

fn executions(names: &[&str]) -> Value {
    arns("execution", names, ":*")
}

/// What these machines have of a kind, by a pattern that ends so.
fn arns(kind: &str, names: &[&str], end: &str) -> Value {
    let place = "arn:${AWS::Partition}:states:${AWS::Region}:${AWS::AccountId}";
    names.iter().map(|name| sub(&format!("{place}:{kind}:terrace-{name}{end}"))).collect()
}

fn tell() -> Vec<Value> {
    vec![
        allow(&["sns:Publish"], reference("Topic")),
        allow(&["kms:Decrypt", "kms:GenerateDataKey*"], attribute("Key", "Arn")),
    ]
}

fn intake() -> Vec<Value> {
    let start = allow(&["states:StartExecution"], machines(&["deploy", "drift"]));
    [vec![start], tell()].concat()
}

fn run() -> Vec<Value> {
    let public = sub("arn:${AWS::Partition}:ssm:${AWS::Region}::parameter/aws/service/*");
    let own = sub("arn:${AWS::Partition}:ssm:${AWS::Region}:${AWS::AccountId}:parameter/*");
    // Whether the run that is in the way has ended.
    let look = allow(&["states:DescribeExecution"], executions(&["deploy", "destroy"]));
    // Ends a run that waits for a person when a newer one takes its place. Only people say yes:
    // nothing of the control plane holds `states:SendTaskSuccess`.
    let end = allow(&["states:SendTaskFailure"], waiting(&["deploy", "destroy"]));
    [vec![allow(&["ssm:GetParameter"], json!([public, own])), look, end], tell()].concat()
}

/// Reading calls alone, but for the service-linked roles that an account's first use brings.
fn preflight() -> Vec<Value> {
    let look = allow(
        &[
            "autoscaling:DescribeAutoScalingGroups",
            "ec2:DescribeAddresses",
            "ec2:DescribeAvailabilityZones",
            "ec2:DescribeImages",
            "ec2:DescribeInstanceTypeOfferings",
            "ec2:DescribeInstanceTypes",
            "ec2:DescribeInstances",
            "ec2:DescribeInternetGateways",
            "ec2:DescribeNatGateways",
            "ec2:DescribeSecurityGroups",
            "ec2:DescribeSubnets",
            "ec2:DescribeVpcs",
            "elasticloadbalancing:DescribeLoadBalancers",
            "elasticloadbalancing:DescribeTargetGroups",
            "kms:ListKeys",
            "rds:DescribeDBEngineVersions",
            "rds:DescribeDBInstances",
            "rds:DescribeOrderableDBInstanceOptions",
            "servicequotas:GetAWSDefaultServiceQuota",
            "servicequotas:GetServiceQuota",
        ],
        json!("*"),
    );
    let linked = |service: &str| {
        sub(&format!(
            "arn:${{AWS::Partition}}:iam::${{AWS::AccountId}}:role/aws-service-role/{service}/*"
        ))
    };
    let services = [
        "autoscaling.amazonaws.com",
        "elasticloadbalancing.amazonaws.com",
        "rds.amazonaws.com",
        "wafv2.amazonaws.com",
    ];
    let roles: Vec<Value> = services.iter().map(|it| linked(it)).collect();
    let mut make = allow(&["iam:CreateServiceLinkedRole"], json!(roles));
    make["Condition"] = json!({ "StringEquals": { "iam:AWSServiceName": services } });
    let own = sub("arn:${AWS::Partition}:iam::${AWS::AccountId}:role/terrace/*");
    vec![
        look,
        allow(&["iam:GetRole"], json!(roles)),
        make,
        allow(&["iam:SimulatePrincipalPolicy"], own),
    ]
}

fn recognise() -> Vec<Value> {
    let queue = allow(
        &["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"],
        attribute("Events", "Arn"),
    );
    vec![queue, allow(&["states:StartExecution"], machines(&["respond"]))]
}

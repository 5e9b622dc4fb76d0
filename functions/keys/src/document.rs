//! What the key's policy says.
//!
//! Sources: KMS developer guide (default key policy, key administrators), CloudWatch Logs user
//! guide (encrypting log groups), SNS developer guide (event sources and encrypted topics), EC2
//! Auto Scaling user guide (key policies for encrypted volumes), CloudTrail user guide (key
//! policies).

use serde_json::{Value, json};
use shared::aws::{Policy, Scope};
use shared::spec::Trail;

/// What the default lets administrators do: everything about the key, nothing with it.
const ADMINISTRATION: &[&str] = &[
    "kms:CancelKeyDeletion",
    "kms:Create*",
    "kms:Delete*",
    "kms:Describe*",
    "kms:Disable*",
    "kms:Enable*",
    "kms:Get*",
    "kms:List*",
    "kms:Put*",
    "kms:Revoke*",
    "kms:RotateKeyOnDemand",
    "kms:ScheduleKeyDeletion",
    "kms:TagResource",
    "kms:UntagResource",
    "kms:Update*",
];

/// What a service needs that encrypts and decrypts with the key.
const USE: &[&str] =
    &["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"];

/// Who may do what with the stack's key.
pub fn document(scope: &Scope, administrators: &[&str], whose_trail: Trail) -> Policy {
    let mut statements = vec![account(scope)];
    if !administrators.is_empty() {
        statements.push(statement(
            "KeyAdministrators",
            &json!({ "AWS": administrators }),
            ADMINISTRATION,
        ));
    }
    statements.push(logs(scope));
    statements.extend(topic(scope));
    statements.extend(auto_scaling(scope));
    match whose_trail {
        Trail::Account => (),
        Trail::Own => statements.extend(trail(scope)),
    }
    Policy::from(json!({ "Version": "2012-10-17", "Statement": statements }))
}

/// What KMS gives a key for which nobody said anything.
pub(crate) fn default(scope: &Scope) -> Policy {
    Policy::from(json!({ "Version": "2012-10-17", "Statement": [account(scope)] }))
}

/// Whether a policy says what AWS's own does, whatever its statement is called.
pub(crate) fn is_default(scope: &Scope, policy: &Policy) -> bool {
    let says = |policy: &Policy| {
        let mut statement = policy.document()["Statement"].clone();
        if let Some(fields) = statement.as_object_mut() {
            fields.remove("Sid");
        }
        statement
    };
    says(policy) == says(&default(scope))
}

/// The account's IAM policies decide; without this nobody could ever change the policy again.
fn account(scope: &Scope) -> Value {
    let root = format!("arn:{}:iam::{}:root", scope.partition(), scope.account);
    statement("AccountByIam", &json!({ "AWS": root }), &["kms:*"])
}

/// CloudWatch Logs, for the stack's log groups alone.
fn logs(scope: &Scope) -> Value {
    let group = |pattern: String| scope.arn("logs", &format!("log-group:{pattern}"));
    let groups = [
        group(format!("/terrace/{}/*", scope.stack)),
        group(format!("aws-waf-logs-{}", scope.name("*"))),
        group(format!("/aws/rds/instance/{}/*", scope.name("db"))),
    ];
    let service = json!({ "Service": format!("logs.{}.amazonaws.com", scope.region) });
    let condition = json!({ "ArnLike": { "kms:EncryptionContext:aws:logs:arn": groups } });
    only_if(statement("LogGroups", &service, USE), condition)
}

/// Those who publish to the stack's encrypted topic.
fn topic(scope: &Scope) -> [Value; 2] {
    let publish = &["kms:Decrypt", "kms:GenerateDataKey*"];
    let services = json!({ "Service": ["cloudwatch.amazonaws.com", "events.rds.amazonaws.com"] });
    let account = json!({ "StringEquals": { "aws:SourceAccount": scope.account } });
    // EventBridge does not say for whom it comes when the topic is encrypted, so a condition on
    // the source would shut it out (SNS developer guide, event sources and encrypted topics).
    let events = json!({ "Service": "events.amazonaws.com" });
    [
        only_if(statement("TopicAlarmsAndDatabase", &services, publish), account),
        statement("TopicEvents", &events, publish),
    ]
}

/// Auto Scaling starts instances with encrypted volumes in its own name.
///
/// Named by a condition and not as the principal: KMS refuses a principal that does not exist,
/// and AWS makes this role only with the account's first scaling group.
fn auto_scaling(scope: &Scope) -> [Value; 2] {
    let role = format!(
        "arn:{}:iam::{}:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling",
        scope.partition(),
        scope.account
    );
    let caller = json!({ "aws:PrincipalAccount": scope.account, "aws:PrincipalArn": role });
    let anyone = json!({ "AWS": "*" });
    let use_it = statement("ScalingVolumes", &anyone, USE);
    let lend_it = statement("ScalingVolumesGrant", &anyone, &["kms:CreateGrant"]);
    let for_services =
        json!({ "StringEquals": caller, "Bool": { "kms:GrantIsForAWSResource": true } });
    [only_if(use_it, json!({ "StringEquals": caller })), only_if(lend_it, for_services)]
}

/// CloudTrail, for the stack's own trail alone. It names the trail in the encryption context of
/// each file, whichever region the file comes from.
fn trail(scope: &Scope) -> [Value; 2] {
    let service = json!({ "Service": "cloudtrail.amazonaws.com" });
    let source = json!({ "aws:SourceArn": scope.trail_arn() });
    let name = scope.name("trail");
    let context = format!("arn:{}:cloudtrail:*:{}:trail/{name}", scope.partition(), scope.account);
    let encrypt = statement("TrailFiles", &service, &["kms:GenerateDataKey*"]);
    let for_trail = json!({
        "StringEquals": source,
        "StringLike": { "kms:EncryptionContext:aws:cloudtrail:arn": context },
    });
    let look = statement("TrailLooks", &service, &["kms:DescribeKey"]);
    [only_if(encrypt, for_trail), only_if(look, json!({ "StringEquals": source }))]
}

fn statement(sid: &str, principal: &Value, actions: &[&str]) -> Value {
    json!({ "Sid": sid, "Effect": "Allow", "Principal": principal, "Action": actions, "Resource": "*" })
}

fn only_if(mut statement: Value, condition: Value) -> Value {
    statement["Condition"] = condition;
    statement
}

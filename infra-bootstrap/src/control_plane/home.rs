//! Where the control plane keeps its things: the ledger's bucket, the topic, the key.

use serde_json::{Value, json};

use super::{Resources, allow, attribute, policy, reference, sub, tls_only};

/// Records of runs are kept this long; revisions, inventories and reports stay.
const RUNS_DAYS: u32 = 90;

pub fn add(resources: &mut Resources) {
    resources.insert("Ledger".into(), ledger());
    let statements = vec![access_logs(), tls_only("Ledger")];
    resources.insert("LedgerPolicy".into(), bucket_policy("Ledger", statements));
    resources.insert("Key".into(), key());
    resources.insert("KeyAlias".into(), json!({
        "Type": "AWS::KMS::Alias",
        "Properties": { "AliasName": "alias/terrace-control-plane", "TargetKeyId": reference("Key") },
    }));
    resources.insert(
        "Topic".into(),
        json!({
            "Type": "AWS::SNS::Topic",
            "Properties": { "TopicName": "terrace", "KmsMasterKeyId": reference("Key") },
        }),
    );
    resources.insert("TopicPolicy".into(), topic_policy());
}

/// A bucket with what the security baseline asks for.
pub fn bucket(name: Value, more: Value) -> Value {
    let mut properties = json!({
        "BucketName": name,
        "VersioningConfiguration": { "Status": "Enabled" },
        "BucketEncryption": { "ServerSideEncryptionConfiguration": [
            { "ServerSideEncryptionByDefault": { "SSEAlgorithm": "AES256" } },
        ] },
        "PublicAccessBlockConfiguration": {
            "BlockPublicAcls": true, "BlockPublicPolicy": true,
            "IgnorePublicAcls": true, "RestrictPublicBuckets": true,
        },
        "OwnershipControls": { "Rules": [{ "ObjectOwnership": "BucketOwnerEnforced" }] },
    });
    if let (Value::Object(properties), Value::Object(more)) = (&mut properties, more) {
        properties.extend(more);
    }
    json!({
        "Type": "AWS::S3::Bucket",
        // A first attempt that failed must not leave a bucket in the way of the next.
        "DeletionPolicy": "RetainExceptOnCreate",
        "UpdateReplacePolicy": "Retain",
        "Properties": properties,
    })
}

pub fn bucket_policy(bucket: &str, statements: Vec<Value>) -> Value {
    json!({
        "Type": "AWS::S3::BucketPolicy",
        "Properties": { "Bucket": reference(bucket), "PolicyDocument": policy(statements) },
    })
}

fn ledger() -> Value {
    let expire = |id: &str, more: Value| {
        let mut rule = json!({ "Id": id, "Status": "Enabled" });
        if let (Value::Object(rule), Value::Object(more)) = (&mut rule, more) {
            rule.extend(more);
        }
        rule
    };
    bucket(
        sub("terrace-${AWS::AccountId}-${AWS::Region}"),
        json!({
            "NotificationConfiguration": { "EventBridgeConfiguration": { "EventBridgeEnabled": true } },
            "LifecycleConfiguration": { "Rules": [
                expire("runs", json!({ "Prefix": "runs/", "ExpirationInDays": RUNS_DAYS })),
                expire("old-versions", json!({
                    "NoncurrentVersionExpiration": { "NoncurrentDays": RUNS_DAYS },
                    "AbortIncompleteMultipartUpload": { "DaysAfterInitiation": 7 },
                })),
            ] },
        }),
    )
}

/// The trail's bucket logs who read it, below `access/`.
fn access_logs() -> Value {
    let mut write = allow(&["s3:PutObject"], below("Ledger", "access/*"));
    write["Principal"] = json!({ "Service": "logging.s3.amazonaws.com" });
    write["Condition"] =
        json!({ "StringEquals": { "aws:SourceAccount": { "Ref": "AWS::AccountId" } } });
    write
}

/// One key for the topic and the trail. Services reach it only for this account.
fn key() -> Value {
    let service = |sid: &str, service: &str, actions: &[&str]| {
        json!({
            "Sid": sid,
            "Effect": "Allow",
            "Principal": { "Service": service },
            "Action": actions,
            "Resource": "*",
        })
    };
    let mut admin = allow(&["kms:*"], json!("*"));
    admin["Sid"] = json!("AccountUsesIam");
    admin["Principal"] = json!({ "AWS": sub("arn:${AWS::Partition}:iam::${AWS::AccountId}:root") });
    let mut trail =
        service("Trail", "cloudtrail.amazonaws.com", &["kms:GenerateDataKey*", "kms:DescribeKey"]);
    trail["Condition"] = json!({ "StringLike": {
        "kms:EncryptionContext:aws:cloudtrail:arn": sub("arn:${AWS::Partition}:cloudtrail:*:${AWS::AccountId}:trail/*"),
    } });
    let for_account = |mut statement: Value| {
        statement["Condition"] =
            json!({ "StringEquals": { "aws:SourceAccount": { "Ref": "AWS::AccountId" } } });
        statement
    };
    json!({
        "Type": "AWS::KMS::Key",
        "Properties": {
            "Description": "Terrace: its topic and its trail",
            "EnableKeyRotation": true,
            "KeyPolicy": policy(vec![
                admin,
                trail,
                for_account(service("Alarms", "cloudwatch.amazonaws.com", &["kms:Decrypt", "kms:GenerateDataKey*"])),
                for_account(service("Rules", "events.amazonaws.com", &["kms:Decrypt", "kms:GenerateDataKey*"])),
                {
                    let actions = &["kms:Encrypt", "kms:Decrypt", "kms:GenerateDataKey*", "kms:DescribeKey"];
                    let mut logs = service("Logs", "logs.amazonaws.com", actions);
                    logs["Condition"] = json!({ "ArnLike": {
                        "kms:EncryptionContext:aws:logs:arn": sub("arn:${AWS::Partition}:logs:${AWS::Region}:${AWS::AccountId}:log-group:/terrace/*"),
                    } });
                    logs
                },
            ]),
        },
    })
}

fn topic_policy() -> Value {
    let mut publish = allow(&["sns:Publish"], reference("Topic"));
    publish["Principal"] =
        json!({ "Service": ["cloudwatch.amazonaws.com", "events.amazonaws.com"] });
    publish["Condition"] =
        json!({ "StringEquals": { "aws:SourceAccount": { "Ref": "AWS::AccountId" } } });
    json!({
        "Type": "AWS::SNS::TopicPolicy",
        "Properties": { "Topics": [reference("Topic")], "PolicyDocument": policy(vec![publish]) },
    })
}

/// The bucket's ARN with a path below it.
pub fn below(bucket: &str, path: &str) -> Value {
    sub(&format!("${{{bucket}.Arn}}/{path}"))
}

/// The bucket itself.
pub fn arn(bucket: &str) -> Value {
    attribute(bucket, "Arn")
}

//! What the policies of the buckets and of the topic say.
//!
//! Sources: ALB user guide (access logs), S3 user guide (server access logging), CloudTrail user
//! guide (bucket policy), CloudWatch and RDS user guides (publishing to a topic), EventBridge user
//! guide (resource-based policies).

use serde_json::{Value, json};
use shared::aws::{Policy, Scope};

use crate::names;

/// What SNS calls its own policy for topics.
const TOPIC_DEFAULT: &str = "__default_policy_ID";

/// The bucket that keeps who asked the other buckets for what.
pub fn access_logs(scope: &Scope, bucket: &str) -> Policy {
    let mut delivery = allow("AccessLogDelivery", "logging.s3.amazonaws.com", "s3:PutObject");
    delivery["Resource"] = json!(format!("{}/*", names::bucket_arn(scope, bucket)));
    delivery["Condition"] = json!({
        // A pattern, not the buckets' ARNs: this policy must not seem to use them.
        "ArnLike": { "aws:SourceArn": names::bucket_arn(scope, &scope.name("*")) },
        "StringEquals": { "aws:SourceAccount": scope.account },
    });
    document([tls_only(scope, bucket), delivery])
}

/// The bucket that keeps the load balancer's access logs.
pub fn alb_logs(scope: &Scope, bucket: &str) -> Policy {
    let arn = names::bucket_arn(scope, bucket);
    let service = "logdelivery.elasticloadbalancing.amazonaws.com";
    let mut delivery = allow("LoadBalancerLogDelivery", service, "s3:PutObject");
    let below = |prefix: &str| format!("{arn}/{prefix}AWSLogs/{}/*", scope.account);
    delivery["Resource"] = json!([below(""), below("*/")]);
    let balancers = scope.arn("elasticloadbalancing", "loadbalancer/*");
    delivery["Condition"] = json!({ "ArnLike": { "aws:SourceArn": balancers } });
    document([tls_only(scope, bucket), delivery])
}

/// The bucket that keeps what the stack's own trail records.
pub fn trail_logs(scope: &Scope, bucket: &str) -> Policy {
    let arn = names::bucket_arn(scope, bucket);
    let only_trail = json!({ "aws:SourceArn": scope.trail_arn() });
    let mut look = allow("TrailLooks", "cloudtrail.amazonaws.com", "s3:GetBucketAcl");
    look["Resource"] = json!(arn);
    look["Condition"] = json!({ "StringEquals": only_trail });
    let mut write = allow("TrailDelivery", "cloudtrail.amazonaws.com", "s3:PutObject");
    write["Resource"] = json!(format!("{arn}/AWSLogs/{}/*", scope.account));
    write["Condition"] = json!({ "StringEquals": only_trail });
    write["Condition"]["StringEquals"]["s3:x-amz-acl"] = json!("bucket-owner-full-control");
    document([tls_only(scope, bucket), look, write])
}

/// The bucket for the application's files: who may read it, the roles say.
pub fn files(scope: &Scope, bucket: &str) -> Policy {
    document([tls_only(scope, bucket)])
}

/// Who tells people through the topic.
pub fn topic(scope: &Scope) -> Policy {
    let account = || json!({ "aws:SourceAccount": scope.account });
    let mut alarms = allow("Alarms", "cloudwatch.amazonaws.com", "sns:Publish");
    alarms["Condition"] = json!({
        "ArnLike": { "aws:SourceArn": scope.arn("cloudwatch", "alarm:*") },
        "StringEquals": account(),
    });
    let mut database = allow("DatabaseEvents", "events.rds.amazonaws.com", "sns:Publish");
    database["Condition"] = json!({
        "ArnLike": { "aws:SourceArn": scope.arn("rds", "*") },
        "StringEquals": account(),
    });
    // EventBridge takes no condition in a topic's policy.
    let events = allow("Events", "events.amazonaws.com", "sns:Publish");
    let on_topic = [alarms, database, events].map(|mut statement| {
        statement["Resource"] = json!(names::topic_arn(scope));
        statement
    });
    document(on_topic)
}

/// What SNS gives a topic for which nobody said anything: its account alone.
pub fn topic_default(scope: &Scope) -> Policy {
    Policy::from(json!({
        "Version": "2008-10-17",
        "Id": TOPIC_DEFAULT,
        "Statement": [{
            "Sid": "__default_statement_ID",
            "Effect": "Allow",
            "Principal": { "AWS": "*" },
            "Action": [
                "SNS:AddPermission",
                "SNS:DeleteTopic",
                "SNS:GetTopicAttributes",
                "SNS:ListSubscriptionsByTopic",
                "SNS:Publish",
                "SNS:RemovePermission",
                "SNS:SetTopicAttributes",
                "SNS:Subscribe",
            ],
            "Resource": names::topic_arn(scope),
            "Condition": { "StringEquals": { "AWS:SourceOwner": scope.account } },
        }],
    }))
}

pub fn is_topic_default(policy: &Policy) -> bool {
    policy.document()["Id"] == TOPIC_DEFAULT
}

/// Nothing goes over the wire in the clear (control S3.5).
fn tls_only(scope: &Scope, bucket: &str) -> Value {
    let arn = names::bucket_arn(scope, bucket);
    json!({
        "Sid": "TlsOnly",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [arn, format!("{arn}/*")],
        "Condition": { "Bool": { "aws:SecureTransport": false } },
    })
}

fn allow(sid: &str, service: &str, action: &str) -> Value {
    json!({ "Sid": sid, "Effect": "Allow", "Principal": { "Service": service }, "Action": action })
}

fn document(statements: impl Into<Vec<Value>>) -> Policy {
    Policy::from(json!({ "Version": "2012-10-17", "Statement": statements.into() }))
}

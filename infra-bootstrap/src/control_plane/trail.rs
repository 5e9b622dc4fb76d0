//! One trail for the account: events of API calls need a trail that is logging.

use serde_json::{Value, json};

use super::functions::log_group;
use super::home::{arn, below, bucket, bucket_policy};
use super::{Resources, allow, attribute, reference, role, sub, tls_only};

pub fn add(resources: &mut Resources) {
    let own = [
        ("TrailBucket", trail_bucket()),
        ("TrailBucketPolicy", bucket_policy("TrailBucket", grants())),
        ("TrailLogs", log_group("trail")),
        (
            "TrailRole",
            role(
                "cloudtrail.amazonaws.com",
                vec![allow(
                    &["logs:CreateLogStream", "logs:PutLogEvents"],
                    attribute("TrailLogs", "Arn"),
                )],
            ),
        ),
        ("Trail", trail()),
    ];
    for (name, mut resource) in own {
        resource["Condition"] = json!("OwnTrail");
        // A parameter has the name `Trail` already.
        let name = if name == "Trail" { "AccountTrail" } else { name };
        resources.insert(name.to_owned(), resource);
    }
}

fn trail_bucket() -> Value {
    /// Trails are asked about for a year, then seldom.
    const COLD_DAYS: u32 = 365;
    bucket(
        sub("terrace-trail-${AWS::AccountId}-${AWS::Region}"),
        json!({
            "LoggingConfiguration": { "DestinationBucketName": reference("Ledger"), "LogFilePrefix": "access/trail/" },
            "LifecycleConfiguration": { "Rules": [{
                "Id": "cold", "Status": "Enabled",
                "Transitions": [{ "StorageClass": "GLACIER", "TransitionInDays": COLD_DAYS }],
            }] },
        }),
    )
}

/// What CloudTrail needs to deliver, for this account's trail alone.
fn grants() -> Vec<Value> {
    let source = json!({ "aws:SourceArn": sub("arn:${AWS::Partition}:cloudtrail:${AWS::Region}:${AWS::AccountId}:trail/terrace-${AWS::Region}") });
    let mut look = allow(&["s3:GetBucketAcl"], arn("TrailBucket"));
    look["Principal"] = json!({ "Service": "cloudtrail.amazonaws.com" });
    look["Condition"] = json!({ "StringEquals": source });
    let mut write = allow(&["s3:PutObject"], below("TrailBucket", "AWSLogs/${AWS::AccountId}/*"));
    write["Principal"] = json!({ "Service": "cloudtrail.amazonaws.com" });
    write["Condition"] = json!({ "StringEquals": source });
    vec![look, write, tls_only("TrailBucket")]
}

fn trail() -> Value {
    json!({
        "Type": "AWS::CloudTrail::Trail",
        "DependsOn": ["TrailBucketPolicy"],
        "Properties": {
            // A multi-region trail shows in every region: the control planes of two regions must
            // not give theirs the same name.
            "TrailName": sub("terrace-${AWS::Region}"),
            "S3BucketName": reference("TrailBucket"),
            "IsLogging": true,
            "IsMultiRegionTrail": true,
            "IncludeGlobalServiceEvents": true,
            "EnableLogFileValidation": true,
            "KMSKeyId": attribute("Key", "Arn"),
            "CloudWatchLogsLogGroupArn": attribute("TrailLogs", "Arn"),
            "CloudWatchLogsRoleArn": attribute("TrailRole", "Arn"),
        },
    })
}

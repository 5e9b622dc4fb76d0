//! What starts things: specs put into the bucket, schedules, API calls, alarms, ended runs.

use serde_json::{Value, json};

use super::{Resources, allow, attribute, logical, policy, reference};

pub fn add(resources: &mut Resources) {
    spec_rules(resources);
    to_function(
        resources,
        "Schedule",
        "intake",
        json!({ "ScheduleExpression": reference("DriftSchedule") }),
        None,
    );
    ended_rule(resources);
    queue(resources);
    to_queue(resources, "ApiCalls", api_calls());
    to_queue(
        resources,
        "Alarms",
        json!({
            "source": ["aws.cloudwatch"],
            "detail-type": ["CloudWatch Alarm State Change"],
            "detail": { "alarmName": [{ "prefix": "terrace-" }], "state": { "value": ["ALARM"] } },
        }),
    );
}

fn spec_rules(resources: &mut Resources) {
    let specs = json!({
        "source": ["aws.s3"],
        "detail-type": ["Object Created", "Object Deleted"],
        "detail": { "bucket": { "name": [reference("Ledger")] }, "object": { "key": [{ "prefix": "specs/" }] } },
    });
    to_function(resources, "Specs", "intake", json!({ "EventPattern": specs }), None);
}

/// Runs that end without a word: somebody has to free their lease and write their report.
fn ended_rule(resources: &mut Resources) {
    let machines = json!([attribute("DeployMachine", "Arn"), attribute("DestroyMachine", "Arn")]);
    let pattern = json!({
        "source": ["aws.states"],
        "detail-type": ["Step Functions Execution Status Change"],
        "detail": { "status": ["FAILED", "ABORTED", "TIMED_OUT"], "stateMachineArn": machines },
    });
    let transform = json!({
        "InputPathsMap": { "name": "$.detail.name", "status": "$.detail.status" },
        "InputTemplate": "{\"verb\": \"ended\", \"name\": \"<name>\", \"status\": \"<status>\"}",
    });
    to_function(resources, "Ended", "run", json!({ "EventPattern": pattern }), Some(transform));
}

/// The calls that can open or break what a stack promises on security groups, NACLs and routes.
fn api_calls() -> Value {
    json!({
        "source": ["aws.ec2"],
        "detail-type": ["AWS API Call via CloudTrail"],
        "detail": { "eventSource": ["ec2.amazonaws.com"], "eventName": [
            "AuthorizeSecurityGroupIngress", "AuthorizeSecurityGroupEgress",
            "RevokeSecurityGroupIngress", "RevokeSecurityGroupEgress", "ModifySecurityGroupRules",
            "CreateNetworkAclEntry", "ReplaceNetworkAclEntry", "DeleteNetworkAclEntry",
            "ReplaceNetworkAclAssociation",
            "CreateRoute", "ReplaceRoute", "DeleteRoute",
            "AssociateRouteTable", "DisassociateRouteTable", "ReplaceRouteTableAssociation",
        ] },
    })
}

fn to_function(
    resources: &mut Resources,
    name: &str,
    function: &str,
    trigger: Value,
    transform: Option<Value>,
) {
    let function = format!("{}Function", logical(function));
    let mut target = json!({ "Id": "function", "Arn": attribute(&function, "Arn") });
    if let Some(transform) = transform {
        target["InputTransformer"] = transform;
    }
    let rule = format!("{name}Rule");
    resources.insert(
        rule.clone(),
        json!({
            "Type": "AWS::Events::Rule",
            "Properties": with_target(trigger, target),
        }),
    );
    resources.insert(
        format!("{name}Permission"),
        json!({
            "Type": "AWS::Lambda::Permission",
            "Properties": {
                "Action": "lambda:InvokeFunction",
                "FunctionName": reference(&function),
                "Principal": "events.amazonaws.com",
                "SourceArn": attribute(&rule, "Arn"),
            },
        }),
    );
}

fn to_queue(resources: &mut Resources, name: &str, pattern: Value) {
    let target = json!({ "Id": "queue", "Arn": attribute("Events", "Arn") });
    resources.insert(
        format!("{name}Rule"),
        json!({
            "Type": "AWS::Events::Rule",
            "Properties": with_target(json!({ "EventPattern": pattern }), target),
        }),
    );
}

fn with_target(mut trigger: Value, target: Value) -> Value {
    trigger["State"] = json!("ENABLED");
    trigger["Targets"] = json!([target]);
    trigger
}

fn queue(resources: &mut Resources) {
    /// Longer than the function that reads it may run, as Lambda asks.
    const VISIBILITY_SECONDS: u32 = 360;
    /// After this many tries an event is kept aside for people.
    const TRIES: u32 = 5;
    let queue = |more: Value| {
        let mut properties =
            json!({ "SqsManagedSseEnabled": true, "MessageRetentionPeriod": 1_209_600 });
        if let (Value::Object(properties), Value::Object(more)) = (&mut properties, more) {
            properties.extend(more);
        }
        json!({ "Type": "AWS::SQS::Queue", "Properties": properties })
    };
    resources.insert("EventsAside".into(), queue(json!({ "QueueName": "terrace-events-aside" })));
    resources.insert("Events".into(), queue(json!({
        "QueueName": "terrace-events",
        "VisibilityTimeout": VISIBILITY_SECONDS,
        "RedrivePolicy": { "deadLetterTargetArn": attribute("EventsAside", "Arn"), "maxReceiveCount": TRIES },
    })));
    let mut send = allow(&["sqs:SendMessage"], attribute("Events", "Arn"));
    send["Principal"] = json!({ "Service": "events.amazonaws.com" });
    send["Condition"] = json!({ "ArnEquals": { "aws:SourceArn": [attribute("ApiCallsRule", "Arn"), attribute("AlarmsRule", "Arn")] } });
    resources.insert(
        "EventsPolicy".into(),
        json!({
            "Type": "AWS::SQS::QueuePolicy",
            "Properties": { "Queues": [reference("Events")], "PolicyDocument": policy(vec![send]) },
        }),
    );
    resources.insert(
        "EventsMapping".into(),
        json!({
            "Type": "AWS::Lambda::EventSourceMapping",
            "Properties": {
                "EventSourceArn": attribute("Events", "Arn"),
                "FunctionName": reference("RecogniseFunction"),
                "BatchSize": 10,
                "FunctionResponseTypes": ["ReportBatchItemFailures"],
                "ScalingConfig": { "MaximumConcurrency": 5 },
            },
        }),
    );
}

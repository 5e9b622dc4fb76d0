use serde_json::{Value, json};

use super::*;
use crate::events::Event;

/// A call by somebody at a keyboard, with what differs between cases.
fn call(name: &str, source: &str, more: Value) -> ApiCall {
    let mut detail = json!({
        "eventVersion": "1.11",
        "userIdentity": {
            "type": "IAMUser", "principalId": "AIDAEXAMPLE", "userName": "ada",
            "arn": "arn:aws:iam::111122223333:user/ada", "accountId": "111122223333",
            "accessKeyId": "AKIAEXAMPLE",
        },
        "eventTime": "2026-03-01T10:00:01Z", "eventSource": source, "eventName": name,
        "awsRegion": "eu-central-1", "sourceIPAddress": "203.0.113.9",
        "userAgent": "aws-cli/2.27.1", "requestID": "r1", "eventID": "c1", "readOnly": false,
        "eventType": "AwsApiCall", "managementEvent": true,
        "recipientAccountId": "111122223333", "eventCategory": "Management",
    });
    if let (Some(detail), Value::Object(more)) = (detail.as_object_mut(), more) {
        detail.extend(more);
    }
    let event = json!({
        "version": "0", "id": "e1", "detail-type": "AWS API Call via CloudTrail",
        "source": "aws.ec2", "account": "111122223333", "time": "2026-03-01T10:00:07Z",
        "region": "eu-central-1", "resources": [], "detail": detail,
    });
    match Event::read(&event) {
        Ok(Some(Event::ApiCall(call))) => *call,
        other => panic!("expected a call, found {other:?}"),
    }
}

#[test]
fn a_call_tells_who_did_what_and_when() {
    let call = call("DeleteRoute", "ec2.amazonaws.com", json!({}));
    assert_eq!(call.id, "c1");
    assert_eq!(call.time.to_string(), "2026-03-01T10:00:01Z");
    assert_eq!((call.name.as_str(), call.source.as_str()), ("DeleteRoute", "ec2.amazonaws.com"));
    assert_eq!(call.actor.who(), "user `ada` from 203.0.113.9");
    assert!(call.is_change());
}

#[test]
fn refused_and_reading_calls_change_nothing() {
    let refused = json!({"errorCode": "Client.UnauthorizedOperation", "errorMessage": "no",
        "requestParameters": {"groupId": "sg-1"}, "responseElements": null});
    let refused = call("DeleteSecurityGroup", "ec2.amazonaws.com", refused);
    assert_eq!(refused.error.as_deref(), Some("UnauthorizedOperation"));
    assert!(!refused.is_change());
    for read_only in [json!(true), json!("true")] {
        let read = call("DescribeVpcs", "ec2.amazonaws.com", json!({"readOnly": read_only}));
        assert!(!read.is_change());
    }
}

#[test]
fn ids_are_found_in_every_dialect() {
    for (name, source, request, answer, expected) in dialects() {
        let more = json!({"requestParameters": request, "responseElements": answer});
        let found = call(name, source, more).ids;
        let found: Vec<&str> = found.iter().map(String::as_str).collect();
        assert_eq!(found, expected, "{name}");
    }
}

type Row = (&'static str, &'static str, Value, Value, Vec<&'static str>);

/// Each row: the call, whose API, its request, its answer, and the ids that have to be found.
#[expect(clippy::too_many_lines, reason = "it is a table")]
fn dialects() -> Vec<Row> {
    vec![
        (
            "AuthorizeSecurityGroupIngress",
            "ec2.amazonaws.com",
            json!({"groupId": "sg-0a1", "ipPermissions": {"items": [{"ipProtocol": "tcp",
                "fromPort": 22, "toPort": 22, "groups": {}, "ipRanges": {"items":
                [{"cidrIp": "0.0.0.0/0"}]}, "ipv6Ranges": {}, "prefixListIds": {}}]}}),
            json!({"requestId": "r1", "_return": true, "securityGroupRuleSet": {"items":
                [{"groupOwnerId": "111122223333", "groupId": "sg-0a1",
                "securityGroupRuleId": "sgr-0b2", "isEgress": false}]}}),
            vec!["sg-0a1", "sgr-0b2"],
        ),
        (
            "ModifySecurityGroupRules",
            "ec2.amazonaws.com",
            json!({"ModifySecurityGroupRulesRequest": {"GroupId": "sg-0a1",
                "SecurityGroupRule": {"SecurityGroupRuleId": "sgr-0b2", "tag": 1,
                "SecurityGroupRule": {"IpProtocol": "tcp", "CidrIpv4": "0.0.0.0/0"}}}}),
            json!({"ModifySecurityGroupRulesResponse": {"return": true, "requestId": "r1"}}),
            vec!["sg-0a1", "sgr-0b2"],
        ),
        (
            "DeleteFlowLogs",
            "ec2.amazonaws.com",
            json!({"DeleteFlowLogsRequest": {"FlowLogId": {"tag": 1, "content": "fl-0c3"}}}),
            json!({"DeleteFlowLogsResponse": {"unsuccessful": "", "requestId": "r1"}}),
            vec!["fl-0c3"],
        ),
        (
            "DeleteFlowLogs",
            "ec2.amazonaws.com",
            json!({"DeleteFlowLogsRequest": {"FlowLogId": [{"tag": 1, "content": "fl-0c3"},
                {"tag": 2, "content": "fl-0c4"}]}}),
            Value::Null,
            vec!["fl-0c3", "fl-0c4"],
        ),
        (
            "TerminateInstances",
            "ec2.amazonaws.com",
            json!({"instancesSet": {"items": [{"instanceId": "i-01"}, {"instanceId": "i-02"}]}}),
            json!({"instancesSet": {"items": [{"instanceId": "i-01",
                "currentState": {"code": 32, "name": "shutting-down"}}]}}),
            vec!["i-01", "i-02"],
        ),
        (
            "DeleteTags",
            "ec2.amazonaws.com",
            json!({"resourcesSet": {"items": [{"resourceId": "vpc-0d4"}]},
                "tagSet": {"items": [{"key": "terrace:stack"}]}}),
            Value::Null,
            vec!["vpc-0d4"],
        ),
        (
            "ReplaceRoute",
            "ec2.amazonaws.com",
            json!({"routeTableId": "rtb-0e5", "destinationCidrBlock": "0.0.0.0/0",
                "gatewayId": "igw-0f6"}),
            json!({"_return": true}),
            vec!["igw-0f6", "rtb-0e5"],
        ),
        (
            "ModifyDBInstance",
            "rds.amazonaws.com",
            json!({"dBInstanceIdentifier": "terrace-shop-db", "applyImmediately": true,
                "masterUserPassword": "HIDDEN_DUE_TO_SECURITY_REASONS",
                "deletionProtection": false}),
            json!({"dBInstanceArn": "arn:aws:rds:eu-central-1:111122223333:db:terrace-shop-db"}),
            vec!["arn:aws:rds:eu-central-1:111122223333:db:terrace-shop-db", "terrace-shop-db"],
        ),
        (
            "PutBucketPolicy",
            "s3.amazonaws.com",
            json!({"bucketName": "terrace-shop-files", "policy": "", "Host":
                "terrace-shop-files.s3.amazonaws.com", "bucketPolicy": {"Statement": []}}),
            Value::Null,
            vec!["terrace-shop-files"],
        ),
        (
            "PutRolePolicy",
            "iam.amazonaws.com",
            json!({"roleName": "terrace-shop-app", "policyName": "x", "policyDocument":
                "{\"Statement\":[{\"Resource\":\"arn:aws:s3:::other\"}]}"}),
            Value::Null,
            vec!["terrace-shop-app", "x"],
        ),
        (
            "RemoveTags",
            "elasticloadbalancing.amazonaws.com",
            json!({"resourceArns": ["arn:aws:elasticloadbalancing:e:1:loadbalancer/app/a/1"],
                "tagKeys": ["terrace:stack"]}),
            Value::Null,
            vec!["arn:aws:elasticloadbalancing:e:1:loadbalancer/app/a/1"],
        ),
        (
            "DeleteAlarms",
            "monitoring.amazonaws.com",
            json!({"alarmNames": ["terrace-shop-cpu", "terrace-shop-disk"]}),
            Value::Null,
            vec!["terrace-shop-cpu", "terrace-shop-disk"],
        ),
        (
            "StopLogging",
            "cloudtrail.amazonaws.com",
            json!({"name": "arn:aws:cloudtrail:eu-central-1:111122223333:trail/terrace"}),
            Value::Null,
            vec!["arn:aws:cloudtrail:eu-central-1:111122223333:trail/terrace"],
        ),
        (
            "CreateAccessKey",
            "iam.amazonaws.com",
            json!({"userName": "ada"}),
            json!({"accessKey": {"accessKeyId": "AKIAOTHER", "status": "Active",
                "userName": "ada", "createDate": "Mar 1, 2026"}}),
            vec!["ada"],
        ),
    ]
}

#[test]
fn our_own_roles_are_known_by_the_issuer_of_their_sessions() {
    let role = "arn:aws:iam::111122223333:role/terrace/tier-firewall";
    let session = |issuer: &str| {
        let identity = json!({"type": "AssumedRole", "accountId": "111122223333",
            "arn": "arn:aws:sts::111122223333:assumed-role/tier-firewall/pass",
            "sessionContext": {"sessionIssuer": {"type": "Role", "arn": issuer,
            "userName": "tier-firewall"}}});
        call("CreateRoute", "ec2.amazonaws.com", json!({"userIdentity": identity}))
    };
    assert!(session(role).is_own(&["arn:aws:iam::111122223333:role/x", role]));
    assert!(!session("arn:aws:iam::111122223333:role/tier-firewall").is_own(&[role]));
    assert!(!session(role).is_own::<&str>(&[]));
    assert!(!call("CreateRoute", "ec2.amazonaws.com", json!({})).is_own(&[role]));
}

//! Contracts of the monitoring tier.

use std::sync::Arc;

use futures::FutureExt;
use monitoring::{Alarm, Dashboard, MissingData};
use serde_json::json;
use shared::aws::node;
use shared::model::{Address, Node, Tier};
use support::contract::{Case, check};
use support::{Bench, Cloud};

use crate::Test;

pub const TESTS: &[Test] = &[
    ("contract::monitoring::alarm", |cloud| an_alarm(cloud).boxed_local()),
    ("contract::monitoring::alarm_of_somebody_else", |cloud| touched(cloud).boxed_local()),
    ("contract::monitoring::dashboard", |cloud| a_dashboard(cloud).boxed_local()),
    ("contract::monitoring::survey", |cloud| survey(cloud).boxed_local()),
];

const TOPIC: &str = "arn:aws:sns:us-east-1:000000000000:somebody";

async fn an_alarm(cloud: Arc<Cloud>) {
    let mut bench = Bench::new(&cloud, "ct-alarm-123456789");
    let case = Case::new(alarm("latency"))
        .change("alarm_actions", json!([TOPIC]))
        .change("comparison", json!("LessThanThreshold"))
        .change("description", json!("other"))
        .change("dimensions", json!({"Region": "us-east-1", "Rule": "ALL", "WebACL": "acl"}))
        .change("enabled", json!(false))
        .change("metric", json!("Other"))
        .change("missing_data", json!("bad"))
        .change("missing_data", json!("ignored"))
        .change("missing_data", json!("unknown"))
        .change("namespace", json!("Other"))
        .change("ok_actions", json!([TOPIC]))
        .change("period_seconds", json!(300))
        .change("periods", json!(5))
        .change("statistic", json!("p95"))
        .change("statistic", json!("Maximum"))
        .change("threshold", json!(2.5));
    check(&mut bench, case).await;
    let cloudwatch = shared::client!(bench.cx, aws_sdk_cloudwatch);
    let arn = bench.cx.scope.arn("cloudwatch", "alarm:terrace-ct-alarm-123456789/latency");
    let tags = cloudwatch.list_tags_for_resource().resource_arn(arn).send().await.expect("tags");
    let address = tags.tags().iter().find(|tag| tag.key() == Some("terrace:address"));
    assert_eq!(address.and_then(|tag| tag.value()), Some("monitoring/alarm-latency"));
    bench.clear().await;
}

/// An alarm that somebody made deaf, or aimed at something else, reads as different.
async fn touched(cloud: Arc<Cloud>) {
    let mut bench = Bench::new(&cloud, "ct-alarm-touched");
    let node = alarm("latency");
    let name = bench.stand(node.clone()).await.facts["name"].clone();
    let cloudwatch = shared::client!(bench.cx, aws_sdk_cloudwatch);
    cloudwatch.disable_alarm_actions().alarm_names(&name).send().await.expect("can be disabled");
    let live = bench.find(&node).await.remove(0);
    let differences = bench.differences(&node, &live);
    assert_eq!(differences.iter().map(|it| it.field.as_str()).collect::<Vec<_>>(), ["enabled"]);
    bench.until_as_wished(&node).await;
    bench.clear().await;
}

async fn a_dashboard(cloud: Arc<Cloud>) {
    let mut bench = Bench::new(&cloud, "ct-dashboard");
    let wish = Dashboard { body: json!({"widgets": []}).to_string() };
    let text = json!({"type": "text", "properties": {"markdown": "# Hello"}});
    let other = json!({"widgets": [text]}).to_string();
    let case = Case::new(node(at("dashboard"), &wish)).change("body", json!(other));
    check(&mut bench, case).await;
    bench.clear().await;
}

/// What one look at the tier costs, with few alarms and many, and with a stack beside it whose
/// name begins with ours.
async fn survey(cloud: Arc<Cloud>) {
    let mut bench = Bench::new(&cloud, "ct-watch");
    let mut neighbour = Bench::new(&cloud, "ct-watch-too");
    neighbour.stand(alarm("latency")).await;
    for count in [1, 60] {
        for number in 0..count {
            bench.stand(alarm(&format!("number-{number}"))).await;
        }
        assert!(bench.find(&alarm("latency")).await.is_empty(), "it is the neighbour's");
        assert_eq!(bench.look(monitoring::KINDS).await, 2);
    }
    bench.clear().await;
    neighbour.clear().await;
}

fn alarm(what: &str) -> Node {
    let wish = Alarm {
        description: "One of a test.".to_owned(),
        namespace: "AWS/ApplicationELB".to_owned(),
        metric: "RequestCount".to_owned(),
        dimensions: [("LoadBalancer".to_owned(), "app/some/0123456789abcdef".to_owned())].into(),
        statistic: "Sum".to_owned(),
        period_seconds: 60,
        periods: 3,
        periods_to_alarm: 3,
        comparison: "GreaterThanOrEqualToThreshold".to_owned(),
        threshold: 1.0,
        missing_data: MissingData::Good,
        enabled: true,
        alarm_actions: [].into(),
        ok_actions: [].into(),
        foreign_settings: [].into(),
    };
    node(at(&format!("alarm-{what}")), &wish)
}

fn at(name: &str) -> Address {
    Address::new(Tier::Monitoring, name)
}

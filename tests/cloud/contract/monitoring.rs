//! Contracts of the monitoring tier.

use std::sync::Arc;

use aws_sdk_cloudtrail::types::{AdvancedEventSelector, AdvancedFieldSelector, ResourceTag};
use futures::FutureExt;
use monitoring::{Alarm, Dashboard, MissingData};
use serde_json::json;
use shared::aws::node;
use shared::model::{Address, Node, Tier};
use support::contract::{Case, check};
use support::{Bench, Cloud};

use super::stage::Stage;
use crate::Test;

pub const TESTS: &[Test] = &[
    ("contract::monitoring::alarm", |cloud| an_alarm(cloud).boxed_local()),
    ("contract::monitoring::alarm_of_somebody_else", |cloud| touched(cloud).boxed_local()),
    ("contract::monitoring::dashboard", |cloud| a_dashboard(cloud).boxed_local()),
    ("contract::monitoring::trail", |cloud| a_trail(cloud).boxed_local()),
    ("contract::monitoring::blinded_trail", |cloud| blinded(cloud).boxed_local()),
    ("contract::monitoring::strangers_trail", |cloud| a_strangers_trail(cloud).boxed_local()),
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
        .change("periods_to_alarm", json!(2))
        .change("threshold", json!(2.5))
        .constant("foreign_settings", "what others set is always taken away: see `touched`");
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

    let request = cloudwatch.put_metric_alarm().alarm_name(&name).namespace("AWS/ApplicationELB");
    let request = request.metric_name("RequestCount").statistic("Sum".into()).period(60);
    let request = request.evaluation_periods(3).threshold(1.0).unit("Seconds".into());
    let request = request.comparison_operator("GreaterThanOrEqualToThreshold".into());
    request.insufficient_data_actions(TOPIC).send().await.expect("can be written over");
    let live = bench.find(&node).await.remove(0);
    let differences = bench.differences(&node, &live);
    assert!(differences.iter().any(|it| it.field == "foreign_settings"), "{differences:?}");
    bench.until_as_wished(&node).await;
    bench.clear().await;
}

async fn a_dashboard(cloud: Arc<Cloud>) {
    let mut bench = Bench::new(&cloud, "ct-dashboard-12345");
    let wish = Dashboard { body: json!({"widgets": []}).to_string() };
    let text = json!({"type": "text", "properties": {"markdown": "# Hello"}});
    let other = json!({"widgets": [text]}).to_string();
    let case = Case::new(node(at("dashboard"), &wish)).change("body", json!(other));
    check(&mut bench, case).await;
    bench.clear().await;
}

async fn a_trail(cloud: Arc<Cloud>) {
    let mut stage = with_trail(&cloud, "ct-trail-123456789");
    stage.stand_needs(Tier::Monitoring, "trail").await;
    let group = stage.stand(Tier::Storage, "app-logs").await.facts["arn"].clone();
    let role = stage.bench.role("ct-trail-writer", "cloudtrail.amazonaws.com").await;
    let mut other = with_trail(&cloud, "ct-trail-others-12");
    let bucket = other.stand(Tier::Storage, "trail-logs").await;
    other.stand(Tier::Storage, "trail-logs-policy").await;
    let key = other.stand(Tier::Keys, "key").await.facts["arn"].clone();
    other.stand(Tier::Keys, "key-policy").await;
    let changes = vec![
        ("bucket", json!(bucket.id())),
        ("prefix", json!("elsewhere")),
        ("topic", json!(TOPIC)),
        ("key", json!(key)),
        ("key", json!("")),
        ("log_group", json!(format!("{group}:*"))),
        ("log_role", json!(role)),
        ("all_regions", json!(false)),
        ("global_services", json!(false)),
        ("signs_files", json!(false)),
        ("logging", json!(false)),
        ("records.management", json!("WriteOnly")),
        ("records.left_out", json!(["kms.amazonaws.com"])),
    ];
    let constant = vec![("records.further", "what others choose is taken away: see `blinded`")];
    stage.keeps_contract_but(Tier::Monitoring, "trail", changes, constant).await;
    let arn = stage.bench.cx.scope.trail_arn();
    let cloudtrail = shared::client!(stage.bench.cx, aws_sdk_cloudtrail);
    let listed = cloudtrail.list_tags().resource_id_list(arn).send().await.expect("tags");
    let mut tags = listed.resource_tag_list().iter().flat_map(ResourceTag::tags_list);
    let address = tags.find(|tag| tag.key() == "terrace:address").and_then(|tag| tag.value());
    assert_eq!(address, Some("monitoring/trail"));
    stage.bench.clear().await;
    other.bench.clear().await;
}

/// Whoever wants to go unseen stops the trail or chooses what it sees: both differ, and are put
/// back.
async fn blinded(cloud: Arc<Cloud>) {
    let mut stage = with_trail(&cloud, "ct-trail-blinded");
    let node = stage.node(Tier::Monitoring, "trail");
    stage.stand(Tier::Monitoring, "trail").await;
    let node = stage.bench.resolve(&node);
    let cloudtrail = shared::client!(stage.bench.cx, aws_sdk_cloudtrail);
    let arn = stage.bench.cx.scope.trail_arn();
    cloudtrail.stop_logging().name(&arn).send().await.expect("can be stopped");
    let is = |value: &str| {
        let field = AdvancedFieldSelector::builder().field("eventCategory").equals(value);
        field.build().expect("a selector")
    };
    let only_data = AdvancedEventSelector::builder().name("theirs").field_selectors(is("Data"));
    let only_data = only_data.build().expect("selectors");
    let request = cloudtrail.put_event_selectors().trail_name(&arn);
    request.advanced_event_selectors(only_data).send().await.expect("can be chosen");

    let live = stage.bench.find(&node).await.remove(0);
    let differences = stage.bench.differences(&node, &live).into_iter().map(|it| it.field);
    let expected = ["logging", "records.further", "records.management"];
    assert_eq!(differences.collect::<Vec<_>>(), expected);
    stage.bench.until_as_wished(&node).await;
    stage.bench.clear().await;
}

/// A trail of our name without our tags is not taken over.
async fn a_strangers_trail(cloud: Arc<Cloud>) {
    let mut stage = with_trail(&cloud, "ct-trail-strange");
    stage.stand_needs(Tier::Monitoring, "trail").await;
    let node = stage.bench.resolve(&stage.node(Tier::Monitoring, "trail"));
    let cloudtrail = shared::client!(stage.bench.cx, aws_sdk_cloudtrail);
    let request = cloudtrail.create_trail().name(stage.bench.cx.scope.name("trail"));
    let bucket = node.spec["bucket"].as_str().expect("a name");
    request.s3_bucket_name(bucket).send().await.expect("a stranger makes one");
    assert_eq!(stage.bench.find(&node).await, []);
    let refusal = stage.bench.create(&node).await.expect_err("it is not ours").to_string();
    assert!(refusal.contains("tags") && refusal.contains("hint:"), "{refusal}");
    let arn = stage.bench.cx.scope.trail_arn();
    cloudtrail.delete_trail().name(arn).send().await.expect("can be deleted");
    stage.bench.clear().await;
}

fn with_trail(cloud: &Cloud, stack: &str) -> Stage {
    Stage::new(cloud, stack, |spec| spec["logging"] = json!({ "trail": "own" }))
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
        assert_eq!(bench.look(monitoring::KINDS).await, 3);
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

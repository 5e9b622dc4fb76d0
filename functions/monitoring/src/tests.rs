//! The wish of the tier, without a cloud.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use shared::aws::Scope;
use shared::model::{Facts, Node, Tier};
use shared::revision::{Pinned, Revision};
use shared::spec::{self, Spec};

use crate::{Alarm, wish};

const LONGEST: &str = "an-eighteen-letter";

fn scope() -> Scope {
    Scope { stack: LONGEST.into(), account: "111122223333".into(), region: "ap-southeast-2".into() }
}

fn spec(more: &str) -> Spec {
    let text = format!(
        "terrace: 1\nname: {LONGEST}\nregion: ap-southeast-2\nbastion:\n  ssh_from: [203.0.113.0/24]\n  \
         public_key: ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl a@b\n{more}"
    );
    spec::read(&text, "spec.yaml").unwrap_or_else(|problems| panic!("{problems:?}"))
}

fn nodes(spec: Spec) -> Vec<Node> {
    wish(&Revision { number: 1, spec, pinned: Pinned::default() }, &scope())
}

fn alarms(nodes: &[Node]) -> BTreeMap<String, Alarm> {
    let alarms = nodes.iter().filter(|node| node.kind == "AWS::CloudWatch::Alarm");
    let read = |node: &Node| serde_json::from_value(node.spec.clone()).expect("an alarm");
    alarms.map(|node| (node.address.name().to_owned(), read(node))).collect()
}

#[test]
fn every_part_of_the_stack_is_watched() {
    let names: BTreeSet<String> = alarms(&nodes(spec(""))).into_keys().collect();
    let expected = [
        "alarm-bastion-instance-status",
        "alarm-bastion-system-status",
        "alarm-certificate-expiry",
        "alarm-cpu",
        "alarm-database-connections",
        "alarm-database-cpu",
        "alarm-database-memory",
        "alarm-database-storage",
        "alarm-instance-status",
        "alarm-latency",
        "alarm-load-balancer-5xx",
        "alarm-nat-a-dropped",
        "alarm-nat-a-ports",
        "alarm-nat-b-dropped",
        "alarm-nat-b-ports",
        "alarm-rejected-connections",
        "alarm-system-status",
        "alarm-target-5xx",
        "alarm-unhealthy-host",
        "alarm-waf-blocked",
    ];
    assert_eq!(names, expected.map(str::to_owned).into());
}

#[test]
fn what_is_not_there_is_not_watched() {
    let without = "network: { nat: none }\ningress: { waf: { mode: count } }\n";
    let mut spec = spec(without);
    spec.bastion.enabled = false;
    let names: Vec<String> = alarms(&nodes(spec)).into_keys().collect();
    for part in ["bastion", "nat", "waf"] {
        assert!(!names.iter().any(|name| name.contains(part)), "{names:?}");
    }
}

#[test]
fn every_alarm_says_why_and_tells_the_topic_both_ways() {
    for (name, alarm) in alarms(&nodes(spec(""))) {
        // `PutMetricAlarm`: at most 1024 characters.
        assert!((20..1024).contains(&alarm.description.len()), "{name}");
        let topic = BTreeSet::from(["${storage/topic.arn}".to_owned()]);
        assert_eq!((&alarm.alarm_actions, &alarm.ok_actions), (&topic, &topic), "{name}");
        assert!(alarm.enabled, "{name}");
        // CloudWatch evaluates at most a day at a time.
        assert!(alarm.period_seconds * alarm.periods <= 86_400, "{name}");
        assert!(scope().alarm_name(&name).len() <= 255, "{name}");
    }
}

#[test]
fn thresholds_are_the_specs_in_cloudwatchs_units() {
    let own =
        "alarms: { thresholds: { latency_milliseconds: 1500, database_free_storage_gib: 2 } }\n";
    let alarms = alarms(&nodes(spec(own)));
    let at = |name: &str| alarms[name].threshold;
    assert!((at("alarm-latency") - 1.5).abs() < f64::EPSILON);
    assert!((at("alarm-database-storage") - 2_147_483_648.0).abs() < f64::EPSILON);
    assert_eq!(alarms["alarm-latency"].statistic, "p95");
}

#[test]
fn an_unhealthy_host_rings_after_three_minutes() {
    let alarm = &alarms(&nodes(spec("")))["alarm-unhealthy-host"];
    assert_eq!((alarm.period_seconds, alarm.periods, alarm.periods_to_alarm), (60, 3, 3));
    assert_eq!(alarm.metric, "UnHealthyHostCount");
}

#[test]
fn an_alarm_of_the_users_own_cannot_take_the_name_of_ours() {
    let own =
        "alarms: { custom: [{ name: latency, namespace: App, metric: Queue, threshold: 3 }] }\n";
    let alarms = alarms(&nodes(spec(own)));
    assert_eq!(alarms["alarm-custom-latency"].namespace, "App");
    assert_eq!(alarms["alarm-latency"].namespace, "AWS/ApplicationELB");
}

#[test]
fn a_trail_of_the_stacks_own_records_everything_and_comes_when_all_admit_it() {
    let trails = |more: &str| -> Vec<Node> {
        let all = nodes(spec(more)).into_iter();
        all.filter(|node| node.kind == "AWS::CloudTrail::Trail").collect()
    };
    assert_eq!(trails(""), []);
    let own = &trails("logging: { trail: own }\n")[0];
    for field in ["all_regions", "global_services", "signs_files", "logging"] {
        assert_eq!(own.spec[field], true, "{field}");
    }
    assert_eq!(own.spec["records"]["management"], "All");
    let needs: BTreeSet<String> = own.needs().iter().map(ToString::to_string).collect();
    let expected = [
        "access/trail-role",
        "access/trail-role-policy",
        "keys/key",
        "keys/key-policy",
        "storage/trail-logs",
        "storage/trail-logs-group",
        "storage/trail-logs-policy",
    ];
    assert_eq!(needs, expected.map(str::to_owned).into());
}

/// `CreateTrail`: 3 to 128 characters, no two dashes in a row.
#[test]
fn the_trails_name_fits_with_the_longest_stack_name() {
    let arn = scope().trail_arn();
    let name = arn.rsplit('/').next().unwrap_or_default();
    assert!((3..=128).contains(&name.len()) && !name.contains("--"), "{name}");
}

#[test]
fn the_dashboard_is_json_with_and_without_its_facts() {
    let nodes = nodes(spec(""));
    let dashboard = nodes.iter().find(|node| node.kind == "AWS::CloudWatch::Dashboard");
    let dashboard = dashboard.expect("a dashboard");
    let facts: BTreeMap<_, Facts> = dashboard
        .references()
        .into_iter()
        .map(|it| {
            (it.address, Facts::from([(it.fact, "app/some-name/0123456789abcdef".to_owned())]))
        })
        .collect();
    let body = |node: &Node| -> Value {
        serde_json::from_str(node.spec["body"].as_str().expect("a text")).expect("JSON")
    };
    assert!(dashboard.references().iter().any(|it| it.address.tier() == Tier::Edge));
    assert!(body(&dashboard.resolve(&facts)).to_string().contains("app/some-name"));
    let widgets = body(dashboard)["widgets"].as_array().map_or(0, Vec::len);
    assert_eq!(widgets, 10);
}

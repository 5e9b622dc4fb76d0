use serde_json::json;

use super::*;

fn act(done: bool, usable: bool, changed: &[&str], waiting: &str) -> Event {
    let changed: Vec<_> =
        changed.iter().map(|it| json!({ "address": it, "action": "create" })).collect();
    let output = json!({
        "tier": "network", "usable": usable, "done": done, "wait_seconds": 2,
        "changed": changed, "waiting": waiting,
    });
    Event::Answered(output)
}

#[test]
fn a_state_is_about_the_tiers_that_it_names() {
    let cases: [(&str, &[Tier]); 4] = [
        ("Keys", &[Tier::Keys]),
        ("Database, edge and compute", &[Tier::Database, Tier::Edge, Tier::Compute]),
        ("Keys usable?", &[]),
        ("Clear", &[]),
    ];
    for (state, expected) in cases {
        assert_eq!(tiers(state), expected, "{state}");
    }
}

#[test]
fn a_tier_goes_from_not_begun_to_ready() {
    let mut progress = Progress::default();
    let mut seen = Vec::new();
    let events = [
        Event::Entered("Network".into()),
        act(false, false, &["network/vpc"], "network/nat-a: pending"),
        act(false, true, &["network/nat-a"], "network/nat-a: pending"),
        act(true, true, &[], ""),
    ];
    for event in events {
        progress.take(&event);
        seen.push(progress.tiers[&Tier::Network].describe());
    }
    assert_eq!(
        seen,
        [
            "building",
            "building, 1 changed; network/nat-a: pending",
            "usable, 2 changed; network/nat-a: pending",
            "ready, 2 changed",
        ]
    );
}

#[test]
fn the_site_is_usable_when_its_tiers_are_done_or_wait_for_slow_ones_alone() {
    let act = |tier: &str, done: bool, idle: bool| {
        Event::Answered(json!({
            "tier": tier, "usable": true, "done": done, "idle": idle, "wait_seconds": 2,
            "changed": [], "waiting": "",
        }))
    };
    let mut progress = Progress::default();
    let events = [
        act("network", true, false),
        act("edge", true, false),
        act("compute", false, false),
        act("database", false, false),
        act("compute", false, true),
    ];
    let usable = events.map(|event| {
        progress.take(&event);
        progress.is_site_usable()
    });
    assert_eq!(usable, [false, false, false, false, true]);
}

#[test]
fn stack_and_run_are_known_once_the_run_is_admitted() {
    let mut progress = Progress::default();
    progress.take(&Event::Entered("Admit".into()));
    assert_eq!((progress.phase(), progress.run()), ("opening the run", ("", "")));
    let output = json!({ "stack": "shop", "run": "spec-1", "revision": 1 });
    progress.take(&Event::Exited("Admit".into(), output));
    assert_eq!(progress.run(), ("shop", "spec-1"));
}

#[test]
fn a_run_that_waits_says_behind_whom_until_it_is_admitted() {
    let mut progress = Progress::default();
    let queued = "queued behind run `r1`, which changes `shop` since 2026-01-01T00:00:00Z";
    progress.take(&Event::Entered("Admit".into()));
    progress.take(&Event::Failed("NotYet".into(), "no answer".into()));
    assert_eq!(progress.phase(), "opening the run");
    progress.take(&Event::Failed("Busy".into(), queued.into()));
    assert_eq!(progress.phase(), queued);
    progress.take(&Event::Exited("Admit".into(), json!({})));
    assert_eq!(progress.phase(), "opening the run");
}

#[test]
fn who_goes_back_has_another_plan() {
    let mut progress = Progress::default();
    progress.take(&Event::Exited("Plan".into(), json!({})));
    progress.know(&Plan::default());
    progress.take(&Event::Entered("Network".into()));
    progress.take(&Event::Entered("Cool down".into()));
    assert!(progress.tiers.is_empty() && !progress.wants_plan());
    progress.take(&Event::Exited("Plan".into(), json!({})));
    assert!(progress.wants_plan());
}

#[test]
fn the_plan_is_wanted_once() {
    let mut progress = Progress::default();
    progress.take(&Event::Exited("Plan".into(), json!({})));
    assert!(progress.wants_plan());
    progress.know(&Plan::default());
    assert!(!progress.wants_plan());
}

//! Lints the state machines before anything is deployed: the local cloud takes definitions
//! that AWS refuses.

mod lint;

use lint::lint;
use serde_json::{Map, Value, json};
use shared::ledger::FUNCTION_SECONDS;
use shared::model::Tier;

const MACHINES: [(&str, &str); 4] = [
    ("deploy", include_str!("../../state-machines/deploy.asl.json")),
    ("destroy", include_str!("../../state-machines/destroy.asl.json")),
    ("drift", include_str!("../../state-machines/drift.asl.json")),
    ("respond", include_str!("../../state-machines/respond.asl.json")),
];

fn machine(name: &str) -> Value {
    let (_, text) = MACHINES.iter().find(|(it, _)| *it == name).expect("a machine of ours");
    serde_json::from_str(text).expect("JSON")
}

#[test]
fn our_machines_are_sound() {
    for (name, _) in MACHINES {
        assert_eq!(lint(&machine(name)), Vec::<String>::new(), "{name}");
    }
}

/// A task of a map in `deploy`.
const SURVEY: &str = "/States/Survey/ItemProcessor/States/Look (survey)";

/// What is broken in a copy of `deploy`, and what the lint says of it.
#[test]
fn whatever_is_broken_is_found() {
    let cases: [(&str, Value, &str); 14] = [
        ("/States/Plan/Next", json!("Nowhere"), "leads to `Nowhere`"),
        ("/States/Plan/Next", json!("Release"), "/As wished?: cannot be reached"),
        ("/States/Plan/Retry", json!([]), "/Plan: has no Retry"),
        ("/States/Plan/Catch", Value::Null, "/Plan: has no Catch"),
        ("/States/Plan/End", json!(true), "/Plan: has to go on or to end"),
        ("/States/Plan/Output", json!("{% %}"), "says nothing"),
        ("/States/Plan/Output", json!("{% $run"), "is half an expression"),
        ("/States/As wished?/Default", Value::Null, "/As wished?: has no Default"),
        (&format!("{SURVEY}/Assign"), json!({ "run": "x" }), "assigns `run`"),
        (&format!("{SURVEY}/Retry/0/ErrorEquals"), json!(["NotYet"]), "`Runtime.ExitError`"),
        ("/States/Look (survey)", json!({ "Type": "Succeed" }), "is the name of another state"),
        ("/TimeoutSeconds", Value::Null, "no TimeoutSeconds"),
        ("/States/Approval/TimeoutSeconds", Value::Null, "/Approval: may wait for a year"),
        ("/States/Approval/Arguments/Payload/token", Value::Null, "a token is handed out"),
    ];
    for (place, value, says) in cases {
        let mut broken = machine("deploy");
        put(&mut broken, place, value);
        let found = lint(&broken);
        assert!(found.iter().any(|it| it.contains(says)), "{place}: {found:?}");
    }
}

/// Where nobody knows what became of a call, its function may be at work for as long as it may run:
/// a second one beside it would write too.
#[test]
fn a_function_that_may_be_at_work_is_not_called_again() {
    for name in ["deploy", "destroy"] {
        let machine = machine(name);
        let mut seen = 0;
        retries(&machine, &mut |retry| {
            let names = retry["ErrorEquals"].to_string();
            if names.contains("Lambda.Unknown") || names.contains("SdkClientException") {
                let wait = retry["IntervalSeconds"].as_i64();
                assert!(wait > Some(FUNCTION_SECONDS), "{name}: {retry}");
                assert_eq!(retry["JitterStrategy"], Value::Null, "{name}: it may shorten the wait");
                seen += 1;
            }
        });
        assert!(seen > 10, "{name}");
    }
}

fn retries(value: &Value, look: &mut impl FnMut(&Value)) {
    value["Retry"].as_array().into_iter().flatten().for_each(&mut *look);
    let inner = value.as_object().into_iter().flat_map(Map::values);
    inner.chain(value.as_array().into_iter().flatten()).for_each(|it| retries(it, look));
}

/// A person has seven days; the run itself goes on for some hours after that.
#[test]
fn who_does_not_answer_within_seven_days_has_not_agreed() {
    const SEVEN_DAYS: i64 = 7 * 24 * 60 * 60;
    for name in ["deploy", "destroy"] {
        let machine = machine(name);
        let approval = &machine["States"]["Approval"];
        assert_eq!(approval["TimeoutSeconds"], SEVEN_DAYS, "{name}");
        let first = &approval["Catch"][0];
        assert_eq!(first["ErrorEquals"], json!(["States.Timeout"]), "{name}");
        assert_eq!(first["Output"]["Error"], "NotApproved", "{name}");
        assert!(machine["TimeoutSeconds"].as_i64() > Some(SEVEN_DAYS), "{name}");
    }
}

/// Nine tiers by hand would be nine chances to differ.
#[test]
fn every_tier_is_built_in_the_same_way() {
    let deploy = machine("deploy");
    let shape = |tier: Tier| -> Vec<String> {
        let name = tier.name();
        let title = format!("{}{}", name[..1].to_uppercase(), &name[1..]);
        let mut states = Vec::new();
        tier_states(&deploy, &title, &mut states);
        let neutral = |it: &String| it.replace(&title, "Tier").replace(name, "tier");
        states.iter().map(neutral).collect()
    };
    let first = shape(Tier::Keys);
    assert_eq!(first.len(), 3, "acts, is it usable?, waits");
    for tier in Tier::ALL {
        assert_eq!(shape(tier), first, "{tier}");
    }
}

/// The states of one tier, without where they lead in the end.
fn tier_states(value: &Value, title: &str, found: &mut Vec<String>) {
    let Some(fields) = value.as_object() else {
        value.as_array().into_iter().flatten().for_each(|item| tier_states(item, title, found));
        return;
    };
    for (key, inner) in fields {
        if [title.to_owned(), format!("{title} usable?"), format!("{title} waits")].contains(key) {
            let mut state = inner.clone();
            state["Catch"] = Value::Null;
            if let Some(choices) = state["Choices"].as_array_mut() {
                for choice in choices {
                    choice["Next"] = Value::Null;
                }
            }
            found.push(state.to_string());
        }
        tier_states(inner, title, found);
    }
}

fn put(machine: &mut Value, place: &str, value: Value) {
    let (parent, key) = place.rsplit_once('/').expect("a path");
    machine.pointer_mut(parent).expect("a place in the machine")[key] = value;
}

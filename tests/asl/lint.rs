//! What `CreateStateMachine` would refuse, and what would only show in the middle of a run.
//!
//! Source: the Amazon States Language specification, and the Step Functions developer guide on
//! `JSONata` and variables.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

type States = Map<String, Value>;

/// Characters of a state's name.
const NAME_MAX: usize = 80;

/// What Step Functions calls a Lambda that was throttled, that AWS failed to run, or whose process
/// ended or ran out of time: whoever calls again finds out how far it came.
const TRANSIENT: [&str; 7] = [
    "Lambda.TooManyRequestsException",
    "Lambda.ServiceException",
    "Lambda.AWSLambdaException",
    "Lambda.SdkClientException",
    "Lambda.Unknown",
    "Runtime.ExitError",
    "Sandbox.Timedout",
];

/// Everything that is wrong with a machine, one line each.
pub fn lint(machine: &Value) -> Vec<String> {
    let mut found = Vec::new();
    if machine["QueryLanguage"] != "JSONata" {
        found.push("the machine does not say that it speaks JSONata".to_owned());
    }
    if machine["TimeoutSeconds"].as_u64().is_none() {
        found.push("the machine may run for a year: it has no TimeoutSeconds".to_owned());
    }
    scope(machine, "", &BTreeSet::new(), &mut found);
    names(machine, "", &mut BTreeSet::new(), &mut found);
    expressions(machine, "", &mut found);
    found
}

/// One level of states: the machine's own, a branch's, or a map's.
fn scope(level: &Value, path: &str, outer: &BTreeSet<String>, found: &mut Vec<String>) {
    let Some(states) = level["States"].as_object() else {
        found.push(format!("{path}: there are no states"));
        return;
    };
    let start = level["StartAt"].as_str().unwrap_or_default();
    if !states.contains_key(start) {
        found.push(format!("{path}: StartAt leads to `{start}`, which does not exist"));
    }
    let reached = reached(states, start);
    let assigned: BTreeSet<String> = states.values().flat_map(assigns).collect();
    for name in assigned.intersection(outer) {
        found.push(format!("{path}: assigns `{name}` of an outer scope"));
    }
    let known: BTreeSet<String> = outer.union(&assigned).cloned().collect();
    for (name, state) in states {
        let here = format!("{path}/{name}");
        if !reached.contains(name) {
            found.push(format!("{here}: cannot be reached"));
        }
        for target in targets(state).filter(|target| !states.contains_key(*target)) {
            found.push(format!("{here}: leads to `{target}`, which does not exist here"));
        }
        shape(state, &here, found);
        for inner in inner(state) {
            scope(inner, &here, &known, found);
        }
    }
}

/// Names are unique in the whole machine, not only in their scope.
fn names(level: &Value, path: &str, seen: &mut BTreeSet<String>, found: &mut Vec<String>) {
    for (name, state) in level["States"].as_object().into_iter().flatten() {
        let here = format!("{path}/{name}");
        if !seen.insert(name.clone()) {
            found.push(format!("{here}: is the name of another state too"));
        }
        if name.chars().count() > NAME_MAX {
            found.push(format!("{here}: the name has more than {NAME_MAX} characters"));
        }
        inner(state).for_each(|it| names(it, &here, seen, found));
    }
}

fn shape(state: &Value, here: &str, found: &mut Vec<String>) {
    let kind = state["Type"].as_str().unwrap_or_default();
    let ends = state["End"] == true;
    let goes_on = state["Next"].is_string();
    let terminal = matches!(kind, "Succeed" | "Fail" | "Choice");
    if terminal == (ends || goes_on) || (ends && goes_on) {
        found.push(format!("{here}: has to go on or to end, and not both"));
    }
    if kind == "Choice" && !state["Default"].is_string() {
        found.push(format!("{here}: has no Default"));
    }
    if kind == "Succeed" && !state["Output"].is_null() {
        found.push(format!("{here}: the Output of a Succeed is not the machine's"));
    }
    let has = |list: &str| state[list].as_array().is_some_and(|it| !it.is_empty());
    let waits = state["Resource"].as_str().is_some_and(|it| it.ends_with(".waitForTaskToken"));
    let has_token = state["Arguments"].to_string().contains("$states.context.Task.Token");
    if waits != has_token {
        found.push(format!(
            "{here}: a token is handed out where an answer is waited for, and only there"
        ));
    }
    if waits && state["TimeoutSeconds"].as_u64().is_none() {
        found.push(format!("{here}: may wait for a year: it has no TimeoutSeconds"));
    }
    if kind == "Task" && !has("Retry") {
        found.push(format!("{here}: has no Retry"));
    }
    if kind == "Task" {
        let lists = state["Retry"].as_array().into_iter().flatten();
        let tried: Vec<&Value> =
            lists.filter_map(|it| it["ErrorEquals"].as_array()).flatten().collect();
        for error in TRANSIENT.iter().filter(|it| !tried.iter().any(|name| **name == **it)) {
            found.push(format!("{here}: does not try again after `{error}`"));
        }
    }
    if matches!(kind, "Task" | "Map" | "Parallel") && !has("Catch") {
        found.push(format!("{here}: has no Catch"));
    }
    if !matches!(
        kind,
        "Task" | "Map" | "Parallel" | "Pass" | "Choice" | "Wait" | "Succeed" | "Fail"
    ) {
        found.push(format!("{here}: `{kind}` is no type of state"));
    }
}

fn reached(states: &States, start: &str) -> BTreeSet<String> {
    let (mut reached, mut todo) = (BTreeSet::new(), vec![start.to_owned()]);
    while let Some(name) = todo.pop() {
        let Some(state) = states.get(&name) else { continue };
        if reached.insert(name) {
            todo.extend(targets(state).map(str::to_owned));
        }
    }
    reached
}

/// Where a state may lead.
fn targets(state: &Value) -> impl Iterator<Item = &str> {
    let lists = ["Choices", "Catch"].into_iter().filter_map(|it| state[it].as_array()).flatten();
    let nexts = lists.map(|it| &it["Next"]);
    [&state["Next"], &state["Default"]].into_iter().chain(nexts).filter_map(Value::as_str)
}

/// Variables that a state assigns, in itself and in its rules.
fn assigns(state: &Value) -> Vec<String> {
    let rules = ["Choices", "Catch"].into_iter().filter_map(|it| state[it].as_array()).flatten();
    let all = rules.chain([state]).filter_map(|it| it["Assign"].as_object());
    all.flat_map(|names| names.keys().cloned()).collect()
}

fn inner(state: &Value) -> impl Iterator<Item = &Value> {
    let branches = state["Branches"].as_array().into_iter().flatten();
    branches.chain(Some(&state["ItemProcessor"]).filter(|it| it.is_object()))
}

/// Every `{% … %}` is whole. Whether it is `JSONata` is asked of the local cloud's own parser.
fn expressions(value: &Value, path: &str, found: &mut Vec<String>) {
    match value {
        Value::String(text) => {
            let inside = text.strip_prefix("{%").and_then(|rest| rest.strip_suffix("%}"));
            if let Some(expression) = inside {
                if expression.trim().is_empty() {
                    found.push(format!("{path}: an expression says nothing"));
                }
            } else if text.contains("{%") || text.contains("%}") {
                found.push(format!("{path}: `{text}` is half an expression"));
            }
        }
        Value::Array(items) => items.iter().for_each(|item| expressions(item, path, found)),
        Value::Object(fields) => {
            fields.iter().for_each(|(key, it)| expressions(it, &format!("{path}/{key}"), found));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => (),
    }
}

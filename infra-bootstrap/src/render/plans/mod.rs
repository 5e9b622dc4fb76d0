//! A plan as people read it: what changes, tier by tier, and how much in all.

use console::Style;
use serde_json::Value;
use shared::diff::Difference;
use shared::plan::{Action, HASH_SHORT, Note, Part, Plan, Step};

use super::{clip, wrap};

/// What is longer is a text of its own, such as a script.
const TEXT: usize = 80;

/// The plan with its sum; `stack` has nothing to change when it is empty.
pub fn plan(plan: &Plan, stack: &str, width: usize) -> String {
    let mut text = String::new();
    for (part, title) in [
        (Part::Clear, "first, to make way"),
        (Part::Build, "then"),
        (Part::Retire, "last, no longer wanted"),
    ] {
        let steps = plan.steps(part);
        // One part needs no title.
        if !steps.is_empty() && steps.len() < plan.all_steps().count() {
            text += &format!("{title}:\n");
        }
        text.extend(steps.iter().map(|step| lines(step, width)));
    }
    for (mark, notes) in [("!", &plan.refused), ("i", &plan.notes)] {
        text.extend(notes.iter().map(|note| told(mark, note, width)));
    }
    text + &sum(plan, stack)
}

/// A note in full, however many lines that takes: it is what a person has to decide about.
fn told(mark: &str, note: &Note, width: usize) -> String {
    let lines = wrap(&format!("{}: {}", note.address, note.text), width - 2);
    let marks = std::iter::once(mark).chain(std::iter::repeat(" "));
    marks.zip(lines).map(|(mark, line)| format!("{mark} {line}\n")).collect()
}

fn lines(step: &Step, width: usize) -> String {
    let (sign, style) = match &step.action {
        Action::Create => ("+", Style::new().green()),
        Action::Update(_) => ("~", Style::new().yellow()),
        Action::Wait => ("…", Style::new().dim()),
        Action::Delete => ("-", Style::new().red()),
    };
    let differences = match &step.action {
        Action::Update(differences) => differences.as_slice(),
        Action::Create | Action::Wait | Action::Delete => &[],
    };
    // The differences are the reason, in more detail.
    let reason = if differences.is_empty() { step.reason.as_str() } else { "" };
    let head = clip(&format!("{}  {reason}", step.address), width - 2);
    let below = differences.iter().flat_map(|it| difference(it, width));
    let below = below.chain(step.consequences.iter().flat_map(|it| consequence(it, width)));
    std::iter::once(format!("{} {}\n", style.apply_to(sign), head.trim_end()))
        .chain(below.map(|line| format!("    {line}\n")))
        .collect()
}

/// What a step interrupts or loses, marked as such.
fn consequence(text: &str, width: usize) -> Vec<String> {
    wrap(&format!("! {text}"), width - 4)
}

/// One line; for lists, one for each item that goes or comes.
fn difference(it: &Difference, width: usize) -> Vec<String> {
    let room = width - 4;
    if let (Value::Array(live), Value::Array(want)) = (&it.live, &it.want) {
        let gone = live.iter().filter(|item| !want.contains(item)).map(|item| ("-", item));
        let new = want.iter().filter(|item| !live.contains(item)).map(|item| ("+", item));
        if gone.clone().chain(new.clone()).next().is_none() {
            return vec![clip(&format!("{}: in another order", it.field), room)];
        }
        let line = |(sign, item)| clip(&format!("{}: {sign} {}", it.field, short(item)), room);
        return gone.chain(new).map(line).collect();
    }
    let (live, want) = (short(&it.live), short(&it.want));
    let (before, after) = (live.chars().count(), want.chars().count());
    if before.min(after) > TEXT {
        return vec![clip(&format!("{}: changed ({before} → {after} characters)", it.field), room)];
    }
    let half = room.saturating_sub(it.field.len() + 5) / 2;
    // Where the first half needs less, the second may have more.
    let live = clip(&live, half.max(room.saturating_sub(it.field.len() + 5 + after)));
    vec![clip(&format!("{}: {live} → {want}", it.field), room)]
}

/// A value without the quotes that JSON needs and people do not.
fn short(value: &Value) -> String {
    match value {
        Value::Null => "nothing".to_owned(),
        Value::String(text) => text.clone(),
        Value::Object(fields) => {
            let fields = fields.iter().filter(|(_, value)| !value.is_null());
            let fields: Vec<String> =
                fields.map(|(name, it)| format!("{name} {}", short(it))).collect();
            format!("({})", fields.join(", "))
        }
        Value::Array(items) => {
            format!("[{}]", items.iter().map(short).collect::<Vec<_>>().join(", "))
        }
        Value::Bool(_) | Value::Number(_) => value.to_string(),
    }
}

fn sum(plan: &Plan, stack: &str) -> String {
    let (mut create, mut update, mut wait, mut delete) = (0, 0, 0, 0);
    for step in plan.all_steps() {
        match step.action {
            Action::Create => create += 1,
            Action::Update(_) => update += 1,
            Action::Wait => wait += 1,
            Action::Delete => delete += 1,
        }
    }
    let counts = [
        (create, "to create"),
        (update, "to update"),
        (delete, "to delete"),
        (wait, "to wait for"),
    ];
    let counts: Vec<String> =
        counts.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{n} {what}")).collect();
    match (counts.is_empty(), plan.refused.len()) {
        (true, 0) => format!("`{stack}` is as its spec says: no changes"),
        (true, refused) => format!("{refused} refused"),
        (false, 0) => format!("{} (plan {})", counts.join(", "), &plan.hash()[..HASH_SHORT]),
        (false, refused) => format!("{}, {refused} refused", counts.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use serde_json::json;
    use shared::model::{Address, Tier};

    use super::*;

    fn step(name: &str, action: Action, reason: &str) -> Step {
        Step {
            address: Address::new(Tier::Network, name),
            kind: "AWS::EC2::Thing".into(),
            action,
            reason: reason.into(),
            consequences: Vec::new(),
            replaces: None,
            node: None,
            id: None,
            holders: BTreeSet::new(),
        }
    }

    #[test]
    fn a_plan_reads_from_what_makes_way_to_its_sum() {
        console::set_colors_enabled(false);
        let differences = vec![
            Difference {
                field: "cidr".into(),
                live: json!("10.0.0.0/16"),
                want: json!("10.1.0.0/16"),
            },
            Difference {
                field: "rules".into(),
                live: json!([{ "port": 22, "peer": "sg-1" }, { "port": 80, "peer": null }]),
                want: json!([{ "port": 22, "peer": "sg-1" }, { "port": 443, "peer": null }]),
            },
            Difference {
                field: "script".into(),
                live: json!("x".repeat(90)),
                want: json!("y".repeat(90)),
            },
        ];
        let order = vec![Difference {
            field: "rules".into(),
            live: json!(["one", "two"]),
            want: json!(["two", "one"]),
        }];
        let outage = "the database restarts, or fails over to its standby: a minute without it";
        let class = Step {
            consequences: vec![outage.into()],
            ..step("class", Action::Update(Vec::new()), "differs in class")
        };
        let note = |text: &str| Note {
            address: Address::new(Tier::Database, "instance"),
            text: text.into(),
        };
        let made = Plan {
            clear: vec![step("nat-a", Action::Delete, "subnet: one → another")],
            build: vec![
                step("vpc", Action::Update(differences), "differs in cidr, rules"),
                step("nat-a", Action::Create, "replaced: subnet: one → another"),
                step("web-acl", Action::Update(order), "differs in rules"),
                class,
            ],
            retire: vec![step("nat-b", Action::Delete, "is no longer wanted")],
            refused: vec![note(
                "would be replaced (key: one → another), but it holds data and is protected",
            )],
            notes: vec![note("is kept: the spec protects it")],
            exports: BTreeMap::new(),
        };
        let shown = plan(&made, "shop", 70);
        assert!(shown.lines().all(|line| line.chars().count() <= 70), "{shown}");
        insta::assert_snapshot!(shown.replace(&made.hash()[..HASH_SHORT], "[hash]"));
    }

    #[test]
    fn nothing_to_do_is_told_in_one_line() {
        let shown = plan(&Plan::default(), "shop", 80);
        assert_eq!(shown, "`shop` is as its spec says: no changes");
    }
}

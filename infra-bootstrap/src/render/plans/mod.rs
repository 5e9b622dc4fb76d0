//! A plan as people read it: what changes, tier by tier, and how much in all.

mod differences;
mod entries;

use entries::{Entry, Mark, entries};
use shared::plan::{HASH_SHORT, Note, Plan};

use super::wrap;

/// The plan with its sum; `stack` has nothing to change when it is empty.
pub fn plan(plan: &Plan, stack: &str, width: usize) -> String {
    let entries = entries(plan);
    let mut text = String::new();
    for tier in entries.chunk_by(|one, other| one.tier() == other.tier()) {
        text += &format!("{}\n", tier[0].tier());
        text.extend(tier.iter().flat_map(|it| it.lines(width)).map(|line| line + "\n"));
    }
    let is_used = |mark: &Mark| entries.iter().any(|it| it.mark == *mark);
    let legends = Mark::ALL.into_iter().filter(is_used).filter_map(Mark::legend);
    text.extend(legends.flat_map(|it| wrap(it, width)).map(|line| line + "\n"));
    for (mark, notes) in [("!", &plan.refused), ("i", &plan.notes)] {
        text.extend(notes.iter().map(|note| told(mark, note, width)));
    }
    text + &sum(plan, &entries, stack)
}

/// A note in full, however many lines that takes: it is what a person has to decide about.
fn told(mark: &str, note: &Note, width: usize) -> String {
    let lines = wrap(&format!("{}: {}", note.address, note.text), width - 2);
    let marks = std::iter::once(mark).chain(std::iter::repeat(" "));
    marks.zip(lines).map(|(mark, line)| format!("{mark} {line}\n")).collect()
}

fn sum(plan: &Plan, entries: &[Entry], stack: &str) -> String {
    let mut counts: Vec<(usize, &str)> = Vec::new();
    for mark in Mark::ALL {
        let of_mark = entries.iter().filter(|it| it.mark == mark);
        let count: usize = of_mark.map(|it| it.names.len()).sum();
        match counts.iter_mut().find(|(_, what)| *what == mark.counted()) {
            Some((sum, _)) => *sum += count,
            None => counts.push((count, mark.counted())),
        }
    }
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
    use shared::diff::Difference;
    use shared::model::{Address, Tier};
    use shared::plan::{Action, REPLACED, Step};

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
        let cascade = "`network/vpc` is replaced";
        let anew = |name: &str| Step {
            consequences: vec![REPLACED.into()],
            ..step(name, Action::Create, "replaced: told where it is removed")
        };
        let successor = Step {
            replaces: Some("acm-1".into()),
            ..step("certificate", Action::Create, "replaced, the new one first: its names differ")
        };
        let note = |text: &str| Note {
            address: Address::new(Tier::Database, "instance"),
            text: text.into(),
        };
        let made = Plan {
            clear: vec![
                step("flow-log", Action::Delete, cascade),
                step("route-table", Action::Delete, cascade),
                step("nat-a", Action::Delete, "subnet: one → another"),
                step("nat-a", Action::Delete, "is a duplicate"),
            ],
            build: vec![
                step("vpc", Action::Update(differences), "differs in cidr, rules"),
                step("subnet-a", Action::Create, "is missing"),
                step("subnet-b", Action::Create, "is missing"),
                anew("nat-a"),
                anew("route-table"),
                anew("flow-log"),
                successor,
                step("web-acl", Action::Update(order), "differs in rules"),
                class,
            ],
            retire: vec![
                Step {
                    id: Some("acm-1".into()),
                    ..step("certificate", Action::Delete, "was replaced")
                },
                step("nat-b", Action::Delete, "is no longer wanted"),
            ],
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

//! A plan as people read it: what changes, tier by tier, and how much in all.

use std::fmt::Write;

use console::Style;
use serde_json::Value;
use shared::plan::{Action, Part, Plan, Step};

use super::clip;

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
        for note in notes {
            text += &clip(&format!("{mark} {}  {}", note.address, note.text), width);
            text.push('\n');
        }
    }
    text + &sum(plan, stack)
}

fn lines(step: &Step, width: usize) -> String {
    let (sign, style) = match &step.action {
        Action::Create => ("+", Style::new().green()),
        Action::Update(_) => ("~", Style::new().yellow()),
        Action::Wait => ("…", Style::new().dim()),
        Action::Delete => ("-", Style::new().red()),
    };
    let address = step.address.to_string();
    let rest = clip(&step.reason, width.saturating_sub(address.len() + 4));
    let mut text = format!("{} {address}  {}\n", style.apply_to(sign), rest);
    if let Action::Update(differences) = &step.action {
        for it in differences {
            let line = format!("    {}: {} → {}", it.field, short(&it.live), short(&it.want));
            // A string that is written to never fails.
            _ = writeln!(text, "{}", clip(&line, width));
        }
    }
    text
}

/// A value without the quotes that JSON needs and people do not.
fn short(value: &Value) -> String {
    match value {
        Value::Null => "nothing".to_owned(),
        Value::String(text) => text.clone(),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => value.to_string(),
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
    let counts = [(create, "to create"), (update, "to update"), (delete, "to delete"), (wait, "to wait for")];
    let counts: Vec<String> =
        counts.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{n} {what}")).collect();
    match (counts.is_empty(), plan.refused.len()) {
        (true, 0) => format!("`{stack}` is as its spec says: no changes"),
        (true, refused) => format!("{refused} refused"),
        (false, 0) => format!("{} (plan {})", counts.join(", "), plan.hash()),
        (false, refused) => format!("{}, {refused} refused", counts.join(", ")),
    }
}

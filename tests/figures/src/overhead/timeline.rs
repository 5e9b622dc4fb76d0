//! What happened when: each state of an execution that took its time, and each thing's readiness.

use aws_sdk_sfn::types::HistoryEvent;
use serde_json::Value;

use super::execution::Execution;

/// Prints, in AWS's seconds after the start, what tasks answered and what became ready.
pub fn print(execution: &Execution, lag: &Value, speed: f64) {
    let mut lines: Vec<(f64, String)> = execution.history.iter().filter_map(line).collect();
    for drawn in lag["drawn"].as_array().into_iter().flatten() {
        let number = |field: &str| drawn[field].as_f64().unwrap_or_default();
        let text = |field: &str| drawn[field].as_str().unwrap_or_default().to_owned();
        let ready = number("time") + number("seconds") / speed;
        let took = number("seconds");
        lines.push((ready, format!("= {} {} ({took:.1} s)", text("kind"), text("called"))));
    }
    lines.sort_by(|(a, _), (b, _)| a.total_cmp(b));
    for (time, text) in lines.iter().filter(|it| it.0 >= execution.began) {
        println!("{:>8.1} {text}", (time - execution.began) * speed);
    }
}

fn line(event: &HistoryEvent) -> Option<(f64, String)> {
    let text = if let Some(scheduled) = event.task_scheduled_event_details() {
        let asked: Value = serde_json::from_str(scheduled.parameters()).unwrap_or_default();
        let function = asked["FunctionName"].as_str().unwrap_or_default();
        let function = function.split(":function:").last().unwrap_or_default();
        format!("> {function} {}", asked["Payload"]["verb"].as_str().unwrap_or_default())
    } else if let Some(answered) = event.task_succeeded_event_details() {
        let output: Value = serde_json::from_str(answered.output()?).ok()?;
        format!("< {}", told(&output["Payload"]))
    } else {
        let failed = event.task_failed_event_details()?;
        format!("< failed: {}", failed.error().unwrap_or_default())
    };
    Some((event.timestamp.as_secs_f64(), text))
}

/// A tier's answer in one line; of others only the beginning.
fn told(payload: &Value) -> String {
    if payload["wait_seconds"].is_null() {
        return payload.to_string().chars().take(80).collect();
    }
    let changed = payload["changed"].as_array().into_iter().flatten();
    let changed: Vec<String> = changed
        .map(|it| {
            let text = |field: &str| it[field].as_str().unwrap_or_default();
            format!("{} {}", text("action"), text("address"))
        })
        .collect();
    let flag = |name: &str| if payload[name] == true { format!("{name} ") } else { String::new() };
    format!(
        "{} {}{}{}asks again in {} s; did [{}]; waits for [{}]",
        payload["tier"].as_str().unwrap_or_default(),
        flag("usable"),
        flag("done"),
        flag("idle"),
        payload["wait_seconds"],
        changed.join(", "),
        payload["waiting"].as_str().unwrap_or_default(),
    )
}

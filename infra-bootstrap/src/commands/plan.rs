//! `terrace plan SPEC`

use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::json;
use shared::plan::HASH_SHORT;

use super::outlook;
use crate::answer::{Answer, Exit};
use crate::cli::SpecArgument;
use crate::context::Cloud;
use crate::failure::Failure;
use crate::screen::Screen;
use crate::spec_file::SpecFile;
use crate::{follow, render};

/// The machine that looks and changes nothing.
const MACHINE: &str = "drift";

pub async fn run(arguments: SpecArgument, screen: &Screen) -> Result<Answer, Failure> {
    let SpecFile { spec, .. } = SpecFile::read(&arguments.spec)?;
    let shown = arguments.spec.display();
    let cloud = Cloud::of_environment(Some(spec.region.as_str())).await?;
    let name = run_name("plan", spec.name.as_str());
    screen.step(&format!("planning `{}`, {}", spec.name, cloud.place()));
    follow::start(&cloud, MACHINE, &name, &json!({ "spec": spec })).await?;
    let report = follow::follow(&cloud, MACHINE, &name, screen).await?.report;
    let changes = report.plan.has_changes() || !report.plan.refused.is_empty();
    let mut text = render::plan(&report.plan, &report.stack, screen.width);
    let outlook =
        outlook::of(&cloud, &report.stack, &report.run, &report.plan, screen.width).await?;
    text += &outlook.text;
    if report.plan.has_changes() && report.plan.refused.is_empty() {
        let short = &report.plan_hash[..HASH_SHORT];
        let hint = format!("to do just this: terrace deploy {shown} --plan {short}");
        text += &format!("\n\n{}", render::wrap(&hint, screen.width).join("\n"));
    }
    let mut json = json!({
        "stack": report.stack, "endpoint": cloud.endpoint, "region": cloud.region, "run": name,
        "changes": changes, "hash": report.plan_hash, "plan": report.plan,
    });
    json["preflight"] = outlook.preflight;
    json["cost"] = outlook.cost;
    Ok(Answer::new(text, json).exit(if changes { Exit::Changes } else { Exit::Done }))
}

/// A name that no execution has: names can be used once in 90 days.
pub fn run_name(verb: &str, stack: &str) -> String {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    format!("{verb}-{stack}-{}", since.as_millis())
}

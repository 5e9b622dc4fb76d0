//! `terrace demo`: everything, once, in the local cloud.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Instant;

use serde_json::json;
use shared::ledger::{Key, StackRecord, StackState};

use super::intrusion::{self, PERSON, Reverted};
use super::{deploy, status};
use crate::answer::Answer;
use crate::bootstrap;
use crate::context::Cloud;
use crate::failure::Failure;
use crate::follow::{self, Ended};
use crate::local::{self, Record, Wish};
use crate::render::{duration, table, wrap};
use crate::screen::Screen;
use crate::spec_file::SpecFile;

const EXAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/three-tier.yaml");

/// Whose rules are opened: the application's.
const GROUP: &str = "firewall/private";

pub async fn run(screen: &Screen) -> Result<Answer, Failure> {
    let started = Instant::now();
    screen.stands("`terrace demo` begins again where it was");
    let file = SpecFile::read(Path::new(EXAMPLE))?;
    let record = local::start(&Wish::default(), screen).await?.record;
    let again = "`terrace demo` goes on from there, `terrace local stop` ends it";
    screen.stands(format!("the local cloud is up at {}; {again}", record.endpoint()));
    let cloud = local::connect(&record, file.spec.region.as_str()).await?;
    bootstrap::bring_up(&cloud, false, screen).await?;
    finish_earlier(&cloud, file.spec.name.as_str(), screen).await?;
    let execution = deploy::upload(&cloud, &file, BTreeMap::new(), screen).await?;
    screen.stands(format!(
        "the run of `{}` goes on in the local cloud at {}; {again}",
        file.spec.name,
        record.endpoint()
    ));
    let ended = deploy::wait(&cloud, &file, &execution, screen).await?;
    screen.stands(format!(
        "`{}` stands in the local cloud at {}; {again}",
        file.spec.name,
        record.endpoint()
    ));
    let stack = ended.report.stack.clone();
    let standing = status::read(&cloud, &stack).await?;
    let standing = standing.ok_or_else(|| Failure::new(format!("`{stack}` left no record")))?;
    let built = show(&ended, &standing);
    screen.step(&format!(
        "opening SSH to the world on `private_sg` as `{PERSON}`, behind Terrace's back"
    ));
    let group = standing.fact(GROUP, "id").unwrap_or_default();
    let reverted = intrusion::intrude(&cloud, &stack, group).await?;
    let seconds = started.elapsed().as_secs_f64();
    let text = format!(
        "{built}\n\n{}\n\nReady after {} (the stack alone: {}).\n\n{}",
        tell(&reverted, group, screen.width),
        duration(seconds),
        duration(ended.seconds),
        what_next(&record, &stack)
    );
    let mut json = deploy::describe(&cloud, &ended);
    json["stack_seconds"] = json!(ended.seconds);
    json["seconds"] = json!(seconds);
    json["addresses"] = json!(standing.addresses());
    json["intrusion"] = reverted.to_json(group);
    Ok(Answer::new(text, json))
}

/// A run that an interrupted demo left at work is followed to its end first.
async fn finish_earlier(cloud: &Cloud, stack: &str, screen: &Screen) -> Result<(), Failure> {
    let record: Option<StackRecord> = cloud.ledger.read(&Key::Record(stack)).await?;
    let Some(record) = record else { return Ok(()) };
    let machine = match record.state {
        StackState::Deploying => deploy::MACHINE,
        StackState::Destroying => "destroy",
        StackState::NotBuilt
        | StackState::Ready
        | StackState::Failed
        | StackState::AwaitingApproval
        | StackState::Destroyed => return Ok(()),
    };
    if follow::is_running(cloud, machine, &record.run).await? {
        screen.step("a run from before is still at work");
        if let Err(failure) = follow::follow(cloud, machine, &record.run, screen).await {
            screen.note(&format!(
                "it failed: {}; the next one goes on from there",
                failure.why.join("; ")
            ));
        }
    }
    Ok(())
}

/// What stands, by tier, with the ids that people look for.
fn show(ended: &Ended, standing: &status::Standing) -> String {
    let rows = ended.report.resources.iter().map(|(tier, count)| {
        vec![format!("  {tier}"), format!("{count:>3}"), main_id(standing, tier.name())]
    });
    let all: usize = ended.report.resources.values().sum();
    let rows: Vec<Vec<String>> =
        rows.chain([vec!["  all".to_owned(), format!("{all:>3}")]]).collect();
    let addresses = standing.addresses();
    let addresses: Vec<Vec<String>> = addresses
        .iter()
        .map(|(what, value)| vec![format!("  {what}"), (*value).to_owned()])
        .collect();
    format!(
        "`{}` is ready: {} resources\n\n{}\n\n{}\n\n{}",
        ended.report.stack,
        all,
        table(&rows, 80),
        table(&addresses, 80),
        deploy::calls(&ended.report)
    )
}

/// The id of a tier's most telling resource.
fn main_id(standing: &status::Standing, tier: &str) -> String {
    let address = match tier {
        "keys" => "keys/key",
        "storage" => "storage/files",
        "access" => "access/app-role",
        "network" => "network/vpc",
        "firewall" => GROUP,
        "database" => "database/instance",
        "edge" => "edge/web-acl",
        "compute" => "compute/scaling-group",
        _ => "monitoring/dashboard",
    };
    let named = standing.fact(address, "name").or_else(|| standing.fact(address, "id"));
    named
        .map(|it| format!("{} {it}", address.rsplit('/').next().unwrap_or_default()))
        .unwrap_or_default()
}

fn tell(reverted: &Reverted, group: &str, width: usize) -> String {
    let text = format!(
        "{} opened port 22 of {group} to the world ({}). Terrace took it back after {} ms. \
         AWS itself delivers such events after 20–90 s.",
        reverted.who, reverted.event, reverted.milliseconds
    );
    wrap(&text, width).join("\n")
}

fn what_next(record: &Record, stack: &str) -> String {
    format!(
        "The local cloud stays up at {}. To try next:\n\n  \
         eval \"$(terrace local env)\"\n  \
         terrace status {stack}\n  \
         terrace plan infra-bootstrap/examples/three-tier.yaml\n  \
         terrace ssh-config {stack}\n  \
         terrace destroy {stack} --wait\n  \
         terrace local stop\n\n\
         With Cargo, `terrace` is `cargo run --quiet --`.",
        record.endpoint()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the demo leaves behind is found with what `terrace local env` prints.
    #[test]
    fn the_example_stands_in_the_local_clouds_region() -> Result<(), Failure> {
        assert_eq!(SpecFile::read(Path::new(EXAMPLE))?.spec.region.as_str(), local::REGION);
        Ok(())
    }
}

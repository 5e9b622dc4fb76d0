//! `terrace destroy STACK`

use std::collections::BTreeSet;
use std::io::{BufRead, IsTerminal, stdin};

use aws_sdk_ec2::types::Filter;
use serde_json::json;
use shared::aws::STACK_TAG;
use shared::ledger::{Key, StackRecord, StackState};
use shared::plan::Inventory;

use super::plan::run_name;
use crate::answer::Answer;
use crate::cli::Destroy;
use crate::context::Cloud;
use crate::failure::{Failure, Tried};
use crate::follow;
use crate::render::duration;
use crate::screen::Screen;

const MACHINE: &str = "destroy";

pub async fn run(arguments: Destroy, screen: &Screen) -> Result<Answer, Failure> {
    let Destroy { stack, wait, include_data, yes, region } = arguments;
    let cloud = Cloud::of_environment(region.as_deref()).await?;
    check(&cloud, &stack).await?;
    confirm(&cloud, &stack, include_data, yes.as_deref(), screen)?;
    let name = run_name("destroy", &stack);
    let input = json!({ "stack": stack, "include_data": include_data });
    follow::start(&cloud, MACHINE, &name, &input).await?;
    let mut json = json!({
        "stack": stack, "endpoint": cloud.endpoint, "region": cloud.region, "run": name,
        "state": "started",
    });
    if !wait {
        let text = format!(
            "the run `{name}` takes `{stack}` down; `terrace status {stack}` shows how far it is"
        );
        return Ok(Answer::new(text, json));
    }
    screen.stands(format!(
        "the run `{name}` goes on by itself; `terrace status {stack}` shows how far it is"
    ));
    screen.step(&format!("taking `{stack}` down"));
    let ended = follow::follow(&cloud, MACHINE, &name, screen).await?;
    let left: usize = ended.report.resources.values().sum();
    let mut text = format!("`{stack}` is gone, after {}", duration(ended.seconds));
    if left > 0 {
        text = format!(
            "`{stack}` is gone but for {left} resources, after {}",
            duration(ended.seconds)
        );
        for note in &ended.report.plan.notes {
            text += &format!("\n  {}: {}", note.address, note.text);
        }
    }
    let strays = strays(&cloud, &stack).await?;
    if !strays.is_empty() {
        text += &format!(
            "\n  still tagged with the stack, and not known to its ledger: {}",
            strays.join(", ")
        );
    }
    json["state"] = json!("destroyed");
    json["strays"] = json!(strays);
    json["seconds"] = json!(ended.seconds);
    json["resources"] = json!(ended.report.resources);
    json["notes"] = json!(ended.report.plan.notes);
    Ok(Answer::new(text, json))
}

/// Ids in EC2 that carry the stack's tag at the end, though nothing of the kind was kept. Instances
/// and NAT gateways are left out: AWS shows those that are gone, with their tags, for an hour.
async fn strays(cloud: &Cloud, stack: &str) -> Result<Vec<String>, Failure> {
    let inventory: Option<Inventory> = cloud.ledger.read(&Key::Inventory(stack)).await?;
    let inventory = inventory.unwrap_or_default();
    let known: BTreeSet<&str> = inventory.values().filter_map(|it| it.id.as_deref()).collect();
    let ec2 = shared::client!(cloud, aws_sdk_ec2);
    let filter = |name: &str, value: &str| Filter::builder().name(name).values(value).build();
    let request = ec2.describe_tags().filters(filter("key", STACK_TAG));
    let mut pages = request.filters(filter("value", stack)).into_paginator().items().send();
    let mut found = BTreeSet::new();
    while let Some(tag) = pages.next().await {
        let tag = tag.tried(format!("cannot look for what is left of `{stack}`"))?;
        found.extend(tag.resource_id);
    }
    let lingers = |id: &String| id.starts_with("i-") || id.starts_with("nat-");
    Ok(found.into_iter().filter(|id| !known.contains(id.as_str()) && !lingers(id)).collect())
}

async fn check(cloud: &Cloud, stack: &str) -> Result<(), Failure> {
    let record: Option<StackRecord> = cloud.ledger.read(&Key::Record(stack)).await?;
    match record.map(|it| it.state) {
        None => {
            let names = cloud.ledger.names("stacks/").await?;
            let known =
                if names.is_empty() { "there is none".to_owned() } else { names.join(", ") };
            Err(Failure::new(format!("there is no stack `{stack}`, {}", cloud.place()))
                .hint(format!("stacks here: {known}")))
        }
        Some(
            StackState::Deploying
            | StackState::AwaitingApproval
            | StackState::Ready
            | StackState::Failed
            | StackState::Destroying
            | StackState::Destroyed,
        ) => Ok(()),
    }
}

/// Whoever means it says the stack's name.
fn confirm(
    cloud: &Cloud,
    stack: &str,
    include_data: bool,
    yes: Option<&str>,
    screen: &Screen,
) -> Result<(), Failure> {
    let nothing = |why: String| Failure::new(format!("`{stack}` stands as before")).because(why);
    if let Some(said) = yes {
        let other = || nothing(format!("`--yes {said}` names another stack"));
        return if said == stack { Ok(()) } else { Err(other()) };
    }
    if !stdin().is_terminal() {
        return Err(nothing("nobody is there to confirm it".to_owned())
            .hint(format!("give `--yes {stack}`")));
    }
    let data = if include_data {
        ", its data included; what is protected of the database leaves a final snapshot"
    } else {
        ", except what its spec protects"
    };
    screen.say(&format!("This takes `{stack}` down{data}, {}.", cloud.place()));
    screen.say("Type the name of the stack to go on:");
    let mut said = String::new();
    stdin().lock().read_line(&mut said).map_err(|error| nothing(error.to_string()))?;
    let other = || nothing("that was not its name".to_owned());
    if said.trim() == stack { Ok(()) } else { Err(other()) }
}

//! `terrace destroy STACK`

use std::collections::BTreeSet;
use std::fmt::Write;
use std::io::{BufRead, IsTerminal, stdin};

use serde_json::json;
use shared::ledger::{Key, StackRecord, StackState};
use shared::model::Address;

use super::plan::run_name;
use crate::answer::Answer;
use crate::cli::Destroy;
use crate::context::Cloud;
use crate::failure::Failure;
use crate::follow;
use crate::import::UNBUILT;
use crate::leftovers::{Leftovers, leftovers};
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
    let kept: BTreeSet<Address> =
        ended.report.plan.notes.iter().map(|note| note.address.clone()).collect();
    let left = leftovers(&cloud, &stack, &kept).await;
    text += &in_words(&left);
    let strays: Vec<&String> = left.found.iter().map(|(id, _)| id).collect();
    json["state"] = json!("destroyed");
    json["strays"] = json!(strays);
    json["unchecked"] = json!(left.unchecked);
    json["seconds"] = json!(ended.seconds);
    json["resources"] = json!(ended.report.resources);
    json["notes"] = json!(ended.report.plan.notes);
    Ok(Answer::new(text, json))
}

fn in_words(left: &Leftovers) -> String {
    let mut text = String::new();
    for (id, what) in &left.found {
        _ = write!(text, "\n  still there, though nothing is to keep it: {id} ({what})");
    }
    if !left.found.is_empty() {
        text += "\n  services write late, and make anew what they do not find; the stack no longer \
                 knows these: delete them by hand";
    }
    for why in &left.unchecked {
        _ = write!(text, "\n  cannot tell what else is left: {why}");
    }
    text
}

async fn check(cloud: &Cloud, stack: &str) -> Result<(), Failure> {
    let record: Option<StackRecord> = cloud.ledger.read(&Key::Record(stack)).await?;
    match record.map(|it| (it.state, it.revision)) {
        None => {
            let names = cloud.ledger.names("stacks/").await?;
            let known =
                if names.is_empty() { "there is none".to_owned() } else { names.join(", ") };
            Err(Failure::new(format!("there is no stack `{stack}`, {}", cloud.place()))
                .hint(format!("stacks here: {known}")))
        }
        Some((StackState::NotBuilt, UNBUILT)) => {
            Err(Failure::new(format!("cannot take down `{stack}`, which was only imported"))
                .because("what it has taken over was there before it, and no run has built on it")
                .hint(
                    "deploy its spec first if what was imported is to go as well; else leave it: \
                     nothing is done to it before a deploy",
                ))
        }
        Some((
            StackState::NotBuilt
            | StackState::Deploying
            | StackState::AwaitingApproval
            | StackState::Ready
            | StackState::Failed
            | StackState::Destroying
            | StackState::Destroyed,
            _,
        )) => Ok(()),
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

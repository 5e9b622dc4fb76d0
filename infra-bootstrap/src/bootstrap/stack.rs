//! The control plane's CloudFormation stack.

use std::collections::BTreeMap;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use aws_sdk_cloudformation::Client;
use aws_sdk_cloudformation::error::ProvideErrorMetadata;
use aws_sdk_cloudformation::types::{
    Capability, ChangeSetStatus, ChangeSetType, Parameter, Stack, Tag,
};

use super::events;
use crate::context::Cloud;
use crate::control_plane::STACK_NAME;
use crate::failure::{Failure, Tried};
use crate::screen::Screen;

pub type Parameters = BTreeMap<String, String>;

/// Where the template lies.
pub struct Template {
    pub url: String,
}

/// What became of the control plane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    Created,
    Updated,
    Unchanged,
}

const POLL_FIRST: Duration = Duration::from_millis(200);
const POLL_LAST: Duration = Duration::from_secs(5);

/// In AWS it takes about four minutes; a first attempt at a new account can take longer.
const DEADLINE: Duration = Duration::from_mins(30);

/// A first attempt that failed and was rolled back leaves a stack that can only be deleted.
const DEAD: [&str; 4] = ["ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED", "DELETE_FAILED"];

/// Only a change set stands, of an attempt that was interrupted; or what is left of a stack.
const NOT_YET: [&str; 2] = ["REVIEW_IN_PROGRESS", "DELETE_COMPLETE"];

const GOOD: [&str; 2] = ["CREATE_COMPLETE", "UPDATE_COMPLETE"];

/// What became of the stack, and the parameters it had before.
pub async fn bring_up(
    cloud: &Cloud,
    template: &Template,
    parameters: Parameters,
    screen: &Screen,
) -> Result<(Change, Parameters), Failure> {
    let client = shared::client!(cloud, aws_sdk_cloudformation);
    let standing = settled(&client, screen).await?;
    let standing = match standing {
        Some(stack) if DEAD.contains(&status(&stack)) => {
            screen.note("an earlier attempt failed and was rolled back; it is removed first");
            let removed = client.delete_stack().stack_name(STACK_NAME).send().await;
            removed.tried("cannot remove the control plane's stack")?;
            settled(&client, screen).await?;
            None
        }
        other => other,
    };
    let change = match &standing {
        None => create(&client, template, &parameters).await?,
        Some(stack) => update(&client, template, parameters, stack).await?,
    };
    let before = standing.as_ref().map(parameters_of).unwrap_or_default();
    let stack = settled(&client, screen).await?;
    let ended = stack.as_ref().map_or("gone", status);
    if change != Change::Unchanged && !GOOD.contains(&ended) {
        let failure = Failure::new(format!("the control plane's stack ended as `{ended}`"));
        return Err(events::explain(&client, failure).await);
    }
    Ok((change, before))
}

fn parameters_of(stack: &Stack) -> Parameters {
    let both =
        |it: &Parameter| Some((it.parameter_key()?.to_owned(), it.parameter_value()?.to_owned()));
    stack.parameters().iter().filter_map(both).collect()
}

/// By a change set, because that adopts what an earlier control plane left: its buckets stay
/// when it is deleted, with all that was ever deployed in them.
async fn create(
    client: &Client,
    template: &Template,
    parameters: &Parameters,
) -> Result<Change, Failure> {
    const WHAT: &str = "cannot create the control plane's stack";
    let name = format!("create-{}", unix_milliseconds());
    let request = client
        .create_change_set()
        .stack_name(STACK_NAME)
        .change_set_name(&name)
        .change_set_type(ChangeSetType::Create)
        .import_existing_resources(true)
        .template_url(&template.url)
        .set_parameters(Some(listed(parameters)))
        .capabilities(Capability::CapabilityNamedIam)
        .tags(Tag::builder().key("terrace:part").value("control-plane").build());
    request.send().await.tried(WHAT)?;
    prepared(client, &name).await?;
    let request = client.execute_change_set().stack_name(STACK_NAME).change_set_name(&name);
    request.send().await.tried(WHAT)?;
    Ok(Change::Created)
}

/// Waits until CloudFormation knows what the change set has to do.
async fn prepared(client: &Client, name: &str) -> Result<(), Failure> {
    let started = Instant::now();
    while started.elapsed() < DEADLINE {
        let request = client.describe_change_set().stack_name(STACK_NAME).change_set_name(name);
        let found = request.send().await.tried("cannot look at the control plane's change set")?;
        match found.status() {
            Some(ChangeSetStatus::CreateComplete) => return Ok(()),
            Some(ChangeSetStatus::Failed) => {
                let failure = Failure::new("cannot create the control plane's stack");
                let why = found.status_reason().unwrap_or("CloudFormation does not say why");
                return Err(events::explain(client, failure.because(why)).await);
            }
            _ => tokio::time::sleep(POLL_FIRST).await,
        }
    }
    Err(Failure::new("CloudFormation does not get ready to create the control plane's stack"))
}

fn unix_milliseconds() -> u128 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis()
}

async fn update(
    client: &Client,
    template: &Template,
    mut parameters: Parameters,
    stack: &Stack,
) -> Result<Change, Failure> {
    // What was chosen before and is not chosen now stays: whose trail it is, how often to look.
    for (key, value) in parameters_of(stack) {
        if !key.ends_with("Code") {
            parameters.entry(key).or_insert(value);
        }
    }
    let request = client
        .update_stack()
        .stack_name(STACK_NAME)
        .template_url(&template.url)
        .set_parameters(Some(listed(&parameters)))
        .capabilities(Capability::CapabilityNamedIam);
    match request.send().await {
        // CloudFormation calls it an error.
        Err(error) if error.message().is_some_and(|it| it.contains("No updates")) => {
            Ok(Change::Unchanged)
        }
        other => {
            other.tried("cannot update the control plane's stack")?;
            Ok(Change::Updated)
        }
    }
}

fn listed(parameters: &Parameters) -> Vec<Parameter> {
    let one = |(key, value)| Parameter::builder().parameter_key(key).parameter_value(value).build();
    parameters.iter().map(one).collect()
}

fn status(stack: &Stack) -> &str {
    stack.stack_status().map_or("", |it| it.as_str())
}

/// The stack once nothing moves in it; `None` if there is none.
async fn settled(client: &Client, screen: &Screen) -> Result<Option<Stack>, Failure> {
    let started = Instant::now();
    let mut poll = POLL_FIRST;
    let mut told = false;
    while started.elapsed() < DEADLINE {
        let Some(stack) = find(client).await? else { return Ok(None) };
        if NOT_YET.contains(&status(&stack)) {
            return Ok(None);
        }
        if !status(&stack).ends_with("_IN_PROGRESS") {
            return Ok(Some(stack));
        }
        if !told && started.elapsed() > Duration::from_secs(5) {
            screen.note("CloudFormation is at work; this takes a few minutes in AWS");
            told = true;
        }
        tokio::time::sleep(poll).await;
        poll = (poll * 2).min(POLL_LAST);
    }
    Err(Failure::new("the control plane's stack did not settle")
        .because(format!("it is still at work after {} minutes", DEADLINE.as_secs() / 60))
        .hint(format!("look at the stack `{STACK_NAME}` in the CloudFormation console")))
}

async fn find(client: &Client) -> Result<Option<Stack>, Failure> {
    match client.describe_stacks().stack_name(STACK_NAME).send().await {
        Ok(found) => Ok(found.stacks.unwrap_or_default().into_iter().next()),
        // A `ValidationError` like any other, but for its words.
        Err(error) if error.message().is_some_and(|it| it.contains("does not exist")) => Ok(None),
        Err(error) => Err(error).tried("cannot look at the control plane's stack"),
    }
}

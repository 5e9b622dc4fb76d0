//! Why CloudFormation failed, as its events tell it.

use aws_sdk_cloudformation::Client;
use aws_sdk_cloudformation::types::{EventFilter, OperationEvent};

use crate::control_plane::STACK_NAME;
use crate::failure::Failure;

/// The first failures are the causes of the others.
const SHOWN: usize = 3;

/// Adds what went wrong in the stack's last operation.
pub async fn explain(client: &Client, failure: Failure) -> Failure {
    let request = client
        .describe_events()
        .stack_name(STACK_NAME)
        .filters(EventFilter::builder().failed_events(true).build());
    let found = request.into_paginator().items().send().collect::<Result<Vec<_>, _>>().await;
    // Without events, how it ended has to do.
    let events = found.unwrap_or_default();
    let newest = events.iter().max_by_key(|it| it.timestamp());
    let operation = newest.and_then(OperationEvent::operation_id);
    let mut reasons: Vec<_> = events.iter().filter(|it| it.operation_id() == operation).collect();
    reasons.sort_by_key(|it| it.timestamp());
    let reasons = reasons.into_iter().filter_map(reason);
    hinted(reasons.take(SHOWN).fold(failure, Failure::because))
}

/// What happened to one resource; the stack itself only says that something did.
fn reason(event: &OperationEvent) -> Option<String> {
    let why = event.validation_status_reason().or(event.resource_status_reason())?;
    let name = event.logical_resource_id()?;
    let follows = name == STACK_NAME || why.contains("cancelled");
    (!follows).then(|| format!("`{name}`: {why}"))
}

fn hinted(failure: Failure) -> Failure {
    let says = |words: &str| failure.why.iter().any(|it| it.contains(words));
    if says("TrailAlreadyExists") {
        failure
            .hint("the account has this trail already, from another region: give `--account-trail`")
    } else if says("already exists") {
        failure.hint("something of that name is in the way: remove it, or import it into the stack, and try again")
    } else {
        failure
    }
}

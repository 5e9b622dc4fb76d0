//! `terrace bootstrap`

use std::time::Instant;

use serde_json::json;

use crate::answer::Answer;
use crate::bootstrap::{self, Change};
use crate::cli::Bootstrap;
use crate::context::Cloud;
use crate::failure::Failure;
use crate::render::duration;
use crate::screen::Screen;

pub async fn run(arguments: Bootstrap, screen: &Screen) -> Result<Answer, Failure> {
    let started = Instant::now();
    let cloud = Cloud::of_environment(arguments.region.as_deref()).await?;
    screen.stands("the control plane may be half way; `terrace bootstrap` goes on from there");
    let change = bootstrap::bring_up(&cloud, arguments.account_trail, screen).await?;
    let seconds = started.elapsed().as_secs_f64();
    let state = match change {
        Change::Created => "created",
        Change::Updated => "updated",
        Change::Unchanged => "unchanged",
    };
    let text = format!(
        "the control plane stands ({state}) in {}, after {}\nspecs go into s3://{}/specs/",
        cloud.place(),
        duration(seconds),
        cloud.ledger_bucket()
    );
    let json = json!({
        "state": state, "endpoint": cloud.endpoint, "account": cloud.account,
        "region": cloud.region, "bucket": cloud.ledger_bucket(), "seconds": seconds,
    });
    Ok(Answer::new(text, json))
}

//! `terrace approve STACK`

use std::io::{BufRead, IsTerminal, stdin};

use serde_json::{Value, json};
use shared::ledger::{ApprovalRequest, Key, Mode};
use shared::plan::{HASH_SHORT, Plan};
use shared::world::CloudError;

use super::deploy;
use crate::answer::Answer;
use crate::cli::Approve;
use crate::context::Cloud;
use crate::failure::{Failure, Tried};
use crate::follow;
use crate::render::{duration, moment, plan, wrap};
use crate::screen::Screen;

/// Codes of Step Functions for a task that has ended, in whatever way.
const ENDED: &[&str] = &["TaskDoesNotExist", "TaskTimedOut", "InvalidToken"];

/// Step Functions takes causes of up to 32,768 characters.
const REASON_MAX: usize = 2000;

pub async fn run(arguments: Approve, screen: &Screen) -> Result<Answer, Failure> {
    let cloud = Cloud::of_environment(arguments.region.as_deref()).await?;
    let request = waiting(&cloud, &arguments).await?;
    let key = Key::ShownPlan(&request.stack, &request.hash);
    let shown: Plan = cloud.ledger.read(&key).await?.unwrap_or_default();
    show(&request, &shown, screen);
    let (verb, approved) = if let Some(reason) = &arguments.reason {
        (reject(&cloud, &request, reason).await?, false)
    } else {
        confirm(&request, arguments.yes.as_deref(), screen)?;
        (accept(&cloud, &request).await?, true)
    };
    let ApprovalRequest { stack, run, hash, .. } = &request;
    let mut json = json!({
        "stack": stack, "endpoint": cloud.endpoint, "region": cloud.region, "run": run,
        "hash": hash, "approved": approved,
    });
    let text = format!("{verb} plan {} of `{stack}`; the run is `{run}`", &hash[..HASH_SHORT]);
    if !(approved && arguments.wait) {
        return Ok(Answer::new(text, json));
    }
    screen.stands(format!("the run `{run}` goes on by itself"));
    let machine = match request.mode {
        Mode::Destroy => "destroy",
        Mode::Deploy | Mode::Drift => deploy::MACHINE,
    };
    let ended = follow::follow(&cloud, machine, run, screen).await?;
    json["state"] = json!(if machine == deploy::MACHINE { "ready" } else { "destroyed" });
    json["seconds"] = json!(ended.seconds);
    json["resources"] = json!(ended.report.resources);
    Ok(Answer::new(format!("{text}\nit went through after {}", duration(ended.seconds)), json))
}

/// What waits for a person.
async fn waiting(cloud: &Cloud, arguments: &Approve) -> Result<ApprovalRequest, Failure> {
    let stack = &arguments.stack;
    let found: Option<ApprovalRequest> = cloud.ledger.read(&Key::Approval(stack)).await?;
    let Some(request) = found else {
        return Err(Failure::new(format!("nothing waits for approval of `{stack}`"))
            .because(format!("no run of it does, {}", cloud.place()))
            .hint(format!("`terrace status {stack}` shows what became of its last run")));
    };
    match &arguments.run {
        Some(run) if *run != request.run => {
            Err(Failure::new(format!("the run `{run}` does not wait for approval"))
                .because(format!("of `{stack}`, `{}` does", request.run)))
        }
        Some(_) | None => Ok(request),
    }
}

fn show(request: &ApprovalRequest, shown: &Plan, screen: &Screen) {
    let ApprovalRequest { stack, run, revision, asked, .. } = request;
    let what = match request.mode {
        Mode::Destroy => "wants to take it down".to_owned(),
        Mode::Deploy | Mode::Drift => format!("wants to build revision {revision}"),
    };
    screen.step(&format!("`{stack}`: the run `{run}` {what} and waits since {}", moment(*asked)));
    for line in plan(shown, stack, screen.width).lines() {
        screen.say(line);
    }
}

/// Whoever means it says the plan's hash, or `yes` to the plan on the screen.
fn confirm(request: &ApprovalRequest, yes: Option<&str>, screen: &Screen) -> Result<(), Failure> {
    let short = &request.hash[..HASH_SHORT];
    let nothing =
        |why: String| Failure::new("nothing was approved; the run goes on waiting").because(why);
    if let Some(said) = yes {
        let meant = request.hash.starts_with(&said.to_ascii_lowercase());
        let other = || {
            nothing(format!("`--yes {said}` names another plan"))
                .hint(format!("what waits is plan {short}"))
        };
        return if meant { Ok(()) } else { Err(other()) };
    }
    if !stdin().is_terminal() {
        return Err(nothing("nobody is there to confirm it".to_owned())
            .hint(format!("give `--yes {short}`, or `--reject --reason TEXT`")));
    }
    for line in wrap(&format!("Type `yes` to carry out plan {short}:"), screen.width) {
        screen.say(&line);
    }
    let mut said = String::new();
    stdin().lock().read_line(&mut said).map_err(|error| nothing(error.to_string()))?;
    let other = || nothing("that was not `yes`".to_owned());
    if said.trim() == "yes" { Ok(()) } else { Err(other()) }
}

async fn accept(cloud: &Cloud, request: &ApprovalRequest) -> Result<&'static str, Failure> {
    let output = json!({ "hash": request.hash, "by": caller(cloud).await? });
    let sfn = shared::client!(cloud, aws_sdk_sfn);
    let success = sfn.send_task_success().task_token(&request.token).output(output.to_string());
    told(request, success.send().await.map(|_| ()))?;
    Ok("approved")
}

async fn reject(
    cloud: &Cloud,
    request: &ApprovalRequest,
    reason: &str,
) -> Result<&'static str, Failure> {
    let reason: String = reason.chars().take(REASON_MAX).collect();
    let cause = format!("{} said no: {reason}", caller(cloud).await?);
    let sfn = shared::client!(cloud, aws_sdk_sfn);
    let failure = sfn.send_task_failure().task_token(&request.token).error("Rejected");
    told(request, failure.cause(cause).send().await.map(|_| ()))?;
    Ok("rejected")
}

/// As whom the command speaks.
async fn caller(cloud: &Cloud) -> Result<String, Failure> {
    let sts = shared::client!(cloud, aws_sdk_sts);
    let caller = sts.get_caller_identity().send().await.tried("cannot tell who you are")?;
    Ok(caller.arn().unwrap_or("somebody").to_owned())
}

/// A run that has ended meanwhile waits for nobody any more.
fn told<E: Into<CloudError>>(
    request: &ApprovalRequest,
    answer: Result<(), E>,
) -> Result<(), Failure> {
    let error: CloudError = match answer {
        Ok(()) => return Ok(()),
        Err(error) => error.into(),
    };
    let ApprovalRequest { stack, run, .. } = request;
    match &error {
        CloudError::Refused { code, .. } if ENDED.contains(&code.as_str()) => {
            Err(Failure::new(format!("the run `{run}` of `{stack}` no longer waits"))
                .because("it was approved, rejected, superseded or stopped meanwhile")
                .hint(format!("`terrace status {stack}` shows how it stands")))
        }
        CloudError::Refused { .. } | CloudError::NotYet { .. } | CloudError::Incomplete(_) => {
            Err::<(), _>(error).tried(format!("cannot answer the run `{run}` of `{stack}`"))
        }
    }
}

/// What `--json` says of a stack that waits.
pub fn describe(request: &ApprovalRequest) -> Value {
    json!({
        "run": request.run, "revision": request.revision, "hash": request.hash,
        "summary": request.summary, "asked": moment(request.asked),
    })
}

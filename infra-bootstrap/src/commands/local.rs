//! `terrace local start|stop|status|reset|env`

use serde_json::{Value, json};

use crate::answer::{Answer, Exit};
use crate::cli::{Local, LocalStart};
use crate::failure::Failure;
use crate::local::{self, Home, Record, Running, Wish};
use crate::screen::Screen;

pub async fn run(what: Local, screen: &Screen) -> Result<Answer, Failure> {
    match what {
        Local::Start(arguments) => start(&arguments, screen).await,
        Local::Stop => stop().await,
        Local::Status => status(),
        Local::Reset => reset(screen).await,
        Local::Env => env(),
    }
}

async fn start(arguments: &LocalStart, screen: &Screen) -> Result<Answer, Failure> {
    let wish = Wish {
        port: arguments.port,
        while_pid: arguments.while_pid,
        conditions: conditions(arguments),
    };
    let Running { record, already } = local::start(&wish, screen).await?;
    let endpoint = record.endpoint();
    let verb = if already { "was up already" } else { "is up" };
    let text = format!(
        "the local cloud {verb} at {endpoint}\n\n\
         Point AWS's tools and `terrace` at it with `eval \"$(terrace local env)\"`, or:\n\n{}\n\
         Then `terrace bootstrap` and `terrace deploy SPEC --wait`; `terrace local stop` ends it.",
        local::exports(&record)
    );
    Ok(Answer::new(text, describe(&record)))
}

/// What the local cloud is told of time, eventual consistency and quotas, in its own words.
fn conditions(arguments: &LocalStart) -> Vec<String> {
    let flags = [
        ("--speed", arguments.speed.map(|it| it.to_string())),
        ("--seed", arguments.seed.map(|it| it.to_string())),
        ("--hidden-reads", arguments.hidden_reads.map(|it| it.to_string())),
    ];
    let chosen = flags.into_iter().filter_map(|(flag, value)| Some([flag.to_owned(), value?]));
    let quotas = arguments.quota.iter().map(|it| ["--quota".to_owned(), it.clone()]);
    chosen.chain(quotas).flatten().collect()
}

async fn stop() -> Result<Answer, Failure> {
    let stopped = local::stop().await?;
    let text = match &stopped {
        Some(record) => {
            format!("the local cloud at {} was stopped; what it holds is kept", record.endpoint())
        }
        None => "the local cloud was not running".to_owned(),
    };
    Ok(Answer::new(text, json!({ "stopped": stopped.is_some() })))
}

fn status() -> Result<Answer, Failure> {
    let home = Home::find()?;
    let Some(record) = local::running(&home)? else {
        let text = "the local cloud is not running; `terrace local start` starts it";
        let json = json!({ "running": false, "endpoint": null, "pid": null, "version": null });
        return Ok(Answer::new(text, json).exit(Exit::Failed));
    };
    let pid = record.pid.map(|it| it.to_string()).unwrap_or_default();
    let version = if record.version.is_empty() { "starting" } else { record.version.as_str() };
    let text = format!(
        "the local cloud runs at {} (process {pid}, MiniStack {version})\nlog: {}",
        record.endpoint(),
        home.log().display()
    );
    Ok(Answer::new(text, describe(&record)))
}

async fn reset(screen: &Screen) -> Result<Answer, Failure> {
    local::clear().await?;
    let Running { record, .. } = local::start(&Wish::default(), screen).await?;
    let text = format!("the local cloud is up at {}, with nothing in it", record.endpoint());
    Ok(Answer::new(text, describe(&record)))
}

fn env() -> Result<Answer, Failure> {
    let record = local::running(&Home::find()?)?.ok_or_else(|| {
        Failure::new("the local cloud is not running")
            .hint("start it with `terrace local start`")
            .exit(Exit::Unreachable)
    })?;
    let json = json!({
        "AWS_ENDPOINT_URL": record.endpoint(),
        "AWS_ACCESS_KEY_ID": local::ACCESS_KEY_ID,
        "AWS_SECRET_ACCESS_KEY": local::SECRET_ACCESS_KEY,
        "AWS_REGION": local::REGION,
    });
    Ok(Answer::new(local::exports(&record), json))
}

fn describe(record: &Record) -> Value {
    json!({
        "running": true,
        "endpoint": record.endpoint(),
        "pid": record.pid,
        "version": record.version,
    })
}

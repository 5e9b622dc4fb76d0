//! How much longer Terrace takes than AWS itself: a deploy and a destroy of the example in a local
//! cloud that lags, divided by the critical path through the same draws.
//!
//! What passes on this machine (functions, the state machine) counts at full length times the speed:
//! the lower the speed, the nearer to what it is in AWS.

mod execution;
mod local;
mod path;
mod timeline;

use std::error::Error;

use clap::Args;
use serde_json::{Value, json};
use shared::aws::Aws;
use shared::ledger::{Key, Ledger, TierRecord};
use shared::model::{Node, Tier};
use shared::tier::SITE;

use execution::Execution;
use local::{ACCOUNT, Local, REGION};
use path::Paths;

const SPEC: &str = "infra-bootstrap/examples/three-tier.yaml";
const STACK: &str = "three-tier";

#[derive(Args)]
pub struct Overhead {
    /// AWS's own times are divided by this; at most 10
    #[arg(long, default_value_t = 3.0)]
    speed: f64,
    /// Draws durations by another seed
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How long the database takes to come, instead of what is drawn: 1560 for 26 minutes
    #[arg(long, value_name = "SECONDS")]
    database_seconds: Option<f64>,
    /// Leave the stack standing instead of measuring how it is taken down
    #[arg(long)]
    keep: bool,
    /// Print what was asked, answered and ready when, in AWS's seconds
    #[arg(long)]
    timeline: bool,
}

#[tokio::main(flavor = "current_thread")]
pub async fn print(wanted: &Overhead) -> Result<(), Box<dyn Error>> {
    if !(wanted.speed > 0.0 && wanted.speed <= 10.0) {
        return Err(format!("the speed is {}, not above 0 and at most 10", wanted.speed).into());
    }
    let local = Local::start()?;
    let durations = match wanted.database_seconds {
        Some(seconds) => json!({ "database with standby available": seconds }),
        None => json!({}),
    };
    let settings = json!({ "speed": wanted.speed, "seed": wanted.seed, "durations": durations });
    local.ask("PUT", "settings", &settings.to_string())?;
    let aws = local.aws();
    let nodes = deploy(wanted, &local, &aws).await?;
    if !wanted.keep {
        destroy(wanted, &local, &aws, nodes).await?;
    }
    Ok(())
}

async fn deploy(wanted: &Overhead, local: &Local, aws: &Aws) -> Result<Vec<Node>, Box<dyn Error>> {
    let report = local.terrace(&["deploy", SPEC, "--wait", "--json"])?;
    let run = text(&report, "run");
    let nodes = wishes(aws, run).await?;
    let lag = local.ask("GET", "lag", "")?;
    let paths = Paths::new(nodes.clone(), &lag);
    let execution = Execution::read(aws, "deploy", run).await?;
    if wanted.timeline {
        timeline::print(&execution, &lag, wanted.speed);
    }
    let ready = (execution.ended - execution.began) * wanted.speed;
    compare("all ready", ready, paths.to_ready(|_| true));
    let usable = execution.calm_after(&SITE) * wanted.speed;
    compare("site usable", usable, paths.to_ready(serves));
    let database = database_started(local, execution.began)? * wanted.speed;
    println!("{:<22} {database:>8.1} s after the start", "database started");
    tell(&execution);
    Ok(nodes)
}

async fn destroy(
    wanted: &Overhead,
    local: &Local,
    aws: &Aws,
    nodes: Vec<Node>,
) -> Result<(), Box<dyn Error>> {
    let report =
        local.terrace(&["destroy", STACK, "--include-data", "--yes", STACK, "--wait", "--json"])?;
    let lag = local.ask("GET", "lag", "")?;
    let paths = Paths::new(nodes, &lag);
    let execution = Execution::read(aws, "destroy", text(&report, "run")).await?;
    if wanted.timeline {
        timeline::print(&execution, &lag, wanted.speed);
    }
    let gone = (execution.ended - execution.began) * wanted.speed;
    compare("all gone", gone, paths.to_gone());
    tell(&execution);
    Ok(())
}

/// A visitor is served, though what needs the database is not there yet.
fn serves(node: &Node) -> bool {
    let waits_for_data = node.address.name() == "scaling-group-replacement";
    SITE.contains(&node.address.tier()) && !waits_for_data
}

async fn wishes(aws: &Aws, run: &str) -> Result<Vec<Node>, Box<dyn Error>> {
    let ledger = Ledger::new(aws, &format!("terrace-{ACCOUNT}-{REGION}"));
    let mut nodes = Vec::new();
    for tier in Tier::ALL {
        let record: TierRecord = ledger.need(&Key::Tier(STACK, run, tier)).await?;
        nodes.extend(record.wish);
    }
    Ok(nodes)
}

/// Seconds of this machine from the run's start to the call that made the database.
fn database_started(local: &Local, began: f64) -> Result<f64, Box<dyn Error>> {
    let told = local.ask("GET", "calls", "")?;
    let mut calls = told["calls"].as_array().into_iter().flatten();
    let made = calls.find(|it| it["action"] == "CreateDBInstance" && it["outcome"] == "ok");
    let time = made.and_then(|it| it["time"].as_f64());
    Ok(time.ok_or("no database was made")? - began)
}

fn compare(what: &str, took: f64, critical: f64) {
    let times = took / critical;
    println!("{what:<22} {took:>8.1} s, critical path {critical:>7.1} s: {times:.3} times");
}

fn tell(execution: &Execution) {
    let Execution { transitions, events, payload, .. } = execution;
    println!("{:<22} {transitions:>8} state transitions, {events} events", "");
    println!("{:<22} {payload:>8} bytes in the largest payload", "");
}

fn text<'a>(report: &'a Value, field: &str) -> &'a str {
    report[field].as_str().unwrap_or_default()
}

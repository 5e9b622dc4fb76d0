//! `terrace deploy SPEC [--wait]`

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use aws_sdk_s3::primitives::ByteStream;
use serde_json::{Value, json};
use shared::clock::unix_seconds;
use shared::ledger::{Key, Lease, Queue, Report};
use shared::start::{PLAN_METADATA, QUEUE_METADATA, spec_execution_name};

use crate::answer::{Answer, Exit};
use crate::cli::Deploy;
use crate::context::Cloud;
use crate::failure::{Failure, Tried};
use crate::follow::{self, Ended};
use crate::render::{duration, moment, resources, wrap};
use crate::screen::Screen;
use crate::spec_file::SpecFile;

pub const MACHINE: &str = "deploy";

/// How long the event of an upload may take to start its run: seconds, by AWS's word.
const TAKEN_DEADLINE: Duration = Duration::from_mins(2);
const POLL: Duration = Duration::from_millis(300);

pub async fn run(arguments: Deploy, screen: &Screen) -> Result<Answer, Failure> {
    let file = SpecFile::read(&arguments.spec)?;
    // The control plane that builds a stack is the one of the stack's region.
    let cloud = Cloud::of_environment(Some(file.spec.region.as_str())).await?;
    if arguments.no_queue {
        // Before the upload, so that the bucket keeps the spec that is being built.
        refuse_to_wait(&cloud, file.spec.name.as_str()).await?;
    }
    let execution = upload(&cloud, &file, asked(&arguments), screen).await?;
    let stack = file.spec.name.to_string();
    if !arguments.wait {
        let text = format!(
            "uploaded; the run `{execution}` builds `{stack}`\n\
             follow it with `terrace status {stack}`, or give `--wait`"
        );
        let json = json!({
            "stack": stack, "endpoint": cloud.endpoint, "region": cloud.region, "state": "started",
            "run": execution,
        });
        return Ok(Answer::new(text, json));
    }
    screen.stands(format!(
        "the run `{execution}` goes on by itself; `terrace status {stack}` shows how far it is"
    ));
    let ended = wait(&cloud, &file, &execution, screen).await?;
    let text = format!(
        "`{stack}` is ready, revision {}, after {}{}\n{}\n{}",
        ended.report.revision,
        duration(ended.seconds),
        milestone(&ended.report),
        wrap(&resources(&ended.report.resources), screen.width).join("\n"),
        calls(&ended.report)
    );
    Ok(Answer::new(text, describe(&cloud, &ended)))
}

/// What the run is asked beside building the spec.
fn asked(arguments: &Deploy) -> BTreeMap<&'static str, String> {
    let plan = arguments.plan.clone().map(|hash| (PLAN_METADATA, hash));
    let queue = arguments.no_queue.then(|| (QUEUE_METADATA, "false".to_owned()));
    plan.into_iter().chain(queue).collect()
}

/// Fails if a run is at work on the stack, or waits to be. Who comes in between is met by the run.
async fn refuse_to_wait(cloud: &Cloud, stack: &str) -> Result<(), Failure> {
    let refuse = |who: String| {
        Err(Failure::new(format!("`{stack}` was not deployed"))
            .because(who)
            .hint("without `--no-queue` the deploy waits for it"))
    };
    let queue: Option<Queue> = cloud.ledger.read(&Key::Queue(stack)).await?;
    let lease: Option<Lease> = cloud.ledger.read(&Key::Lease(stack)).await?;
    match (lease, queue.and_then(|it| it.waiting.into_iter().next())) {
        (Some(Lease { run: Some(run), since, .. }), _) => {
            refuse(format!("run `{run}` changes it since {}", moment(since)))
        }
        (Some(Lease { run: None, expires, .. }), _) if expires > unix_seconds() => refuse(format!(
            "its last run was interrupted, and calls of it may still be under way for {} s",
            expires - unix_seconds()
        )),
        (Some(_) | None, Some(first)) => {
            refuse(format!("run `{}` waits to change it since {}", first.run, moment(first.since)))
        }
        (Some(_) | None, None) => Ok(()),
    }
}

/// Puts the spec into the bucket; the name of the execution that its event starts.
///
/// `asks` is what its run is asked beside: see `shared::start`.
pub async fn upload(
    cloud: &Cloud,
    file: &SpecFile,
    asks: BTreeMap<&str, String>,
    screen: &Screen,
) -> Result<String, Failure> {
    let (bucket, key) = (cloud.ledger_bucket(), Key::Spec(&file.name).to_string());
    screen.step(&format!("uploading the spec to s3://{bucket}/{key}"));
    let s3 = cloud.aws.client(|config, calls| {
        let config = aws_sdk_s3::config::Builder::from(config).force_path_style(true);
        aws_sdk_s3::Client::from_conf(config.interceptor(calls).build())
    });
    let body = ByteStream::from(file.upload.clone().into_bytes());
    let put = s3.put_object().bucket(&bucket).key(&key).body(body);
    let asks = asks.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    let put = put.set_metadata(Some(asks)).send().await;
    let put = put.tried(format!("cannot upload the spec to `{bucket}`"))?;
    // A bucket without versions tells objects apart by their content.
    let version = put.version_id.or(put.e_tag).unwrap_or_default();
    Ok(spec_execution_name(&bucket, &key, version.trim_matches('"')))
}

/// Follows the run of an uploaded spec to its end.
pub async fn wait(
    cloud: &Cloud,
    file: &SpecFile,
    execution: &str,
    screen: &Screen,
) -> Result<Ended, Failure> {
    taken(cloud, file, execution).await?;
    screen.step(&format!("building `{}`", file.spec.name));
    follow::follow(cloud, MACHINE, execution, screen).await
}

/// Waits until the upload's event has started its run, or was answered by a refusal.
async fn taken(cloud: &Cloud, file: &SpecFile, execution: &str) -> Result<(), Failure> {
    let started = Instant::now();
    let bucket = cloud.ledger_bucket();
    let key = Key::Spec(&file.name).to_string();
    while started.elapsed() < TAKEN_DEADLINE {
        if follow::exists(cloud, MACHINE, execution).await? {
            return Ok(());
        }
        let report: Option<Value> = cloud.ledger.read(&Key::SpecReport(&file.name)).await?;
        if let Some(report) = report {
            let version =
                report["version"].as_str().or(report["etag"].as_str()).unwrap_or_default();
            if spec_execution_name(&bucket, &key, version) == execution {
                return Err(refused(&file.name, &report));
            }
        }
        tokio::time::sleep(POLL).await;
    }
    Err(Failure::new("the upload has started no run")
        .because(format!("nothing came of it within {} s", TAKEN_DEADLINE.as_secs()))
        .hint("the log group `/terrace/functions/intake` may say why; `terrace bootstrap` repairs the rules"))
}

fn refused(file: &str, report: &Value) -> Failure {
    let problems = report["problems"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let failure =
        Failure::new(format!("the control plane refuses `{file}`")).exit(Exit::RefusedSpec);
    problems.fold(failure, Failure::because)
}

/// `api calls: 98 reading, 0 changing, and 61 to the ledger`
pub fn calls(report: &Report) -> String {
    let calls = &report.api_calls;
    let ledger = calls.ledger.read() + calls.ledger.write();
    format!(
        "API calls: {} reading, {} changing, and {ledger} of the ledger",
        calls.read, calls.write
    )
}

/// What is said of when the site could be used.
fn milestone(report: &Report) -> String {
    let usable = usable(report);
    usable.map(|it| format!("; the site was usable after {}", duration(it))).unwrap_or_default()
}

/// Seconds from the run's start until the site could be used; none if it already could.
fn usable(report: &Report) -> Option<f64> {
    let seconds = report.site_usable? - report.started;
    u32::try_from(seconds).ok().map(f64::from)
}

/// What `--json` says of a run that went through.
pub fn describe(cloud: &Cloud, ended: &Ended) -> Value {
    let report = &ended.report;
    let by_operation: Value = report
        .api_calls
        .by_operation
        .by_operation()
        .map(|(name, count)| (name.to_owned(), json!(count)))
        .collect();
    json!({
        "stack": report.stack,
        "endpoint": cloud.endpoint,
        "region": cloud.region,
        "state": "ready",
        "run": report.run,
        "revision": report.revision,
        "seconds": ended.seconds,
        "site_usable_seconds": usable(report),
        "resources": report.resources,
        "api_calls": {
            "read": report.api_calls.read,
            "write": report.api_calls.write,
            "by_operation": by_operation,
            "ledger": {
                "read": report.api_calls.ledger.read(),
                "write": report.api_calls.ledger.write(),
            },
        },
        "notes": report.plan.notes,
    })
}

//! A stack of a test's own, driven by the bucket and the state machines alone.

use std::fmt::Display;
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_sfn::types::ExecutionStatus;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use shared::aws::Cx;
use shared::ledger::{Key, Lease, Ledger, Report, StackRecord};
use shared::start::spec_execution_name;
use support::{ACCOUNT, Cloud, REGION};

pub const KEY: &str =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f";

const PAUSE: Duration = Duration::from_millis(200);

/// The longest that a test waits for anything: many runs share one local cloud.
const PATIENCE: Duration = Duration::from_mins(4);

pub struct Stand {
    pub cloud: Arc<Cloud>,
    /// As the test, not as a function: what it counts are the test's calls.
    pub cx: Cx,
    pub ledger: Ledger,
    pub stack: String,
    pub spec: Value,
}

/// How an execution ended.
#[derive(Clone, Debug)]
pub struct Ended {
    pub status: ExecutionStatus,
    /// The error's name and cause; for people.
    pub said: String,
}

/// The account's bucket for specs and records.
pub fn bucket() -> String {
    format!("terrace-{ACCOUNT}-{REGION}")
}

/// Waits until `look` finds something.
///
/// # Panics
/// When it takes longer than anything may; with `what` was waited for.
pub async fn until<T, F>(what: impl Display, mut look: impl FnMut() -> F) -> T
where
    F: Future<Output = Option<T>>,
{
    let found = tokio::time::timeout(PATIENCE, async {
        loop {
            if let Some(found) = look().await {
                return found;
            }
            tokio::time::sleep(PAUSE).await;
        }
    });
    found.await.unwrap_or_else(|_| panic!("{what}: not within {PATIENCE:?}"))
}

impl Stand {
    /// `name` has up to 12 characters: a cloud that outlives this process knows earlier stacks.
    pub fn new(cloud: Arc<Cloud>, name: &str) -> Self {
        cloud.control_plane();
        let stack = format!("{name}-{:x}", std::process::id() & 0xf_ffff);
        assert!(stack.len() <= 18, "`{stack}` is too long for a stack's name");
        let cx = cloud.cx(&stack);
        let ledger = Ledger::new(&cloud.aws(), &bucket());
        let spec = json!({
            "terrace": 1,
            "name": stack,
            "region": REGION,
            "bastion": { "public_key": KEY, "ssh_from": ["203.0.113.0/24"] },
        });
        Self { cloud, cx, ledger, stack, spec }
    }

    pub fn spec_key(&self) -> String {
        format!("specs/{}.json", self.stack)
    }

    /// Puts the spec into the bucket; the name of the run that this starts.
    pub async fn put(&self) -> String {
        self.put_as(&self.spec_key(), &self.spec.to_string()).await
    }

    pub async fn put_as(&self, key: &str, text: &str) -> String {
        let request = self.s3().put_object().bucket(bucket()).key(key);
        let put = request.body(ByteStream::from(text.as_bytes().to_vec())).send().await;
        let version =
            put.expect("the bucket takes specs").version_id.expect("a bucket with versions");
        spec_execution_name(&bucket(), key, &version)
    }

    pub async fn delete_spec(&self, key: &str) {
        let request = self.s3().delete_object().bucket(bucket()).key(key);
        request.send().await.expect("the bucket lets specs go");
    }

    /// Puts the spec and waits until its run went through.
    pub async fn deploy(&self) -> Report {
        let run = self.put().await;
        self.went_through(&run, "deploy").await
    }

    /// Starts a machine by hand and waits until its run went through.
    pub async fn by_hand(&self, machine: &str, input: Value) -> Report {
        let run = self.start(machine, &input).await;
        self.went_through(&run, machine).await
    }

    /// Takes the stack down with its data and its spec, its final snapshots after that, and shows
    /// that nothing remains of it.
    pub async fn destroy(&self) {
        let input = json!({ "stack": self.stack, "include_data": true });
        self.by_hand("destroy", input.clone()).await;
        let snapshots = self.snapshots().await;
        for name in &snapshots {
            let request = self.rds().delete_db_snapshot().db_snapshot_identifier(name);
            request.send().await.expect("snapshots can be deleted");
        }
        if !snapshots.is_empty() {
            // The key outlives what it encrypts.
            self.by_hand("destroy", input).await;
        }
        self.delete_spec(&self.spec_key()).await;
        let left = super::remains::of(&self.cx).await;
        assert_eq!(left, Vec::<String>::new(), "remains of `{}`", self.stack);
    }

    /// Starts a machine by hand; the name of the run.
    pub async fn start(&self, machine: &str, input: &Value) -> String {
        let arn = format!("arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:terrace-{machine}:live");
        let request = self.sfn().start_execution().state_machine_arn(arn).input(input.to_string());
        let started = request.send().await.expect("the machine can be started");
        let name = started.execution_arn.rsplit(':').next();
        name.expect("an ARN").to_owned()
    }

    pub async fn went_through(&self, run: &str, machine: &str) -> Report {
        let ended = self.end(run, machine).await;
        let report: Option<Report> = self.read(&Key::Report(&self.stack, run)).await;
        let text = format!("{ended:?}\n{:#?}", report.as_ref().map(|it| &it.failure));
        assert_eq!(ended.status, ExecutionStatus::Succeeded, "{text}");
        report.expect("a report")
    }

    /// Waits for the end of a run that is about to start or has started.
    pub async fn end(&self, run: &str, machine: &str) -> Ended {
        let arn = execution_arn(run, machine);
        let sfn = self.sfn();
        let what = format!("the end of `{run}` of `{}`", self.stack);
        let found = until(what, || async {
            let found = sfn.describe_execution().execution_arn(&arn).send().await.ok()?;
            (found.status != ExecutionStatus::Running).then_some(found)
        });
        let found = found.await;
        let said = [found.error, found.cause].map(Option::unwrap_or_default).join(": ");
        Ended { status: found.status, said }
    }

    /// Names of the executions of a machine that have something to do with this stack's name.
    pub async fn executions(&self, machine: &str) -> Vec<String> {
        let arn = format!("arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:terrace-{machine}");
        let mut pages = self.sfn().list_executions().state_machine_arn(arn).into_paginator().send();
        let mut names = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.expect("executions can be listed");
            names.extend(page.executions.into_iter().map(|it| it.name));
        }
        names
    }

    /// What was answered on events, oldest first by nothing in particular.
    pub async fn responses(&self) -> Vec<Value> {
        let prefix = format!("responses/{}/", self.stack);
        let names = self.ledger.names(&prefix).await.expect("responses can be listed");
        let mut found = Vec::new();
        for name in names {
            let event = name.trim_end_matches(".json");
            found.extend(self.read::<Value>(&Key::Response(&self.stack, event)).await);
        }
        found
    }

    pub async fn read<T: DeserializeOwned>(&self, key: &Key<'_>) -> Option<T> {
        self.ledger.read(key).await.expect("the ledger can be read")
    }

    pub async fn record(&self) -> StackRecord {
        self.read(&Key::Record(&self.stack)).await.expect("a record of the stack")
    }

    pub async fn lease(&self) -> Lease {
        self.read(&Key::Lease(&self.stack)).await.expect("a lease of the stack")
    }

    fn s3(&self) -> aws_sdk_s3::Client {
        self.cx.aws.client(|config, calls| {
            let config = aws_sdk_s3::config::Builder::from(config);
            aws_sdk_s3::Client::from_conf(config.interceptor(calls).force_path_style(true).build())
        })
    }

    pub fn sfn(&self) -> aws_sdk_sfn::Client {
        shared::client!(self.cx, aws_sdk_sfn)
    }

    /// Names of the database's snapshots.
    pub async fn snapshots(&self) -> Vec<String> {
        let request = self.rds().describe_db_snapshots();
        let request = request.db_instance_identifier(self.cx.scope.name("db"));
        let found = request.send().await.expect("snapshots can be listed").db_snapshots;
        let names = found.into_iter().flatten().filter_map(|it| it.db_snapshot_identifier);
        names.collect()
    }

    pub fn rds(&self) -> aws_sdk_rds::Client {
        shared::client!(self.cx, aws_sdk_rds)
    }

    pub fn ec2(&self) -> aws_sdk_ec2::Client {
        shared::client!(self.cx, aws_sdk_ec2)
    }
}

pub fn execution_arn(run: &str, machine: &str) -> String {
    format!("arn:aws:states:{REGION}:{ACCOUNT}:execution:terrace-{machine}:{run}")
}

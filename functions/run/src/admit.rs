//! Letting a run in: which stack, which revision, and the lease.

use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use shared::admission;
use shared::lambda::{Failure, Home, Invocation};
use shared::ledger::{
    Binding, Condition, Execution, Key, Mode, Run, StackRecord, StackState, Ticket,
};
use shared::plan::hex;
use shared::revision::Revision;
use shared::spec::{self, Spec};
use tracing::info;

use crate::revise::{revise, standing, wished};
use crate::{approve, turn, unix_seconds};

const ACCEPTED: &str = "the input is one of {\"spec_key\": \"specs/shop.yaml\"}, {\"spec\": {…}} and \
                        {\"stack\": \"shop\"}; to destroy: {\"stack\": \"shop\", \"include_data\": false}; \
                        \"queue\": false makes it fail instead of waiting for another run";

/// What an execution may be started with.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Input {
    spec_key: Option<String>,
    spec: Option<Value>,
    stack: Option<String>,
    include_data: bool,
    /// The plan that was looked at; another one is refused.
    plan_hash: Option<String>,
    /// Whether the run may wait for its turn; it does if nothing is said.
    queue: Option<bool>,
}

/// Where the wish comes from.
enum Wish {
    Spec { spec: Box<Spec>, key: Option<String> },
    Stack(String),
}

pub async fn admit(
    home: &Home,
    invocation: &Invocation,
    mode: Mode,
    name: &str,
    execution: Option<String>,
    input: Value,
) -> Result<Value, Failure> {
    let input: Input = serde_json::from_value(input).map_err(|error| {
        Failure::BadRequest(format!("cannot read the input: {error}; {ACCEPTED}"))
    })?;
    let (include_data, may_wait) = (input.include_data, input.queue.unwrap_or(true));
    let plan_hash = input.plan_hash.map(|said| approve::readable(&said)).transpose()?;
    let wish = match (input.spec_key, input.spec, input.stack) {
        (Some(key), None, None) => Wish::Spec { spec: fetch(home, &key).await?, key: Some(key) },
        (None, Some(spec), None) => {
            Wish::Spec { spec: read(&spec.to_string(), "input")?, key: None }
        }
        (None, None, Some(stack)) => Wish::Stack(stack),
        _ => return Err(Failure::BadRequest(format!("cannot tell what to do; {ACCEPTED}"))),
    };
    if let (Mode::Destroy, Wish::Spec { .. }) = (mode, &wish) {
        let text =
            "destroying takes a stack's name: {\"stack\": \"shop\", \"include_data\": false}";
        return Err(Failure::BadRequest(text.to_owned()));
    }
    let now = unix_seconds();
    let stack = match &wish {
        Wish::Spec { spec, .. } => spec.name.to_string(),
        Wish::Stack(stack) => stack.clone(),
    };
    let revision = match mode {
        Mode::Drift => preview(home, &wish).await?,
        Mode::Deploy | Mode::Destroy => {
            home.ledger.write(&Key::Execution(name), &Execution { stack: stack.clone() }).await?;
            let (run, spec) = (name.to_owned(), wish.digest());
            let ticket = Ticket { run, execution, mode, spec, since: now };
            turn::take(home, &stack, &ticket, may_wait).await?;
            accept(home, invocation, &wish).await?
        }
    };
    let number = revision.number;
    let before = before(home, &stack, name).await?;
    let run = Run {
        stack: stack.clone(),
        run: name.to_owned(),
        mode,
        revision,
        include_data,
        started: now,
        plan_hash,
        approved: None,
        begun: false,
        before,
        recovery: None,
    };
    home.ledger.write(&Key::Run(&stack, name), &run).await?;
    note_start(home, &run).await?;
    if mode != Mode::Drift {
        approve::supersede(home, &stack, name).await?;
    }
    info!(%stack, revision = number, ?mode, "run admitted");
    Ok(json!({ "stack": stack, "run": name, "revision": number }))
}

impl Wish {
    /// The SHA-256 of the spec that it brings.
    fn digest(&self) -> Option<String> {
        match self {
            Wish::Spec { spec, .. } => {
                let text = serde_json::to_vec(spec).unwrap_or_default();
                Some(hex(&Sha256::digest(text)))
            }
            Wish::Stack(_) => None,
        }
    }
}

async fn fetch(home: &Home, key: &str) -> Result<Box<Spec>, Failure> {
    let file = key.strip_prefix("specs/").ok_or_else(|| {
        Failure::BadRequest(format!("`{key}` is no spec: specs lie under `specs/`"))
    })?;
    let Some((bytes, _)) = home.ledger.bytes(&Key::Spec(file)).await? else {
        return Err(Failure::BadRequest(format!("there is no `{key}` in the bucket")));
    };
    read(&String::from_utf8_lossy(&bytes), key)
}

fn read(text: &str, name: &str) -> Result<Box<Spec>, Failure> {
    spec::read(text, name).map(Box::new).map_err(|problems| {
        let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
        Failure::BadRequest(format!("the spec has {} problems:\n{}", lines.len(), lines.join("\n")))
    })
}

/// The revision that a look is about; nothing is written.
async fn preview(home: &Home, wish: &Wish) -> Result<Revision, Failure> {
    match wish {
        Wish::Stack(stack) => standing(home, stack).await,
        Wish::Spec { spec, .. } => revise(home, spec).await.map(|(revision, _)| revision),
    }
}

/// The revision to build; a new one is written down, bound to its spec file.
async fn accept(home: &Home, invocation: &Invocation, wish: &Wish) -> Result<Revision, Failure> {
    let (spec, key) = match wish {
        Wish::Stack(stack) => return wished(home, stack).await,
        Wish::Spec { spec, key } => (spec, key),
    };
    bind(home, invocation, spec, key.as_deref()).await?;
    let (revision, is_new) = revise(home, spec).await?;
    if is_new {
        home.ledger.write(&Key::Revision(spec.name.as_str(), revision.number), &revision).await?;
    }
    Ok(revision)
}

/// A stack belongs to one spec file, one account and one region.
async fn bind(
    home: &Home,
    invocation: &Invocation,
    spec: &Spec,
    spec_key: Option<&str>,
) -> Result<(), Failure> {
    let stack = spec.name.as_str();
    let key = Key::Binding(stack);
    let bound: Option<Binding> = home.ledger.read(&key).await?;
    admission::check(spec, spec_key, &invocation.region, bound.as_ref())
        .map_err(|refusal| Failure::BadRequest(refusal.to_string()))?;
    if bound.is_none() {
        let binding = Binding {
            spec_key: spec_key.map(str::to_owned),
            account: invocation.account.clone(),
            region: invocation.region.clone(),
        };
        // Lost a race: the lease that this run holds says that the other names the same stack.
        home.ledger.write_if(&key, &binding, &Condition::Absent).await?;
    }
    Ok(())
}

/// How the stack stood before this run, to come back to if nothing comes of it.
async fn before(home: &Home, stack: &str, name: &str) -> Result<Option<StackRecord>, Failure> {
    let standing: Option<StackRecord> = home.ledger.read(&Key::Record(stack)).await?;
    let Some(record) = standing else { return Ok(None) };
    match record.state {
        StackState::NotBuilt | StackState::Ready | StackState::Failed | StackState::Destroyed => {
            Ok(Some(record))
        }
        // A run that has changed nothing yet, and never will: it is superseded.
        StackState::AwaitingApproval => before_that(home, stack, &record.run).await,
        // Admitted twice, because the first answer was lost.
        StackState::Deploying | StackState::Destroying if record.run == name => {
            before_that(home, stack, name).await
        }
        // It died on the way.
        StackState::Deploying | StackState::Destroying => {
            Ok(Some(StackRecord { state: StackState::Failed, ..record }))
        }
    }
}

async fn before_that(home: &Home, stack: &str, run: &str) -> Result<Option<StackRecord>, Failure> {
    let run: Option<Run> = home.ledger.read(&Key::Run(stack, run)).await?;
    Ok(run.and_then(|it| it.before))
}

async fn note_start(home: &Home, run: &Run) -> Result<(), Failure> {
    let state = match run.mode {
        Mode::Deploy => StackState::Deploying,
        Mode::Destroy => StackState::Destroying,
        Mode::Drift => return Ok(()),
    };
    let before = run.before.as_ref();
    let record = StackRecord {
        name: run.stack.clone(),
        state,
        revision: run.revision.number,
        known_good: before.and_then(|it| it.known_good),
        run: run.run.clone(),
        facts_run: before.and_then(|it| it.facts_run.clone()),
        changed: run.started,
        notes: Vec::new(),
    };
    Ok(home.ledger.write(&Key::Record(&run.stack), &record).await?)
}

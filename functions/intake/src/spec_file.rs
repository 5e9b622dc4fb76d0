//! A spec was put into the bucket, or deleted from it.

use serde_json::{Value, json};
use shared::admission;
use shared::events::ObjectEvent;
use shared::lambda::{Failure, Home, Invocation};
use shared::ledger::{Binding, Key};
use shared::spec::{self, Spec};
use shared::start::{PLAN_METADATA, QUEUE_METADATA, spec_execution_name, start};
use shared::tell::tell;
use tracing::{info, warn};

/// A report names this many problems; a hostile file could have any number.
const PROBLEMS_MAX: usize = 100;

/// Starts a deploy if the spec is sound; else writes a report beside it and tells people.
pub async fn put(
    home: &Home,
    invocation: &Invocation,
    object: &ObjectEvent,
) -> Result<Value, Failure> {
    let Some(file) = object.key.strip_prefix("specs/").filter(|it| is_spec(it)) else {
        return Ok(json!({ "ignored": object.key }));
    };
    let Some(found) = home.ledger.object(&Key::Spec(file)).await? else {
        return Ok(json!({ "ignored": "deleted since" }));
    };
    let spec = match spec::read(&String::from_utf8_lossy(&found.bytes), &object.key) {
        Ok(spec) => spec,
        Err(problems) => {
            let problems: Vec<String> = problems.iter().map(ToString::to_string).collect();
            return refuse(home, object, file, problems).await;
        }
    };
    if let Err(problem) = admit(home, invocation, object, &spec).await? {
        return refuse(home, object, file, vec![problem]).await;
    }
    let version = object.version_id.as_deref().or(object.etag.as_deref()).unwrap_or(&object.id);
    let name = spec_execution_name(&object.bucket, &object.key, version);
    let mut input = json!({ "spec_key": object.key });
    if let Some(hash) = found.metadata.get(PLAN_METADATA) {
        input["plan_hash"] = json!(hash);
    }
    if found.metadata.get(QUEUE_METADATA).is_some_and(|it| it == "false") {
        input["queue"] = json!(false);
    }
    start(home, home.environment.machines.deploy.as_deref(), &name, &input).await?;
    info!(stack = %spec.name, "spec taken");
    Ok(json!({ "stack": spec.name, "execution": name }))
}

/// A deleted spec destroys nothing.
pub async fn deleted(home: &Home, object: &ObjectEvent) -> Result<Value, Failure> {
    let text = format!(
        "`{}` was deleted. Nothing is destroyed by that: the stack goes on as it stands. \
         To destroy it, run `terrace destroy <stack>`; to keep managing it, put the spec back.",
        object.key
    );
    warn!(key = object.key, "spec deleted");
    tell(home, &object.key, "was deleted", &text).await;
    Ok(json!({ "told": object.key }))
}

/// Folders and editors' leftovers are no specs.
fn is_spec(file: &str) -> bool {
    [".yaml", ".yml", ".json"].iter().any(|ending| file.ends_with(ending))
}

async fn admit(
    home: &Home,
    invocation: &Invocation,
    object: &ObjectEvent,
    spec: &Spec,
) -> Result<Result<(), String>, Failure> {
    let bound: Option<Binding> = home.ledger.read(&Key::Binding(spec.name.as_str())).await?;
    let admitted = admission::check(spec, Some(&object.key), &invocation.region, bound.as_ref());
    Ok(admitted.map_err(|refusal| format!("{}: {refusal}", object.key)))
}

async fn refuse(
    home: &Home,
    object: &ObjectEvent,
    file: &str,
    mut problems: Vec<String>,
) -> Result<Value, Failure> {
    let found = problems.len();
    problems.truncate(PROBLEMS_MAX);
    let report = json!({
        "spec": object.key,
        "version": object.version_id,
        "etag": object.etag,
        "refused": true,
        "found": found,
        "problems": problems,
    });
    home.ledger.write(&Key::SpecReport(file), &report).await?;
    warn!(key = object.key, found, "spec refused");
    tell(home, &object.key, "was refused", &problems.join("\n")).await;
    Ok(report)
}

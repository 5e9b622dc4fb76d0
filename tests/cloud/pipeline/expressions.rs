//! The state machines' expressions, read by a real parser of JSONata.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use futures::FutureExt;
use serde_json::Value;
use support::{Cloud, root};

use crate::Test;

pub const TESTS: &[Test] = &[("pipeline::every_expression_is_jsonata", |cloud| {
    async move { every_expression_parses(&cloud) }.boxed_local()
})];

/// Reads a JSON list of expressions, and prints those that do not parse.
const PARSE: &str = "
import json, sys, jsonata
for text in json.load(sys.stdin):
    try:
        jsonata.Jsonata(text)
    except Exception as error:
        print(f'{text}: {error}')
";

fn every_expression_parses(cloud: &Cloud) {
    let mut expressions = Vec::new();
    for machine in ["deploy", "destroy", "drift", "respond"] {
        let path = root().join(format!("state-machines/{machine}.asl.json"));
        let text = std::fs::read_to_string(path).expect("a machine of ours");
        collect(&serde_json::from_str(&text).expect("JSON"), &mut expressions);
    }
    assert!(expressions.len() > 100, "{} expressions were found", expressions.len());
    assert_eq!(refused(cloud, &expressions), "");

    let broken = ["$a +".to_owned(), "{".to_owned()];
    assert_eq!(refused(cloud, &broken).lines().count(), broken.len(), "the parser refuses");
}

fn collect(value: &Value, into: &mut Vec<String>) {
    match value {
        Value::String(text) => {
            let inner = text.strip_prefix("{%").and_then(|it| it.strip_suffix("%}"));
            into.extend(inner.map(|it| it.trim().to_owned()));
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, into)),
        Value::Object(fields) => fields.values().for_each(|field| collect(field, into)),
        Value::Null | Value::Bool(_) | Value::Number(_) => (),
    }
}

fn refused(cloud: &Cloud, expressions: &[String]) -> String {
    let mut python = Command::new(python(cloud));
    python.args(["-c", PARSE]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut python = python.spawn().expect("the local cloud's Python can be run");
    let input = serde_json::to_vec(expressions).expect("JSON");
    python.stdin.take().expect("a pipe").write_all(&input).expect("Python reads");
    let output = python.wait_with_output().expect("Python ends");
    assert!(output.status.success(), "Python has no parser of JSONata");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// The Python that the local cloud runs in; `TERRACE_TEST_PYTHON` names it when the cloud was
/// not started here.
fn python(cloud: &Cloud) -> PathBuf {
    if let Some(python) = std::env::var_os("TERRACE_TEST_PYTHON") {
        return python.into();
    }
    let homes = [cloud.home.clone(), root().join(".terrace")];
    let entries = homes.iter().filter_map(|home| std::fs::read_dir(home).ok()).flatten();
    let mut found = entries.filter_map(Result::ok).filter(|it| {
        it.file_name().to_string_lossy().starts_with("venv")
            && it.path().join("bin/python").exists()
    });
    found.next().expect("the local cloud has its own Python").path().join("bin/python")
}

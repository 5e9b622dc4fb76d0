//! What `terrace` says without any cloud: output and exit codes.
//!
//! Snapshots hold the exit code, stdout and stderr, with what differs between machines replaced.

use std::path::Path;
use std::process::{Command, Output};

use insta::assert_snapshot;
use serde_json::Value;
use tempfile::TempDir;

const SOUND: &str = "\
terrace: 1
name: shop
region: eu-central-1
bastion: {enabled: false}
";

const BAD: &str = "\
terrace: 1
name: Shop Of Things
region: eu-central-1a
bastian: {enabled: false}
network:
  cidr: 10.0.0.0/33
bastion:
  ssh_from: [0.0.0.0/0]
  public_key: secret
";

/// A folder of its own, in which nothing of this machine's AWS configuration is seen.
struct Desk(TempDir);

impl Desk {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a folder"))
    }

    fn with(self, name: &str, text: &str) -> Self {
        std::fs::write(self.path().join(name), text).expect("written");
        self
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.run_with(arguments, &[])
    }

    fn run_with(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_terrace"))
            .args(arguments)
            .current_dir(self.path())
            .env_clear()
            .env("HOME", self.path())
            .env("TERRACE_HOME", self.path().join("state"))
            // There is no instance to ask for credentials.
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .envs(variables.iter().copied())
            .output()
            .expect("terrace can be run")
    }

    fn show(&self, output: &Output) -> String {
        let text = |bytes: &[u8]| {
            let text =
                String::from_utf8_lossy(bytes).replace(&*self.path().to_string_lossy(), "[desk]");
            text.replace(env!("CARGO_PKG_VERSION"), "[version]")
        };
        let code = output.status.code().unwrap_or(-1);
        format!(
            "exit {code}\n--- stdout\n{}--- stderr\n{}",
            text(&output.stdout),
            text(&output.stderr)
        )
    }
}

fn last_line(output: &Output) -> Value {
    let text = String::from_utf8_lossy(&output.stdout);
    serde_json::from_str(text.lines().next_back().unwrap_or_default()).expect("one JSON object")
}

#[test]
fn help_names_every_command_and_every_exit_code() {
    let desk = Desk::new();
    assert_snapshot!(desk.show(&desk.run(&["--help"])));
}

#[test]
fn a_sound_spec_is_told_so() {
    let desk = Desk::new().with("shop.yaml", SOUND);
    assert_snapshot!(desk.show(&desk.run(&["validate", "shop.yaml"])), @"
    exit 0
    --- stdout
    `shop.yaml` is sound: stack `shop` in eu-central-1, 6 subnets over 2 zones
    --- stderr
    ");
}

#[test]
fn a_bad_spec_is_refused_with_every_problem_at_once() {
    let desk = Desk::new().with("shop.yaml", BAD);
    assert_snapshot!(desk.show(&desk.run(&["validate", "shop.yaml"])));
}

#[test]
fn a_narrow_terminal_gets_narrow_lines() {
    let desk = Desk::new().with("shop.yaml", BAD);
    let narrow = [("COLUMNS", "60")];
    for arguments in [&["validate", "shop.yaml"][..], &["status"], &["local", "env"]] {
        let output = desk.run_with(arguments, &narrow);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!said.is_empty(), "{arguments:?} says nothing");
        for line in said.lines() {
            assert!(line.chars().count() <= 60, "{arguments:?}: {line}");
        }
    }
}

#[test]
fn problems_are_json_for_programs() {
    let desk = Desk::new().with("shop.yaml", BAD);
    let output = desk.run(&["validate", "shop.yaml", "--json"]);
    let told = last_line(&output);
    assert_eq!(told["exit"], 3);
    let first = &told["error"]["problems"][0];
    assert_eq!(
        (&first["line"], &first["column"], &first["field"]),
        (&2.into(), &7.into(), &"name".into())
    );
}

#[test]
fn a_spec_that_is_not_there_is_said_to_be_missing() {
    let desk = Desk::new();
    assert_snapshot!(desk.show(&desk.run(&["deploy", "shop.yaml"])), @"
    exit 1
    --- stdout
    --- stderr
    error: cannot read `shop.yaml`
      because: there is no such file
      hint: `infra-bootstrap/examples/` has specs to begin with
    ");
}

#[test]
fn the_schema_is_one_that_editors_take() {
    let desk = Desk::new();
    let output = desk.run(&["schema"]);
    let schema: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    assert_eq!(schema["additionalProperties"], false);
    assert!(schema["properties"]["bastion"]["description"].is_string());
    assert_eq!(last_line(&desk.run(&["schema", "--json"])), schema);
}

#[test]
fn without_credentials_every_cloudy_command_says_how_to_get_some() {
    let desk = Desk::new().with("shop.yaml", SOUND);
    let region = [("AWS_REGION", "eu-central-1")];
    let commands: [&[&str]; 8] = [
        &["status"],
        &["approve", "shop"],
        &["deploy", "shop.yaml", "--plan", "0123456789ab"],
        &["bootstrap"],
        &["deploy", "shop.yaml"],
        &["plan", "shop.yaml"],
        &["destroy", "shop", "--yes", "shop"],
        &["ssh-config", "shop"],
    ];
    let said = commands.map(|command| desk.show(&desk.run_with(command, &region)));
    assert_snapshot!(said[0], @r#"
    exit 4
    --- stdout
    --- stderr
    error: cannot find AWS credentials
      hint: set `AWS_PROFILE`, or `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`;
            to try without an account: `terrace demo`, or `terrace local start` and
            then `eval "$(terrace local env)"`
    "#);
    assert!(said.iter().all(|it| *it == said[0]), "{said:#?}");
}

const KEYS: [(&str, &str); 2] = [("AWS_ACCESS_KEY_ID", "test"), ("AWS_SECRET_ACCESS_KEY", "test")];

#[test]
fn without_a_region_it_asks_for_one() {
    let desk = Desk::new();
    assert_snapshot!(desk.show(&desk.run_with(&["status"], &KEYS)), @"
    exit 4
    --- stdout
    --- stderr
    error: cannot tell which region is meant
      hint: set `AWS_REGION`, or give `--region`
    ");
}

#[test]
fn an_endpoint_that_does_not_answer_is_named() {
    let desk = Desk::new();
    // Nothing may listen on port 1 without being root.
    let nowhere = [("AWS_ENDPOINT_URL", "http://127.0.0.1:1"), ("AWS_REGION", "eu-central-1")];
    let output = desk.run_with(&["status"], &[&KEYS[..], &nowhere].concat());
    assert_snapshot!(desk.show(&output), @"
    exit 4
    --- stdout
    --- stderr
    error: cannot reach http://127.0.0.1:1
      because: nothing answers there
      hint: check `AWS_ENDPOINT_URL`, the region and the network; for the local
            cloud: `terrace local start`
    ");
}

#[test]
fn a_local_cloud_that_is_down_is_said_to_be_down() {
    let desk = Desk::new();
    assert_snapshot!(desk.show(&desk.run(&["local", "status"])), @"
    exit 1
    --- stdout
    the local cloud is not running; `terrace local start` starts it
    --- stderr
    ");
    let told = last_line(&desk.run(&["local", "status", "--json"]));
    assert_eq!((&told["running"], &told["endpoint"]), (&false.into(), &Value::Null));
    assert_eq!(desk.run(&["local", "stop"]).status.code(), Some(0));
    assert_eq!(desk.run(&["local", "env"]).status.code(), Some(4));
}

#[test]
fn a_plan_is_named_by_enough_of_its_hash_and_turned_down_with_a_reason() {
    let desk = Desk::new().with("shop.yaml", SOUND);
    let slips: [&[&str]; 5] = [
        &["deploy", "shop.yaml", "--plan", "0123456789a"],
        &["deploy", "shop.yaml", "--plan", "0123456789xy"],
        &["approve", "shop", "--yes", "yes"],
        &["approve", "shop", "--reject"],
        &["approve", "shop", "--reject", "--reason", "no", "--yes", "0123456789ab"],
    ];
    for slip in slips {
        assert_eq!(desk.run(slip).status.code(), Some(64), "{slip:?}");
    }
    let said = desk.show(&desk.run(slips[0]));
    assert!(said.contains("of which the first 12 will do"), "{said}");
}

#[test]
fn what_is_not_understood_is_no_plan_with_changes() {
    let desk = Desk::new();
    assert_eq!(desk.run(&["plan"]).status.code(), Some(64));
    assert_eq!(desk.run(&["frobnicate"]).status.code(), Some(64));
    assert_eq!(desk.run(&["--version"]).status.code(), Some(0));
}

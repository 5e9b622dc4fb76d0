//! The functions' binaries, built from the sources that this binary was built from.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;

use crate::failure::Failure;

/// Name and path of every binary of the workspace. Cargo shows its progress on stderr.
pub async fn functions() -> Result<BTreeMap<String, PathBuf>, Failure> {
    let cannot = |error: std::io::Error| {
        Failure::new("cannot build the functions")
            .because(format!("cannot run `cargo`: {error}"))
            .hint("install Rust from https://rustup.rs; the functions are built from the sources")
    };
    let mut build = command()?.spawn().map_err(cannot)?;
    let mut found = BTreeMap::new();
    if let Some(messages) = build.stdout.take() {
        let mut lines = BufReader::new(messages).lines();
        while let Some(line) = lines.next_line().await.map_err(cannot)? {
            found.extend(binary(&line));
        }
    }
    let status = build.wait().await.map_err(cannot)?;
    if status.success() {
        return Ok(found);
    }
    Err(Failure::new("cannot build the functions")
        .because("`cargo build` failed; what it says stands above"))
}

fn command() -> Result<Command, Failure> {
    let project = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new("."));
    if !project.join("Cargo.toml").exists() {
        return Err(Failure::new("cannot build the functions")
            .because(format!("the sources are no longer in `{}`", project.display()))
            .hint("run `cargo run -- …` in a checkout of Terrace"));
    }
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    // All of the workspace at once: other choices of packages would build the SDKs a second time.
    command.args(["build", "--workspace", "--bins", "--message-format", "json-render-diagnostics"]);
    // What `cargo run` built in one way is built in that way.
    if !cfg!(debug_assertions) {
        command.arg("--release");
    }
    // What `cargo run` tells about this package is not meant for others.
    let of_package = |name: &String| name.starts_with("CARGO_PKG_") || name == "CARGO_MANIFEST_DIR";
    for (name, _) in std::env::vars().filter(|(name, _)| of_package(name)) {
        command.env_remove(name);
    }
    command.current_dir(project).stdin(Stdio::null()).stdout(Stdio::piped()).kill_on_drop(true);
    Ok(command)
}

/// A binary that Cargo tells about, built now or before.
fn binary(message: &str) -> Option<(String, PathBuf)> {
    let message: Value = serde_json::from_str(message).ok()?;
    let executable = message["executable"].as_str()?;
    Some((message["target"]["name"].as_str()?.to_owned(), PathBuf::from(executable)))
}

//! The local cloud that the proof runs on, and what its control surface can do.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::journal::Call;
use crate::{Fallible, aws};

/// Between two looks.
const PAUSE: Duration = Duration::from_millis(60);

/// What has not come to rest by then never will.
const PATIENCE: Duration = Duration::from_mins(5);

/// A cloud with a control plane.
pub struct Cloud {
    pub host: String,
    /// The state folder of a cloud that this process started, and stops.
    home: Option<PathBuf>,
}

impl Cloud {
    /// The cloud that listens at `endpoint` already, with its control plane.
    pub fn at(endpoint: &str) -> Fallible<Self> {
        let host = endpoint.trim_start_matches("http://").trim_end_matches('/').to_owned();
        let cloud = Self { host, home: None };
        cloud.settle_in()?;
        Ok(cloud)
    }

    /// Starts a cloud of its own and stands the control plane up in it. It ends with this process.
    pub fn start() -> Fallible<Self> {
        build()?;
        let home = profile_folder()?.join(format!("crash-cloud-{}", std::process::id()));
        let own = std::process::id().to_string();
        let started = terrace(&home, None, &["local", "start", "--json", "--while-pid", &own])?;
        let endpoint = started["endpoint"].as_str().ok_or("the local cloud has no endpoint")?;
        let host = endpoint.trim_start_matches("http://").to_owned();
        let cloud = Self { host, home: Some(home.clone()) };
        terrace(&home, Some(endpoint), &["bootstrap", "--json"])?;
        cloud.settle_in()?;
        Ok(cloud)
    }

    pub fn stop(&self) {
        if let Some(home) = &self.home {
            _ = terrace(home, None, &["local", "stop", "--json"]);
            // What is left are logs that nobody asked for.
            _ = std::fs::remove_dir_all(home);
        }
    }

    /// Machines need not wait for a cloud that is ready at once.
    fn settle_in(&self) -> Fallible<()> {
        self.ask("PUT", "settings", &json!({ "speed": null, "wait_scale": 0.01 }))?;
        self.ask("DELETE", "faults", &Value::Null)?;
        Ok(())
    }

    pub fn ask(&self, method: &str, what: &str, body: &Value) -> Fallible<Value> {
        let text = if body.is_null() { String::new() } else { body.to_string() };
        let answer = aws::http(&self.host, method, &format!("/_terrace/{what}"), &[], &text)?;
        if answer.status != 200 {
            return Err(format!("{method} {what}: {} {}", answer.status, answer.body).into());
        }
        Ok(serde_json::from_str(&answer.body)?)
    }

    /// Keeps this moment, to come back to it.
    pub fn save(&self) -> Fallible<()> {
        self.until_at_rest()?;
        self.ask("POST", "state/save", &Value::Null)?;
        Ok(())
    }

    /// Goes back to the moment that was kept, with no fault and no past.
    pub fn restore(&self) -> Fallible<()> {
        self.ask("DELETE", "faults", &Value::Null)?;
        self.until_at_rest()?;
        self.ask("POST", "state/restore", &Value::Null)?;
        self.ask("DELETE", "calls", &Value::Null)?;
        Ok(())
    }

    /// Waits until no function and no execution is under way, and stays so.
    pub fn until_at_rest(&self) -> Fallible<()> {
        /// An event on its way to a function is seen by then.
        const LOOKS: u32 = 3;
        let mut quiet = 0;
        until("the cloud is at rest", || {
            let found = self.ask("GET", "state", &Value::Null)?;
            let is_quiet = found["functions"] == 0 && found["executions"] == 0;
            quiet = if is_quiet { quiet + 1 } else { 0 };
            Ok((quiet >= LOOKS).then_some(()))
        })
    }

    /// All that there is, by address or name, for each kind of thing.
    pub fn account(&self) -> Fallible<Value> {
        self.ask("GET", "state/account", &Value::Null)
    }

    /// Functions, machines, rules and queues by how they are set, and how many messages wait.
    pub fn acting(&self) -> Fallible<Value> {
        self.ask("GET", "state/acting", &Value::Null)
    }

    pub fn calls(&self) -> Fallible<Vec<Call>> {
        let mut found = self.ask("GET", "calls?since=0", &Value::Null)?;
        Ok(serde_json::from_value(found["calls"].take())?)
    }

    /// How often the faults that are set have struck.
    pub fn struck(&self) -> Fallible<u64> {
        let found = self.ask("GET", "faults", &Value::Null)?;
        let faults = found["faults"].as_array().into_iter().flatten();
        Ok(faults.filter_map(|fault| fault["fired"].as_u64()).sum())
    }
}

/// Looks until there is something.
pub fn until<T>(what: &str, mut look: impl FnMut() -> Fallible<Option<T>>) -> Fallible<T> {
    let started = Instant::now();
    while started.elapsed() < PATIENCE {
        if let Some(found) = look()? {
            return Ok(found);
        }
        sleep(PAUSE);
    }
    Err(format!("{what}: not within {PATIENCE:?}").into())
}

/// `<target>/debug`, or wherever this program was built to.
pub fn profile_folder() -> Fallible<PathBuf> {
    let here = std::env::current_exe()?;
    let folder = here.parent().ok_or("this program lies in no folder")?;
    let is_test = folder.ends_with("deps");
    let folder = if is_test { folder.parent().unwrap_or(folder) } else { folder };
    Ok(folder.to_owned())
}

/// All programs, in the way in which this one was built.
fn build() -> Fallible<()> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.args(["build", "--workspace", "--bins", "--quiet"]);
    if profile_folder()?.ends_with("release") {
        command.arg("--release");
    }
    let built = command.current_dir(env!("CARGO_MANIFEST_DIR")).status()?;
    if built.success() { Ok(()) } else { Err("cannot build the functions".into()) }
}

/// Runs `terrace` as a person would; the last line of its output.
fn terrace(home: &Path, endpoint: Option<&str>, arguments: &[&str]) -> Fallible<Value> {
    let mut command = Command::new(profile_folder()?.join("terrace"));
    command.args(arguments).env("TERRACE_HOME", home).env("AWS_REGION", aws::REGION);
    if let Some(endpoint) = endpoint {
        command.env("AWS_ENDPOINT_URL", endpoint);
        command.env("AWS_ACCESS_KEY_ID", aws::ACCOUNT).env("AWS_SECRET_ACCESS_KEY", "local");
    }
    let output = command.output()?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        return Err(format!("`terrace {}` failed: {said}", arguments.join(" ")).into());
    }
    let out = String::from_utf8_lossy(&output.stdout).into_owned();
    Ok(serde_json::from_str(out.lines().next_back().unwrap_or_default())?)
}

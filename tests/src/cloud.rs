//! One local cloud for a test run, started by the command that people use.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_async::rt::sleep::{SharedAsyncSleep, TokioSleep};
use aws_smithy_runtime_api::client::behavior_version::BehaviorVersion;
use aws_types::SdkConfig;
use aws_types::region::Region;
use serde_json::Value;
use shared::aws::{Aws, Cx, Scope, https};
use shared::clock::unix_seconds;

/// A running local cloud. [`Cloud::stop`] ends it; so does the end of this process.
pub struct Cloud {
    pub endpoint: String,
    /// State folder of this run alone.
    pub home: PathBuf,
    control_plane: OnceLock<()>,
}

pub const ACCOUNT: &str = "000000000000";
pub const REGION: &str = "us-east-1";

/// A new account may have five VPCs and addresses; the tests that share this cloud have one each.
const QUOTAS: &str = r#"{"quotas": {"vpcs": 500, "elastic_ips": 500, "nat_gateways_per_zone": 500,
    "internet_gateways": 500, "on_demand_vcpus": 1000, "db_instances": 500,
    "application_load_balancers": 500}}"#;

impl Cloud {
    /// Builds the binaries that the cloud runs, and starts it. With `TERRACE_TEST_ENDPOINT` set,
    /// the cloud there is used as it is.
    pub fn start() -> Self {
        if let Ok(endpoint) = std::env::var("TERRACE_TEST_ENDPOINT") {
            let cloud = Self { endpoint, home: PathBuf::new(), control_plane: OnceLock::new() };
            cloud.set(QUOTAS);
            return cloud;
        }
        build();
        let cloud = Self::start_in(target().join(format!("test-cloud-{}", std::process::id())));
        cloud.set(QUOTAS);
        cloud
    }

    /// Starts one of its own in this state folder, with the programs that are built.
    pub fn start_in(home: PathBuf) -> Self {
        let mut cloud = Self { endpoint: String::new(), home, control_plane: OnceLock::new() };
        let started = cloud.terrace(&[
            "local",
            "start",
            "--json",
            "--while-pid",
            &std::process::id().to_string(),
        ]);
        started["endpoint"].as_str().expect("an endpoint").clone_into(&mut cloud.endpoint);
        cloud
    }

    /// Changes settings of the local cloud, which its README lists.
    ///
    /// # Panics
    /// When the cloud does not take them.
    pub fn set(&self, settings: &str) {
        self.ask("PUT", "settings", settings);
    }

    /// Speaks to the local cloud's control surface; what it answers.
    ///
    /// # Panics
    /// When the cloud does not take it.
    pub fn ask(&self, method: &str, what: &str, body: &str) -> Value {
        let host = self.endpoint.trim_start_matches("http://").trim_end_matches('/');
        let mut stream = TcpStream::connect(host).expect("the cloud listens");
        let head = format!("{method} /_terrace/{what} HTTP/1.1\r\nHost: {host}");
        let length = body.len();
        let request =
            format!("{head}\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}");
        stream.write_all(request.as_bytes()).expect("it can be asked");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("the cloud answers");
        assert!(answer.starts_with("HTTP/1.1 200"), "the cloud did not take {body}: {answer}");
        let (_, said) = answer.split_once("\r\n\r\n").unwrap_or_default();
        serde_json::from_str(said).unwrap_or_default()
    }

    /// Stands the control plane up, for the first who asks. A cloud that was there before the
    /// tests has its own.
    pub fn control_plane(&self) {
        self.control_plane.get_or_init(|| {
            if !self.home.as_os_str().is_empty() {
                self.terrace(&["bootstrap", "--json"]);
            }
        });
    }

    pub fn stop(&self) {
        if self.home.as_os_str().is_empty() {
            return;
        }
        self.terrace(&["local", "stop", "--json"]);
        // What is left are logs that nobody asked for.
        _ = std::fs::remove_dir_all(&self.home);
    }

    /// Runs `terrace` as a person would, and reads the last line of its output.
    ///
    /// # Panics
    /// When it fails; with what it said.
    pub fn terrace(&self, arguments: &[&str]) -> Value {
        let (code, json, said) = self.try_terrace(arguments);
        assert!(code == 0, "`terrace {}` ended with {code}:\n{said}", arguments.join(" "));
        json
    }

    /// Exit code, last line of stdout as JSON, and all that was said on both streams.
    pub fn try_terrace(&self, arguments: &[&str]) -> (i32, Value, String) {
        let mut command = Command::new(target().join("debug/terrace"));
        command.args(arguments).current_dir(root()).env_clear().env("TERRACE_HOME", &self.home);
        for name in ["PATH", "HOME", "CARGO_HOME", "RUSTUP_HOME", "CARGO_TARGET_DIR"] {
            command.envs(std::env::var_os(name).map(|value| (name, value)));
        }
        if !self.endpoint.is_empty() {
            command
                .env("AWS_ENDPOINT_URL", &self.endpoint)
                .env("AWS_ACCESS_KEY_ID", ACCOUNT)
                .env("AWS_SECRET_ACCESS_KEY", "local")
                .env("AWS_REGION", REGION);
        }
        let output = command.output().expect("terrace can be run");
        let out = String::from_utf8_lossy(&output.stdout).into_owned();
        let said = format!("{out}{}", String::from_utf8_lossy(&output.stderr));
        let last = out.lines().next_back().unwrap_or_default();
        let json = serde_json::from_str(last).unwrap_or_default();
        (output.status.code().unwrap_or(-1), json, said)
    }

    /// Clients that count their calls.
    pub fn aws(&self) -> Aws {
        self.aws_as(ACCOUNT)
    }

    /// Clients of somebody with this access key id.
    pub fn aws_as(&self, access_key_id: &str) -> Aws {
        let credentials = Credentials::new(access_key_id, "local", None, None, "test");
        let config = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::from_static(REGION))
            .endpoint_url(&self.endpoint)
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .http_client(https())
            .sleep_impl(SharedAsyncSleep::new(TokioSleep::new()));
        Aws::new(config.build())
    }

    /// A context for a stack of its own.
    pub fn cx(&self, stack: &str) -> Cx {
        let scope = Scope {
            stack: stack.to_owned(),
            account: ACCOUNT.to_owned(),
            region: REGION.to_owned(),
        };
        let (run, started) = ("test".to_owned(), unix_seconds());
        Cx { scope, run, started, leaving: false, aws: self.aws() }
    }
}

/// The project's folder.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests lie in the project")
}

/// Where Cargo builds: this binary lies in `<target>/debug/deps`.
fn target() -> PathBuf {
    let here = std::env::current_exe().expect("a path");
    here.ancestors().nth(3).expect("<target>/debug/deps").to_owned()
}

/// All binaries in one build, as the pipeline needs every function.
fn build() {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let built = Command::new(cargo)
        .args(["build", "--workspace", "--bins", "--quiet"])
        .current_dir(root())
        .status();
    assert!(built.is_ok_and(|status| status.success()), "cannot build the functions");
}

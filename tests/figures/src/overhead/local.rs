//! A local cloud of its own, and the command that people use.

use std::error::Error;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_async::rt::sleep::{SharedAsyncSleep, TokioSleep};
use aws_smithy_runtime_api::client::behavior_version::BehaviorVersion;
use aws_types::SdkConfig;
use aws_types::region::Region;
use serde_json::Value;
use shared::aws::{Aws, https};
use tempfile::TempDir;

pub const ACCOUNT: &str = "000000000000";
pub const REGION: &str = "us-east-1";

/// A running local cloud with a control plane; it ends with this.
pub struct Local {
    endpoint: String,
    terrace: PathBuf,
    home: TempDir,
}

impl Local {
    pub fn start() -> Result<Self, Box<dyn Error>> {
        let here = std::env::current_exe()?;
        let terrace = here.with_file_name("terrace");
        if !terrace.exists() {
            return Err(format!(
                "`{}` does not exist; run `cargo build --release --workspace --bins` first",
                terrace.display()
            )
            .into());
        }
        let mut local = Self { endpoint: String::new(), terrace, home: tempfile::tempdir()? };
        let pid = std::process::id().to_string();
        let started = local.terrace(&["local", "start", "--json", "--while-pid", &pid])?;
        started["endpoint"].as_str().unwrap_or_default().clone_into(&mut local.endpoint);
        local.terrace(&["bootstrap", "--json"])?;
        Ok(local)
    }

    /// Runs `terrace` with its progress on stderr; the last line of its output.
    pub fn terrace(&self, arguments: &[&str]) -> Result<Value, Box<dyn Error>> {
        let mut command = Command::new(&self.terrace);
        command.args(arguments).current_dir(project()).env("TERRACE_HOME", self.home.path());
        if !self.endpoint.is_empty() {
            command
                .env("AWS_ENDPOINT_URL", &self.endpoint)
                .env("AWS_ACCESS_KEY_ID", ACCOUNT)
                .env("AWS_SECRET_ACCESS_KEY", "local")
                .env("AWS_REGION", REGION);
        }
        let output = command.stdin(Stdio::null()).stderr(Stdio::inherit()).output()?;
        let out = String::from_utf8(output.stdout)?;
        if !output.status.success() {
            let said = format!("`terrace {}` ended with {}", arguments.join(" "), output.status);
            return Err(format!("{said}: {out}").into());
        }
        Ok(serde_json::from_str(out.lines().next_back().unwrap_or_default())?)
    }

    /// Asks the control surface, which the local cloud's README describes.
    pub fn ask(&self, method: &str, what: &str, body: &str) -> Result<Value, Box<dyn Error>> {
        let host = self.endpoint.trim_start_matches("http://").trim_end_matches('/');
        let length = body.len();
        let mut stream = TcpStream::connect(host)?;
        write!(
            stream,
            "{method} /_terrace/{what} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\
             Content-Length: {length}\r\n\r\n{body}"
        )?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        match answer.split_once("\r\n\r\n") {
            Some((head, said)) if head.starts_with("HTTP/1.1 200") => {
                Ok(serde_json::from_str(said)?)
            }
            _ => Err(format!("the local cloud refused `{what}`: {answer}").into()),
        }
    }

    pub fn aws(&self) -> Aws {
        let credentials = Credentials::new(ACCOUNT, "local", None, None, "figures");
        let config = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::from_static(REGION))
            .endpoint_url(&self.endpoint)
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .http_client(https())
            .sleep_impl(SharedAsyncSleep::new(TokioSleep::new()));
        Aws::new(config.build())
    }
}

impl Drop for Local {
    fn drop(&mut self) {
        if let Err(error) = self.terrace(&["local", "stop", "--json"]) {
            eprintln!("the local cloud was not stopped: {error}");
        }
    }
}

/// The project's folder.
pub fn project() -> &'static Path {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here)
}

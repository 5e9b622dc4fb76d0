//! Waiting until the local cloud answers.

use std::fs;
use std::process::Child;
use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::Home;
use crate::failure::Failure;

const POLL: Duration = Duration::from_millis(100);

/// One answer may take this long while it is starting.
const ANSWER: Duration = Duration::from_secs(5);

/// How much of the log is worth showing.
const TAIL_LINES: usize = 12;

/// The version of what answers, once it does; with the end of its log if it never does.
pub async fn wait(
    home: &Home,
    child: &mut Child,
    port: u16,
    deadline: Duration,
) -> Result<String, Failure> {
    let started = Instant::now();
    while started.elapsed() < deadline {
        if let Some(version) = ask(port).await {
            return Ok(version);
        }
        if let Ok(Some(status)) = child.try_wait() {
            return Err(unhealthy(home, &format!("its process ended with {status}")));
        }
        tokio::time::sleep(POLL).await;
    }
    Err(unhealthy(home, &format!("it did not answer within {} s", deadline.as_secs())))
}

/// The same for one that was started before.
pub async fn still(port: u16, deadline: Duration) -> Result<String, Failure> {
    let started = Instant::now();
    while started.elapsed() < deadline {
        if let Some(version) = ask(port).await {
            return Ok(version);
        }
        tokio::time::sleep(POLL).await;
    }
    Err(Failure::new("cannot reach the local cloud")
        .because(format!("its process runs, but port {port} does not answer")))
}

fn unhealthy(home: &Home, why: &str) -> Failure {
    let log = fs::read_to_string(home.log()).unwrap_or_default();
    let lines: Vec<&str> = log.lines().collect();
    let tail = lines[lines.len().saturating_sub(TAIL_LINES)..].join("\n");
    let failure = Failure::new("cannot start the local cloud").because(why);
    let failure = if tail.is_empty() { failure } else { failure.because(tail) };
    failure.hint(format!("the whole log is `{}`", home.log().display()))
}

/// `GET /_ministack/health`; `None` while it is not ready.
async fn ask(port: u16) -> Option<String> {
    let answer = tokio::time::timeout(ANSWER, get(port)).await.ok()?.ok()?;
    let (head, body) = answer.split_once("\r\n\r\n")?;
    let found: Value = serde_json::from_str(body).ok()?;
    head.starts_with("HTTP/1.1 200")
        .then(|| found["version"].as_str().unwrap_or_default().to_owned())
}

/// HTTP/1.0, so that the body is whatever comes until the end.
async fn get(port: u16) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await?;
    stream.write_all(b"GET /_ministack/health HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n").await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    Ok(answer)
}

//! The few calls that the proof makes itself: in AWS's wire formats, on loopback, by plain HTTP.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::Value;

use crate::Fallible;

pub const ACCOUNT: &str = "000000000000";
pub const REGION: &str = "us-east-1";

/// A cloud that does not answer within this time has died.
const PATIENCE: Duration = Duration::from_mins(2);

/// One answer: status and body.
pub struct Answer {
    pub status: u16,
    pub body: String,
}

/// Calls `method path` at `host` (`127.0.0.1:4566`) with these headers.
pub fn http(
    host: &str,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Fallible<Answer> {
    let mut stream = TcpStream::connect(host)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let mut request = format!("{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n");
    for (name, value) in headers {
        request.push_str(&format!("{name}: {value}\r\n"));
    }
    request.push_str(&format!("Content-Length: {}\r\n\r\n{body}", body.len()));
    stream.write_all(request.as_bytes())?;
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes)?;
    let text = String::from_utf8_lossy(&bytes);
    let (head, rest) = text.split_once("\r\n\r\n").ok_or("the cloud gave no answer")?;
    let status = head.split(' ').nth(1).and_then(|it| it.parse().ok()).ok_or("no status")?;
    let chunked = head.to_ascii_lowercase().contains("transfer-encoding: chunked");
    let body = if chunked { unchunked(rest) } else { rest.to_owned() };
    Ok(Answer { status, body })
}

fn unchunked(mut rest: &str) -> String {
    let mut body = String::new();
    while let Some((size, after)) = rest.split_once("\r\n") {
        let size = usize::from_str_radix(size.trim(), 16).unwrap_or(0);
        let (Some(chunk), Some(next)) = (after.get(..size), after.get(size + 2..)) else { break };
        body.push_str(chunk);
        rest = next;
        if size == 0 {
            break;
        }
    }
    body
}

/// Who calls: the local cloud reads account, region and service here, and checks no signature.
fn authorization(service: &str) -> String {
    format!(
        "AWS4-HMAC-SHA256 Credential={ACCOUNT}/20260101/{REGION}/{service}/aws4_request, \
         SignedHeaders=host, Signature=0"
    )
}

/// Calls an operation of Step Functions.
pub fn step_functions(host: &str, operation: &str, input: &Value) -> Fallible<Value> {
    let headers = [
        ("Authorization", &*authorization("states")),
        ("Content-Type", "application/x-amz-json-1.0"),
        ("X-Amz-Target", &format!("AWSStepFunctions.{operation}")),
    ];
    let answer = http(host, "POST", "/", &headers, &input.to_string())?;
    if answer.status != 200 {
        return Err(format!("{operation} {input}: {} {}", answer.status, answer.body).into());
    }
    Ok(serde_json::from_str(&answer.body)?)
}

/// Reads a record of the ledger; `None` if there is none.
pub fn read(host: &str, key: &str) -> Fallible<Option<Value>> {
    let path = format!("/terrace-{ACCOUNT}-{REGION}/{key}");
    let answer = http(host, "GET", &path, &[("Authorization", &authorization("s3"))], "")?;
    match answer.status {
        200 => Ok(Some(serde_json::from_str(&answer.body)?)),
        404 => Ok(None),
        status => Err(format!("cannot read `{key}`: {status} {}", answer.body).into()),
    }
}

pub fn write(host: &str, key: &str, value: &Value) -> Fallible<()> {
    let path = format!("/terrace-{ACCOUNT}-{REGION}/{key}");
    let headers = [("Authorization", &*authorization("s3"))];
    let answer = http(host, "PUT", &path, &headers, &value.to_string())?;
    if answer.status != 200 {
        return Err(format!("cannot write `{key}`: {} {}", answer.status, answer.body).into());
    }
    Ok(())
}

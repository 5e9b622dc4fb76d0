//! The local cloud's process: started from a scrubbed environment, and stopped only if it is ours.

use std::fs::{self, File};
use std::net::TcpListener;
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use super::home::sources;
use super::{Home, Wish, port};
use crate::failure::Failure;

/// What the caller's shell may decide: where programs are, and MiniStack's own knobs.
const PASSED_ON: [&str; 9] = [
    "PATH",
    "HOME",
    "LANG",
    "LC_ALL",
    "TZ",
    "LD_LIBRARY_PATH",
    "SFN_WAIT_SCALE",
    "AUTH",
    "LAMBDA_WARM_TTL_SECONDS",
];

const POLL: Duration = Duration::from_millis(50);

/// Starts it with the socket to listen on as its standard input, so that nobody comes in between.
pub fn spawn(
    home: &Home,
    python: &Path,
    listener: TcpListener,
    wish: &Wish,
) -> Result<Child, Failure> {
    let cannot = |error| Failure::new("cannot start the local cloud").because(error);
    let port = port::of(&listener)?;
    fs::create_dir_all(home.data()).map_err(cannot)?;
    // Unpacked functions of earlier builds; they are unpacked again when they are called.
    _ = fs::remove_dir_all(home.data().join("tmp"));
    let log = File::create(home.log()).map_err(cannot)?;
    let errors = log.try_clone().map_err(cannot)?;
    let mut command = Command::new(python);
    command.args(["-m", "overlay", "--socket-on-stdin", "--port", &port.to_string(), "--data"]);
    command.arg(home.data());
    if let Some(pid) = wish.while_pid {
        command.args(["--while-pid", &pid.to_string()]);
    }
    command.args(&wish.conditions);
    command
        .current_dir(sources())
        .env_clear()
        .envs(PASSED_ON.iter().filter_map(|name| Some((name, std::env::var_os(name)?))))
        // Compiled Python lies with the state and not among the sources.
        .env("PYTHONPYCACHEPREFIX", home.path("pycache"))
        .env("PYTHONUNBUFFERED", "1")
        .stdin(OwnedFd::from(listener))
        .stdout(log)
        .stderr(errors)
        // A group of its own: Ctrl-C in the terminal is not meant for it.
        .process_group(0);
    command.spawn().map_err(cannot)
}

/// Whether `pid` is the local cloud of this state folder, and not whoever got its number later.
pub fn is_ours(home: &Home, pid: u32) -> bool {
    // By whatever path either of them calls it.
    let Ok(data) = home.data().canonicalize() else { return false };
    let is_data = |word: &String| Path::new(word).canonicalize().is_ok_and(|it| it == data);
    command_of(pid)
        .is_some_and(|words| words.iter().any(|it| it == "overlay") && words.iter().any(is_data))
}

/// The words of a process's command line; `None` if there is no such process.
pub fn command_of(pid: u32) -> Option<Vec<String>> {
    let bytes = fs::read(format!("/proc/{pid}/cmdline")).ok()?;
    let words = bytes.split(|byte| *byte == 0).filter(|word| !word.is_empty());
    Some(words.map(|word| String::from_utf8_lossy(word).into_owned()).collect())
}

/// Asks it to end, and ends it if it does not.
pub async fn stop(home: &Home, pid: u32, deadline: Duration) -> Result<(), Failure> {
    for signal in [Signal::TERM, Signal::KILL] {
        send(pid, signal)?;
        let started = Instant::now();
        while started.elapsed() < deadline {
            if !is_ours(home, pid) {
                return Ok(());
            }
            tokio::time::sleep(POLL).await;
        }
    }
    Err(Failure::new(format!("cannot stop the local cloud, process {pid}")))
}

fn send(pid: u32, signal: Signal) -> Result<(), Failure> {
    let cannot = || Failure::new(format!("cannot stop the local cloud, process {pid}"));
    let raw = i32::try_from(pid).ok().and_then(Pid::from_raw).ok_or_else(cannot)?;
    match kill_process(raw, signal) {
        // It ended by itself a moment ago.
        Ok(()) | Err(rustix::io::Errno::SRCH) => Ok(()),
        Err(error) => Err(cannot().because(error)),
    }
}

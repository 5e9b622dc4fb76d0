//! What a function costs to upload, to start and to keep: zipped size, time from start to its
//! first poll of the runtime API, and resident memory then.

use std::io::{self, Cursor, Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

const FUNCTIONS: [&str; 14] = [
    "keys",
    "storage",
    "access",
    "network",
    "firewall",
    "database",
    "edge",
    "compute",
    "monitoring",
    "intake",
    "run",
    "plan",
    "preflight",
    "recognise",
];

/// Starts of each function; the median counts.
const STARTS: usize = 15;

/// Starts that do not count: the first reads the binary from the disk.
const WARMING: usize = 2;

pub fn print() -> io::Result<()> {
    let here = std::env::current_exe()?;
    let folder = here.parent().unwrap_or(Path::new("."));
    let mut starts = vec![Vec::new(); FUNCTIONS.len()];
    // In turns, so that what else this machine does is no function's alone.
    for turn in 0..WARMING + STARTS {
        for (name, starts) in FUNCTIONS.iter().zip(&mut starts) {
            let started = start(&folder.join(name))?;
            if turn >= WARMING {
                starts.push(started);
            }
        }
    }
    println!("{:<11} {:>9} {:>10} {:>12}", "function", "zip MB", "start ms", "resident MB");
    for (name, mut starts) in FUNCTIONS.iter().zip(starts) {
        let binary = folder.join(name);
        starts.sort_unstable();
        let (took, resident_kb) = starts[STARTS / 2];
        let millis = took.as_secs_f64() * 1000.0;
        let megabytes = f64::from(resident_kb) / 1024.0;
        println!("{name:<11} {:>9.2} {millis:>10.1} {megabytes:>12.1}", zipped_megabytes(&binary)?);
    }
    Ok(())
}

fn zipped_megabytes(binary: &Path) -> io::Result<f64> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    archive.start_file("bootstrap", options)?;
    archive.write_all(&std::fs::read(binary)?)?;
    let bytes = archive.finish()?.into_inner().len();
    Ok(f64::from(u32::try_from(bytes).unwrap_or(u32::MAX)) / 1e6)
}

/// Time until the function asks for its first event, and its memory in KiB at that moment.
fn start(binary: &Path) -> io::Result<(Duration, u32)> {
    let api = TcpListener::bind("127.0.0.1:0")?;
    let began = Instant::now();
    let mut child = spawn(binary, &api.local_addr()?.to_string())?;
    let (mut poll, _) = api.accept()?;
    let mut request = [0; 64];
    let read = poll.read(&mut request)?;
    let took = began.elapsed();
    let resident = resident_kb(child.id());
    child.kill()?;
    child.wait()?;
    if !request[..read].starts_with(b"GET /2018-06-01/runtime/invocation/next") {
        return Err(io::Error::other(format!("`{}` does not poll", binary.display())));
    }
    Ok((took, resident?))
}

fn spawn(binary: &Path, api: &str) -> io::Result<Child> {
    Command::new(binary)
        .env_clear()
        .envs([
            ("AWS_LAMBDA_RUNTIME_API", api),
            ("AWS_LAMBDA_FUNCTION_NAME", "figures"),
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "512"),
            ("AWS_LAMBDA_FUNCTION_VERSION", "1"),
            ("AWS_LAMBDA_LOG_GROUP_NAME", "figures"),
            ("AWS_LAMBDA_LOG_STREAM_NAME", "figures"),
            ("AWS_REGION", "us-east-1"),
            ("AWS_ACCESS_KEY_ID", "none"),
            ("AWS_SECRET_ACCESS_KEY", "none"),
            ("TERRACE_LEDGER", "none"),
        ])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .spawn()
}

/// `VmRSS` of a process.
fn resident_kb(pid: u32) -> io::Result<u32> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let number = line.and_then(|it| it.trim().strip_suffix("kB")?.trim().parse().ok());
    number.ok_or_else(|| io::Error::other("the kernel does not tell the resident memory"))
}

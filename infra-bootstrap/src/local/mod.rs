//! The local cloud: a private Python environment, one process, its state folder.

mod health;
mod home;
mod port;
mod process;
mod record;
mod venv;

use std::time::Duration;

use aws_credential_types::Credentials;

pub use home::Home;
pub use record::Record;

use crate::context::Cloud;
use crate::failure::Failure;
use crate::screen::Screen;

/// The account that the local cloud takes when an access key names none.
pub const ACCESS_KEY_ID: &str = "000000000000";
pub const SECRET_ACCESS_KEY: &str = "local";

/// The region of the example specs, so that what is tried first works.
pub const REGION: &str = "us-east-1";

/// Starting takes 2–4 s; a busy machine gets more.
const START_DEADLINE: Duration = Duration::from_mins(1);

/// Saving its state takes the local cloud a moment.
const STOP_DEADLINE: Duration = Duration::from_secs(15);

/// A local cloud that answers.
pub struct Running {
    pub record: Record,
    /// It was up before we asked for it.
    pub already: bool,
}

#[derive(Default)]
pub struct Wish {
    pub port: Option<u16>,
    pub while_pid: Option<i32>,
    /// Arguments of the local cloud itself: how time passes in it, and what it has quotas for.
    pub conditions: Vec<String>,
}

/// Makes sure that it runs. Two that start at once wait for each other.
pub async fn start(wish: &Wish, screen: &Screen) -> Result<Running, Failure> {
    let home = Home::find()?;
    let _held = home.lock()?;
    if let Some(record) = running(&home)? {
        return reuse(&home, record, wish).await;
    }
    if !home.is_whole() {
        // S3 objects without all that belongs to them: nothing can stand on that.
        screen
            .note("the local cloud was killed before it could save what it held; it begins empty");
        remove_data(&home)?;
    }
    let last = Record::read(&home)?;
    let python = venv::ready(screen).await?;
    let listener = port::take(wish.port, last.map(|it| it.port))?;
    let port = port::of(&listener)?;
    screen.step(&format!("starting the local cloud on port {port}"));
    let mut child = process::spawn(&home, &python, listener, wish)?;
    let mut record = Record::new(port, child.id());
    // Before it answers: whoever is interrupted now finds it again.
    record.write(&home)?;
    record.version = health::wait(&home, &mut child, port, START_DEADLINE).await?;
    record.write(&home)?;
    Ok(Running { record, already: false })
}

/// The record of the process that runs, if one does and is ours.
pub fn running(home: &Home) -> Result<Option<Record>, Failure> {
    let record = Record::read(home)?;
    Ok(record.filter(|it| it.pid.is_some_and(|pid| process::is_ours(home, pid))))
}

async fn reuse(home: &Home, mut record: Record, wish: &Wish) -> Result<Running, Failure> {
    if let Some(port) = wish.port.filter(|port| *port != record.port) {
        return Err(Failure::new(format!("cannot start the local cloud on port {port}"))
            .because(format!("it runs already, at {}", record.endpoint()))
            .hint("stop it first with `terrace local stop`"));
    }
    if !wish.conditions.is_empty() {
        return Err(Failure::new(format!("cannot start it with `{}`", wish.conditions.join(" ")))
            .because(format!("it runs already, at {}", record.endpoint()))
            .hint("stop it first with `terrace local stop`, or `PUT /_terrace/settings` there"));
    }
    record.version = health::still(record.port, START_DEADLINE).await.map_err(|failure| {
        failure.hint(format!("its log is `{}`; `terrace local stop` ends it", home.log().display()))
    })?;
    record.write(home)?;
    Ok(Running { record, already: true })
}

/// Stops it; the record of what was stopped, or `None` if nothing ran.
pub async fn stop() -> Result<Option<Record>, Failure> {
    let home = Home::find()?;
    let _held = home.lock()?;
    stop_held(&home).await
}

async fn stop_held(home: &Home) -> Result<Option<Record>, Failure> {
    let Some(record) = running(home)? else { return Ok(None) };
    if let Some(pid) = record.pid {
        process::stop(home, pid, STOP_DEADLINE).await?;
    }
    // The port is kept: endpoints that people wrote down stay right.
    Record { pid: None, ..record.clone() }.write(home)?;
    Ok(Some(record))
}

/// Throws away all that the local cloud holds, after stopping it.
pub async fn clear() -> Result<(), Failure> {
    let home = Home::find()?;
    let _held = home.lock()?;
    stop_held(&home).await?;
    remove_data(&home)
}

fn remove_data(home: &Home) -> Result<(), Failure> {
    let data = home.data();
    match std::fs::remove_dir_all(&data) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(Failure::new(format!("cannot remove `{}`", data.display())).because(error))
        }
        Ok(()) | Err(_) => Ok(()),
    }
}

/// Clients of the local cloud.
pub async fn connect(record: &Record, region: &str) -> Result<Cloud, Failure> {
    let credentials = Credentials::new(ACCESS_KEY_ID, SECRET_ACCESS_KEY, None, None, "local cloud");
    Cloud::at(&record.endpoint(), region, credentials).await
}

/// What points AWS's tools, and `terrace` itself, at it.
pub fn exports(record: &Record) -> String {
    [
        ("AWS_ENDPOINT_URL", record.endpoint().as_str()),
        ("AWS_ACCESS_KEY_ID", ACCESS_KEY_ID),
        ("AWS_SECRET_ACCESS_KEY", SECRET_ACCESS_KEY),
        ("AWS_REGION", REGION),
    ]
    .iter()
    .map(|(name, value)| format!("export {name}={value}\n"))
    .collect()
}

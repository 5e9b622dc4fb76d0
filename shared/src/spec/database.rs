//! The `database` section: the RDS instance.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use super::text::{Checked, Refusal, Text, text};
use super::window::{DailyWindow, WeeklyWindow};

/// The database. It is always encrypted, private, reached by TLS only, and its password is made
/// and rotated by RDS.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Database {
    /// What speaks: PostgreSQL or MySQL.
    pub engine: Engine,
    /// The engine's version, such as `17` or `8.4.5`; AWS keeps minor versions current. Without
    /// it: 17 for PostgreSQL, 8.4 for MySQL.
    #[schemars(schema_with = "version_schema")]
    pub version: Option<EngineVersion>,
    /// The instance class.
    pub class: DatabaseClass,
    /// The name of the first database.
    pub name: DatabaseName,
    /// The name of the master user.
    pub user: DatabaseUser,
    /// Storage to start with.
    #[schemars(range(min = 20, max = 65536))]
    pub storage_gib: u32,
    /// Storage that RDS may grow to by itself. Without it: twice `storage_gib`, at least 100.
    #[schemars(range(min = 22, max = 65536))]
    pub max_storage_gib: u32,
    /// Whether a standby in another zone takes over when the instance fails.
    pub standby: bool,
    /// Days for which backups are kept.
    #[schemars(range(min = 1, max = 35))]
    pub backups_days: u32,
    /// When backups are taken, UTC.
    pub backup_window: DailyWindow,
    /// When AWS may change versions, UTC.
    pub maintenance_window: WeeklyWindow,
    /// The TCP port. The engines' own ports are tried first by whoever gets in, so it is another.
    #[schemars(range(min = 1150, max = 65535))]
    pub port: u16,
    /// Seconds between measurements of the operating system; 0 for none.
    pub monitoring_seconds: MonitoringSeconds,
    /// Whether AWS refuses to delete it, and destroying the stack keeps it. What is protected never
    /// goes without a final snapshot.
    pub protection: bool,
    /// Whether a final snapshot is left when it goes though it is not protected: destroyed, or
    /// replaced. Without it the data is lost.
    pub final_snapshot: bool,
    /// The snapshot, by its identifier or ARN, from which the database is built instead of empty.
    /// It has to be encrypted with the stack's key. Once the database stands it may be left out.
    pub restore_from: Option<SnapshotId>,
}

impl Default for Database {
    fn default() -> Self {
        Self {
            engine: Engine::Postgres,
            version: None,
            class: DatabaseClass("db.t4g.small".into()),
            name: DatabaseName("app".into()),
            user: DatabaseUser("terrace_owner".into()),
            storage_gib: 20,
            max_storage_gib: 100,
            standby: true,
            backups_days: 7,
            backup_window: DailyWindow::known("03:00-03:30"),
            maintenance_window: WeeklyWindow::known("sun:04:00-sun:04:30"),
            port: 15432,
            monitoring_seconds: MonitoringSeconds(60),
            protection: true,
            final_snapshot: true,
            restore_from: None,
        }
    }
}

impl Database {
    /// Whether what is left of the data, when it goes, is a final snapshot.
    pub fn leaves_snapshot(&self) -> bool {
        self.protection || self.final_snapshot
    }

    /// The version asked for, or the one that Terrace has chosen for the engine.
    pub fn engine_version(&self) -> &str {
        match (&self.version, self.engine) {
            (Some(version), Engine::Postgres | Engine::Mysql) => version.as_str(),
            (None, Engine::Postgres) => "17",
            (None, Engine::Mysql) => "8.4",
        }
    }

    /// The family of the parameter group: `postgres17`, `mysql8.4`.
    pub fn parameter_family(&self) -> String {
        let parts: Vec<&str> = self.engine_version().split('.').collect();
        match self.engine {
            Engine::Postgres => format!("postgres{}", parts[0]),
            Engine::Mysql => format!("mysql{}", parts[..parts.len().min(2)].join(".")),
        }
    }
}

/// A database engine, as RDS names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Engine {
    Postgres,
    Mysql,
}

impl Engine {
    pub fn name(self) -> &'static str {
        match self {
            Self::Postgres => "postgres",
            Self::Mysql => "mysql",
        }
    }

    /// The log files that go to CloudWatch Logs (controls RDS.9 and RDS.36).
    pub fn log_exports(self) -> &'static [&'static str] {
        match self {
            Self::Postgres => &["postgresql", "upgrade"],
            Self::Mysql => &["audit", "error", "general", "slowquery"],
        }
    }

    /// The port the engine takes when nobody chooses.
    pub fn usual_port(self) -> u16 {
        match self {
            Self::Postgres => 5432,
            Self::Mysql => 3306,
        }
    }
}

/// Seconds between measurements of enhanced monitoring: one of those RDS knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "u32", into = "u32")]
pub struct MonitoringSeconds(u32);

/// RDS `CreateDBInstance`, `MonitoringInterval`.
const INTERVALS: [u32; 7] = [0, 1, 5, 10, 15, 30, 60];

impl MonitoringSeconds {
    pub fn seconds(self) -> u32 {
        self.0
    }
}

impl TryFrom<u32> for MonitoringSeconds {
    type Error = Refusal;
    fn try_from(seconds: u32) -> Result<Self, Refusal> {
        let known = INTERVALS.contains(&seconds).then_some(Self(seconds));
        known.ok_or_else(|| Refusal::expected(format!("one of {INTERVALS:?} seconds")))
    }
}

impl From<MonitoringSeconds> for u32 {
    fn from(interval: MonitoringSeconds) -> u32 {
        interval.0
    }
}

impl JsonSchema for MonitoringSeconds {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "MonitoringSeconds".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "integer", "enum": INTERVALS })
    }
}

text! {
    /// The version of a database engine.
    EngineVersion, "engine-version", "17", check_version
}

text! {
    /// An RDS instance class.
    DatabaseClass, "database-class", "db.t4g.small", check_class
}

text! {
    /// The name of a database.
    DatabaseName, "database-name", "app", check_name
}

text! {
    /// The name of a master user.
    DatabaseUser, "database-user", "terrace_owner", check_user
}

text! {
    /// An RDS snapshot: its identifier, or its ARN.
    SnapshotId, "snapshot", "terrace-shop-20260131120000", check_snapshot
}

/// A version without a second dot is a number to YAML, which keeps its digits as written.
fn version_schema(_: &mut SchemaGenerator) -> Schema {
    let types = ["string", "number", "null"];
    json_schema!({ "type": types, "format": EngineVersion::FORMAT, "examples": ["17", "8.4.5"] })
}

fn check_version(version: &str) -> Checked {
    let number =
        |part: &str| (1..=3).contains(&part.len()) && part.chars().all(|c| c.is_ascii_digit());
    let parts = version.split('.').count();
    if parts <= 3 && version.split('.').all(number) {
        return Ok(());
    }
    Err(Refusal::expected("an engine version such as `17`, `17.5` or `8.4.5`"))
}

fn check_class(class: &str) -> Checked {
    let bare = class.strip_prefix("db.");
    if bare.is_some_and(|bare| bare.parse::<super::InstanceType>().is_ok()) {
        return Ok(());
    }
    let refusal = Refusal::expected("an RDS instance class such as `db.t4g.small`");
    Err(match class.parse::<super::InstanceType>() {
        Ok(_) => refusal.hint(format!("did you mean `db.{class}`?")),
        Err(_) => refusal,
    })
}

/// RDS `CreateDBSnapshot`, `DBSnapshotIdentifier`; those that AWS itself takes begin with `rds:` or
/// `awsbackup:`.
fn check_snapshot(text: &str) -> Checked {
    let name = match text.strip_prefix("arn:") {
        Some(arn) => arn.split_once(":snapshot:").filter(|(it, _)| it.contains(":rds:")),
        None => Some(("", text)),
    };
    let name = name.map(|(_, name)| {
        ["rds:", "awsbackup:"].iter().find_map(|own| name.strip_prefix(own)).unwrap_or(name)
    });
    let good = name.is_some_and(|name| {
        name.len() <= 255
            && name.starts_with(|c: char| c.is_ascii_alphabetic())
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
            && !name.contains("--")
            && !name.ends_with('-')
    });
    let expected =
        "the identifier or ARN of an RDS snapshot, such as `terrace-shop-20260131120000`";
    if good { Ok(()) } else { Err(Refusal::expected(expected)) }
}

/// RDS `CreateDBInstance`, `DBName`: the stricter of the two engines.
fn check_name(name: &str) -> Checked {
    let good = is_identifier(name, 63) && !RESERVED.contains(&name);
    let expected = "1 to 63 lower-case letters, digits and underscores, starting with a letter, no reserved word";
    if good { Ok(()) } else { Err(Refusal::expected(expected)) }
}

/// RDS `CreateDBInstance`, `MasterUsername`: 16 characters for MySQL; the usual names are what is
/// guessed first (control RDS.25).
fn check_user(name: &str) -> Checked {
    let good = is_identifier(name, 16) && !RESERVED.contains(&name);
    let expected = "1 to 16 lower-case letters, digits and underscores, starting with a letter, none of the usual `admin`, `postgres`, `root`";
    if good { Ok(()) } else { Err(Refusal::expected(expected)) }
}

/// Names that RDS keeps for itself, or that everybody guesses.
const RESERVED: [&str; 12] = [
    "admin",
    "administrator",
    "database",
    "default",
    "master",
    "mysql",
    "postgres",
    "rdsadmin",
    "root",
    "sys",
    "template0",
    "template1",
];

fn is_identifier(name: &str, longest: usize) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.len() <= longest
        && name.chars().all(plain)
}

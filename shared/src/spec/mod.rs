//! The spec: what a person asks for, in one file.
//!
//! A spec that was read is total: every field has its value, asked for or by default, and the
//! defaults meet the AWS Foundational Security Best Practices where they apply. [`read`] is the
//! way in for files: it finds every problem at once and says where each is.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

mod alarms;
mod app;
mod bastion;
mod check;
mod database;
mod encryption;
mod files;
mod formats;
mod ingress;
mod instances;
mod key;
mod lifecycle;
mod logging;
mod name;
mod network;
mod people;
mod problem;
mod read;
mod schema;
mod shape;
mod sources;
mod subnets;
#[cfg(test)]
mod tests;
mod text;
mod tree;
mod user_data;
mod values;
mod window;
mod words;

pub use alarms::{AlarmName, Alarms, Comparison, CustomAlarm, Email, Statistic, Thresholds};
pub use app::{App, HealthPath};
pub use bastion::Bastion;
pub use database::{
    Database, DatabaseClass, DatabaseName, DatabaseUser, Engine, EngineVersion, MonitoringSeconds,
    SnapshotId,
};
pub use encryption::Encryption;
pub use files::Files;
pub use ingress::{
    Certificate, CertificateArn, Domain, DomainName, HostedZoneId, Ingress, ManagedRuleGroup, Waf,
    WafMode,
};
pub use instances::{Architecture, ImageSource, InstanceType};
pub use key::PublicKey;
pub use lifecycle::{Approval, OnFailure};
pub use logging::{Logging, RetentionDays, Trail};
pub use name::{Region, STACK_NAME_MAX, StackName};
pub use network::{Nat, Network, ZoneName, Zones};
pub use people::{People, PrincipalArn, UserName};
pub use problem::{Place, Problem};
pub use read::{SPEC_MAX_BYTES, read, read_with};
pub use schema::schema;
pub use subnets::{PlannedSubnet, SubnetTier};
pub use text::Refusal;
pub use user_data::{USER_DATA_MAX_BYTES, UserData};
pub use window::{DailyWindow, WeeklyWindow};

/// A stack, from its network to its alarms.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Spec {
    /// The version of this format: 1.
    pub terrace: FormatVersion,
    /// The stack's name: 1 to 18 lower-case letters, digits and single hyphens.
    pub name: StackName,
    /// The AWS region it stands in.
    pub region: Region,
    /// The VPC and how it is divided.
    #[serde(default)]
    pub network: Network,
    /// The way in: load balancer, certificate and web application firewall.
    #[serde(default)]
    pub ingress: Ingress,
    /// Who may SSH from where with which key, or `enabled: false`.
    pub bastion: Bastion,
    /// The application's instances and their scaling.
    #[serde(default)]
    pub app: App,
    /// The bucket for the application's files.
    #[serde(default)]
    pub files: Files,
    /// The database.
    #[serde(default)]
    pub database: Database,
    /// The stack's KMS key.
    #[serde(default)]
    pub encryption: Encryption,
    /// IAM users by what they may do.
    #[serde(default)]
    pub people: People,
    /// What is logged and for how long.
    #[serde(default)]
    pub logging: Logging,
    /// Alarms and whom they tell.
    #[serde(default)]
    pub alarms: Alarms,
    /// Whether plans that change something wait for `terrace approve`.
    #[serde(default)]
    pub approval: Approval,
    /// What becomes of the stack when a deploy fails halfway.
    #[serde(default)]
    pub on_failure: OnFailure,
}

/// An availability zone of the stack.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Zone {
    /// The name that AWS knows, such as `eu-central-1a`.
    pub name: String,
    /// Its last letter, which names what stands in it.
    pub letter: char,
}

impl Spec {
    /// A stack with everything by default.
    pub fn new(name: StackName, region: Region, bastion: Bastion) -> Self {
        Self {
            terrace: FormatVersion,
            name,
            region,
            network: Network::default(),
            ingress: Ingress::default(),
            bastion,
            app: App::default(),
            files: Files::default(),
            database: Database::default(),
            encryption: Encryption::default(),
            people: People::default(),
            logging: Logging::default(),
            alarms: Alarms::default(),
            approval: Approval::default(),
            on_failure: OnFailure::default(),
        }
    }

    /// The availability zones in the order of their letters.
    pub fn zones(&self) -> Vec<Zone> {
        let mut letters: Vec<char> = match &self.network.zones {
            Zones::Count(count) => first_letters(&self.region).take(usize::from(*count)).collect(),
            Zones::Names(names) => names.iter().map(ZoneName::letter).collect(),
        };
        letters.sort_unstable();
        letters
            .into_iter()
            .map(|letter| Zone { name: format!("{}{letter}", self.region), letter })
            .collect()
    }
}

/// The letters of a region's first zones. Two regions have a second or third letter that AWS no
/// longer gives to accounts.
fn first_letters(region: &Region) -> impl Iterator<Item = char> {
    match region.as_str() {
        "ap-northeast-1" => ['a', 'c', 'd'],
        "ca-central-1" => ['a', 'b', 'd'],
        _ => ['a', 'b', 'c'],
    }
    .into_iter()
}

/// The version of the spec's format. There is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "u32", into = "u32")]
pub struct FormatVersion;

const FORMAT_VERSION: u32 = 1;

impl TryFrom<u32> for FormatVersion {
    type Error = Refusal;
    fn try_from(version: u32) -> Result<Self, Refusal> {
        let known = (version == FORMAT_VERSION).then_some(Self);
        known.ok_or_else(|| Refusal::expected(format!("`{FORMAT_VERSION}`")))
    }
}

impl From<FormatVersion> for u32 {
    fn from(_: FormatVersion) -> u32 {
        FORMAT_VERSION
    }
}

impl JsonSchema for FormatVersion {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "FormatVersion".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "integer", "const": FORMAT_VERSION })
    }
}

//! The `app` section: the instances behind the load balancer.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::text::{Checked, Refusal, text};
use super::{Architecture, ImageSource, InstanceType, UserData};

/// The application's instances and their scaling.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct App {
    /// The image: an AMI's id, or the SSM parameter that names one and is resolved once for each
    /// revision. Without it: Amazon Linux 2023 for the architecture of the instance types.
    pub ami: Option<ImageSource>,
    /// Instance types of one architecture, the most wanted first; more than one keeps the group
    /// growing when AWS runs out of the first.
    #[schemars(length(min = 1, max = 10))]
    #[schemars(extend("uniqueItems" = true))]
    pub instance_types: Vec<InstanceType>,
    /// The fewest instances. Of `min`, `desired` and `max`, those not written follow the others.
    #[schemars(range(min = 0, max = 500))]
    pub min: u32,
    /// The instances to start with; later scaling decides, between `min` and `max`.
    #[schemars(range(min = 0, max = 500))]
    pub desired: u32,
    /// The most instances.
    #[schemars(range(min = 1, max = 500))]
    pub max: u32,
    /// The average CPU use, in percent, that scaling aims at.
    #[schemars(range(min = 10, max = 90))]
    pub cpu_target_percent: u8,
    /// The TCP port the application listens on.
    #[schemars(range(min = 1, max = 65535))]
    pub port: u16,
    /// The path that answers 200 when an instance is healthy.
    pub health_path: HealthPath,
    /// What an instance runs when it starts: the text itself, or `file:` and a path beside the
    /// spec. Without it: a small page that answers on the health path.
    pub user_data: Option<UserData>,
    /// The size of an instance's encrypted root volume.
    #[schemars(range(min = 8, max = 16384))]
    pub volume_gib: u32,
    /// Whether instances may start before the database can be reached.
    pub starts_without_database: bool,
}

impl Default for App {
    fn default() -> Self {
        Self {
            ami: None,
            instance_types: vec![
                InstanceType::known("t4g.small"),
                InstanceType::known("t4g.medium"),
            ],
            min: 2,
            desired: 2,
            max: 4,
            cpu_target_percent: 60,
            port: 8080,
            health_path: HealthPath("/health".into()),
            user_data: None,
            volume_gib: 20,
            starts_without_database: false,
        }
    }
}

impl App {
    /// The architecture of the instance types, which the reader has found to be one.
    pub fn architecture(&self) -> Architecture {
        self.instance_types.first().map_or(Architecture::Arm64, InstanceType::architecture)
    }

    /// The image asked for, or Amazon Linux 2023.
    pub fn image(&self) -> ImageSource {
        self.ami.clone().unwrap_or_else(|| ImageSource::amazon_linux_2023(self.architecture()))
    }

    /// The user data asked for, or the page that answers on the health path.
    pub fn start_script(&self) -> String {
        match &self.user_data {
            Some(script) => script.as_str().to_owned(),
            None => super::user_data::health_page(self.port, &self.health_path),
        }
    }
}

text! {
    /// The path of a health check.
    HealthPath, "health-path", "/health", check_path
}

/// ELBv2 takes paths of 1–1,024 printable characters without spaces, starting with a slash. The
/// path is also written into the default user data, so quotes and backslashes are refused.
fn check_path(path: &str) -> Checked {
    let plain = |c: char| c.is_ascii_graphic() && !matches!(c, '\'' | '"' | '\\' | '`' | '$');
    if path.starts_with('/') && path.len() <= 1024 && path.chars().all(plain) {
        return Ok(());
    }
    let refusal = Refusal::expected("a path such as `/health`, without spaces or quotes");
    Err(if path.starts_with('/') { refusal } else { refusal.hint("start it with `/`") })
}

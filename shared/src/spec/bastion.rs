//! The `bastion` section: the one machine that people reach by SSH.

use ipnet::IpNet;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{InstanceType, PublicKey};

/// The machine that people reach by SSH, and through it the application's instances.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Bastion {
    /// Whether there is a bastion.
    pub enabled: bool,
    /// Who may SSH to it: public addresses, together no wider than a /16 (IPv6: a /48).
    #[schemars(schema_with = "super::formats::networks")]
    pub ssh_from: Vec<IpNet>,
    /// The OpenSSH public key that bastion and application instances admit.
    pub public_key: Option<PublicKey>,
    /// Its instance type.
    pub instance_type: InstanceType,
}

impl Default for Bastion {
    fn default() -> Self {
        Self {
            enabled: true,
            ssh_from: Vec::new(),
            public_key: None,
            instance_type: InstanceType::known("t4g.nano"),
        }
    }
}

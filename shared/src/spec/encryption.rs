//! The `encryption` section: the stack's KMS key.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::PrincipalArn;

/// The stack's KMS key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Encryption {
    /// Days between rotations of the key's material.
    #[schemars(range(min = 90, max = 2560))]
    pub rotation_days: u32,
    /// IAM users and roles that may administer the key, beside the account's own policies.
    #[schemars(length(max = 20))]
    #[schemars(extend("uniqueItems" = true))]
    pub key_administrators: Vec<PrincipalArn>,
    /// Days between the key's scheduled deletion and its end; until then it can be called back.
    #[schemars(range(min = 7, max = 30))]
    pub deletion_days: u32,
}

impl Default for Encryption {
    fn default() -> Self {
        Self { rotation_days: 365, key_administrators: Vec::new(), deletion_days: 30 }
    }
}

//! The `files` section: the S3 bucket for the application's files.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The bucket for the application's files. It is always versioned, encrypted and private.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Files {
    /// Days for which replaced and deleted versions are kept.
    #[schemars(range(min = 1, max = 3650))]
    pub versions_kept_days: u32,
    /// Whether destroying the stack keeps a bucket that holds files.
    pub protection: bool,
}

impl Default for Files {
    fn default() -> Self {
        Self { versions_kept_days: 90, protection: true }
    }
}

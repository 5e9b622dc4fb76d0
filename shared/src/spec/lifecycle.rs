//! How changes of a stack come about: who agrees to them, and what becomes of one that fails.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Whether a plan waits for a person before it is carried out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Approval {
    /// What the spec says is done.
    #[default]
    None,
    /// Every plan that changes something waits for `terrace approve`, up to seven days.
    Required,
}

/// What becomes of a stack when a deploy fails halfway. None of them ever takes data.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnFailure {
    /// Back to the last revision that was built whole. A first deploy has none: what stands is
    /// kept, and deploying again goes on from it.
    #[default]
    Rollback,
    /// What stands is kept; deploying again goes on from it.
    Keep,
    /// A first deploy is taken down again, but for what is protected. Later ones are rolled back.
    Destroy,
}

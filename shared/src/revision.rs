//! One accepted version of a stack's spec.

use serde::{Deserialize, Serialize};

use crate::spec::Spec;

/// A spec with everything pinned that was open: what a run builds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Revision {
    /// Counts up from 1 for each stack.
    pub number: u64,
    pub spec: Spec,
    pub pinned: Pinned,
}

/// What was resolved once, when the revision was made, so that it does not move by itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pinned {
    /// The AMI behind the spec's SSM parameter, for the application's instances.
    pub app_ami: String,
    /// The AMI of the bastion: Amazon Linux 2023 for its type's architecture.
    pub bastion_ami: String,
}

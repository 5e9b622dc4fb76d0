//! What is run: from which state, with which input.

use clap::ValueEnum;
use serde_json::{Value, json};

use crate::aws::REGION;

pub const STACK: &str = "three-tier";

/// A run that is cut off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Scenario {
    /// The example stack, in an empty account
    Deploy,
    /// Another address range for the stack that stands: what is replaced reaches over three tiers
    Update,
    /// The stack that stands, with its data
    Destroy,
}

impl Scenario {
    pub const ALL: [Scenario; 3] = [Scenario::Deploy, Scenario::Update, Scenario::Destroy];

    pub const fn name(self) -> &'static str {
        match self {
            Scenario::Deploy => "deploy",
            Scenario::Update => "update",
            Scenario::Destroy => "destroy",
        }
    }

    /// What has to stand before, as the input of a deploy.
    pub fn before(self) -> Option<Value> {
        match self {
            Scenario::Deploy => None,
            Scenario::Update | Scenario::Destroy => Some(json!({ "spec": spec("10.0.0.0/16") })),
        }
    }

    /// The machine and its input.
    pub fn run(self) -> (&'static str, Value) {
        match self {
            Scenario::Deploy => ("deploy", json!({ "spec": spec("10.0.0.0/16") })),
            Scenario::Update => ("deploy", json!({ "spec": spec("10.1.0.0/16") })),
            Scenario::Destroy => ("destroy", json!({ "stack": STACK, "include_data": true })),
        }
    }
}

/// The example stack; what is not written here is the default, as in the example. The database is
/// not protected, so that it may be replaced.
fn spec(cidr: &str) -> Value {
    let key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDsl/Fgi9d3N+AAwL7PPGtnZkeipWtM/k1qQMIvY34Mh";
    json!({
        "terrace": 1,
        "name": STACK,
        "region": REGION,
        "network": { "cidr": cidr },
        "bastion": { "ssh_from": ["203.0.113.0/24"], "public_key": format!("{key} sample@example.org") },
        "database": { "protection": false, "final_snapshot": false },
    })
}

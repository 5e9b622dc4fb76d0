//! The shapes of the ledger's records.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::aws::Tally;
use crate::engine::TierPart;
use crate::model::{Address, Node, Tier};
use crate::plan::Plan;
use crate::revision::Revision;

/// Which spec file a stack belongs to; a second file with the same name is refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Binding {
    /// Key in the ledger's bucket, such as `specs/shop.yaml`; `None` when started by hand.
    pub spec_key: Option<String>,
    pub account: String,
    pub region: String,
}

/// What a run is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    Deploy,
    Destroy,
    /// Looks and reports; changes nothing.
    Drift,
}

/// What a run is to do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Run {
    pub stack: String,
    pub run: String,
    pub mode: Mode,
    pub revision: Revision,
    #[serde(default)]
    pub include_data: bool,
    /// Unix seconds.
    pub started: i64,
}

/// What one tier wishes and knows in one run. The tier alone writes it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TierRecord {
    pub wish: Vec<Node>,
    pub part: TierPart,
    /// API calls of the tier in this run.
    #[serde(default)]
    pub calls: Tally,
    /// The ledger's own.
    #[serde(default)]
    pub ledger_calls: Tally,
}

/// How a stack stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StackRecord {
    pub name: String,
    pub state: StackState,
    /// The newest accepted revision.
    pub revision: u64,
    /// The last run that ended.
    pub run: String,
    /// Its tier records hold the facts of what stands; `None` until a run went through.
    #[serde(default)]
    pub facts_run: Option<String>,
    /// Unix seconds.
    pub changed: i64,
    /// What a person should know, e.g. why the last run failed.
    #[serde(default)]
    pub notes: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StackState {
    Deploying,
    Ready,
    Failed,
    Destroying,
    /// Gone but for what is protected.
    Destroyed,
}

/// To which stack and address an AWS id belongs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Whereabouts {
    pub stack: String,
    pub address: Address,
}

/// Which stack an execution works on, for when it ends without a word.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Execution {
    pub stack: String,
}

/// What came of a run, for people and for `--json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    pub stack: String,
    pub run: String,
    pub mode: Mode,
    pub revision: u64,
    /// `None` when the run went through.
    #[serde(default)]
    pub failure: Option<String>,
    /// Unix seconds.
    pub started: i64,
    pub ended: i64,
    /// What stands, by tier.
    pub resources: BTreeMap<Tier, usize>,
    pub api_calls: ApiCalls,
    /// The last plan: what is left, or for a look, what would change.
    pub plan: Plan,
    pub plan_hash: String,
}

/// API calls of a run; the ledger's own apart.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiCalls {
    pub read: u64,
    pub write: u64,
    pub by_operation: Tally,
    pub ledger: Tally,
}

impl ApiCalls {
    pub fn of(records: &BTreeMap<Tier, TierRecord>) -> Self {
        let (mut by_operation, mut ledger) = (Tally::default(), Tally::default());
        for record in records.values() {
            by_operation.add(&record.calls);
            ledger.add(&record.ledger_calls);
        }
        Self { read: by_operation.read(), write: by_operation.write(), by_operation, ledger }
    }
}

//! The shapes of the ledger's records.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

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
    /// The plan that the run was started for, by its hash or the beginning of it.
    #[serde(default)]
    pub plan_hash: Option<String>,
    /// Who agreed to which plan, where the spec asks for it.
    #[serde(default)]
    pub approved: Option<Approved>,
    /// Its plan was agreed to as far as that was asked for: from now on things change.
    #[serde(default)]
    pub begun: bool,
    /// How the stack stood before; `None` where nothing did.
    #[serde(default)]
    pub before: Option<StackRecord>,
    /// Set once the run has failed and goes back.
    #[serde(default)]
    pub recovery: Option<Recovery>,
}

/// A person's yes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approved {
    /// Of the plan that was shown.
    pub hash: String,
    /// Who said it: an ARN.
    pub by: String,
}

/// A run that waits for a person, holding no lease.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApprovalRequest {
    pub stack: String,
    pub run: String,
    pub mode: Mode,
    pub revision: u64,
    /// Of the plan, which lies under it.
    pub hash: String,
    /// One line on what the plan does.
    pub summary: String,
    /// Step Functions' task token. Using it takes the permission `states:SendTask…`.
    pub token: String,
    /// Unix seconds.
    pub asked: i64,
}

/// What a run does after it failed halfway.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Recovery {
    pub how: Recover,
    /// When the state machine began to decide it.
    pub entered: String,
    /// The revision that could not be built.
    pub failed_revision: u64,
    /// Why, as the report tells it.
    pub cause: String,
    /// What the failed revision asked for in fields that AWS does not move back.
    #[serde(default)]
    pub raised: BTreeMap<Address, BTreeMap<String, Value>>,
    /// What could not be undone, for people. Known at the end.
    #[serde(default)]
    pub left: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Recover {
    /// Builds the known-good revision.
    Rollback,
    /// Takes a first deploy down again.
    Destroy,
}

/// What one tier wishes and knows in one run. The tier alone writes it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TierRecord {
    pub wish: Vec<Node>,
    pub part: TierPart,
    /// When the run began, in Unix seconds.
    #[serde(default)]
    pub started: i64,
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
    /// The revision that is wished for: the one being built, the one that stands, or the one that
    /// failed and is to be resumed. Not one that was refused, rejected or rolled back, unless none
    /// was ever built.
    pub revision: u64,
    /// The revision that stands whole, to which a deploy that fails goes back.
    #[serde(default)]
    pub known_good: Option<u64>,
    /// The last run that began.
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
#[serde(rename_all = "snake_case")]
pub enum StackState {
    /// It was imported and not deployed yet, or its first deploy came to nothing before it changed
    /// anything; the notes say which, and why.
    NotBuilt,
    Deploying,
    /// A run waits for `terrace approve`.
    AwaitingApproval,
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

/// How a run ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It went through.
    #[default]
    Done,
    Failed,
    /// The world or the spec is no longer that of the plan: nothing was changed.
    Moved,
    /// A person said no, or nobody said yes in time: nothing was changed.
    Rejected,
    /// A newer run took its place before it had changed anything.
    Superseded,
    /// It failed, and the stack is back at the known-good revision.
    RolledBack,
    /// A first deploy that failed and was taken down again.
    TakenDown,
}

/// What came of a run, for people and for `--json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    pub stack: String,
    pub run: String,
    pub mode: Mode,
    pub revision: u64,
    #[serde(default)]
    pub outcome: Outcome,
    /// `None` when the run went through.
    #[serde(default)]
    pub failure: Option<String>,
    /// How it went back after it failed.
    #[serde(default)]
    pub recovery: Option<Recovery>,
    /// Unix seconds.
    pub started: i64,
    pub ended: i64,
    /// When the listeners were open and instances in service behind them, in Unix seconds, where the
    /// run had to do with that: often long before the database.
    #[serde(default)]
    pub site_usable: Option<i64>,
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

//! Where each record lies in the bucket.

use std::fmt;

use crate::model::Tier;

/// The key of one object of the ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Key<'a> {
    /// `specs/<file>`: put there by people.
    Spec(&'a str),
    /// `stacks/<stack>/binding.json`: which spec file the stack belongs to.
    Binding(&'a str),
    /// `stacks/<stack>/record.json`: how the stack stands.
    Record(&'a str),
    /// `stacks/<stack>/revisions/<number>.json`
    Revision(&'a str, u64),
    /// `stacks/<stack>/known-good.json`: the last revision that was built whole.
    KnownGood(&'a str),
    /// `stacks/<stack>/inventory.json`: address ↔ id.
    Inventory(&'a str),
    /// `stacks/<stack>/plans/<hash>.json`: what people were shown under a plan's hash.
    ShownPlan(&'a str, &'a str),
    /// `stacks/<stack>/approval.json`: the run that waits for a person.
    Approval(&'a str),
    /// `stacks/<stack>/lease.json`: who may write.
    Lease(&'a str),
    /// `stacks/<stack>/queued.json`: who waits for that.
    Queue(&'a str),
    /// `runs/<stack>/<run>/run.json`: what the run is to do.
    Run(&'a str, &'a str),
    /// `runs/<stack>/<run>/<tier>.json`: what a tier wishes and what stands.
    Tier(&'a str, &'a str, Tier),
    /// `runs/<stack>/<run>/plan.json`
    Plan(&'a str, &'a str),
    /// `runs/<stack>/<run>/preflight.json`: whether the account has room for the plan.
    Preflight(&'a str, &'a str),
    /// `reports/<stack>/<run>.json`: what came of a run.
    Report(&'a str, &'a str),
    /// `reports/specs/<file>.json`: why a spec was refused.
    SpecReport(&'a str),
    /// `responses/<stack>/<event>.json`: what was done about an event.
    Response(&'a str, &'a str),
    /// `executions/<name>.json`: which stack an execution works on.
    Execution(&'a str),
    /// `ids/<id>.json`: to which stack and address a resource belongs.
    Id(&'a str),
}

impl fmt::Display for Key<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Key::Spec(file) => write!(f, "specs/{file}"),
            Key::Binding(stack) => write!(f, "stacks/{stack}/binding.json"),
            Key::Record(stack) => write!(f, "stacks/{stack}/record.json"),
            Key::Revision(stack, number) => write!(f, "stacks/{stack}/revisions/{number:06}.json"),
            Key::KnownGood(stack) => write!(f, "stacks/{stack}/known-good.json"),
            Key::Inventory(stack) => write!(f, "stacks/{stack}/inventory.json"),
            Key::ShownPlan(stack, hash) => write!(f, "stacks/{stack}/plans/{hash}.json"),
            Key::Approval(stack) => write!(f, "stacks/{stack}/approval.json"),
            Key::Lease(stack) => write!(f, "stacks/{stack}/lease.json"),
            Key::Queue(stack) => write!(f, "stacks/{stack}/queued.json"),
            Key::Run(stack, run) => write!(f, "runs/{stack}/{run}/run.json"),
            Key::Tier(stack, run, tier) => write!(f, "runs/{stack}/{run}/{tier}.json"),
            Key::Plan(stack, run) => write!(f, "runs/{stack}/{run}/plan.json"),
            Key::Preflight(stack, run) => write!(f, "runs/{stack}/{run}/preflight.json"),
            Key::Report(stack, run) => write!(f, "reports/{stack}/{run}.json"),
            Key::SpecReport(file) => write!(f, "reports/specs/{file}.json"),
            Key::Response(stack, event) => write!(f, "responses/{stack}/{event}.json"),
            Key::Execution(name) => write!(f, "executions/{name}.json"),
            Key::Id(id) => write!(f, "ids/{}.json", id.replace(['/', ':'], "_")),
        }
    }
}

//! The monitoring tier: alarms, the dashboard, and the trail of a stack that has its own.

mod alarm;
mod cloudwatch;
mod connections;
mod custom;
mod dashboard;
mod metrics;
mod trail;
mod watch;
mod widgets;

#[cfg(test)]
mod tests;

use shared::aws::{Kind, Scope};
use shared::model::{Node, Tier};
use shared::revision::Revision;
use shared::spec;
use shared::tier::Definition;

pub use alarm::{Alarm, MissingData};
pub use dashboard::Dashboard;
pub use trail::{Records, Trail};

pub static TIER: Definition =
    Definition { tier: Tier::Monitoring, kinds: KINDS, wish, responses: &[] };

pub const KINDS: &[Kind] = &[Kind::of::<Alarm>(), Kind::of::<Dashboard>(), Kind::of::<Trail>()];

/// The tier's nodes.
pub fn wish(revision: &Revision, scope: &Scope) -> Vec<Node> {
    let mut nodes = watch::nodes(&revision.spec);
    nodes.extend(custom::nodes(&revision.spec));
    let alarms: Vec<String> = nodes.iter().map(|node| alarm::within_stack(&node.address)).collect();
    nodes.push(widgets::node(&revision.spec, scope, &alarms));
    match revision.spec.logging.trail {
        spec::Trail::Account => (),
        spec::Trail::Own => nodes.push(trail::node()),
    }
    nodes
}

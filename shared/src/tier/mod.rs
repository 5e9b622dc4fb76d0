//! What a tier Lambda is: nodes from a revision, kinds, and the verbs it answers.

mod act;
mod answer;
mod heal;
mod patience;
mod serve;

use futures::future::BoxFuture;
use serde_json::Value;

use crate::aws::{Cx, Kind, Scope};
use crate::model::{Node, Tier};
use crate::revision::Revision;
use crate::world::CloudError;

pub use answer::{Act, Answer, Request, SITE};
pub use patience::patience;
pub use serve::{Error, serve};

/// All that a tier adds to the shared code.
pub struct Definition {
    pub tier: Tier,
    pub kinds: &'static [Kind],
    /// The tier's nodes. Pure: the same revision and scope give the same nodes.
    pub wish: fn(&Revision, &Scope) -> Vec<Node>,
    /// What the tier does about alarms, by name.
    pub responses: &'static [(&'static str, Response)],
}

/// One response: acts, and says in JSON what it did or why it did nothing.
pub type Response = fn(Cx) -> BoxFuture<'static, Result<Value, CloudError>>;

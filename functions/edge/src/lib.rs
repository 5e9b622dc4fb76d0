//! The edge tier: the way in, from the domain over the firewall to the load balancer.
//!
//! Exposure comes last: listeners open after the firewall stands before the load balancer.

mod certificate;
mod elb;
mod listener;
mod load_balancer;
mod record_set;
mod rule;
mod self_signed;
mod tagged;
mod target_group;
mod web_acl;
mod web_acl_association;
mod web_acl_logging;
mod wish;

use shared::aws::Kind;
use shared::model::Tier;
use shared::tier::Definition;

pub use certificate::Certificate;
pub use listener::{Action, Listener};
pub use load_balancer::{Attributes, LoadBalancer};
pub use record_set::{Data, RecordSet};
pub use rule::{Check, Effect, Rule};
pub use target_group::{Health, TargetGroup};
pub use web_acl::WebAcl;
pub use web_acl_association::WebAclAssociation;
pub use web_acl_logging::WebAclLogging;
pub use wish::wish;

pub static TIER: Definition = Definition { tier: Tier::Edge, kinds: KINDS, wish, responses: &[] };

const KINDS: &[Kind] = &[
    Kind::of::<Certificate>(),
    Kind::of::<RecordSet>(),
    Kind::of::<LoadBalancer>(),
    Kind::of::<TargetGroup>(),
    Kind::of::<WebAcl>(),
    Kind::of::<WebAclAssociation>(),
    Kind::of::<WebAclLogging>(),
    Kind::of::<Listener>(),
];

/// The name of what a domain needs. A domain of its own has nodes of its own, so that the next
/// domain stands before the last one goes.
fn named(what: &str, domain: &str) -> String {
    format!("{what}-{}", domain.replace('*', "wildcard"))
}

//! The access tier: roles of machines and services, their boundary, and people.

mod group;
mod iam;
mod instance_profile;
mod leaving;
mod machines;
mod managed_policy;
mod people;
mod rights;
mod role;
mod role_policy;
mod statement;
mod user;

#[cfg(test)]
mod tests;

use shared::aws::{Kind, Scope};
use shared::model::{Node, Tier};
use shared::revision::Revision;
use shared::tier::Definition;

pub use group::Group;
pub use instance_profile::InstanceProfile;
pub use managed_policy::ManagedPolicy;
pub use role::Role;
pub use role_policy::RolePolicy;
pub use user::User;

pub static TIER: Definition = Definition { tier: Tier::Access, kinds: KINDS, wish, responses: &[] };

pub const KINDS: &[Kind] = &[
    Kind::of::<ManagedPolicy>(),
    Kind::of::<Role>(),
    Kind::of::<RolePolicy>(),
    Kind::of::<InstanceProfile>(),
    Kind::of::<Group>(),
    Kind::of::<User>(),
];

/// The tier's nodes.
pub fn wish(revision: &Revision, scope: &Scope) -> Vec<Node> {
    let mut nodes = machines::nodes(&revision.spec, scope);
    nodes.extend(people::nodes(&revision.spec, scope));
    nodes
}

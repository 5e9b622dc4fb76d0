//! People: users in groups whose rights add up and end at the stack.

use std::collections::BTreeMap;

use shared::aws::{Policy, Scope, node};
use shared::model::{Node, Tier, reference};
use shared::spec::{People, Spec, UserName};

use crate::iam::at;
use crate::statement::{Allow, condensed, policy};
use crate::{Group, ManagedPolicy, User, rights, user};

/// What a person may do. Each level includes those before it: who operates is in the group that
/// reads too, so no right is written twice and every policy stays within IAM's limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rights {
    ReadOnly,
    Operate,
    Administer,
}

impl Rights {
    pub const ALL: [Self; 3] = [Self::ReadOnly, Self::Operate, Self::Administer];

    pub fn name(self) -> &'static str {
        match self {
            Self::ReadOnly => "read-only",
            Self::Operate => "operate",
            Self::Administer => "administer",
        }
    }

    pub fn group_name(self, scope: &Scope) -> String {
        scope.name(self.name())
    }

    fn members(self, people: &People) -> &[UserName] {
        match self {
            Self::ReadOnly => &people.read_only,
            Self::Operate => &people.operate,
            Self::Administer => &people.administer,
        }
    }

    /// What this level adds to the one before it.
    fn statements(self, scope: &Scope) -> Vec<Allow> {
        match self {
            Self::ReadOnly => rights::read_only(scope),
            Self::Operate => rights::operate(scope),
            Self::Administer => rights::administer(scope),
        }
    }

    /// Without a second factor, people can do nothing but set one up.
    fn policy(self, people: &People, scope: &Scope) -> Policy {
        let statements = self.statements(scope).into_iter().map(|statement| {
            if people.require_mfa { rights::with_second_factor(statement) } else { statement }
        });
        match self {
            Self::ReadOnly => policy(statements.chain(rights::own_second_factor(scope))),
            Self::Operate | Self::Administer => policy(statements),
        }
    }
}

/// Nobody named: nothing made. A group stands when a member needs it.
pub fn nodes(spec: &Spec, scope: &Scope) -> Vec<Node> {
    let people = levels(&spec.people);
    let Some(most) = people.values().max() else { return Vec::new() };
    let boundary = ManagedPolicy { policy: boundary(scope) };
    let mut nodes = vec![node(at(user::BOUNDARY), &boundary)];
    for rights in up_to(*most) {
        let policy = rights.policy(&spec.people, scope);
        nodes.push(node(group(rights), &Group { policy, foreign_policies: [].into() }));
    }
    for (name, rights) in people {
        let wish = User {
            groups: up_to(rights).map(|it| it.group_name(scope)).collect(),
            boundary: reference(Tier::Access, user::BOUNDARY, "arn"),
        };
        let mut user = node(user::at(name.as_str()), &wish);
        user.after = up_to(rights).map(group).collect();
        nodes.push(user);
    }
    nodes
}

/// Everybody with what they may do. The spec names each person once.
fn levels(people: &People) -> BTreeMap<&UserName, Rights> {
    let named = Rights::ALL
        .into_iter()
        .flat_map(|rights| rights.members(people).iter().map(move |name| (name, rights)));
    named.collect()
}

fn up_to(most: Rights) -> impl Iterator<Item = Rights> {
    Rights::ALL.into_iter().filter(move |rights| *rights <= most)
}

fn group(rights: Rights) -> shared::model::Address {
    at(format!("group-{}", rights.name()))
}

/// All that anybody can be given, without asking for the second factor: that the groups do.
fn boundary(scope: &Scope) -> Policy {
    let all = Rights::ALL.into_iter().flat_map(|rights| rights.statements(scope));
    policy(condensed(scope, all.chain(rights::own_second_factor(scope))))
}

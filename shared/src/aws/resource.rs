//! One kind of AWS resource: all that Terrace knows about it is in its file.

use std::future::Future;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Cx;
use crate::model::{Address, Bound, Facts, Node, Status, Usual};
use crate::world::CloudError;

/// One kind of AWS resource. Its fields are those we manage; it is total, so that what is read
/// back can be compared with what is wished.
pub trait Resource:
    Serialize + DeserializeOwned + PartialEq + Send + Sync + Sized + 'static
{
    /// CloudFormation's name of the kind.
    const KIND: &'static str;
    /// Fields whose change means a new resource.
    const IMMUTABLE: &'static [&'static str] = &[];
    /// Fields of which AWS takes the same values only once: a name, or a subnet's VPC and CIDR.
    const UNIQUE: &'static [&'static str] = &[];
    /// What is replaced stays until the one that takes its place is ready and all that uses it has
    /// moved over. For kinds of which two may stand at one address: nothing of theirs that AWS
    /// takes only once stays the same when they are replaced.
    const MAKE_BEFORE_BREAK: bool = false;
    /// Lists whose order has a meaning; every other list is a set.
    const ORDERED: &'static [&'static str] = &[];
    /// Fields whose change in place interrupts something, and what, as a person is told.
    const OUTAGES: &'static [(&'static str, &'static str)] = &[];
    /// What is lost with a protected one, and how its protection is lifted, for people.
    const PROTECTION: &'static str = "";
    /// How a person moves one out of what its fact `occupies` names.
    const MOVING: &'static str = "";
    /// Pending for longer than this: stuck.
    const DEADLINE: Duration = Duration::from_mins(5);
    /// How long it usually takes to get ready, where that is known and more than seconds: with a
    /// field set ("" for whatever is set). The first that fits counts. Looks are close together there.
    const TYPICAL: &'static [(&'static str, Usual)] = &[];
    /// How long its deletion usually takes, where that is known and more than seconds.
    const TYPICAL_DELETION: Option<Usual> = None;
    /// What the tier's role needs for this kind; roles are made from these.
    const GRANTS: &'static [Grant];

    /// Fields that AWS may move within bounds of ours.
    fn bounds() -> Vec<(&'static str, Bound)> {
        Vec::new()
    }

    /// The stack's resources of this kind, duplicates included. Paged, and filtered by the
    /// server (tag, path, name prefix or id), so that other stacks cost nothing.
    fn list(cx: &Cx) -> impl Future<Output = Result<Vec<LiveOf<Self>>, CloudError>> + Send;

    /// `Ok` if it exists already and is ours. The facts are a hint for this pass. May make the
    /// bare thing only: what is missing then is a difference, and `update` mends it.
    fn create(
        &self,
        cx: &Cx,
        at: &Address,
    ) -> impl Future<Output = Result<Facts, CloudError>> + Send;

    /// Makes `live` as `self` is. Called when a field that is not immutable differs.
    fn update(
        &self,
        cx: &Cx,
        live: &LiveOf<Self>,
    ) -> impl Future<Output = Result<(), CloudError>> + Send;

    /// `Ok` if it is gone already. Switches off deletion protection where AWS has one: the plan
    /// has decided.
    fn delete(cx: &Cx, live: &LiveOf<Self>) -> impl Future<Output = Result<(), CloudError>> + Send;
}

/// A live resource of a known kind.
#[derive(Clone, Debug, PartialEq)]
pub struct LiveOf<R> {
    pub address: Address,
    pub spec: R,
    pub facts: Facts,
    pub status: Status,
}

/// Why a role holds a permission.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grant {
    /// IAM actions, e.g. `ec2:CreateVpc`.
    pub actions: &'static [&'static str],
    /// ARN pattern; `{region}`, `{account}` stand for themselves.
    pub resource: &'static str,
    pub reason: &'static str,
    /// When alone it holds; always if `None`.
    pub condition: Option<Condition>,
}

/// What else must be so, in the words of a policy's `Condition`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Condition {
    /// E.g. `StringEquals`.
    pub operator: &'static str,
    /// E.g. `iam:PassedToService`.
    pub key: &'static str,
    /// One of these; `{region}`, `{account}` stand for themselves.
    pub values: &'static [&'static str],
}

impl Grant {
    pub const fn on(
        actions: &'static [&'static str],
        resource: &'static str,
        reason: &'static str,
    ) -> Self {
        Self { actions, resource, reason, condition: None }
    }

    /// The same only when the request's `key` is like one of `values`.
    #[must_use]
    pub const fn when(
        self,
        operator: &'static str,
        key: &'static str,
        values: &'static [&'static str],
    ) -> Self {
        Self { condition: Some(Condition { operator, key, values }), ..self }
    }
}

/// The node at `address` for a typed wish, whose strings may hold references.
pub fn node<R: Resource>(address: Address, wish: &R) -> Node {
    let spec = serde_json::to_value(wish).unwrap_or_else(|error| {
        unreachable!("a {} has only keys that are strings: {error}", R::KIND)
    });
    Node { address, kind: R::KIND.to_owned(), spec, after: [].into(), protected: false }
}

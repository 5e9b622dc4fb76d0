//! The database tier: the RDS instance, its groups, who is told of its events, and the
//! parameters by which the application finds it.

mod event_subscription;
mod instance;
mod parameter;
mod parameter_group;
mod rds;
mod snapshot;
mod subnet_group;
mod wish;

use shared::aws::Kind;
use shared::model::Tier;
use shared::tier::Definition;

pub use event_subscription::EventSubscription;
pub use instance::Instance;
pub use parameter::Parameter;
pub use parameter_group::ParameterGroup;
pub use snapshot::Snapshot;
pub use subnet_group::SubnetGroup;
pub use wish::wish;

pub static TIER: Definition =
    Definition { tier: Tier::Database, kinds: KINDS, wish, responses: &[] };

pub const KINDS: &[Kind] = &[
    Kind::of::<SubnetGroup>(),
    Kind::of::<ParameterGroup>(),
    Kind::of::<Instance>(),
    Kind::of::<Snapshot>(),
    Kind::of::<EventSubscription>(),
    Kind::of::<Parameter>(),
];

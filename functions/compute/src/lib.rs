//! The compute tier: the application's instances and the bastion.

mod auto_scaling;
mod bastion_address;
mod elastic_ip;
mod image;
mod instance;
mod key_pair;
mod launch_template;
mod launching;
mod names;
mod replace_unhealthy;
mod replacement;
mod scaling_group;
mod scaling_policy;
mod wish;

use shared::aws::Kind;
use shared::model::Tier;
use shared::tier::Definition;

pub use bastion_address::BastionAddress;
pub use elastic_ip::ElasticIp;
pub use instance::Instance;
pub use key_pair::KeyPair;
pub use launch_template::LaunchTemplate;
pub use replace_unhealthy::{Replaced, replace_unhealthy};
pub use replacement::Replacement;
pub use scaling_group::ScalingGroup;
pub use scaling_policy::ScalingPolicy;
pub use wish::wish;

pub static TIER: Definition = Definition {
    tier: Tier::Compute,
    kinds: KINDS,
    wish,
    responses: &[("replace-unhealthy", replace_unhealthy::response)],
};

const KINDS: &[Kind] = &[
    Kind::of::<KeyPair>(),
    Kind::of::<LaunchTemplate>(),
    Kind::of::<ScalingGroup>(),
    Kind::of::<Replacement>(),
    Kind::of::<ScalingPolicy>(),
    Kind::of::<Instance>(),
    Kind::of::<ElasticIp>(),
    Kind::of::<BastionAddress>(),
];

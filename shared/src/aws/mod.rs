//! What all resources have in common: clients, names, tags, errors, and the erased [`Kind`].

mod calls;
mod clients;
mod cx;
mod error;
mod kind;
mod policy;
mod resource;
mod tags;

pub use calls::{Calls, CountCalls, Tally};
pub use clients::{Aws, https};
pub use cx::{Cx, Scope};
pub use error::{OrAbsent, classified};
pub use kind::{Kind, TierWorld};
pub use policy::Policy;
pub use resource::{Condition, Grant, LiveOf, Resource, node};
pub use tags::{ADDRESS_TAG, RUN_TAG, STACK_TAG, Tags};

/// The client of a service for this context, made once: `client!(cx, aws_sdk_ec2)`.
#[macro_export]
macro_rules! client {
    ($cx:expr, $sdk:ident) => {
        $cx.aws.client(|config, calls| {
            let config = $sdk::config::Builder::from(config).interceptor(calls).build();
            $sdk::Client::from_conf(config)
        })
    };
}

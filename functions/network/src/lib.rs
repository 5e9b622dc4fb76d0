//! The network tier: VPC, subnets, gateways, routes, flow log.

mod defaults;
mod elastic_ip;
mod flow_log;
mod guard_duty;
mod guests;
mod internet_gateway;
mod nat_gateway;
mod route_table;
mod subnet;
mod vpc;
mod wish;

use shared::aws::Kind;
use shared::model::Tier;
use shared::tier::Definition;

pub use elastic_ip::ElasticIp;
pub use flow_log::FlowLog;
pub use internet_gateway::InternetGateway;
pub use nat_gateway::NatGateway;
pub use route_table::RouteTable;
pub use subnet::Subnet;
pub use vpc::Vpc;
pub use wish::wish;

pub static TIER: Definition =
    Definition { tier: Tier::Network, kinds: KINDS, wish, responses: &[] };

pub const KINDS: &[Kind] = &[
    Kind::of::<Vpc>(),
    Kind::of::<Subnet>(),
    Kind::of::<InternetGateway>(),
    Kind::of::<ElasticIp>(),
    Kind::of::<NatGateway>(),
    Kind::of::<RouteTable>(),
    Kind::of::<FlowLog>(),
];

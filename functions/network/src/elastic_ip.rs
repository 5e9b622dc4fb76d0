//! `AWS::EC2::EIP`, for the NAT gateways.

use ec2::elastic_ip::{self, Owner};
use shared::model::Tier;

/// A NAT gateway's address.
pub type ElasticIp = elastic_ip::ElasticIp<Network>;

#[derive(Clone, Debug, PartialEq)]
pub struct Network;

impl Owner for Network {
    const TIER: Tier = Tier::Network;
}

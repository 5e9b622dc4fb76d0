//! `AWS::EC2::EIP`: the address by which people reach the bastion, whichever machine it is.

use ec2::elastic_ip::{self, Owner};
use shared::model::Tier;

/// The bastion's address.
pub type ElasticIp = elastic_ip::ElasticIp<Compute>;

#[derive(Clone, Debug, PartialEq)]
pub struct Compute;

impl Owner for Compute {
    const TIER: Tier = Tier::Compute;
}

//! One contract test for each kind, by tier. Each works in a stack of its own.

mod access;
mod compute;
mod database;
mod domain;
mod edge;
mod firewall;
mod keys;
mod monitoring;
mod network;
mod stage;
mod storage;
mod tags;
mod tiers;

use crate::Test;

pub fn tests() -> Vec<Test> {
    [
        access::TESTS,
        compute::TESTS,
        database::TESTS,
        domain::TESTS,
        edge::TESTS,
        firewall::TESTS,
        keys::TESTS,
        monitoring::TESTS,
        network::TESTS,
        storage::TESTS,
        tags::TESTS,
        tiers::TESTS,
    ]
    .concat()
}

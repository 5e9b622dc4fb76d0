use std::collections::{BTreeMap, BTreeSet};

use ipnet::Ipv4Net;
use proptest::prelude::*;

use super::{good, with};
use crate::spec::{Network, PlannedSubnet, Spec, ZoneName, Zones};

proptest! {
    #[test]
    fn subnets_lie_apart_inside_the_vpc_and_leave_a_quarter_free(network in networks()) {
        let spec = over(network);
        let subnets = spec.subnets();
        let vpc = spec.network.cidr;
        for (index, subnet) in subnets.iter().enumerate() {
            prop_assert!(vpc.contains(&subnet.cidr));
            prop_assert!(subnet.cidr.prefix_len() <= 27, "a load balancer needs a /27");
            for other in &subnets[index + 1..] {
                prop_assert!(!subnet.cidr.contains(&other.cidr) && !other.cidr.contains(&subnet.cidr));
            }
        }
        let taken: u32 = subnets.iter().map(|it| 1 << (32 - it.cidr.prefix_len())).sum();
        prop_assert!(taken <= (1 << (32 - vpc.prefix_len())) / 4 * 3);
    }

    #[test]
    fn another_zone_or_a_second_subnet_moves_no_subnet_that_stands(network in networks(), more in letters()) {
        let before = by_name(&over(network.clone()));
        let Zones::Names(names) = &network.zones else { unreachable!("networks() names its zones") };
        let all: BTreeSet<ZoneName> = names.iter().cloned().chain(more.into_iter().map(zone)).collect();
        let grown = Network { zones: Zones::Names(all.into_iter().collect()), subnets_per_tier: 2, ..network };
        let after = by_name(&over(grown));
        for (name, cidr) in before {
            prop_assert_eq!(after.get(&name), Some(&cidr));
        }
    }
}

#[test]
fn the_usual_stack_has_six_subnets_and_the_largest_twelve_or_eighteen() {
    assert_eq!(good(&with("")).subnets().len(), 6);
    assert_eq!(good(&with("network: {subnets_per_tier: 2}")).subnets().len(), 12);
    assert_eq!(good(&with("network: {zones: 3, subnets_per_tier: 2}")).subnets().len(), 18);
}

#[test]
fn subnets_lie_where_they_have_always_lain() {
    let spec = good(&with("network: {zones: 2, subnets_per_tier: 2}"));
    let named =
        |it: PlannedSubnet| format!("{} {} {} {}", it.tier.name(), it.zone.name, it.index, it.cidr);
    let lying: Vec<String> = spec.subnets().into_iter().map(named).collect();
    let expected = [
        "public eu-central-1a 1 10.0.0.0/22",
        "public eu-central-1a 2 10.0.4.0/22",
        "public eu-central-1b 1 10.0.8.0/22",
        "public eu-central-1b 2 10.0.12.0/22",
        "private eu-central-1a 1 10.0.64.0/22",
        "private eu-central-1a 2 10.0.68.0/22",
        "private eu-central-1b 1 10.0.72.0/22",
        "private eu-central-1b 2 10.0.76.0/22",
        "database eu-central-1a 1 10.0.128.0/22",
        "database eu-central-1a 2 10.0.132.0/22",
        "database eu-central-1b 1 10.0.136.0/22",
        "database eu-central-1b 2 10.0.140.0/22",
    ];
    assert_eq!(lying, expected);
}

#[test]
fn zones_by_count_are_those_that_accounts_get() {
    let letters = |region: &str| {
        let text = with("network: {zones: 3}").replace("eu-central-1", region);
        good(&text).zones().into_iter().map(|zone| zone.letter).collect::<String>()
    };
    assert_eq!(letters("eu-central-1"), "abc");
    assert_eq!(letters("ap-northeast-1"), "acd");
    assert_eq!(letters("ca-central-1"), "abd");
}

fn by_name(spec: &Spec) -> BTreeMap<(String, String, u8), Ipv4Net> {
    let named = |it: PlannedSubnet| ((it.tier.name().to_owned(), it.zone.name, it.index), it.cidr);
    spec.subnets().into_iter().map(named).collect()
}

fn over(network: Network) -> Spec {
    Spec { network, ..good(&with("")) }
}

fn zone(letter: char) -> ZoneName {
    format!("eu-central-1{letter}").parse().expect("a zone of the region")
}

fn letters() -> impl Strategy<Value = BTreeSet<char>> {
    prop::collection::btree_set(prop::char::range('a', 'h'), 2..=3)
}

fn networks() -> impl Strategy<Value = Network> {
    (letters(), 16_u8..=21, any::<u16>(), 1_u8..=2).prop_map(
        |(letters, prefix, low, subnets_per_tier)| {
            let address = std::net::Ipv4Addr::from((10 << 24) | (u32::from(low) << 8));
            let cidr = Ipv4Net::new_assert(address, prefix).trunc();
            let zones = Zones::Names(letters.into_iter().map(zone).collect());
            Network { cidr, zones, subnets_per_tier, ..Network::default() }
        },
    )
}

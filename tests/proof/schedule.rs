//! How late readiness is noticed, without a clock: what AWS has been seen to take against the
//! looks that the tiers' own kinds ask for. Times are seconds.

use shared::model::Usual;
use shared::tier::{Definition, patience};

/// Who waits for another tier looks so much after it.
const AFTER_NEIGHBOUR: i64 = 2;

fn usual(tier: &Definition, kind: &str) -> Usual {
    let kind = tier.kinds.iter().find(|it| it.name == kind).expect("a kind of the tier");
    kind.rules().typical.first().expect("its times are known").usual
}

/// When what is ready after `ready` is noticed.
fn noticed(ready: i64, usual: Usual) -> i64 {
    let mut now = 0;
    while now < ready {
        now += patience(now, Some(usual));
    }
    now
}

/// From the shortest of twenty to the longest.
fn likely(usual: Usual) -> impl Iterator<Item = i64> {
    let shortest = usual.half_seconds * usual.half_seconds / usual.most_seconds;
    shortest..=usual.most_seconds
}

#[test]
fn the_site_is_noticed_within_a_fifteenth_of_its_time() {
    let gateway = usual(&network::TIER, "AWS::EC2::NatGateway");
    let group = usual(&compute::TIER, "AWS::AutoScaling::AutoScalingGroup");
    let balancer = usual(&edge::TIER, "AWS::ElasticLoadBalancingV2::LoadBalancer");
    let (mut late, mut took) = (0, 0);
    for nat in likely(gateway) {
        for members in likely(group) {
            let usable = noticed(nat, gateway) + AFTER_NEIGHBOUR + noticed(members, group);
            late += usable - nat - members;
            took += nat + members;
            assert!(usable - nat - members <= 10, "{usable} s for {nat} and {members}");
        }
    }
    assert!(late * 20 <= took, "in the mean a twentieth: {late} of {took}");
    for active in likely(balancer) {
        assert!((noticed(active, balancer) - active) * 15 <= active, "a load balancer of {active}");
    }
}

#[test]
fn a_database_is_noticed_within_three_hundredths_of_its_time() {
    let standby = usual(&database::TIER, "AWS::RDS::DBInstance");
    let late: i64 = likely(standby).map(|it| noticed(it, standby) - it).sum();
    let took: i64 = likely(standby).sum();
    assert!(late * 100 <= took * 3, "{late} of {took}");
}

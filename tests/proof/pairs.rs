//! Any spec after any other is as if it had been alone: with the real tiers' nodes and rules.

use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::RngSeed;
use shared::memory::{Memory, Pace};
use shared::model::Stack;
use shared::plan::Options;
use shared::spec::{Engine, Nat, Spec, Trail, WafMode, Zones};

use crate::examples;
use crate::machine::{End, Ledger, assert_same, block_on, deploy, plan, run};
use crate::world::cloud;

/// What people change in a spec, among what is valid together.
fn specs() -> impl Strategy<Value = Spec> {
    let network = (
        select(&["10.0.0.0/16", "10.64.0.0/18"][..]),
        select(&["ab", "bc", "abc"][..]),
        1..=2u8,
        select(&[Nat::PerZone, Nat::Single, Nat::None][..]),
    );
    let database = (
        select(&[Engine::Postgres, Engine::Mysql][..]),
        select(&["db.t4g.small", "db.t4g.medium"][..]),
        any::<bool>(),
        select(&[20u32, 40][..]),
        select(&[15432u16, 25432][..]),
    );
    let app = (select(&[8080u16, 9090][..]), 2..=3u32, select(&["t4g.small", "t4g.medium"][..]));
    let rest = (any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>(), 0..3usize);
    (network, database, app, rest).prop_map(|(network, database, app, rest)| {
        let mut spec = examples::three_tier();
        let (cidr, zones, subnets_per_tier, nat) = network;
        spec.network.cidr = cidr.parse().expect("a CIDR");
        let zone = |letter| format!("us-east-1{letter}").parse().expect("a zone");
        spec.network.zones = Zones::Names(zones.chars().map(zone).collect());
        (spec.network.subnets_per_tier, spec.network.nat) = (subnets_per_tier, nat);
        let (engine, class, standby, storage_gib, port) = database;
        spec.database.engine = engine;
        spec.database.class = class.parse().expect("a class");
        (spec.database.standby, spec.database.storage_gib) = (standby, storage_gib);
        (spec.database.port, spec.database.protection) = (port, false);
        let (app_port, min, instance_type) = app;
        (spec.app.port, spec.app.min, spec.app.desired) = (app_port, min, min);
        spec.app.instance_types = vec![instance_type.parse().expect("a type")];
        let (bastion, flow_logs, trail, blocks, people) = rest;
        (spec.bastion.enabled, spec.logging.flow_logs) = (bastion, flow_logs);
        spec.logging.trail = if trail { Trail::Own } else { Trail::Account };
        spec.ingress.waf.mode = if blocks { WafMode::Block } else { WafMode::Count };
        spec.files.protection = false;
        let named = ["ada", "grace", "linus"].iter().take(people);
        spec.people.operate = named.map(|it| it.parse().expect("a name")).collect();
        spec
    })
}

fn paces() -> impl Strategy<Value = Pace> {
    (0..2u32, 0..2u32, 0..2u32, 0..2u32, 0..3u32, 0..3u32).prop_map(
        |(hidden, creating, updating, deleting, spreading, lingering)| Pace {
            hidden,
            creating,
            updating,
            deleting,
            spreading,
            lingering,
        },
    )
}

/// A cloud that never held anything but `stack`.
fn fresh(stack: &Stack, all: &[&Stack]) -> Memory {
    let (cloud, mut ledger) = (cloud(all, Pace::default()), Ledger::default());
    block_on(deploy(&cloud, stack, &mut ledger));
    cloud
}

/// Data may be replaced: what a person has said is not what these laws are about.
fn ledger() -> Ledger {
    let options = Options { include_data: true, ..Options::default() };
    Ledger { options, ..Ledger::default() }
}

proptest! {
    #![proptest_config(cases(12))]

    #[test]
    fn one_spec_after_another_is_as_if_it_had_been_alone(
        before in specs(),
        after in specs(),
        pace in paces(),
    ) {
        let (before, after) = (examples::stack(&before), examples::stack(&after));
        let stacks = [&before, &after];
        let (cloud, mut ledger) = (cloud(&stacks, pace), ledger());
        for stack in stacks {
            let end = block_on(run(&cloud, stack, &mut ledger));
            assert!(matches!(end, End::Done(_)), "{end:#?}");
        }
        assert_same(&cloud, &fresh(&after, &stacks));
        let writes = cloud.writes();
        block_on(deploy(&cloud, &after, &mut ledger));
        assert_eq!(cloud.writes(), writes, "deploying twice changes nothing");
        block_on(deploy(&cloud, &Stack::default(), &mut ledger));
        assert_eq!(cloud.shape(), [], "destroying leaves nothing");
    }
}

/// What AWS moves by itself: capacity within its bounds, a minor version, a disk that grew.
#[test]
fn what_aws_moves_is_left_where_it_is() {
    for spec in [examples::three_tier(), examples::minimal(), examples::large()] {
        let stack = examples::stack(&spec);
        let (cloud, mut ledger) = (cloud(&[&stack], Pace::default()), Ledger::default());
        block_on(deploy(&cloud, &stack, &mut ledger));
        let moved = |tier: &str, field: &str, value: serde_json::Value| {
            let address = tier.parse().expect("an address");
            assert!(cloud.tamper(&address, |spec| {
                assert!(!spec[field].is_null(), "{tier} has no {field}");
                spec[field] = value;
            }));
        };
        moved("compute/scaling-group", "desired", (spec.app.min + 1).into());
        moved("database/instance", "storage_gib", (spec.database.storage_gib + 10).into());
        let version = spec.database.engine_version().split('.').next().unwrap_or_default();
        moved("database/instance", "engine_version", format!("{version}.99").into());
        let writes = cloud.writes();
        block_on(deploy(&cloud, &stack, &mut ledger));
        assert_eq!(cloud.writes(), writes);
    }
}

/// Log buckets and the key always stay; the database and the files unless the spec gives them up.
#[test]
fn destroying_leaves_what_is_protected_with_what_it_uses_and_names_it() {
    for spec in [examples::three_tier(), examples::minimal(), examples::large()] {
        let stack = examples::stack(&spec);
        let (cloud, mut ledger) = (cloud(&[&stack], Pace::default()), Ledger::default());
        block_on(deploy(&cloud, &stack, &mut ledger));
        block_on(deploy(&cloud, &Stack::default(), &mut ledger));
        let left: Vec<_> = cloud.shape().into_iter().map(|it| it.0).collect();
        let protected = stack.nodes().iter().filter(|node| node.protected);
        for node in protected {
            assert!(left.contains(&node.address), "{} is gone", node.address);
        }
        let verify = block_on(plan(&cloud, &Stack::default(), &mut ledger));
        let named: Vec<_> = verify.notes.into_iter().map(|note| note.address).collect();
        assert!(left.iter().all(|it| named.contains(it)), "{left:?} is left, {named:?} is named");
    }
}

/// The same ones every time: `PROPTEST_CASES` asks for more, `PROPTEST_RNG_SEED` for others.
fn cases(cases: u32) -> ProptestConfig {
    let usual = ProptestConfig { failure_persistence: None, ..ProptestConfig::default() };
    let cases = if std::env::var_os("PROPTEST_CASES").is_some() { usual.cases } else { cases };
    let rng_seed = match usual.rng_seed {
        RngSeed::Random => RngSeed::Fixed(1),
        said @ RngSeed::Fixed(_) => said,
    };
    ProptestConfig { cases, rng_seed, ..usual }
}

//! Whatever goes wrong at whatever call: deploying again heals it.

use std::ops::RangeInclusive;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::{self, available_parallelism};
use std::time::Instant;

use shared::memory::{At, Fault, How, Memory, Pace, Throttle};
use shared::model::Stack;
use shared::plan::Options;

use crate::examples;
use crate::machine::{Ledger, Recovery, assert_same, block_on, deploy, plan};
use crate::world::cloud;

/// What can go wrong at one call, and whether the process ends with it.
const FAULTS: [(&str, How, bool); 6] = [
    ("dies before", How::Lost, true),
    ("dies after", How::Unanswered, true),
    ("dies halfway", How::Halfway, true),
    ("answer lost", How::Unanswered, false),
    ("throttled", How::Throttled, false),
    ("refused", How::Refused, false),
];

const PACE: Pace =
    Pace { hidden: 1, creating: 1, updating: 1, deleting: 1, spreading: 2, lingering: 2 };

/// Ways in which calls are throttled.
const SEEDS: u64 = 3;

/// One way from one stack to the next, from an empty account.
struct Journey<'a> {
    name: &'static str,
    stacks: Vec<&'a Stack>,
    options: Options,
}

impl Journey<'_> {
    /// All but the last leg, in calm.
    fn begin(&self) -> (Memory, Ledger) {
        let cloud = cloud(&self.stacks, PACE);
        let mut ledger = Ledger { options: self.options.clone(), ..Ledger::default() };
        for stack in &self.stacks[..self.stacks.len() - 1] {
            block_on(deploy(&cloud, stack, &mut ledger));
        }
        (cloud, ledger)
    }

    fn end(&self) -> &Stack {
        self.stacks.last().expect("a journey leads somewhere")
    }

    /// Every changing call of the last leg × everything that can go wrong × both recoveries.
    fn prove(&self) {
        let started = Instant::now();
        let (begun, ledger) = self.begin();
        let clean = begun.fork();
        block_on(deploy(&clean, self.end(), &mut ledger.clone()));
        let points = points(begun.writes() + 1..=clean.writes());
        let next = AtomicUsize::new(0);
        let work = || {
            let mut broken = Vec::new();
            while let Some(point) = points.get(next.fetch_add(1, Ordering::Relaxed)) {
                let healed = catch_unwind(AssertUnwindSafe(|| {
                    block_on(self.heal(point, begun.fork(), ledger.clone(), &clean));
                }));
                broken.extend(healed.is_err().then_some(point));
            }
            broken
        };
        let broken: Vec<&Point> = thread::scope(|scope| {
            let threads = available_parallelism().map_or(1, usize::from);
            let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
            workers.into_iter().flat_map(|it| it.join().expect("panics are caught")).collect()
        });
        let (count, calls) = (points.len(), clean.writes() - begun.writes());
        let healed = count - broken.len();
        let name = self.name;
        println!(
            "{name}: {calls} calls, {count} points, {healed} healed in {:?}",
            started.elapsed()
        );
        assert!(broken.is_empty(), "{name}: not healed: {broken:#?}");
    }

    async fn heal(&self, point: &Point, cloud: Memory, mut ledger: Ledger, clean: &Memory) {
        ledger.after_a_crash = point.recovery;
        cloud.inject(point.fault);
        deploy(&cloud, self.end(), &mut ledger).await;
        assert_same(&cloud, clean);
        let verify = plan(&cloud, self.end(), &mut ledger).await;
        assert!(verify.is_empty(), "{verify}");
    }
}

/// One thing that goes wrong at one call.
#[derive(Debug)]
struct Point {
    #[expect(dead_code, reason = "read by people, when it is not healed")]
    what: &'static str,
    fault: Fault,
    recovery: Recovery,
}

fn points(calls: RangeInclusive<u64>) -> Vec<Point> {
    let mut points = Vec::new();
    for call in calls {
        for (what, how, is_deadly) in FAULTS {
            let fault = Fault { at: At::Write(call), how, is_deadly };
            points.push(Point { what, fault, recovery: Recovery::Anew });
            if is_deadly {
                points.push(Point { what, fault, recovery: Recovery::Resume });
            }
        }
    }
    points
}

fn including_data() -> Options {
    Options { include_data: true, ..Options::default() }
}

#[test]
fn a_first_deploy() {
    let stack = examples::stack(&examples::three_tier());
    Journey { name: "deploy", stacks: vec![&stack], options: Options::default() }.prove();
}

/// Another CIDR is another VPC: network, firewall, database, edge and compute are made again.
#[test]
fn an_update_that_replaces_across_tiers() {
    let mut spec = examples::three_tier();
    spec.database.protection = false;
    let before = examples::stack(&spec);
    spec.network.cidr = "10.128.0.0/16".parse().expect("a CIDR");
    let after = examples::stack(&spec);
    let stacks = vec![&before, &after];
    Journey { name: "replace", stacks, options: Options::default() }.prove();
}

#[test]
fn a_destroy() {
    let (stack, nothing) = (examples::stack(&examples::three_tier()), Stack::default());
    let stacks = vec![&stack, &nothing];
    Journey { name: "destroy", stacks, options: including_data() }.prove();
}

#[test]
fn a_destroy_that_keeps_data() {
    let (stack, nothing) = (examples::stack(&examples::minimal()), Stack::default());
    let stacks = vec![&stack, &nothing];
    Journey { name: "destroy but for data", stacks, options: Options::default() }.prove();
}

/// Three of ten calls, reading or changing, are too many.
#[test]
fn throttling_everywhere() {
    let mut spec = examples::three_tier();
    spec.database.protection = false;
    let before = examples::stack(&spec);
    spec.network.cidr = "10.128.0.0/16".parse().expect("a CIDR");
    let after = examples::stack(&spec);
    for seed in 0..SEEDS {
        let stacks = vec![&before, &after];
        let journey = Journey { name: "throttled", stacks, options: including_data() };
        let (throttled, calm) = (cloud(&[&before, &after], PACE), journey.begin().0);
        throttled.throttle(Throttle { percent: 30, seed });
        let mut ledger = Ledger { options: including_data(), ..Ledger::default() };
        block_on(deploy(&throttled, &before, &mut ledger));
        assert_same(&throttled, &calm);
        block_on(deploy(&throttled, &after, &mut ledger));
        block_on(deploy(&throttled, &Stack::default(), &mut ledger));
        assert_eq!(throttled.shape(), []);
    }
}

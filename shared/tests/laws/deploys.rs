//! Deploying: twice, one version after another, slowly.

use proptest::prelude::*;
use shared::memory::{At, Fault, How, Pace};
use shared::model::Stack;

use super::driver::{End, Ledger, assert_holds, block_on, cloud, deploy, deployed, plan, run};
use super::stacks::{cases, paces, stack, two_versions};

/// The plans of a run that came to its end.
fn plans(end: End) -> Vec<String> {
    match end {
        End::Done(plans) => plans,
        end @ (End::Refused(_) | End::Failed(_) | End::Crashed) => panic!("{end:?}"),
    }
}

proptest! {
    #![proptest_config(cases(24))]

    #[test]
    fn deploying_twice_changes_nothing_the_second_time(stack in stack(), pace in paces()) {
        block_on(async {
            let (cloud, mut ledger) = deployed(&[&stack], pace).await;
            let writes = cloud.writes();
            let end = run(&cloud, &stack, &mut ledger).await;
            assert_eq!(plans(end), [""; 0]);
            assert_eq!(cloud.writes(), writes);
        });
    }

    #[test]
    fn one_plan_is_enough((before, after) in two_versions(), pace in paces()) {
        block_on(async {
            let (cloud, mut ledger) = (cloud(pace), Ledger::default());
            for stack in [&before, &after] {
                let end = run(&cloud, stack, &mut ledger).await;
                let plans = plans(end);
                assert!(plans.len() < 2, "{}", plans.join("and then\n"));
            }
        });
    }

    #[test]
    fn history_does_not_matter((before, after) in two_versions(), pace in paces()) {
        block_on(async {
            let (migrated, _) = deployed(&[&before, &after], pace).await;
            assert_holds(&migrated, &after).await;
        });
    }

    #[test]
    fn throttling_changes_nothing_but_the_time(
        (before, after) in two_versions(),
        pace in paces(),
        calls in prop::collection::vec((any::<bool>(), 1..200u64), 0..20),
    ) {
        block_on(async {
            let (calm, mut ledger) = (cloud(pace), Ledger::default());
            for (is_read, call) in calls {
                let at = if is_read { At::Read(call) } else { At::Write(call) };
                calm.inject(Fault { at, how: How::Throttled, is_deadly: false });
            }
            for stack in [&before, &after] {
                let end = run(&calm, stack, &mut ledger).await;
                plans(end);
            }
            assert_holds(&calm, &after).await;
        });
    }

    #[test]
    fn the_ledger_knows_every_id_and_no_other((before, after) in two_versions(), pace in paces()) {
        block_on(async {
            let (cloud, mut ledger) = deployed(&[&before, &after], pace).await;
            assert!(plan(&cloud, &after, &mut ledger).await.notes.is_empty());
            let known: Vec<_> = ledger.inventory.keys().collect();
            let mut wanted: Vec<_> = after.nodes().iter().map(|node| &node.address).collect();
            wanted.sort();
            assert_eq!(known, wanted);
            for (address, owned) in &ledger.inventory {
                assert_eq!(cloud.ids(address), Vec::from_iter(owned.id.clone()));
            }
        });
    }
}

#[test]
fn an_empty_stack_needs_no_plan() {
    block_on(async {
        let (cloud, mut ledger) = (cloud(Pace::default()), Ledger::default());
        deploy(&cloud, &Stack::default(), &mut ledger).await;
        let end = run(&cloud, &Stack::default(), &mut ledger).await;
        assert_eq!(plans(end), [""; 0]);
        assert_eq!(cloud.writes(), 0);
    });
}

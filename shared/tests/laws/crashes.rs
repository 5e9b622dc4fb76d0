//! Whatever goes wrong at whatever call: deploying again heals it.

use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::json;
use shared::memory::{At, Fault, How, Memory, Pace};
use shared::model::{Node, Stack};

use super::driver::{
    End, Ledger, Recovery, assert_holds, block_on, cloud, deploy, deployed, plan, run,
};
use super::stacks::{NAMED, TITLED, cases, stack, thing, two_versions};

const RECOVERIES: [Recovery; 2] = [Recovery::Anew, Recovery::Resume];
const HOWS: [How; 5] = [How::Lost, How::Unanswered, How::Halfway, How::Throttled, How::Refused];

/// What is hidden for one look shows at the latest when the run verifies itself.
fn paces() -> impl Strategy<Value = Pace> {
    super::stacks::paces().prop_map(|pace| Pace { hidden: pace.hidden.min(1), ..pace })
}

fn faults() -> impl Strategy<Value = (Index, How, bool)> {
    (any::<Index>(), select(HOWS.as_slice()), any::<bool>())
}

/// Deploys each version until it is done, in a cloud where some calls go wrong.
async fn battered(
    stacks: &[&Stack],
    pace: Pace,
    faults: &[(Index, How, bool)],
    after_a_crash: Recovery,
) -> (Memory, Ledger) {
    let writes = deployed(stacks, pace).await.0.writes();
    let (cloud, mut ledger) = (cloud(pace), Ledger { after_a_crash, ..Ledger::default() });
    for (pick, how, is_deadly) in faults {
        cloud.inject(Fault { at: nth(*pick, writes), how: *how, is_deadly: *is_deadly });
    }
    for stack in stacks {
        deploy(&cloud, stack, &mut ledger).await;
    }
    (cloud, ledger)
}

/// One of the calls that a calm deploy makes.
fn nth(pick: Index, writes: u64) -> At {
    At::Write(1 + pick.index(usize::try_from(writes.max(1)).expect("few")) as u64)
}

proptest! {
    #![proptest_config(cases(24))]

    #[test]
    fn a_crash_at_any_call_is_healed_by_deploying_again(
        (before, after) in two_versions(),
        pace in paces(),
        fault in faults(),
        recovery in select(RECOVERIES.as_slice()),
    ) {
        block_on(async {
            let (cloud, mut ledger) = battered(&[&before, &after], pace, &[fault], recovery).await;
            assert_holds(&cloud, &after).await;
            let verify = plan(&cloud, &after, &mut ledger).await;
            assert!(verify.notes.is_empty(), "{verify}");
        });
    }

    #[test]
    fn so_are_many_crashes_at_once(
        (before, after) in two_versions(),
        pace in paces(),
        faults in prop::collection::vec(faults(), 2..6),
        recovery in select(RECOVERIES.as_slice()),
    ) {
        block_on(async {
            let (cloud, _) = battered(&[&before, &after], pace, &faults, recovery).await;
            assert_holds(&cloud, &after).await;
        });
    }

    #[test]
    fn a_destroy_that_crashed_is_finished_by_the_next(
        stack in stack(),
        pace in paces(),
        faults in prop::collection::vec(faults(), 1..4),
        recovery in select(RECOVERIES.as_slice()),
    ) {
        block_on(async {
            let nothing = Stack::default();
            let (cloud, _) = battered(&[&stack, &nothing], pace, &faults, recovery).await;
            assert_eq!(cloud.shape(), []);
        });
    }

    #[test]
    fn another_version_may_follow_a_crash(
        (before, after) in two_versions(),
        pace in paces(),
        fault in faults(),
    ) {
        block_on(async {
            let (cloud, mut ledger) = (cloud(pace), Ledger::default());
            let writes = deployed(&[&before], pace).await.0.writes();
            let (pick, how, _) = fault;
            cloud.inject(Fault { at: nth(pick, writes), how, is_deadly: true });
            run(&cloud, &before, &mut ledger).await;
            // What the first of these has no chance to see, the second collects.
            for _ in 0..2 {
                deploy(&cloud, &after, &mut ledger).await;
            }
            assert_holds(&cloud, &after).await;
        });
    }
}

/// Two creates in a row are not answered, and the second resource shows only after the run.
#[test]
fn a_duplicate_that_is_hidden_until_the_run_is_over_is_named_and_left_alone() {
    block_on(async {
        let stack = Stack::new(vec![thing()]).expect("it refers to nothing");
        let (cloud, mut ledger) = (cloud(Pace { hidden: 2, ..Pace::default() }), Ledger::default());
        ledger.after_a_crash = Recovery::Resume;
        for (call, is_deadly) in [(1, false), (2, true)] {
            cloud.inject(Fault { at: At::Write(call), how: How::Unanswered, is_deadly });
        }
        deploy(&cloud, &stack, &mut ledger).await;
        let verify = plan(&cloud, &stack, &mut ledger).await;
        let ids = cloud.ids(&thing().address);
        assert_eq!(ids.len(), 2);
        assert!(verify.is_empty(), "{verify}");
        assert!(verify.notes.iter().any(|note| note.text.contains(&ids[1])), "{verify}");
    });
}

/// What the crash left is hidden until another kind was made at its address. Then both have to go,
/// and the one that is known by its name comes again under the id that it had.
#[test]
fn what_is_made_again_under_its_name_is_the_one_that_counts() {
    block_on(async {
        let of = |kind: &str| {
            let spec = json!({ "name": "same" });
            Stack::new(vec![Node { kind: kind.to_owned(), spec, ..thing() }])
        };
        let [before, after] = [TITLED, NAMED].map(|kind| of(kind).expect("it refers to nothing"));
        let pace = Pace { hidden: 1, ..Pace::default() };
        let (cloud, mut ledger) = (cloud(pace), Ledger::default());
        cloud.inject(Fault { at: At::Write(1), how: How::Unanswered, is_deadly: true });
        run(&cloud, &before, &mut ledger).await;
        let end = run(&cloud, &after, &mut ledger).await;
        assert!(matches!(end, End::Done(_)), "{end:?}");
        assert_holds(&cloud, &after).await;
    });
}

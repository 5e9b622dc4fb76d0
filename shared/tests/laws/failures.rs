//! What fails is made again, unless it is protected.

use std::collections::BTreeSet;

use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::json;
use shared::model::{Address, Node, Stack};

use super::driver::{End, Ledger, assert_holds, block_on, cloud, deploy, deployed, run};
use super::stacks::{cases, guarded_stack, paces, stack};

proptest! {
    #![proptest_config(cases(24))]

    #[test]
    fn what_failed_is_replaced_by_the_next_run(
        stack in stack(),
        pace in paces(),
        picks in prop::collection::vec(any::<Index>(), 1..4),
    ) {
        block_on(async {
            let (cloud, mut ledger) = (cloud(pace), Ledger::default());
            let nodes = stack.nodes();
            for pick in picks.iter().filter(|_| !nodes.is_empty()) {
                cloud.spoil(&nodes[pick.index(nodes.len())].address);
            }
            deploy(&cloud, &stack, &mut ledger).await;
            assert_holds(&cloud, &stack).await;
        });
    }

    #[test]
    fn what_failed_and_is_protected_is_refused(stack in guarded_stack(), pace in paces()) {
        block_on(async {
            let Some(guarded) = stack.nodes().iter().find(|node| node.protected) else { return };
            let (cloud, mut ledger) = (cloud(pace), Ledger::default());
            cloud.spoil(&guarded.address);
            let first = run(&cloud, &stack, &mut ledger).await;
            assert!(matches!(first, End::Failed(_)), "{first:?}");
            let writes = cloud.writes();
            let End::Refused(plan) = run(&cloud, &stack, &mut ledger).await else {
                panic!("not refused")
            };
            assert!(plan.refused.iter().any(|note| note.address == guarded.address));
            assert_eq!(cloud.writes(), writes, "a plan with refusals is not run");
        });
    }

    #[test]
    fn what_is_protected_is_refused_and_never_replaced(
        stack in guarded_stack(),
        pace in paces(),
        pick in any::<Index>(),
    ) {
        block_on(async {
            if stack.nodes().is_empty() {
                return;
            }
            let changed = with_another(&stack, &stack.nodes()[pick.index(stack.nodes().len())]);
            let (cloud, mut ledger) = deployed(&[&stack], pace).await;
            let before = guarded_ids(&cloud, &stack);
            let writes = cloud.writes();
            match run(&cloud, &changed, &mut ledger).await {
                End::Done(_) => {
                    assert_holds(&cloud, &changed).await;
                }
                End::Refused(plan) => {
                    let guarded: BTreeSet<&Address> =
                        stack.nodes().iter().filter(|it| it.protected).map(|it| &it.address).collect();
                    assert!(plan.refused.iter().all(|note| guarded.contains(&note.address)));
                    assert_eq!(cloud.writes(), writes);
                }
                end @ (End::Failed(_) | End::Crashed) => panic!("{end:?}"),
            }
            assert_eq!(guarded_ids(&cloud, &stack), before);
        });
    }

    #[test]
    fn who_lifts_the_protection_may_replace_in_the_same_run(
        stack in guarded_stack(),
        pace in paces(),
        pick in any::<Index>(),
    ) {
        block_on(async {
            if stack.nodes().is_empty() {
                return;
            }
            let (cloud, mut ledger) = deployed(&[&stack], pace).await;
            let nodes = stack.nodes().iter().map(|it| Node { protected: false, ..it.clone() });
            let open = Stack::new(nodes.collect()).expect("the references are the same");
            let changed = with_another(&open, &open.nodes()[pick.index(open.nodes().len())]);
            let end = run(&cloud, &changed, &mut ledger).await;
            assert!(matches!(end, End::Done(_)), "{end:?}");
            assert_holds(&cloud, &changed).await;
        });
    }
}

/// The stack with an immutable field of `node` changed.
fn with_another(stack: &Stack, node: &Node) -> Stack {
    let nodes = stack.nodes().iter().map(|it| {
        let mut changed = it.clone();
        if it.address == node.address {
            changed.spec["deep"]["fixed"] = json!(99);
        }
        changed
    });
    Stack::new(nodes.collect()).expect("the references are the same")
}

fn guarded_ids(cloud: &shared::memory::Memory, stack: &Stack) -> Vec<Vec<String>> {
    let guarded = stack.nodes().iter().filter(|node| node.protected);
    guarded.map(|node| cloud.ids(&node.address)).collect()
}

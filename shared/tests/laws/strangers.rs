//! Tags are an index, not an authority.

use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::json;
use shared::model::{Node, Stack};
use shared::plan::{Inventory, Plan};

use super::driver::{Ledger, assert_holds, block_on, cloud, deploy, deployed, plan, run};
use super::stacks::{NAMED, cases, paces, stack, two_versions};

/// Things that carry the addresses of `stack`, though we did not make them.
fn disguised(stack: &Stack, picks: &[Index]) -> Vec<Node> {
    let nodes: Vec<&Node> = stack.nodes().iter().filter(|node| node.kind != NAMED).collect();
    let picks = picks.iter().filter(|_| !nodes.is_empty());
    let picks = picks.map(|pick| nodes[pick.index(nodes.len())].clone());
    picks.map(|node| Node { spec: json!({ "fixed": 0 }), ..node }).collect()
}

proptest! {
    #![proptest_config(cases(24))]

    #[test]
    fn strangers_that_were_there_before_us_are_neither_adopted_nor_deleted(
        (before, after) in two_versions(),
        pace in paces(),
        picks in prop::collection::vec(any::<Index>(), 1..4),
    ) {
        block_on(async {
            let (cloud, mut ledger) = (cloud(pace), Ledger::default());
            let nodes = disguised(&before, &picks);
            let strangers: Vec<String> = nodes.iter().map(|it| cloud.place_stranger(it)).collect();
            for stack in [&before, &after, &Stack::default()] {
                deploy(&cloud, stack, &mut ledger).await;
                assert_holds(&cloud, stack).await;
                assert_untouched(&cloud, &nodes, &strangers, &ledger.inventory);
            }
            assert_named(&plan(&cloud, &Stack::default(), &mut ledger).await, &strangers);
        });
    }

    #[test]
    fn nor_are_those_that_come_later(
        (before, after) in two_versions(),
        pace in paces(),
        picks in prop::collection::vec(any::<Index>(), 1..4),
        gone in prop::collection::vec(any::<Index>(), 0..2),
    ) {
        block_on(async {
            let (cloud, mut ledger) = deployed(&[&before], pace).await;
            let nodes = disguised(&before, &picks);
            let strangers: Vec<String> = nodes.iter().map(|it| cloud.place_stranger(it)).collect();
            let verify = plan(&cloud, &before, &mut ledger).await;
            assert!(verify.is_empty(), "{verify}");
            assert_named(&verify, &strangers);
            // Ours is taken away, and a stranger stands in its place.
            let victims = gone.iter().filter(|_| !nodes.is_empty());
            victims.for_each(|pick| cloud.remove(&nodes[pick.index(nodes.len())].address));
            for stack in [&before, &after, &Stack::default()] {
                deploy(&cloud, stack, &mut ledger).await;
                assert_holds(&cloud, stack).await;
                assert_untouched(&cloud, &nodes, &strangers, &ledger.inventory);
            }
        });
    }

    #[test]
    fn without_the_ledger_nothing_is_ours(stack in stack(), pace in paces()) {
        block_on(async {
            let (cloud, _) = deployed(&[&stack], pace).await;
            let writes = cloud.writes();
            let mut amnesic = Ledger::default();
            run(&cloud, &Stack::default(), &mut amnesic).await;
            assert_eq!(cloud.writes(), writes);
        });
    }
}

fn assert_named(plan: &Plan, strangers: &[String]) {
    for stranger in strangers {
        assert!(plan.notes.iter().any(|note| note.text.contains(stranger)), "{plan}");
    }
}

fn assert_untouched(
    cloud: &shared::memory::Memory,
    nodes: &[Node],
    strangers: &[String],
    inventory: &Inventory,
) {
    for (node, stranger) in nodes.iter().zip(strangers) {
        assert!(cloud.ids(&node.address).contains(stranger), "`{stranger}` was deleted");
        let owned = inventory.get(&node.address);
        assert!(owned.is_none_or(|owned| owned.id.as_ref() != Some(stranger)), "adopted");
    }
}

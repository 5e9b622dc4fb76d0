//! Drift names exactly what was touched; deploying restores exactly that.

use std::collections::BTreeSet;

use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::json;
use shared::model::{Address, Stack};
use shared::plan::{Action, Options, Plan};

use super::driver::{assert_holds, block_on, deploy, deployed, plan};
use super::stacks::{DESIRED, GROUP, SLOW, cases, paces, stack, two_versions};

fn touched(plan: &Plan) -> BTreeSet<Address> {
    plan.all_steps().map(|step| step.address.clone()).collect()
}

fn pick(stack: &Stack, picks: &[Index]) -> BTreeSet<Address> {
    let nodes = stack.nodes();
    let picks = picks.iter().filter(|_| !nodes.is_empty());
    picks.map(|pick| nodes[pick.index(nodes.len())].address.clone()).collect()
}

proptest! {
    #![proptest_config(cases(24))]

    #[test]
    fn drift_names_exactly_what_was_touched_and_deploy_restores_exactly_that(
        stack in stack(),
        pace in paces(),
        picks in prop::collection::vec(any::<Index>(), 0..4),
    ) {
        block_on(async {
            let (cloud, mut ledger) = deployed(&[&stack], pace).await;
            let clean = cloud.shape();
            let victims = pick(&stack, &picks);
            for victim in &victims {
                assert!(cloud.tamper(victim, |spec| spec["size"] = json!(99)));
            }
            let drift = plan(&cloud, &stack, &mut ledger).await;
            assert_eq!(touched(&drift), victims);
            assert!(drift.build.iter().all(|it| matches!(it.action, Action::Update(_))));
            let writes = cloud.writes();
            deploy(&cloud, &stack, &mut ledger).await;
            assert_eq!(cloud.writes() - writes, victims.len() as u64);
            assert_eq!(cloud.shape(), clean);
        });
    }

    #[test]
    fn what_was_taken_away_comes_back(
        stack in stack(),
        pace in paces(),
        picks in prop::collection::vec(any::<Index>(), 1..4),
    ) {
        block_on(async {
            let (cloud, mut ledger) = deployed(&[&stack], pace).await;
            let clean = cloud.shape();
            let victims = pick(&stack, &picks);
            for victim in &victims {
                cloud.remove(victim);
            }
            let drift = plan(&cloud, &stack, &mut ledger).await;
            assert!(victims.is_subset(&touched(&drift)));
            deploy(&cloud, &stack, &mut ledger).await;
            assert_eq!(cloud.shape(), clean);
        });
    }

    #[test]
    fn what_aws_moves_within_bounds_is_no_drift_and_stays_where_it_is(
        stack in stack(),
        pace in paces(),
        desired in DESIRED,
        grown in 0..100i64,
    ) {
        block_on(async {
            let (cloud, mut ledger) = deployed(&[&stack], pace).await;
            let moved = |kind: &'static str| stack.nodes().iter().filter(move |it| it.kind == kind);
            for node in moved(GROUP) {
                cloud.tamper(&node.address, |spec| spec["desired"] = json!(desired));
            }
            for node in moved(SLOW) {
                cloud.tamper(&node.address, |spec| spec["storage"] = json!(12 + grown));
            }
            assert!(plan(&cloud, &stack, &mut ledger).await.is_empty());
            for node in stack.nodes() {
                cloud.tamper(&node.address, |spec| spec["size"] = json!(99));
            }
            deploy(&cloud, &stack, &mut ledger).await;
            let field = |node: &shared::model::Node, field: &str| {
                cloud.spec(&node.address).expect("it stands")[field].clone()
            };
            assert!(moved(GROUP).all(|node| field(node, "desired") == json!(desired)));
            assert!(moved(SLOW).all(|node| field(node, "storage") == json!(12 + grown)));
        });
    }

    #[test]
    fn what_is_beyond_its_bounds_is_drift(stack in stack(), pace in paces()) {
        block_on(async {
            let (cloud, mut ledger) = deployed(&[&stack], pace).await;
            let groups = stack.nodes().iter().filter(|node| node.kind == GROUP);
            let groups: BTreeSet<Address> = groups.map(|node| node.address.clone()).collect();
            for group in &groups {
                cloud.tamper(group, |spec| spec["desired"] = json!(DESIRED.end() + 1));
            }
            assert_eq!(touched(&plan(&cloud, &stack, &mut ledger).await), groups);
        });
    }

    #[test]
    fn healing_touches_what_was_chosen_and_what_that_cannot_do_without(
        stack in stack(),
        pace in paces(),
        picks in prop::collection::vec(any::<Index>(), 2),
    ) {
        block_on(async {
            let (cloud, mut ledger) = deployed(&[&stack], pace).await;
            for node in stack.nodes() {
                cloud.tamper(&node.address, |spec| spec["size"] = json!(99));
            }
            let chosen = pick(&stack, &picks);
            ledger.options = Options { only: Some(chosen.clone()), ..Options::default() };
            let heal = plan(&cloud, &stack, &mut ledger).await;
            assert_eq!(touched(&heal), chosen);
            deploy(&cloud, &stack, &mut ledger).await;
            for node in stack.nodes() {
                let size = &cloud.spec(&node.address).expect("it stands")["size"];
                assert_eq!(*size == json!(99), !chosen.contains(&node.address));
            }
        });
    }

    #[test]
    fn healing_ends_whatever_else_is_not_as_wished(
        (before, after) in two_versions(),
        pace in paces(),
        picks in prop::collection::vec(any::<Index>(), 0..4),
        gone in prop::collection::vec(any::<Index>(), 0..3),
    ) {
        block_on(async {
            let (cloud, mut ledger) = deployed(&[&before], pace).await;
            for victim in pick(&before, &gone) {
                cloud.remove(&victim);
            }
            let chosen = pick(&after, &picks).union(&pick(&before, &picks)).cloned().collect();
            ledger.options = Options { only: Some(chosen), ..Options::default() };
            deploy(&cloud, &after, &mut ledger).await;
            ledger.options = Options::default();
            deploy(&cloud, &after, &mut ledger).await;
            assert_holds(&cloud, &after).await;
        });
    }
}

//! What is replaced, in which order, and what is never touched for it.

use std::collections::BTreeSet;

use proptest::prelude::*;
use serde_json::{Value, json};
use shared::memory::Pace;
use shared::model::{Address, Node, Stack, Tier, reference};
use shared::plan::{Action, Plan};

use super::driver::{End, Ledger, assert_holds, block_on, cloud, deploy, deployed, plan, run};
use super::stacks::{PLAIN, SWAP, TITLED, cases, paces, two_versions};

/// A target group, made before it is broken.
const GROUP: &str = "edge/group";
/// Refers to the group in a field that can be changed.
const LISTENER: &str = "edge/listener";
/// Refers to the group in a field that cannot.
const RULE: &str = "edge/rule";

fn at(address: &str) -> Address {
    address.parse().expect("an address")
}

fn node(address: &str, kind: &str, spec: Value) -> Node {
    let (address, kind) = (at(address), kind.to_owned());
    Node { address, kind, spec, after: BTreeSet::new(), protected: false }
}

/// A listener that leads to a group on this port; `more` nodes besides.
fn site(kind: &str, port: u8, more: Vec<Node>) -> Stack {
    let name = format!("group-{port}");
    let group = reference(Tier::Edge, "group", "id");
    let mut nodes = vec![
        node(GROUP, kind, json!({ "name": name, "fixed": port, "parent": null })),
        node(LISTENER, PLAIN, json!({ "size": 1, "uses": [group] })),
    ];
    nodes.extend(more);
    Stack::new(nodes).expect("a stack")
}

fn rule() -> Node {
    node(RULE, PLAIN, json!({ "parent": reference(Tier::Edge, "group", "id") }))
}

fn touched(steps: &[shared::plan::Step]) -> Vec<String> {
    steps.iter().map(|step| step.address.to_string()).collect()
}

#[test]
fn the_new_one_is_there_before_the_old_one_goes() {
    for kind in [SWAP, TITLED] {
        block_on(async {
            let (before, after) = (site(kind, 80, Vec::new()), site(kind, 81, Vec::new()));
            let (cloud, mut ledger) = deployed(&[&before], Pace::default()).await;
            let (group, listener) = (cloud.ids(&at(GROUP)), cloud.ids(&at(LISTENER)));
            let plan = plan(&cloud, &after, &mut ledger).await;
            assert!(plan.clear.is_empty(), "{plan}");
            assert_eq!(touched(&plan.build), [GROUP, LISTENER]);
            assert!(matches!(plan.build[1].action, Action::Update(_)), "{plan}");
            assert_eq!(touched(&plan.retire), [GROUP]);
            assert_eq!(plan.retire[0].id.as_ref(), group.first());
            deploy(&cloud, &after, &mut ledger).await;
            assert_ne!(cloud.ids(&at(GROUP)), group);
            assert_eq!(cloud.ids(&at(LISTENER)), listener, "the listener stays open");
            assert_holds(&cloud, &after).await;
        });
    }
}

#[test]
fn what_refers_to_it_for_good_is_replaced_in_turn() {
    block_on(async {
        let [before, after] = [80, 81].map(|port| site(SWAP, port, vec![rule()]));
        let (cloud, mut ledger) = deployed(&[&before], Pace::default()).await;
        let plan = plan(&cloud, &after, &mut ledger).await;
        assert_eq!(touched(&plan.clear), [RULE]);
        assert_eq!(touched(&plan.retire), [GROUP]);
        deploy(&cloud, &after, &mut ledger).await;
        assert_holds(&cloud, &after).await;
    });
}

#[test]
fn what_shares_its_name_with_the_new_one_goes_first() {
    block_on(async {
        let before = site(TITLED, 80, Vec::new());
        let nodes = before.nodes().iter().cloned().map(|mut node| {
            if node.address == at(GROUP) {
                node.spec["fixed"] = json!(81);
            }
            node
        });
        let after = Stack::new(nodes.collect()).expect("a stack");
        let (cloud, mut ledger) = deployed(&[&before], Pace::default()).await;
        let plan = plan(&cloud, &after, &mut ledger).await;
        assert_eq!(touched(&plan.clear), [LISTENER, GROUP], "{plan}");
        deploy(&cloud, &after, &mut ledger).await;
        assert_holds(&cloud, &after).await;
    });
}

#[test]
fn the_old_one_is_taken_back_when_the_spec_asks_for_it_again() {
    block_on(async {
        let (before, after) = (site(TITLED, 80, Vec::new()), site(TITLED, 81, Vec::new()));
        let (cloud, mut ledger) = deployed(&[&before], Pace::default()).await;
        let group = cloud.ids(&at(GROUP));
        // The new one fails, so nothing has moved over yet.
        cloud.spoil(&at(GROUP));
        let end = run(&cloud, &after, &mut ledger).await;
        assert!(matches!(end, End::Failed(_)), "{end:?}");
        assert_eq!(cloud.ids(&at(GROUP)).len(), 2);
        deploy(&cloud, &before, &mut ledger).await;
        assert_eq!(cloud.ids(&at(GROUP)), group);
        assert_holds(&cloud, &before).await;
    });
}

/// A key and a database that it encrypts for good.
fn vault(protected: bool) -> Stack {
    let database = node(
        "database/instance",
        PLAIN,
        json!({
            "size": 1, "parent": reference(Tier::Keys, "key", "id"),
        }),
    );
    let key = node("keys/key", TITLED, json!({ "name": "alias", "fixed": 1 }));
    Stack::new(vec![key, Node { protected, ..database }]).expect("a stack")
}

#[test]
fn what_refers_to_something_lost_waits_for_it_instead_of_being_replaced() {
    for protected in [true, false] {
        block_on(async {
            let stack = vault(protected);
            let (cloud, mut ledger) = deployed(&[&stack], Pace::default()).await;
            let (key, database) = (at("keys/key"), at("database/instance"));
            let id = cloud.ids(&database);
            // The key itself is there, only nobody finds it; making it finds it.
            cloud.remove(&key);
            let lost = plan(&cloud, &stack, &mut ledger).await;
            assert!(lost.clear.is_empty() && lost.refused.is_empty(), "{lost}");
            assert_eq!(touched(&lost.build), ["keys/key", "database/instance"]);
            assert_eq!(lost.build[1].action, Action::Wait);
            deploy(&cloud, &stack, &mut ledger).await;
            assert_eq!(cloud.ids(&database), id);
            assert_holds(&cloud, &stack).await;
        });
    }
}

proptest! {
    #![proptest_config(cases(24))]

    #[test]
    fn what_is_made_before_it_is_broken_never_leaves_its_address_empty(
        (before, after) in two_versions(),
        pace in paces(),
    ) {
        block_on(async {
            let (cloud, mut ledger) = deployed(&[&before], pace).await;
            let plan = plan(&cloud, &after, &mut ledger).await;
            for step in plan.build.iter().filter(|step| step.replaces.is_some()) {
                let (old, new) = (step.replaces.as_deref(), &step.address);
                let goes_first = plan.clear.iter().any(|it| it.id.as_deref() == old);
                assert!(!goes_first, "{plan}");
                let goes = plan.retire.iter().any(|it| it.address == *new && it.id.as_deref() == old);
                assert!(goes || is_used_for_now(&plan, new), "{plan}");
            }
        });
    }

    #[test]
    fn going_back_and_forth_ends_where_it_was_asked_to(
        (before, after) in two_versions(),
        pace in paces(),
        spoilt in any::<prop::sample::Index>(),
    ) {
        block_on(async {
            let (cloud, mut ledger) = (cloud(pace), Ledger::default());
            deploy(&cloud, &before, &mut ledger).await;
            if !after.nodes().is_empty() {
                cloud.spoil(&after.nodes()[spoilt.index(after.nodes().len())].address);
            }
            drop(run(&cloud, &after, &mut ledger).await);
            deploy(&cloud, &before, &mut ledger).await;
            deploy(&cloud, &after, &mut ledger).await;
            assert_holds(&cloud, &after).await;
        });
    }
}

/// Something that is not ready yet keeps the old one.
fn is_used_for_now(plan: &Plan, address: &Address) -> bool {
    plan.notes.iter().any(|note| note.address == *address)
}

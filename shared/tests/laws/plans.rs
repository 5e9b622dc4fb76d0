//! A plan is a pure function, and its steps come in an order that works.

use std::collections::BTreeSet;

use proptest::prelude::*;
use serde_json::json;
use shared::model::{Address, Facts, Live, Node, Stack, Status, Tier};
use shared::plan::{Inventory, Observed, Options, Owned, Part, Plan};

use super::driver::{block_on, deployed, observe, plan};
use super::stacks::{cases, kinds, paces, two_versions};

proptest! {
    #![proptest_config(cases(24))]

    #[test]
    fn the_order_of_observation_does_not_matter(
        (before, after) in two_versions(),
        pace in paces(),
        keys in prop::collection::vec(any::<u32>(), 512),
    ) {
        block_on(async {
            let (cloud, mut ledger) = deployed(&[&before], pace).await;
            let observed = observe(&cloud, &mut ledger).await.expect("no fault is due");
            let mut shuffled = observed.clone();
            let mut keys = keys.into_iter().cycle();
            shuffled.live.sort_by_cached_key(|_| keys.next());
            let plans = [&observed, &shuffled].map(|it| {
                Plan::between(&after, it, &ledger.inventory, &ledger.options)
            });
            assert_eq!(plans[0], plans[1]);
            assert_eq!(plans[0].hash(), plans[1].hash());
        });
    }

    #[test]
    fn the_order_of_the_nodes_does_not_matter(
        (before, after) in two_versions(),
        pace in paces(),
        keys in prop::collection::vec(any::<u32>(), 32),
    ) {
        block_on(async {
            let (cloud, mut ledger) = deployed(&[&before], pace).await;
            let mut nodes = after.nodes().to_vec();
            let mut keys = keys.into_iter().cycle();
            nodes.sort_by_cached_key(|_| keys.next());
            let shuffled = Stack::new(nodes).expect("the references are the same");
            let one = plan(&cloud, &after, &mut ledger).await;
            assert_eq!(one.hash(), plan(&cloud, &shuffled, &mut ledger).await.hash());
        });
    }

    #[test]
    fn what_is_needed_comes_first_and_what_uses_goes_first(
        (before, after) in two_versions(),
        pace in paces(),
    ) {
        block_on(async {
            let (cloud, mut ledger) = deployed(&[&before], pace).await;
            let plan = plan(&cloud, &after, &mut ledger).await;
            let all: BTreeSet<&Address> = plan.build.iter().map(|step| &step.address).collect();
            let mut done = BTreeSet::new();
            for step in &plan.build {
                let needs = step.node.as_ref().expect("it is to be made").needs();
                assert!(needs.iter().all(|it| !all.contains(it) || done.contains(it)), "{plan}");
                done.insert(&step.address);
            }
            for part in [Part::Clear, Part::Retire] {
                let mut standing: Vec<&Address> =
                    plan.steps(part).iter().rev().map(|step| &step.address).collect();
                for step in plan.steps(part) {
                    standing.pop();
                    assert!(standing.iter().all(|it| !step.holders.contains(it)), "{plan}");
                }
            }
        });
    }

    #[test]
    fn edges_never_lead_to_a_later_tier((stack, _) in two_versions()) {
        let plan = Plan::between(
            &stack,
            &Observed::default(),
            &Inventory::new(),
            &Options::default(),
        );
        assert!(plan.tiers(Part::Build).is_sorted());
        for (tier, exports) in &plan.exports {
            let users = stack.nodes().iter().filter(|node| {
                node.address.tier() != *tier && !node.references().is_disjoint(exports)
            });
            assert!(users.into_iter().all(|node| node.address.tier() > *tier));
        }
    }
}

/// One live resource and the ledger's word that it is ours.
fn standing(address: &Address, id: &str, spec: serde_json::Value) -> (Live, (Address, Owned)) {
    let facts =
        Facts::from([("id".to_owned(), id.to_owned()), ("name".to_owned(), "same".to_owned())]);
    let kind = kinds()[0].name.to_owned();
    let live = Live { address: address.clone(), kind, spec, facts, status: Status::Ready };
    (live, (address.clone(), Owned { id: Some(id.to_owned()), ..Owned::default() }))
}

#[test]
fn two_that_bear_one_name_do_not_wait_for_each_other() {
    let addresses = ["role", "profile"].map(|name| Address::new(Tier::Access, name));
    let (live, inventory): (Vec<_>, Inventory) = addresses
        .iter()
        .zip(["id-1", "id-2"])
        .map(|(address, id)| standing(address, id, json!({ "name": "same" })))
        .unzip();
    let observed = Observed { live, ..Observed::default() };
    let plan = Plan::between(&Stack::default(), &observed, &inventory, &Options::default());
    assert_eq!(plan.retire.len(), 2);
    assert!(plan.retire.iter().all(|step| step.holders.is_empty()), "{plan:?}");
}

#[test]
fn what_a_wish_names_literally_is_not_retired() {
    let certificate = Address::new(Tier::Edge, "certificate");
    let (live, owned) = standing(&certificate, "id-1", json!({}));
    let listener = Node {
        address: Address::new(Tier::Edge, "listener"),
        kind: live.kind.clone(),
        spec: json!({ "certificate": "id-1" }),
        after: BTreeSet::new(),
        protected: false,
    };
    let stack = Stack::new(vec![listener]).expect("it refers to nothing");
    let observed = Observed { live: vec![live], ..Observed::default() };
    let plan = Plan::between(&stack, &observed, &[owned].into(), &Options::default());
    assert!(plan.retire.is_empty());
    assert_eq!(plan.notes.len(), 1, "{plan}");
}

#[test]
fn a_resource_that_two_tiers_listed_is_one_resource() {
    let address = Address::new(Tier::Network, "nat-eip-a");
    let (live, (_, _)) = standing(&address, "id-1", json!({}));
    let observed = Observed { live: vec![live.clone(), live], ..Observed::default() };
    // Meant to be made: what claims the address and is not the one that counts would go.
    let inventory = Inventory::from([(address, Owned { is_open: true, ..Owned::default() })]);
    let plan = Plan::between(&Stack::default(), &observed, &inventory, &Options::default());
    assert_eq!(plan.retire.len(), 1, "{plan}");
}

//! Destroying is deploying nothing; what is protected stays, with what it uses.

use std::collections::BTreeSet;

use proptest::prelude::*;
use serde_json::{Value, json};
use shared::model::{Address, Live, Stack, Status, Tier};
use shared::plan::{Inventory, Observed, Options, Owned, Plan};

use super::driver::{End, Ledger, assert_holds, block_on, deploy, deployed, plan, run};
use super::stacks::{cases, guarded_stack, paces, stack};

/// Protected nodes and all that they refer to, directly or not.
fn kept(stack: &Stack) -> BTreeSet<Address> {
    let mut kept = BTreeSet::new();
    for node in stack.nodes().iter().rev() {
        if node.protected || kept.contains(&node.address) {
            kept.insert(node.address.clone());
            let references = node.references().into_iter();
            // A text around an id is no use of it.
            let held = references.filter(|it| it.fact != "endpoint" && !is_read_only(node, it));
            kept.extend(held.map(|it| it.address));
        }
    }
    kept
}

fn is_read_only(node: &shared::model::Node, it: &shared::model::Reference) -> bool {
    let mut held = node.clone();
    held.spec["reads"] = serde_json::Value::Null;
    !held.references().contains(it)
}

proptest! {
    #![proptest_config(cases(24))]

    #[test]
    fn destroy_leaves_nothing(stack in stack(), pace in paces()) {
        block_on(async {
            let (cloud, mut ledger) = deployed(&[&stack], pace).await;
            deploy(&cloud, &Stack::default(), &mut ledger).await;
            assert_eq!(cloud.shape(), []);
            assert!(ledger.inventory.is_empty(), "{:?}", ledger.inventory);
        });
    }

    #[test]
    fn destroy_leaves_what_is_protected_and_what_that_uses_and_names_it(
        stack in guarded_stack(),
        pace in paces(),
    ) {
        block_on(async {
            let (cloud, mut ledger) = deployed(&[&stack], pace).await;
            deploy(&cloud, &Stack::default(), &mut ledger).await;
            let left: BTreeSet<Address> = cloud.shape().into_iter().map(|it| it.0).collect();
            assert_eq!(left, kept(&stack));
            let again = plan(&cloud, &Stack::default(), &mut ledger).await;
            let named: BTreeSet<Address> = again.notes.into_iter().map(|it| it.address).collect();
            assert_eq!(named, left);
        });
    }

    #[test]
    fn what_was_kept_is_taken_up_by_deploying_again(stack in guarded_stack(), pace in paces()) {
        block_on(async {
            let (cloud, mut ledger) = deployed(&[&stack], pace).await;
            let ids = |address: &Address| cloud.ids(address);
            let before: Vec<_> = kept(&stack).iter().map(ids).collect();
            deploy(&cloud, &Stack::default(), &mut ledger).await;
            deploy(&cloud, &stack, &mut ledger).await;
            assert_eq!(kept(&stack).iter().map(ids).collect::<Vec<_>>(), before);
            assert_holds(&cloud, &stack).await;
        });
    }

    #[test]
    fn data_goes_only_when_the_person_says_so(stack in guarded_stack(), pace in paces()) {
        block_on(async {
            let (cloud, mut ledger) = deployed(&[&stack], pace).await;
            let options = Options { include_data: true, ..Options::default() };
            ledger = Ledger { options, ..ledger };
            let end = run(&cloud, &Stack::default(), &mut ledger).await;
            assert!(matches!(end, End::Done(_)), "{end:?}");
            assert_eq!(cloud.shape(), []);
        });
    }
}

fn live(tier: Tier, name: &str, spec: Value, facts: &[(&str, &str)]) -> Live {
    let id = [("id", name)];
    let facts = facts.iter().chain(&id);
    Live {
        address: Address::new(tier, name),
        kind: "It".to_owned(),
        spec,
        facts: facts.map(|(fact, value)| ((*fact).to_owned(), (*value).to_owned())).collect(),
        status: Status::Ready,
    }
}

/// What goes and what stays, by name, when all is to go.
fn farewell(live: &[&Live]) -> (Vec<String>, Vec<String>) {
    let inventory: Inventory = ["key", "data"]
        .map(|name| {
            let tier = if name == "key" { Tier::Keys } else { Tier::Database };
            let owned = Owned { id: Some(name.to_owned()), protected: true, ..Owned::default() };
            (Address::new(tier, name), owned)
        })
        .into();
    let live = live.iter().copied().cloned().collect();
    let observed = Observed { live, ..Observed::default() };
    let options = Options { include_data: true, ..Options::default() };
    let plan = Plan::between(&Stack::default(), &observed, &inventory, &options);
    let name = |address: &Address| address.name().to_owned();
    let going = plan.retire.iter().map(|step| name(&step.address)).collect();
    (going, plan.notes.iter().map(|note| name(&note.address)).collect())
}

#[test]
fn what_is_left_of_the_data_keeps_what_it_needs_until_it_is_gone() {
    let key = live(Tier::Keys, "key", json!({}), &[("arn", "arn:key")]);
    let data =
        live(Tier::Database, "data", json!({ "key": "arn:key" }), &[("bequeaths", "arn:key")]);
    let left = live(Tier::Database, "snapshot", json!({ "key": "arn:key" }), &[("relic", "stays")]);
    let names = |names: &[&str]| names.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>();
    assert_eq!(farewell(&[&key, &data]), (names(&["data"]), names(&["key"])));
    assert_eq!(farewell(&[&key, &left]), (names(&[]), names(&["key", "snapshot"])));
    assert_eq!(farewell(&[&key]), (names(&["key"]), names(&[])));
    let plain = live(Tier::Database, "data", json!({ "key": "arn:key" }), &[]);
    assert_eq!(farewell(&[&key, &plain]), (names(&["data", "key"]), names(&[])));
}

#[test]
fn what_is_written_to_goes_after_its_writer_and_stays_with_it() {
    let logs = live(Tier::Storage, "logs", json!({}), &[]);
    let writes = [("writes", "other logs")];
    let data = live(Tier::Database, "data", json!({}), &writes);
    let plan = |include_data: bool| {
        let owned = [(Tier::Storage, "logs", false), (Tier::Database, "data", true)];
        let inventory: Inventory = owned
            .map(|(tier, name, protected)| {
                let owned = Owned { id: Some(name.to_owned()), protected, ..Owned::default() };
                (Address::new(tier, name), owned)
            })
            .into();
        let observed = Observed { live: vec![logs.clone(), data.clone()], ..Observed::default() };
        let options = Options { include_data, ..Options::default() };
        Plan::between(&Stack::default(), &observed, &inventory, &options)
    };
    let all = plan(true);
    let step = all.retire.iter().find(|it| it.address == logs.address).expect("it goes");
    assert_eq!(step.holders, [data.address.clone()].into(), "{all}");
    let kept = plan(false);
    assert!(kept.retire.is_empty(), "{kept}");
    let why = kept.notes.iter().find(|it| it.address == logs.address).expect("a note");
    assert!(why.text.contains("`database/data` uses it"), "{}", why.text);
}

#[test]
fn what_others_have_something_in_does_not_go() {
    let guests = [("guests of vpc", "`subnet-9` (a subnet)"), ("guests of group", "`eni-9`")];
    let vpc = live(Tier::Network, "vpc", json!({}), &guests);
    let group = live(Tier::Firewall, "group", json!({ "vpc": "vpc" }), &[]);
    let other = live(Tier::Firewall, "other", json!({ "vpc": "vpc" }), &[]);
    let all = [&vpc, &group, &other];
    let inventory: Inventory = all
        .map(|it| {
            let id = it.id().map(str::to_owned);
            (it.address.clone(), Owned { id, ..Owned::default() })
        })
        .into();
    let observed = Observed { live: all.map(Live::clone).into(), ..Observed::default() };
    let plan = Plan::between(&Stack::default(), &observed, &inventory, &Options::default());
    let refused: BTreeSet<&str> = plan.refused.iter().map(|it| it.address.name()).collect();
    assert_eq!(refused, ["group", "vpc"].into(), "{plan}");
    assert!(plan.refused.iter().any(|it| it.text.contains("`subnet-9` (a subnet)")), "{plan}");
}

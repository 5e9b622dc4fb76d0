use super::*;
use crate::diff::Difference;
use crate::model::{Node, Tier};

fn step(name: &str, action: Action) -> Step {
    let address = Address::new(Tier::Network, name);
    let node = Node {
        address: address.clone(),
        kind: "AWS::EC2::Thing".into(),
        spec: json!({ "cidr": "10.0.0.0/16", "zone": "a", "rules": ["a", "b"] }),
        after: BTreeSet::new(),
        protected: false,
    };
    Step {
        address,
        kind: "AWS::EC2::Thing".into(),
        reason: "is missing".into(),
        consequences: Vec::new(),
        replaces: None,
        node: (action != Action::Delete).then_some(node),
        id: (action == Action::Delete).then(|| format!("id-{name}")),
        action,
        holders: BTreeSet::new(),
    }
}

fn update(live: Value, want: Value) -> Action {
    Action::Update(vec![Difference { field: "ports".into(), live, want }])
}

fn building(steps: Vec<Step>) -> Plan {
    Plan { build: steps, ..Plan::default() }
}

#[test]
fn the_hash_is_that_of_what_people_approve_and_of_nothing_else() {
    let plan = building(vec![step("vpc", Action::Create)]);
    let with = |change: fn(&mut Plan)| {
        let mut other = plan.clone();
        change(&mut other);
        other.hash() == plan.hash()
    };
    let same: [fn(&mut Plan); 3] = [
        |it| it.build[0].reason = "replaced: of another mind".into(),
        |it| it.build.push(step("nat", Action::Wait)),
        |it| {
            let node = it.build[0].node.as_mut().expect("a node");
            node.after.insert(Address::new(Tier::Network, "nat"));
        },
    ];
    for (at, change) in same.into_iter().enumerate() {
        assert!(with(change), "case {at} changes the hash");
    }
    let other: [fn(&mut Plan); 10] = [
        |it| it.build[0].consequences.push("its data is lost".into()),
        |it| it.build[0].replaces = Some("id-old".into()),
        |it| it.build[0].kind = "AWS::EC2::Other".into(),
        |it| it.build[0].node.as_mut().expect("a node").spec["rules"] = json!(["b", "a"]),
        |it| it.build[0].action = Action::Update(Vec::new()),
        |it| it.build[0].node.as_mut().expect("a node").spec["zone"] = json!("b"),
        |it| it.build[0].node.as_mut().expect("a node").protected = true,
        |it| it.retire.push(step("old", Action::Delete)),
        |it| it.notes.push(Note { address: Address::new(Tier::Keys, "key"), text: "x".into() }),
        |it| {
            it.refused.push(Note { address: Address::new(Tier::Keys, "key"), text: "x".into() });
        },
    ];
    for (at, change) in other.into_iter().enumerate() {
        assert!(!with(change), "case {at} does not change the hash");
    }
}

#[test]
fn the_order_in_which_aws_lists_things_is_no_part_of_the_hash_where_it_has_no_meaning() {
    let of = |live: Value, rules: &Rules| {
        let (live, want) = (json!({ "ports": live }), json!({ "ports": [443] }));
        building(vec![step("acl", Action::Update(diff(&want, &live, rules)))]).hash()
    };
    let set = Rules::default();
    assert_eq!(of(json!([22, 80]), &set), of(json!([80, 22]), &set));
    assert_ne!(of(json!([22, 80]), &set), of(json!([22, 81]), &set));
    let list = Rules { ordered: vec!["ports".into()], ..Rules::default() };
    assert_ne!(of(json!([22, 80]), &list), of(json!([80, 22]), &list));
}

#[test]
fn what_is_made_otherwise_is_told_whatever_it_is() {
    type Change = fn(&mut Step);
    let told = |change: Change| {
        let approved = step("web-acl", Action::Create);
        let mut now = approved.clone();
        change(&mut now);
        building(vec![now]).moved_since(&building(vec![approved])).join("\n")
    };
    let cases: [(Change, &str); 4] = [
        (|it| it.replaces = Some("id-old".into()), "in the place of: nothing → id-old"),
        (|it| it.node.as_mut().expect("a node").protected = true, "protected: false → true"),
        (|it| it.kind = "AWS::EC2::Other".into(), "kind: AWS::EC2::Thing → AWS::EC2::Other"),
        (
            |it| it.node.as_mut().expect("a node").spec["rules"] = json!(["b", "a"]),
            "rules: in another order",
        ),
    ];
    for (change, what) in cases {
        assert_eq!(told(change), format!("`network/web-acl`: is made otherwise now: {what}"));
    }
    assert_eq!(
        told(|it| it.consequences.push("its data is lost".into())),
        "`network/web-acl`: approved was: create; now: create (its data is lost)"
    );
}

#[test]
fn a_hash_may_be_said_in_short_but_not_too_short() {
    let plan = building(vec![step("vpc", Action::Create)]);
    let hash = plan.hash();
    assert_eq!(hash.len(), 64);
    for (said, means) in [
        (hash.as_str(), true),
        (&hash[..HASH_SHORT], true),
        (&hash[..HASH_SHORT].to_uppercase(), true),
        (&hash[..HASH_SHORT - 1], false),
        ("", false),
        ("000000000000", false),
    ] {
        assert_eq!(plan.is_meant_by(said), means, "{said}");
    }
}

#[test]
fn what_has_moved_is_told_address_by_address() {
    let mut other = step("subnet", Action::Create);
    other.node.as_mut().expect("a node").spec["zone"] = json!("b");
    let approved = building(vec![
        step("same", Action::Create),
        step("subnet", Action::Create),
        step("gone", Action::Create),
        step("acl", update(json!([22]), json!([443]))),
    ]);
    let mut now = building(vec![
        step("same", Action::Create),
        other,
        step("acl", update(json!([22, 80]), json!([443]))),
    ]);
    now.retire.push(step("extra", Action::Delete));
    assert_eq!(
        now.moved_since(&approved),
        [
            "`network/acl`: approved was: update (ports: [22] → [443]); now: update (ports: [22,80] → [443])",
            "`network/extra`: not in the plan; now: delete id-extra",
            "`network/gone`: approved was: create; now: nothing to do",
            "`network/subnet`: is made otherwise now: zone: a → b",
        ]
    );
    assert_eq!(approved.moved_since(&approved), Vec::<String>::new());
    assert_eq!(now.deletes_beyond(&approved), [&Address::new(Tier::Network, "extra")]);
}

#[test]
fn what_has_moved_in_the_same_way_is_told_once() {
    let steps = |names: &[&str]| names.iter().map(|name| step(name, Action::Create)).collect();
    let approved = building(steps(&["a", "b", "c", "d", "e", "f", "g", "h"]));
    let told = building(Vec::new()).moved_since(&approved);
    let named = ["a", "b", "c", "d", "e", "f"].map(|name| format!("`network/{name}`")).join(", ");
    assert_eq!(told, [format!("{named} and 2 more: approved was: create; now: nothing to do")]);
}

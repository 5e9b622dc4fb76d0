use serde_json::json;
use shared::diff::Difference;
use shared::model::Status;

use super::*;

fn at(tier: Tier, name: &str) -> Address {
    Address::new(tier, name)
}

fn node(address: &Address, kind: &str, spec: Value) -> Node {
    let (address, kind) = (address.clone(), kind.to_owned());
    Node { address, kind, spec, after: BTreeSet::new(), protected: false }
}

fn step(node: &Node, action: Action) -> Step {
    let text = json!({
        "address": node.address, "kind": node.kind, "action": "wait", "reason": "for a test",
    });
    let step: Step = serde_json::from_value(text).expect("a step");
    let wish = (action != Action::Delete).then(|| node.clone());
    Step { action, node: wish, ..step }
}

fn live(node: &Node, spec: Value) -> Live {
    Live {
        address: node.address.clone(),
        kind: node.kind.clone(),
        spec,
        facts: [].into(),
        status: Status::Ready,
    }
}

/// A public subnet in each of two zones.
fn subnets() -> Vec<Node> {
    let subnet = |letter: char| {
        let address = at(Tier::Network, &format!("subnet-{letter}"));
        node(&address, "AWS::EC2::Subnet", json!({ "zone": format!("here-1{letter}") }))
    };
    vec![subnet('a'), subnet('b')]
}

fn group(spec: &Value) -> Node {
    let mut all = json!({
        "instance_types": ["t4g.small", "t4g.medium"], "min": 1, "desired": 2, "max": 4,
        "subnets": ["${network/subnet-a.id}", "${network/subnet-b.id}"],
        "launch_template": "${compute/launch-template.id}",
    });
    let fields = all.as_object_mut().expect("an object");
    fields.extend(spec.as_object().cloned().unwrap_or_default());
    node(&at(Tier::Compute, "scaling-group"), "AWS::AutoScaling::AutoScalingGroup", all)
}

#[test]
fn what_makes_way_gives_its_room_and_what_is_retired_does_not() {
    let one = node(&at(Tier::Network, "a"), "AWS::EC2::EIP", json!({}));
    let steps = |many: usize, action: Action| vec![step(&one, action); many];
    for (clear, build, retire, more) in [(0, 3, 0, 3), (1, 3, 0, 2), (0, 3, 2, 3), (2, 0, 0, -2)] {
        let plan = Plan {
            clear: steps(clear, Action::Delete),
            build: steps(build, Action::Create),
            retire: steps(retire, Action::Delete),
            ..Plan::default()
        };
        let need = Need::new(&plan, &[], &[]);
        assert_eq!(need.more("AWS::EC2::EIP"), more, "{clear} {build} {retire}");
        assert_eq!(need.more("AWS::EC2::VPC"), 0);
    }
}

#[test]
fn gateways_are_counted_where_their_subnets_are() {
    let mut wish = subnets();
    let gateway = |letter: char| {
        let spec = json!({ "subnet_id": format!("${{network/subnet-{letter}.id}}") });
        let address = at(Tier::Network, &format!("nat-{letter}"));
        node(&address, "AWS::EC2::NatGateway", spec)
    };
    wish.extend(['a', 'b'].map(gateway));
    let made = wish.iter().map(|node| step(node, Action::Create)).collect();
    let plan = Plan { build: made, ..Plan::default() };
    let need = Need::new(&plan, &wish, &[]);
    let each = [("here-1a".to_owned(), 1), ("here-1b".to_owned(), 1)];
    assert_eq!(need.nat_gateways(), each.into());
    assert_eq!(need.zones(), ["here-1a", "here-1b"].map(str::to_owned).into());
}

#[test]
fn a_fleet_counts_the_machines_that_come_beside_those_that_run() {
    let update = || Action::Update(Vec::new());
    let cases = [
        (json!({}), None, Action::Create, 2),
        // Scaling decides how many run; bounds decide how many may.
        (json!({}), Some(3), update(), 0),
        (json!({ "min": 4 }), Some(3), update(), 1),
        (json!({ "max": 2 }), Some(3), update(), -1),
    ];
    for (spec, running, action, more) in cases {
        let mut wish = subnets();
        let template = json!({ "image": "ami-1" });
        let template_at = at(Tier::Compute, "launch-template");
        wish.push(node(&template_at, "AWS::EC2::LaunchTemplate", template));
        let group = group(&spec);
        wish.push(group.clone());
        let plan = Plan { build: vec![step(&group, action)], ..Plan::default() };
        let stands: Vec<Live> =
            running.iter().map(|it| live(&group, json!({ "desired": it }))).collect();
        let fleets = Need::new(&plan, &wish, &stands).fleets();
        assert_eq!(fleets.len(), 1);
        assert_eq!((fleets[0].more, fleets[0].zones.len()), (more, 2), "{:?}", fleets[0]);
        assert_eq!(fleets[0].image.as_deref(), Some("ami-1"));
        assert_eq!(fleets[0].types, ["t4g.small", "t4g.medium"]);
    }
}

#[test]
fn a_database_is_looked_at_when_it_becomes_another() {
    let spec = json!({ "engine": "postgres", "engine_version": "17", "class": "db.t4g.small" });
    let wish = [node(&at(Tier::Database, "instance"), "AWS::RDS::DBInstance", spec)];
    let differs = |field: &str, live: &str| {
        let (field, live) = (field.to_owned(), json!(live));
        Action::Update(vec![Difference { field, live, want: json!("another") }])
    };
    for (action, from) in [
        (Action::Create, Some(None)),
        (differs("backups_days", "7"), None),
        (differs("class", "db.t4g.micro"), Some(None)),
        (differs("engine_version", "16.8"), Some(Some("16.8"))),
        (Action::Wait, None),
    ] {
        let plan = Plan { build: vec![step(&wish[0], action)], ..Plan::default() };
        let found = Need::new(&plan, &wish, &[]).database();
        assert_eq!(found.as_ref().map(|it| it.from_version.as_deref()), from);
    }
}

#[test]
fn the_longest_list_of_one_direction_and_family_counts() {
    let name = "AWS::EC2::SecurityGroup#rules";
    let rules = |name: &str, ingress: &[&str], egress: &[&str]| {
        let list = |peers: &[&str]| -> Vec<Value> {
            peers.iter().map(|peer| json!({ "peer": peer })).collect()
        };
        let spec = json!({ "ingress": list(ingress), "egress": list(egress) });
        node(&at(Tier::Firewall, name), "AWS::EC2::SecurityGroup#rules", spec)
    };
    let entry = |cidr: &str| json!({ "cidr": cidr });
    let entries = json!({
        "ingress-100": entry("10.0.0.0/8"), "ingress-110": entry("2001:db8::/32"),
        "ingress-120": entry("192.0.2.0/24"), "egress-100": entry("0.0.0.0/0"),
    });
    let acl =
        node(&at(Tier::Firewall, "acl"), "AWS::EC2::NetworkAcl", json!({ "entries": entries }));
    let wish = [
        rules("one", &["10.0.0.0/8", "192.0.2.0/24", "2001:db8::/32"], &[]),
        rules("two", &["pl-1"], &["${firewall/a.id}", "10.0.0.0/8", "192.0.2.0/24", "::/0"]),
        acl,
    ];
    let made = wish.iter().map(|node| step(node, Action::Create)).collect();
    let plan = Plan { build: made, ..Plan::default() };
    let need = Need::new(&plan, &wish, &[]);
    let longest = |kind| need.longest(kind).map(|it| (it.address.name().to_owned(), it.rules));
    assert_eq!(longest(name), Some(("two".to_owned(), 3)));
    assert_eq!(longest("AWS::EC2::NetworkAcl"), Some(("acl".to_owned(), 2)));
    assert_eq!(longest("AWS::EC2::VPC"), None);
}

#[test]
fn a_single_machine_needs_its_type_where_it_is_made() {
    let mut wish = subnets();
    let spec = json!({
        "instance_type": "t4g.nano", "image": "ami-2", "subnet_id": "${network/subnet-b.id}",
        "other_subnets": ["${network/subnet-a.id}", "${network/subnet-b.id}"],
    });
    let bastion = node(&at(Tier::Compute, "bastion"), "AWS::EC2::Instance", spec);
    wish.push(bastion.clone());
    let plan = Plan { build: vec![step(&bastion, Action::Create)], ..Plan::default() };
    let fleets = Need::new(&plan, &wish, &[]).fleets();
    assert_eq!(fleets[0].zones, ["here-1b".to_owned()].into());
    assert_eq!((fleets[0].more, fleets[0].image.as_deref()), (1, Some("ami-2")));
}

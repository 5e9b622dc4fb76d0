//! What is added to a spec touches what is new and what lists it, and nothing else: all is keyed
//! by name, never by its place in a list. Taken away again, it goes alone.

use serde_json::{Value, json};

use crate::world::{Standing, addresses, is_create, is_delete, is_update, wish};

struct Case {
    what: &'static str,
    before: Value,
    after: Value,
    /// What is new.
    added: &'static [&'static str],
    /// What lists it.
    updated: &'static [&'static str],
}

#[test]
fn what_is_added_touches_only_what_lists_it() {
    for case in cases() {
        let (before, after) = (wish(&case.before), wish(&case.after));
        let standing = Standing::of(&before);
        assert!(standing.plan(&before).is_empty(), "{}: {}", case.what, standing.plan(&before));
        let plan = standing.plan(&after);
        assert!(plan.clear.is_empty() && plan.retire.is_empty(), "{}: {plan}", case.what);
        assert!(plan.refused.is_empty() && plan.notes.is_empty(), "{}: {plan}", case.what);
        assert_eq!(addresses(&plan.build, is_create), case.added, "{}: {plan}", case.what);
        assert_eq!(addresses(&plan.build, is_update), case.updated, "{}: {plan}", case.what);
    }
}

#[test]
fn what_is_taken_away_goes_alone() {
    for case in cases() {
        let (before, after) = (wish(&case.after), wish(&case.before));
        let mut standing = Standing::of(&before);
        // The bastion is where it was before the zone came.
        let was = Standing::of(&after).live("compute/bastion").spec["subnet_id"].clone();
        standing.live("compute/bastion").spec["subnet_id"] = was;
        let plan = standing.plan(&after);
        assert!(plan.clear.is_empty() && plan.refused.is_empty(), "{}: {plan}", case.what);
        assert_eq!(addresses(&plan.retire, is_delete), case.added, "{}: {plan}", case.what);
        assert_eq!(addresses(&plan.build, is_update), case.updated, "{}: {plan}", case.what);
        assert_eq!(plan.build.len(), case.updated.len(), "{}: {plan}", case.what);
    }
}

/// The one gateway stands in the first zone: a zone before that moves it, and the new one stands
/// before the old one goes.
#[test]
fn a_single_gateway_moves_only_for_a_zone_before_its_own() {
    let named = |zones: &[&str]| {
        let zones: Vec<String> = zones.iter().map(|it| format!("eu-central-1{it}")).collect();
        wish(&json!({ "network": { "zones": zones, "nat": "single" } }))
    };
    for (before, moves_to) in [(["a", "b"], None), (["a", "c"], None), (["b", "c"], Some("a"))] {
        let plan = Standing::of(&named(&before)).plan(&named(&["a", "b", "c"]));
        assert!(plan.clear.is_empty() && plan.refused.is_empty(), "{before:?}: {plan}");
        let gateways = |all: Vec<String>| -> Vec<String> {
            all.into_iter().filter(|it| it.starts_with("network/nat-")).collect()
        };
        let at = |zone: Option<&str>| {
            let parts = zone.map(|zone| ["", "eip-"].map(|it| format!("network/nat-{it}{zone}")));
            let mut parts: Vec<String> = parts.into_iter().flatten().collect();
            parts.sort();
            parts
        };
        let from = moves_to.map(|_| before[0]);
        assert_eq!(gateways(addresses(&plan.build, is_create)), at(moves_to), "{plan}");
        assert_eq!(gateways(addresses(&plan.retire, is_delete)), at(from), "{plan}");
    }
}

#[test]
fn the_order_of_a_list_says_nothing_unless_it_does() {
    let names = ["ada", "bob", "cy"];
    let alarms = ["one", "two"]
        .map(|name| json!({ "name": name, "namespace": "Own", "metric": name, "threshold": 1 }));
    let sources = ["198.51.100.0/24", "192.0.2.0/24", "203.0.113.0/24"];
    let zones = ["eu-central-1a", "eu-central-1b", "eu-central-1c"];
    let spec = |turn: bool| {
        let list = |items: &[Value]| {
            let mut items = items.to_vec();
            if turn {
                items.reverse();
            }
            Value::Array(items)
        };
        let texts = |items: &[&str]| list(&items.iter().map(|it| json!(it)).collect::<Vec<_>>());
        json!({ "network": { "zones": texts(&zones), "subnets_per_tier": 2 },
            "ingress": { "sources": texts(&sources) }, "bastion": { "ssh_from": texts(&sources) },
            "people": { "read_only": texts(&names), "operate": texts(&names[..2]) },
            "alarms": { "emails": texts(&["a@example.org", "b@example.org"]),
                "custom": list(&alarms) } })
    };
    let standing = Standing::of(&wish(&spec(false)));
    let plan = standing.plan(&wish(&spec(true)));
    assert!(plan.is_empty(), "{plan}");
}

#[test]
fn where_the_order_decides_another_order_is_a_change() {
    let spec = |groups: [&str; 2], types: [&str; 2]| {
        wish(&json!({ "ingress": { "waf": { "rule_groups": groups } },
            "app": { "instance_types": types } }))
    };
    let groups = ["AWSManagedRulesCommonRuleSet", "AWSManagedRulesAmazonIpReputationList"];
    let types = ["t4g.small", "t4g.medium"];
    let standing = Standing::of(&spec(groups, types));
    let turned = standing.plan(&spec([groups[1], groups[0]], types));
    assert_eq!(addresses(&turned.build, is_update), ["edge/web-acl"]);
    let turned = standing.plan(&spec(groups, [types[1], types[0]]));
    let updated = addresses(&turned.build, is_update);
    assert!(updated.contains(&"compute/scaling-group".to_owned()), "{turned}");
}

/// What lists the subnets or blocks of all zones.
const LISTS_SUBNETS: &[&str] = &[
    "compute/scaling-group",
    "database/subnet-group",
    "edge/alb",
    "firewall/nacl-database",
    "firewall/nacl-private",
    "firewall/nacl-public",
    "monitoring/dashboard",
    "network/route-table-database",
    "network/route-table-public",
];

#[expect(clippy::too_many_lines, reason = "a table: each case is data")]
fn cases() -> Vec<Case> {
    let named = |zones: &[&str]| {
        let zones: Vec<String> = zones.iter().map(|it| format!("eu-central-1{it}")).collect();
        json!({ "network": { "zones": zones } })
    };
    vec![
        Case {
            what: "a third zone",
            before: json!({ "network": { "zones": 2 } }),
            after: json!({ "network": { "zones": 3 } }),
            added: &[
                "monitoring/alarm-nat-c-dropped",
                "monitoring/alarm-nat-c-ports",
                "network/nat-c",
                "network/nat-eip-c",
                "network/route-table-private-c",
                "network/subnet-database-c",
                "network/subnet-private-c",
                "network/subnet-public-c",
            ],
            updated: LISTS_SUBNETS,
        },
        Case {
            what: "a zone between two others",
            before: named(&["a", "c"]),
            after: named(&["a", "b", "c"]),
            added: &[
                "monitoring/alarm-nat-b-dropped",
                "monitoring/alarm-nat-b-ports",
                "network/nat-b",
                "network/nat-eip-b",
                "network/route-table-private-b",
                "network/subnet-database-b",
                "network/subnet-private-b",
                "network/subnet-public-b",
            ],
            updated: LISTS_SUBNETS,
        },
        Case {
            what: "a zone before the others",
            before: named(&["b", "c"]),
            after: named(&["a", "b", "c"]),
            added: &[
                "monitoring/alarm-nat-a-dropped",
                "monitoring/alarm-nat-a-ports",
                "network/nat-a",
                "network/nat-eip-a",
                "network/route-table-private-a",
                "network/subnet-database-a",
                "network/subnet-private-a",
                "network/subnet-public-a",
            ],
            updated: LISTS_SUBNETS,
        },
        Case {
            what: "a second subnet in each tier and zone",
            before: json!({ "network": { "subnets_per_tier": 1 } }),
            after: json!({ "network": { "subnets_per_tier": 2 } }),
            added: &[
                "network/subnet-database-a2",
                "network/subnet-database-b2",
                "network/subnet-private-a2",
                "network/subnet-private-b2",
                "network/subnet-public-a2",
                "network/subnet-public-b2",
            ],
            updated: &[
                "compute/scaling-group",
                "firewall/nacl-database",
                "firewall/nacl-private",
                "firewall/nacl-public",
                "network/route-table-database",
                "network/route-table-private-a",
                "network/route-table-private-b",
                "network/route-table-public",
            ],
        },
        Case {
            what: "one more person",
            before: json!({ "people": { "operate": ["bob"] } }),
            after: json!({ "people": { "operate": ["ada", "bob"] } }),
            added: &["access/user-ada"],
            updated: &[],
        },
        Case {
            what: "one more alarm",
            before: json!({ "alarms": { "custom": [{ "name": "b", "namespace": "Own", "metric": "b", "threshold": 1 }] } }),
            after: json!({ "alarms": { "custom": [{ "name": "a", "namespace": "Own", "metric": "a", "threshold": 1 },
                { "name": "b", "namespace": "Own", "metric": "b", "threshold": 1 }] } }),
            added: &["monitoring/alarm-custom-a"],
            updated: &["monitoring/dashboard"],
        },
        Case {
            what: "one more address that alarms are sent to",
            before: json!({ "alarms": { "emails": ["b@example.org"] } }),
            after: json!({ "alarms": { "emails": ["a@example.org", "b@example.org"] } }),
            added: &["storage/subscription-a_at_example.org"],
            updated: &[],
        },
        Case {
            what: "one more source of requests",
            before: json!({ "ingress": { "sources": ["198.51.100.0/24"] } }),
            after: json!({ "ingress": { "sources": ["192.0.2.0/24", "198.51.100.0/24"] } }),
            added: &[],
            updated: &["firewall/nacl-public", "firewall/public-alb-rules"],
        },
        Case {
            what: "one more network that may use SSH",
            before: json!({ "bastion": { "ssh_from": ["203.0.113.0/24"] } }),
            after: json!({ "bastion": { "ssh_from": ["192.0.2.0/24", "203.0.113.0/24"] } }),
            added: &[],
            updated: &["firewall/nacl-public", "firewall/public-bastion-rules"],
        },
        Case {
            what: "one more rule group",
            before: json!({ "ingress": { "waf": { "rule_groups": ["AWSManagedRulesCommonRuleSet"] } } }),
            after: json!({ "ingress": { "waf": { "rule_groups":
                ["AWSManagedRulesCommonRuleSet", "AWSManagedRulesSQLiRuleSet"] } } }),
            added: &[],
            updated: &["edge/web-acl"],
        },
    ]
}

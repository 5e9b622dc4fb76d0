use serde_json::{Value, json};
use shared::revision::Pinned;

use super::*;

/// The nodes of the stack with the longest name, with what `more` says of it.
fn nodes(more: Value) -> Vec<Node> {
    let mut spec = json!({"terrace": 1, "name": "a-stack-of-18-char", "region": "eu-central-1",
        "bastion": {"enabled": false}});
    if let (Some(spec), Value::Object(more)) = (spec.as_object_mut(), more) {
        spec.extend(more);
    }
    let spec: Spec = serde_json::from_value(spec).unwrap_or_else(|error| panic!("{error}"));
    let scope = Scope {
        stack: spec.name.to_string(),
        account: "111122223333".to_owned(),
        region: spec.region.to_string(),
    };
    wish(&Revision { number: 1, spec, pinned: Pinned::default() }, &scope)
}

fn node<'a>(nodes: &'a [Node], name: &str) -> &'a Node {
    let node = nodes.iter().find(|node| node.address == at(name));
    node.unwrap_or_else(|| panic!("there is no node `{name}`"))
}

#[test]
fn names_fit_the_longest_stack_name() {
    // RDS: letters, digits and single hyphens; instances take 63 characters, the rest 255.
    let nodes = nodes(json!({}));
    for (name, field, longest) in [
        ("instance", "identifier", 63),
        ("subnet-group", "name", 255),
        ("parameter-group", "name", 255),
        ("events-instance", "name", 255),
        ("events-parameter-group", "name", 255),
        ("events-security-group", "name", 255),
    ] {
        let text = node(&nodes, name).spec[field].as_str().unwrap_or_default();
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        assert!((1..=longest).contains(&text.len()) && text.chars().all(plain), "{text}");
        assert!(!text.contains("--") && !text.ends_with('-'), "{text}");
    }
}

/// What uses what is told by names: two things of one name would seem to use each other.
#[test]
fn no_two_things_of_rds_have_one_name() {
    let nodes = nodes(json!({}));
    let name =
        |node: &Node| Some(node.spec.get("identifier").or(node.spec.get("name"))?.to_string());
    let names: Vec<_> = nodes.iter().filter_map(name).collect();
    let different: std::collections::BTreeSet<_> = names.iter().collect();
    assert_eq!(different.len(), nodes.len(), "{names:?}");
}

#[test]
fn the_subnet_group_has_one_database_subnet_of_each_zone() {
    for (network, expected) in [
        (json!({}), vec!["a", "b"]),
        (json!({"zones": 3}), vec!["a", "b", "c"]),
        (json!({"zones": 2, "subnets_per_tier": 2}), vec!["a", "b"]),
        (json!({"zones": ["eu-central-1b", "eu-central-1c"]}), vec!["b", "c"]),
    ] {
        let nodes = nodes(json!({"network": network}));
        let expected: Vec<_> = expected
            .iter()
            .map(|zone| reference(Tier::Network, &format!("subnet-database-{zone}"), "id"))
            .collect();
        assert_eq!(node(&nodes, "subnet-group").spec["subnets"], json!(expected));
    }
}

/// Every second before the instance starts is a second of the whole deploy.
#[test]
fn the_instance_waits_for_nothing_slow() {
    let nodes = nodes(json!({}));
    let needs = node(&nodes, "instance").needs();
    let needs: Vec<String> = needs.iter().map(Address::to_string).collect();
    let expected = [
        "keys/key",
        "storage/database-logs-postgresql",
        "storage/database-logs-upgrade",
        "access/monitoring-role",
        "firewall/database",
        "database/parameter-group",
        "database/subnet-group",
    ];
    assert_eq!(needs, expected);
}

#[test]
fn every_database_meets_the_baseline() {
    for (engine, exports, tls) in [
        ("postgres", json!(["postgresql", "upgrade"]), "rds.force_ssl"),
        ("mysql", json!(["audit", "error", "general", "slowquery"]), "require_secure_transport"),
    ] {
        let nodes = nodes(json!({"database": {"engine": engine}}));
        let instance = node(&nodes, "instance");
        for (control, field, value) in [
            ("RDS.2", "public", json!(false)),
            ("RDS.3", "encrypted", json!(true)),
            ("RDS.5", "standby", json!(true)),
            ("RDS.6", "monitoring_seconds", json!(60)),
            ("RDS.8", "deletion_protection", json!(true)),
            ("RDS.9, RDS.36", "log_exports", exports),
            ("RDS.10", "iam_authentication", json!(true)),
            ("RDS.11", "backups_days", json!(7)),
            ("RDS.13", "minor_upgrades", json!(true)),
            ("RDS.17", "tags_to_snapshots", json!(true)),
            ("RDS.23", "port", json!(15432)),
            ("RDS.25", "user", json!("terrace_owner")),
        ] {
            assert_eq!(instance.spec[field], value, "{control}");
        }
        assert!(instance.protected);
        assert_eq!(node(&nodes, "parameter-group").spec["parameters"][tls], "1");
    }
}

#[test]
fn a_database_without_protection_may_go() {
    let nodes = nodes(json!({"database": {"protection": false, "monitoring_seconds": 0}}));
    let instance = node(&nodes, "instance");
    assert!(!instance.protected);
    assert_eq!(instance.spec["deletion_protection"], false);
    assert_eq!(instance.spec["monitoring_role"], "");
}

#[test]
fn only_a_spec_that_says_so_twice_gives_the_data_up() {
    for (database, leaves) in [
        (json!({}), true),
        (json!({"protection": false}), true),
        (json!({"final_snapshot": false}), true),
        (json!({"protection": false, "final_snapshot": false}), false),
    ] {
        let nodes = nodes(json!({"database": database}));
        assert_eq!(node(&nodes, "instance").spec["final_snapshot"], leaves, "{database}");
    }
}

#[test]
fn a_snapshot_that_is_named_is_what_the_instance_is_built_from() {
    let from = |database: Value| {
        node(&nodes(json!({"database": database})), "instance").spec["restored_from"].clone()
    };
    assert_eq!(from(json!({})), Value::Null);
    assert_eq!(
        from(json!({"restore_from": "terrace-shop-20260131120000"})),
        "terrace-shop-20260131120000"
    );
}

#[test]
fn the_family_follows_engine_and_version() {
    for (database, family) in [
        (json!({}), "postgres17"),
        (json!({"version": "16.4"}), "postgres16"),
        (json!({"engine": "mysql"}), "mysql8.4"),
        (json!({"engine": "mysql", "version": "8.0.40"}), "mysql8.0"),
    ] {
        let nodes = nodes(json!({"database": database}));
        assert_eq!(node(&nodes, "parameter-group").spec["family"], family);
    }
}

#[test]
fn parameters_lie_under_the_stack_s_path_and_wait_for_the_instance() {
    let nodes = nodes(json!({}));
    for (what, value) in [
        ("endpoint", "${database/instance.endpoint}"),
        ("name", "app"),
        ("port", "${database/instance.port}"),
        ("secret", "${database/instance.secret_arn}"),
    ] {
        let parameter = node(&nodes, &format!("parameter-{what}"));
        let name = format!("/terrace/a-stack-of-18-char/database/{what}");
        assert_eq!(parameter.spec, json!({"name": name, "value": value}));
        assert!(parameter.after.contains(&at("instance")));
    }
}

//! What is changed in place, what is replaced and how, and what is refused.

use serde_json::{Value, json};
use shared::model::Status;
use shared::plan::{Action, Note};

use crate::world::{Standing, addresses, is_create, is_update, wish};

const DATABASE: &str = "database/instance";

fn database(fields: Value) -> Value {
    Value::from_iter([("database", fields)])
}

#[test]
fn another_port_of_the_application_never_closes_the_listener() {
    let before = wish(&json!({ "app": { "port": 8080 } }));
    let after = wish(&json!({ "app": { "port": 9090 } }));
    let plan = Standing::of(&before).plan(&after);
    assert!(plan.clear.is_empty() && plan.refused.is_empty(), "{plan}");
    assert_eq!(addresses(&plan.build, is_create), ["edge/target-group"]);
    let updated = addresses(&plan.build, is_update);
    for moved in ["edge/listener-https", "compute/scaling-group"] {
        assert!(updated.contains(&moved.to_owned()), "{plan}");
    }
    assert_eq!(addresses(&plan.retire, |_| true), ["edge/target-group"]);
    let step = plan.build.iter().find(|it| it.address.to_string() == "edge/target-group");
    let told = &step.expect("a step").consequences;
    assert!(told.iter().any(|it| it.contains("502 to 504")), "it says what it interrupts: {plan}");
}

#[test]
fn what_becomes_of_the_data_is_told_before_a_database_is_replaced() {
    let before = wish(&database(json!({ "name": "app", "protection": false })));
    let after = wish(&database(json!({ "name": "other", "protection": false })));
    let mut standing = Standing::of(&before);
    standing.live(DATABASE).facts.insert("loss".to_owned(), "its data goes with it".to_owned());
    let plan = standing.plan(&after);
    for steps in [&plan.clear, &plan.build] {
        let step = steps.iter().find(|it| it.address.to_string() == DATABASE).expect("a step");
        assert!(step.consequences.contains(&"its data goes with it".to_owned()), "{plan}");
    }
}

#[test]
fn the_next_major_version_is_an_upgrade_in_place_and_says_what_it_interrupts() {
    let before = wish(&database(json!({ "engine": "postgres", "version": "16" })));
    let after = wish(&database(json!({ "engine": "postgres", "version": "17" })));
    let plan = Standing::of(&before).plan(&after);
    assert!(plan.clear.is_empty() && plan.refused.is_empty(), "{plan}");
    assert_eq!(addresses(&plan.build, is_create), ["database/parameter-group"]);
    let step = plan.build.iter().find(|it| it.address.to_string() == DATABASE).expect("a step");
    assert!(matches!(step.action, Action::Update(_)), "{plan}");
    assert!(step.consequences.iter().any(|it| it.contains("upgraded")), "{step:?}");
    assert_eq!(addresses(&plan.retire, |_| true), ["database/parameter-group"]);
}

#[test]
fn an_older_version_of_the_database_is_refused_before_anything_changes() {
    let of = |engine: &str, version: &str| {
        wish(&database(json!({ "engine": engine, "version": version })))
    };
    for (engine, asked, live, older) in [
        ("postgres", "17", "17.6", "16"),
        ("postgres", "17.6", "17.6", "16.9"),
        ("mysql", "8.4", "8.4.3", "8.0"),
        ("mysql", "8.4.3", "8.4.3", "8.0.41"),
    ] {
        let before = of(engine, asked);
        let mut standing = Standing::of(&before);
        standing.live(DATABASE).spec["engine_version"] = json!(live);
        assert!(standing.plan(&before).is_empty(), "{}", standing.plan(&before));
        let plan = standing.plan(&of(engine, older));
        assert_eq!(plan.refused.len(), 1, "{engine} {live} to {older}: {plan}");
        let Note { address, text } = &plan.refused[0];
        assert_eq!(address.to_string(), DATABASE);
        assert!(text.contains(&format!("from `{live}` to `{older}`")), "{text}");
    }
}

#[test]
fn what_the_database_keeps_is_not_replaced_unless_the_spec_gives_it_up() {
    let before = wish(&database(json!({ "name": "app" })));
    let standing = Standing::of(&before);
    let refused = standing.plan(&wish(&database(json!({ "name": "other" }))));
    assert_eq!(refused.refused.len(), 1, "{refused}");
    assert!(refused.refused[0].text.contains("database.protection: false"), "{refused}");
    let lifted = wish(&database(json!({ "name": "other", "protection": false })));
    let plan = standing.plan(&lifted);
    assert!(plan.refused.is_empty(), "{plan}");
    assert!(addresses(&plan.clear, |_| true).contains(&DATABASE.to_owned()), "{plan}");
}

#[test]
fn a_database_that_failed_is_paged_and_not_replaced_while_it_is_protected() {
    for (protection, refused) in [(true, 1), (false, 0)] {
        let stack = wish(&database(json!({ "protection": protection })));
        let mut standing = Standing::of(&stack);
        standing.live(DATABASE).status = Status::Failed("RDS calls it `failed`".to_owned());
        let plan = standing.plan(&stack);
        assert_eq!(plan.refused.len(), refused, "{plan}");
        let goes = addresses(&plan.clear, |_| true).contains(&DATABASE.to_owned());
        assert_eq!(goes, !protection, "{plan}");
    }
}

#[test]
fn a_key_that_only_lost_its_alias_replaces_nothing() {
    for protection in [true, false] {
        let stack = wish(&database(json!({ "protection": protection })));
        let mut standing = Standing::of(&stack);
        for lost in ["keys/key", "keys/key-policy", "keys/key-alias"] {
            standing.lose(lost);
        }
        let plan = standing.plan(&stack);
        assert!(plan.clear.is_empty() && plan.refused.is_empty(), "{plan}");
        let created = addresses(&plan.build, is_create);
        assert_eq!(created, ["keys/key", "keys/key-alias", "keys/key-policy"]);
        let step = plan.build.iter().find(|it| it.address.to_string() == DATABASE);
        assert_eq!(step.map(|it| &it.action), Some(&Action::Wait), "{plan}");
    }
}

#[test]
fn a_zone_with_the_database_in_it_stays() {
    let zones = |count: u8| wish(&json!({ "network": { "zones": count } }));
    let (three, two) = (zones(3), zones(2));
    for (primary, standby, refused) in [("a", "b", 0), ("a", "c", 1), ("c", "a", 1)] {
        let mut standing = Standing::of(&three);
        let ids = [primary, standby].map(|letter| {
            standing.live(&format!("network/subnet-database-{letter}")).facts["id"].clone()
        });
        standing.live(DATABASE).facts.insert("occupies".to_owned(), ids.join(" "));
        assert!(standing.plan(&three).is_empty(), "{}", standing.plan(&three));
        let plan = standing.plan(&two);
        assert_eq!(plan.refused.len(), refused, "{plan}");
        for note in &plan.refused {
            assert_eq!(note.address.to_string(), "network/subnet-database-c");
            assert!(note.text.contains(DATABASE) && note.text.contains("standby"), "{}", note.text);
        }
    }
}

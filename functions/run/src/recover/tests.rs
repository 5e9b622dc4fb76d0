use serde_json::json;
use shared::engine::TierPart;
use shared::ledger::{ApiCalls, StackRecord, StackState};
use shared::model::{Facts, Live, Node, Rules, Status};
use shared::plan::{Note, Plan};
use shared::revision::Pinned;
use shared::spec::Spec;

use super::*;

fn spec(on_failure: &str) -> Spec {
    let text = format!(
        "terrace: 1\nname: shop\nregion: eu-central-1\nbastion: {{enabled: false}}\non_failure: {on_failure}\n"
    );
    shared::spec::read(&text, "shop.yaml").expect("a sound spec")
}

fn record(known_good: Option<u64>) -> StackRecord {
    StackRecord {
        name: "shop".into(),
        state: StackState::Ready,
        revision: 1,
        known_good,
        run: "earlier".into(),
        facts_run: None,
        changed: 0,
        notes: Vec::new(),
    }
}

fn run(on_failure: &str, known_good: Option<u64>) -> Run {
    Run {
        stack: "shop".into(),
        run: "run".into(),
        mode: Mode::Deploy,
        revision: Revision { number: 2, spec: spec(on_failure), pinned: Pinned::default() },
        include_data: false,
        started: 0,
        plan_hash: None,
        approved: None,
        begun: true,
        before: Some(record(known_good)),
        recovery: None,
    }
}

fn recovery(how: Recover) -> Recovery {
    let (failed_revision, cause) = (2, "Stuck: `edge/alb`: pending".to_owned());
    let (entered, raised) = (String::new(), BTreeMap::new());
    Recovery { how, entered, failed_revision, cause, raised, left: Vec::new() }
}

#[test]
fn what_becomes_of_a_failed_deploy_is_what_its_spec_says() {
    use Recover::{Destroy, Rollback};
    let cases = [
        ("rollback", Some(1), Some(Rollback)),
        ("keep", Some(1), None),
        ("destroy", Some(1), Some(Rollback)),
        // The same revision once more: the next deploy does that.
        ("rollback", Some(2), None),
        ("destroy", Some(2), None),
        // A first deploy.
        ("rollback", None, None),
        ("keep", None, None),
        ("destroy", None, Some(Destroy)),
    ];
    for (on_failure, good, expected) in cases {
        let found = decide(&run(on_failure, good), "Refused", true);
        assert_eq!(found, expected, "{on_failure}, known-good {good:?}");
    }
}

#[test]
fn nothing_is_undone_where_nothing_was_done_or_another_run_is_at_work() {
    let deploy = run("rollback", Some(1));
    for (error, changed, goes_back) in [
        ("Refused", true, true),
        ("NotConverging", true, true),
        ("Refused", false, false),
        // Nobody knows what a function did that was killed.
        ("Lambda.Unknown", false, true),
        ("Runtime.ExitError", false, true),
        ("Busy", true, false),
        ("Lost", true, false),
        ("Superseded", true, false),
        ("Moved", true, false),
    ] {
        let found = decide(&deploy, error, changed).is_some();
        assert_eq!(found, goes_back, "{error}, changed: {changed}");
    }
    let back = Run { recovery: Some(recovery(Recover::Rollback)), ..deploy.clone() };
    assert_eq!(decide(&back, "Refused", true), None, "it goes back once");
    let destroy = Run { mode: Mode::Destroy, ..deploy };
    assert_eq!(decide(&destroy, "Refused", true), None, "a destroy goes nowhere");
}

/// A database tier whose wish asks for `want` GiB and in which `is` GiB stand.
fn records(want: u64, is: u64) -> BTreeMap<Tier, TierRecord> {
    let address = Address::new(Tier::Database, "instance");
    let (kind, spec) = ("AWS::RDS::DBInstance".to_owned(), |gib| json!({ "storage_gib": gib }));
    let wish = Node {
        address: address.clone(),
        kind: kind.clone(),
        spec: spec(want),
        after: BTreeSet::new(),
        protected: true,
    };
    let live = Live {
        address,
        kind: kind.clone(),
        spec: spec(is),
        facts: Facts::new(),
        status: Status::Ready,
    };
    let bounded = [("storage_gib".to_owned(), Bound::AtLeast)].into();
    let part = TierPart {
        live: vec![live],
        rules: [(kind, Rules { bounded, ..Rules::default() })].into(),
        ..TierPart::default()
    };
    [(Tier::Database, TierRecord { wish: vec![wish], part, ..TierRecord::default() })].into()
}

fn report() -> Report {
    let plan = Plan::default();
    Report {
        stack: "shop".into(),
        run: "run".into(),
        mode: Mode::Deploy,
        revision: 1,
        outcome: Outcome::Done,
        failure: None,
        recovery: None,
        started: 0,
        ended: 1,
        site_usable: None,
        resources: BTreeMap::new(),
        api_calls: ApiCalls::default(),
        plan_hash: plan.hash(),
        plan,
    }
}

#[test]
fn a_report_names_what_could_not_be_undone() {
    let failed = Recovery { raised: raised(&records(40, 20)), ..recovery(Recover::Rollback) };
    let mut told = report();
    told.plan.notes.push(Note {
        address: Address::new(Tier::Storage, "files"),
        text: "holds data and is protected; it stays".into(),
    });
    tell_how(&mut told, &failed, &records(20, 40));
    assert_eq!(told.outcome, Outcome::RolledBack);
    assert_eq!(
        told.failure.as_deref(),
        Some(
            "revision 2 could not be built: Stuck: `edge/alb`: pending; the stack is back at \
             revision 1; not undone: `database/instance` keeps storage_gib 40, above the 20 of \
             the revision; `storage/files` holds data and is protected; it stays"
        )
    );
}

#[test]
fn what_grew_by_itself_is_not_blamed_on_the_failed_revision() {
    let failed = Recovery { raised: raised(&records(20, 20)), ..recovery(Recover::Rollback) };
    let mut told = report();
    tell_how(&mut told, &failed, &records(20, 40));
    assert_eq!(told.recovery.map(|it| it.left), Some(Vec::new()));
}

#[test]
fn a_way_back_that_fails_too_is_told_with_both_causes() {
    let text = failed_too(&recovery(Recover::Rollback), 1, "Refused: `network/vpc`: no");
    for part in ["revision 2", "`edge/alb`: pending", "back to revision 1", "`network/vpc`: no"] {
        assert!(text.contains(part), "{part}: {text}");
    }
}

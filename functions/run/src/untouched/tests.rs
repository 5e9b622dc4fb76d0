use shared::revision::{Pinned, Revision};

use super::*;

fn stands(state: StackState) -> StackRecord {
    StackRecord {
        name: "shop".into(),
        state,
        revision: 1,
        known_good: (state == StackState::Ready).then_some(1),
        run: "earlier".into(),
        facts_run: Some("earlier".into()),
        changed: 5,
        notes: vec!["of old".into()],
    }
}

fn run(mode: Mode, before: Option<StackRecord>) -> Run {
    let text = "terrace: 1\nname: shop\nregion: eu-central-1\nbastion: {enabled: false}\n";
    let spec = shared::spec::read(text, "shop.yaml").expect("a sound spec");
    Run {
        stack: "shop".into(),
        run: "run".into(),
        mode,
        revision: Revision { number: 2, spec, pinned: Pinned::default() },
        include_data: false,
        started: 0,
        plan_hash: None,
        approved: None,
        begun: false,
        before,
        recovery: None,
    }
}

#[test]
fn only_a_run_that_cannot_have_changed_anything_came_to_nothing() {
    // Outcome; planned, refused, may have changed; came to nothing.
    let cases = [
        (Outcome::Moved, [true, true, false], true),
        (Outcome::Rejected, [true, false, false], true),
        (Outcome::Superseded, [true, false, false], true),
        // Refused by plan or preflight; failed while it looked for the first time.
        (Outcome::Failed, [true, true, false], true),
        (Outcome::Failed, [false, false, false], true),
        // Its function was ended before it could write down what it had called.
        (Outcome::Failed, [true, false, false], false),
        // On its way back, and after a round that had changed something.
        (Outcome::Failed, [true, true, true], false),
        (Outcome::Failed, [false, false, true], false),
        (Outcome::Done, [true, false, false], false),
        (Outcome::RolledBack, [true, false, true], false),
        (Outcome::TakenDown, [true, false, true], false),
    ];
    for (outcome, [is_planned, is_refused, may_have_changed], expected) in cases {
        let found = came_to_nothing(outcome, is_planned, is_refused, may_have_changed);
        let told = (outcome, is_planned, is_refused, may_have_changed);
        assert_eq!(found, expected, "{told:?}");
    }
}

#[test]
fn what_stood_before_stands_as_it_was_with_a_note() {
    for state in [StackState::Ready, StackState::Failed, StackState::Destroyed] {
        let found = record(&run(Mode::Deploy, Some(stands(state))), "Refused: no room", 9);
        let notes = vec!["revision 2 was not built: Refused: no room".into(), "of old".into()];
        assert_eq!(found, StackRecord { notes, ..stands(state) });
    }
    let found = record(&run(Mode::Destroy, Some(stands(StackState::Ready))), "Refused: held", 9);
    assert_eq!(found.notes[0], "it was not taken down: Refused: held");
}

#[test]
fn of_a_first_deploy_that_came_to_nothing_people_are_told_just_that() {
    for before in [None, Some(stands(StackState::NotBuilt))] {
        let found = record(&run(Mode::Deploy, before), "Refused: no room", 9);
        assert_eq!(
            (found.state, found.revision, found.known_good),
            (StackState::NotBuilt, 2, None)
        );
        assert_eq!((found.run.as_str(), found.facts_run, found.changed), ("run", None, 9));
        assert_eq!(found.notes[0], "revision 2 was not built: Refused: no room");
    }
}

#[test]
fn notes_on_what_came_to_nothing_do_not_pile_up() {
    let mut before = stands(StackState::Ready);
    for _ in 0..2 * NOTES_MAX {
        before = record(&run(Mode::Deploy, Some(before)), "Refused: no room", 9);
    }
    assert_eq!(before.notes.len(), NOTES_MAX);
}

//! Two runs on one stack never both write: every order in which things can happen is tried.
//!
//! The decisions are the product's own (`shared::ledger::Terms`). Around them is a model of what
//! AWS lets happen: functions that stop between any two steps until Lambda ends them, clocks that
//! differ, conditional writes whose answer is lost, executions that end at any moment, and rules
//! that clear up after them late, twice or never. Time is counted in ticks, and a state holds times
//! as seen from now; so there are only finitely many states, and all of them are visited.

#[path = "lease/model.rs"]
mod model;
#[path = "lease/search.rs"]
mod search;

use model::World;
use search::{Found, search};
use shared::ledger::{Asker, FUNCTION_SECONDS, Holder, TERMS, Taking, Terms};

/// As the product's, in ticks: everything that is compared keeps its order.
const SMALL: Terms = Terms { lease: 5, margin: 2, function: 2, clocks: 2 };

#[test]
fn two_runs_never_both_write() {
    nobody_writes_beside_another(2, 4);
}

#[test]
fn three_runs_never_write_at_once() {
    nobody_writes_beside_another(3, 2);
}

fn nobody_writes_beside_another(runs: usize, hands: usize) {
    let found = search(World::new(runs, hands), SMALL);
    let Found::Nothing { states } = found else { panic!("{runs} runs: {found}") };
    println!("{runs} runs, {hands} functions at once: {states} states, none with two writers");
    assert!(states > 10_000, "{states} states are too few to have tried it all");
}

/// With too little patience the lease is unsafe, and the search shows how. (The margin is a reserve:
/// who is let to work has renewed the lease just before, or found it renewed.)
#[test]
fn who_waits_too_little_writes_beside_another() {
    let careless = [
        ("no wait for functions that are at work", Terms { function: 0, ..SMALL }),
        ("a wait too short by a tick", Terms { function: 1, ..SMALL }),
        ("clocks that never differ", Terms { clocks: 0, ..SMALL }),
    ];
    for (what, terms) in careless {
        let found = search(World::new(2, 3), terms);
        assert!(matches!(found, Found::TwoWriters { .. }), "{what}: {found}");
        println!("{what}: {found}");
    }
}

/// Whatever stands, a run that asks long enough is let in, also when nobody clears up.
#[test]
fn somebody_always_gets_in() {
    let states = search::reachable(World::new(2, 3), SMALL);
    let long = SMALL.lease + 2 * SMALL.function + 3 * SMALL.clocks;
    let asker = Asker { run: "late", execution: None };
    for state in &states {
        let lease = state.lease();
        let taken = SMALL.take(lease.as_ref(), asker, Holder::Unknown, long);
        assert!(matches!(taken, Taking::Take(_)), "{state:?}: {taken:?}");
        // Somebody who knows that the holder has ended need not wait for the lease's end.
        if let Taking::LetGo(free) = SMALL.take(lease.as_ref(), asker, Holder::Ended, 0) {
            let free = SMALL.cooled(&free, 0).unwrap_or(free);
            let soon = SMALL.function + SMALL.clocks;
            let taken = SMALL.take(Some(&free), asker, Holder::Unknown, soon);
            assert!(matches!(taken, Taking::Take(_)), "{state:?}: {taken:?}");
        }
    }
}

#[test]
fn the_products_terms_keep_the_order_of_the_small_ones() {
    for Terms { lease, margin, function, clocks } in [TERMS, SMALL] {
        assert!(0 < clocks && clocks <= margin, "clocks that differ eat into the margin");
        assert!(margin < lease * 2 / 3 && function < lease, "a pass finds time to work");
    }
    assert_eq!(TERMS.function, FUNCTION_SECONDS);
}

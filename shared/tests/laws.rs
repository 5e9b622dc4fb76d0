//! The laws of the planner and the engine, over random stacks in the strictest of clouds.
//!
//! Some deadlocks show only past a few hundred cases: `PROPTEST_CASES=4000 PROPTEST_RNG_SEED=7 cargo
//! test -p terrace-shared --test laws`.

mod laws {
    mod crashes;
    mod deploys;
    mod destroys;
    mod drift;
    mod driver;
    mod failures;
    mod machine;
    mod plans;
    mod replacing;
    mod stacks;
    mod strangers;
}

//! The whole pipeline, from a spec put into the bucket to a ready stack and back to nothing.
//! Each test drives a stack of its own with what people have: the bucket and the machines.

mod by_hand;
mod changes;
mod deploying;
mod destroying;
mod expressions;
mod healing;
mod history;
mod interrupted;
mod reading;
mod refusals;
mod remains;
mod replacing;
mod stand;

use crate::Test;

pub fn tests() -> Vec<Test> {
    [
        by_hand::TESTS,
        changes::TESTS,
        deploying::TESTS,
        destroying::TESTS,
        expressions::TESTS,
        healing::TESTS,
        history::TESTS,
        interrupted::TESTS,
        reading::TESTS,
        refusals::TESTS,
        replacing::TESTS,
    ]
    .concat()
}

//! The whole pipeline, from a spec put into the bucket to a ready stack and back to nothing.
//! Each test drives a stack of its own with what people have: the bucket and the machines.

mod approving;
mod by_hand;
mod changes;
mod deploying;
mod destroying;
mod duplicates;
mod expressions;
mod failed_data;
mod healing;
mod history;
mod importing;
mod interrupted;
mod killed;
mod queueing;
mod reading;
mod refusals;
mod remains;
mod replacing;
mod rolling_back;
mod room;
mod stand;

use crate::Test;

pub fn tests() -> Vec<Test> {
    [
        approving::TESTS,
        by_hand::TESTS,
        changes::TESTS,
        deploying::TESTS,
        destroying::TESTS,
        duplicates::TESTS,
        expressions::TESTS,
        failed_data::TESTS,
        healing::TESTS,
        history::TESTS,
        importing::TESTS,
        interrupted::TESTS,
        killed::TESTS,
        queueing::TESTS,
        reading::TESTS,
        refusals::TESTS,
        replacing::TESTS,
        room::TESTS,
        rolling_back::TESTS,
    ]
    .concat()
}

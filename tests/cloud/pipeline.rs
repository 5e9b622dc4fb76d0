//! The whole pipeline, from a spec put into the bucket to a ready stack.

use crate::Test;

pub fn tests() -> Vec<Test> {
    Vec::new()
}

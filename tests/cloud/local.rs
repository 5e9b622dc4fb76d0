//! Local clouds beside each other.

use std::collections::BTreeSet;
use std::thread;

use futures::FutureExt;
use support::Cloud;

use crate::Test;

pub const TESTS: &[Test] =
    &[("local::clouds_that_start_at_once_have_a_port_each", |_| async { at_once() }.boxed_local())];

fn at_once() {
    const SEVERAL: usize = 3;
    let folder = tempfile::tempdir().expect("a folder");
    let start = |number: usize| Cloud::start_in(folder.path().join(number.to_string()));
    let clouds: Vec<Cloud> = thread::scope(|scope| {
        let all: Vec<_> = (0..SEVERAL).map(|it| scope.spawn(move || start(it))).collect();
        all.into_iter().map(|one| one.join().expect("it starts")).collect()
    });
    let endpoints: BTreeSet<&String> = clouds.iter().map(|it| &it.endpoint).collect();
    assert_eq!(endpoints.len(), SEVERAL, "{endpoints:?}");
    // What one is told, the others do not know.
    for (seed, cloud) in clouds.iter().enumerate() {
        cloud.set(&format!(r#"{{"seed": {seed}}}"#));
    }
    for (seed, cloud) in clouds.iter().enumerate() {
        assert_eq!(cloud.ask("GET", "settings", "")["seed"], seed);
        cloud.stop();
    }
}

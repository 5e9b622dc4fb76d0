//! Tests against the local cloud: contracts of all kinds, and the whole pipeline.

mod contract;
mod pipeline;

use std::process::ExitCode;
use std::sync::Arc;

use libtest_mimic::{Arguments, Trial};
use support::Cloud;

/// One test: its name and what it does, on a runtime of its own.
type Test = (&'static str, fn(Arc<Cloud>) -> futures::future::LocalBoxFuture<'static, ()>);

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let tests: Vec<Test> = [contract::tests(), pipeline::tests()].concat();
    if arguments.list {
        return libtest_mimic::run(&arguments, trials(&tests, None)).exit_code();
    }
    let cloud = Arc::new(Cloud::start());
    let conclusion = libtest_mimic::run(&arguments, trials(&tests, Some(&cloud)));
    cloud.stop();
    conclusion.exit_code()
}

fn trials(tests: &[Test], cloud: Option<&Arc<Cloud>>) -> Vec<Trial> {
    let trial = |(name, test): &Test| {
        let (cloud, test) = (cloud.cloned(), *test);
        Trial::test(*name, move || {
            let cloud = cloud.ok_or("there is no cloud to test against")?;
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(test(cloud));
            Ok(())
        })
    };
    tests.iter().map(trial).collect()
}

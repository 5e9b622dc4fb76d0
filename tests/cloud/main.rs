//! Tests against the local cloud: contracts of all kinds, and the whole pipeline.

mod contract;
mod local;
mod pipeline;

use std::process::ExitCode;
use std::sync::Arc;

use libtest_mimic::{Arguments, Trial};
use support::Cloud;

/// One test: its name and what it does, on a runtime of its own.
type Test = (&'static str, fn(Arc<Cloud>) -> futures::future::LocalBoxFuture<'static, ()>);

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let tests: Vec<Test> = [contract::tests(), pipeline::tests(), local::TESTS.to_vec()].concat();
    if arguments.list {
        return libtest_mimic::run(&arguments, trials(&tests, None)).exit_code();
    }
    let cloud = Arc::new(Cloud::start());
    let conclusion = libtest_mimic::run(&arguments, trials(&tests, Some(&cloud)));
    cloud.stop();
    let missing = if are_all(&arguments) { support::contract::unchecked() } else { Vec::new() };
    if !conclusion.has_failed() && !missing.is_empty() {
        eprintln!("no contract test for {}", missing.join(", "));
        return ExitCode::FAILURE;
    }
    conclusion.exit_code()
}

/// Whether all contract tests were asked for, so that no kind may be left out.
fn are_all(arguments: &Arguments) -> bool {
    let all = arguments.filter.as_deref().is_none_or(|filter| filter == "contract");
    all && arguments.skip.is_empty()
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

//! A few points of the proof, others every day; `cargo run -p crash` goes through all of them.

use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use crash::{Cloud, Fallible, How, Proof, Scenario, Verdict, chosen};
use libtest_mimic::{Arguments, Failed, Trial};

/// What a minute is enough for.
const POINTS: usize = 4;

fn main() -> ExitCode {
    let trial = Trial::test("a_few_accidents_of_today_are_healed_by_running_again", || {
        today().map_err(|error| Failed::from(error.to_string()))
    });
    libtest_mimic::run(&Arguments::from_args(), vec![trial]).exit_code()
}

fn today() -> Fallible<()> {
    const DAY_SECONDS: u64 = 24 * 60 * 60;
    let day = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs() / DAY_SECONDS;
    let cloud = Cloud::start()?;
    let went = on(&cloud, day);
    cloud.stop();
    went
}

/// Another scenario every day, and other points of it.
fn on(cloud: &Cloud, day: u64) -> Fallible<()> {
    let scenarios = Scenario::ALL;
    let scenario = scenarios[usize::try_from(day)? % scenarios.len()];
    let name = scenario.name();
    println!("again: cargo run -p crash -- {name} --sample {POINTS} --seed {day}");
    let proof = Proof::begin(cloud, scenario)?;
    for (point, how) in chosen(proof.cases(&How::ALL), Some(POINTS), day) {
        let outcome = proof.check(&point, how)?;
        println!("{} {:?} ({:.1} s)", outcome.name, outcome.verdict, outcome.seconds);
        if let Verdict::Failed(why) = outcome.verdict {
            return Err(format!("{}: {}", outcome.name, why.join("; ")).into());
        }
    }
    Ok(())
}

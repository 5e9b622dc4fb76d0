//! `cargo run -p crash -- deploy --how lost --shard 1/8 --resume`: the whole crash proof, or a part of it.

use std::path::PathBuf;
use std::process::ExitCode;
use std::str::FromStr;

use clap::{Parser, ValueEnum};
use crash::{Cloud, Fallible, How, Outcome, Proof, Results, Scenario, Verdict, chosen};

/// Cuts runs off at every changing call, runs them again, and compares with a clean run.
#[derive(Parser)]
#[command(name = "crash")]
struct Arguments {
    #[arg(value_enum)]
    what: What,
    /// How the calls go wrong; all ways by default
    #[arg(long, value_enum)]
    how: Vec<How>,
    /// Only points whose name has this in it
    #[arg(long, default_value = "")]
    only: String,
    /// The part of the points to check, such as `1/8`
    #[arg(long, default_value = "1/1")]
    shard: Shard,
    /// So many points, drawn by the seed
    #[arg(long)]
    sample: Option<usize>,
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Leave out what the file of results has already
    #[arg(long)]
    resume: bool,
    /// An empty local cloud with its control plane, instead of one of its own
    #[arg(long)]
    endpoint: Option<String>,
    /// Where the results go; `target/…/crash-results` by default
    #[arg(long)]
    results: Option<PathBuf>,
    /// How many rounds of throttling for each scenario and rate
    #[arg(long, default_value_t = 2)]
    rounds: u64,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum What {
    /// A first deploy of the example stack
    Deploy,
    /// A change whose replacements reach over three tiers
    Update,
    /// Taking the stack down with its data
    Destroy,
    /// All three, with calls of every service throttled
    Throttle,
}

#[derive(Clone, Copy)]
struct Shard {
    number: u64,
    of: u64,
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (number, of) = text.split_once('/').ok_or("not NUMBER/OF, such as `1/8`")?;
        let [number, of] = [number, of].map(|it| it.parse().unwrap_or(0));
        if number == 0 || number > of {
            return Err(format!("`{text}` is not between `1/{of}` and `{of}/{of}`"));
        }
        Ok(Shard { number, of })
    }
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(&arguments) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(2)
        }
    }
}

fn run(arguments: &Arguments) -> Fallible<bool> {
    let cloud = match &arguments.endpoint {
        Some(endpoint) => Cloud::at(endpoint)?,
        None => Cloud::start()?,
    };
    let went = on(&cloud, arguments);
    cloud.stop();
    went
}

fn on(cloud: &Cloud, arguments: &Arguments) -> Fallible<bool> {
    let name = arguments.what.to_possible_value().map(|it| it.get_name().to_owned());
    let name = name.unwrap_or_default();
    let Shard { number, of } = arguments.shard;
    let folder = match &arguments.results {
        Some(folder) => folder.clone(),
        None => crash::results_folder()?,
    };
    let path = folder.join(format!("{name}-{number}-of-{of}.jsonl"));
    let mut results = Results::open(&path, arguments.resume)?;
    println!("results go to {}", path.display());
    let before = cloud.acting()?;
    match arguments.what {
        What::Deploy => points(cloud, Scenario::Deploy, arguments, &mut results)?,
        What::Update => points(cloud, Scenario::Update, arguments, &mut results)?,
        What::Destroy => points(cloud, Scenario::Destroy, arguments, &mut results)?,
        What::Throttle => throttle(cloud, arguments, &mut results)?,
    }
    cloud.restore()?;
    // What acts is not brought back from point to point, because no point may change it.
    let other = crash::account::differences(&before, &cloud.acting()?);
    if !other.is_empty() {
        return Err(format!("the control plane is not what it was: {}", other.join("; ")).into());
    }
    let [healed, missed, failed] =
        ["healed", "not reached", "failed"].map(|verdict| results.count(verdict));
    println!("{} points, {healed} healed ({missed} not reached)", healed + failed);
    Ok(failed == 0)
}

fn points(
    cloud: &Cloud,
    scenario: Scenario,
    arguments: &Arguments,
    results: &mut Results,
) -> Fallible<()> {
    let proof = Proof::begin(cloud, scenario)?;
    let hows = if arguments.how.is_empty() { &How::ALL[..] } else { &arguments.how };
    let cases = proof.cases(hows);
    println!("{} calls, {} points", proof.points.len(), cases.len());
    let Shard { number, of } = arguments.shard;
    let cases: Vec<_> = cases
        .into_iter()
        .filter(|(point, how)| {
            let name = proof.name(point, *how);
            name.contains(&arguments.only) && crash::shard(&name, of) == number
        })
        .collect();
    let cases = chosen(cases, arguments.sample, arguments.seed);
    let total = cases.len();
    for (index, (point, how)) in cases.iter().enumerate() {
        if results.has(&proof.name(point, *how)) {
            continue;
        }
        let outcome = proof.check(point, *how)?;
        tell(index + 1, total, &outcome);
        results.add(outcome.line())?;
    }
    Ok(())
}

fn throttle(cloud: &Cloud, arguments: &Arguments, results: &mut Results) -> Fallible<()> {
    /// So many of all calls.
    const RATES: [f64; 2] = [0.2, 0.3];
    let rounds = arguments.seed..arguments.seed + arguments.rounds;
    let cases: Vec<(f64, u64)> =
        RATES.iter().flat_map(|rate| rounds.clone().map(|seed| (*rate, seed))).collect();
    for scenario in Scenario::ALL {
        let proof = Proof::begin(cloud, scenario)?;
        for (index, (rate, seed)) in cases.iter().enumerate() {
            if results.has(&proof.throttled_name(*rate, *seed)) {
                continue;
            }
            let outcome = proof.throttled(*rate, *seed)?;
            tell(index + 1, cases.len(), &outcome);
            results.add(outcome.line())?;
        }
        // To the empty account, or to the stack that the next one begins with.
        cloud.restore()?;
    }
    Ok(())
}

/// One line for each point; what failed with why, and how to see it again.
fn tell(number: usize, total: usize, outcome: &Outcome) {
    let line = outcome.line();
    println!("{number}/{total} {} {} ({:.1} s)", line.verdict, line.point, line.seconds);
    if let Verdict::Failed(why) = &outcome.verdict {
        for one in why {
            println!("    {one}");
        }
        println!("    again: cargo run -p crash -- {}", outcome.again);
    }
}

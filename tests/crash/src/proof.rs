//! One point after the other: back to the moment before, an accident, and again.

use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::account::{self, Settings};
use crate::cloud::{Cloud, until};
use crate::fault::How;
use crate::journal::{Point, points};
use crate::results::Line;
use crate::scenario::{STACK, Scenario};
use crate::{Fallible, aws};

/// What came of a point.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    Healed,
    /// The run did not make this call, as one that renews a lease.
    NotReached,
    /// What is other than after a clean run.
    Failed(Vec<String>),
}

/// What came of a point, and how long it took.
pub struct Outcome {
    pub name: String,
    /// The arguments with which this program comes to this point alone.
    pub again: String,
    pub verdict: Verdict,
    pub seconds: f64,
}

/// A scenario with its clean run.
pub struct Proof<'a> {
    cloud: &'a Cloud,
    scenario: Scenario,
    pub points: Vec<Point>,
    /// What there is in the whole account.
    clean: Value,
    settings: Settings,
}

/// How an execution ended.
struct Ended {
    run: String,
    status: String,
    said: String,
}

impl<'a> Proof<'a> {
    /// Stands up what has to stand before, keeps that moment, and runs the scenario cleanly.
    pub fn begin(cloud: &'a Cloud, scenario: Scenario) -> Fallible<Self> {
        let mut proof = Self {
            cloud,
            scenario,
            points: Vec::new(),
            clean: Value::Null,
            settings: Settings::new(),
        };
        if let Some(input) = scenario.before() {
            proof.through("deploy", &input)?;
        }
        cloud.save()?;
        cloud.restore()?;
        let (machine, input) = scenario.run();
        proof.through(machine, &input)?;
        cloud.until_at_rest()?;
        proof.points = points(&cloud.calls()?);
        // Running again is part of every other point, and leaves records of its own.
        let again = proof.again()?;
        cloud.until_at_rest()?;
        proof.clean = cloud.account()?;
        proof.settings = account::settings(&cloud.host, &again.run)?;
        Ok(proof)
    }

    /// All points with all ways of going wrong among `hows`.
    pub fn cases(&self, hows: &[How]) -> Vec<(Point, How)> {
        let each =
            self.points.iter().flat_map(|point| hows.iter().map(|how| (point.clone(), *how)));
        each.collect()
    }

    pub fn name(&self, point: &Point, how: How) -> String {
        format!("{} {} {point}", self.scenario.name(), how.name())
    }

    /// Cuts the scenario off at the point, runs it again and compares.
    pub fn check(&self, point: &Point, how: How) -> Fallible<Outcome> {
        let fault = how.fault(point);
        let name = self.name(point, how);
        let again = format!("{} --only '{name}'", self.scenario.name());
        self.accident(name, again, &fault, how == How::Stop)
    }

    /// The same with this part of all calls of Terrace's functions throttled, reads as well.
    pub fn throttled(&self, rate: f64, seed: u64) -> Fallible<Outcome> {
        self.cloud.ask("PUT", "settings", &json!({ "seed": seed }))?;
        let fault = json!({
            "service": "*", "action": "*", "caller": "terrace-",
            "how": "throttle", "rate": rate, "reads": true,
        });
        let again = format!("throttle --rounds 1 --seed {seed}");
        self.accident(self.throttled_name(rate, seed), again, &fault, false)
    }

    pub fn throttled_name(&self, rate: f64, seed: u64) -> String {
        format!("{} throttled rate {rate} seed {seed}", self.scenario.name())
    }

    fn accident(
        &self,
        name: String,
        again: String,
        fault: &Value,
        stops: bool,
    ) -> Fallible<Outcome> {
        let started = Instant::now();
        self.cloud.restore()?;
        self.cloud.ask("POST", "faults", fault)?;
        // What never ends is a finding about the point, not about the proof.
        let verdict =
            self.befall(stops).unwrap_or_else(|error| Verdict::Failed(vec![error.to_string()]));
        let seconds = started.elapsed().as_secs_f64();
        Ok(Outcome { name, again, verdict, seconds })
    }

    /// Runs the scenario with the fault that is set, and again without it.
    fn befall(&self, stops: bool) -> Fallible<Verdict> {
        let (machine, input) = self.scenario.run();
        let execution = self.start(machine, &input)?;
        if stops {
            self.stop_when_struck(&execution)?;
        }
        let ended = self.end(&execution)?;
        let was_reached = self.cloud.struck()? > 0;
        // A fault that was not reached must not befall the next run.
        self.cloud.ask("DELETE", "faults", &Value::Null)?;
        self.cloud.until_at_rest()?;
        let mut why = self.heal()?;
        if !why.is_empty() {
            why.push(format!("the first run: {} {}", ended.status, ended.said));
        }
        Ok(match (why.is_empty(), was_reached) {
            (false, _) => Verdict::Failed(why),
            (true, true) => Verdict::Healed,
            (true, false) => Verdict::NotReached,
        })
    }

    /// Runs again; all that is other than after the clean run.
    fn heal(&self) -> Fallible<Vec<String>> {
        let second = self.again()?;
        self.cloud.until_at_rest()?;
        let mut why = Vec::new();
        if second.status != "SUCCEEDED" {
            why.push(format!("running again: {} {}", second.status, second.said));
        }
        why.extend(account::differences(&self.clean, &self.cloud.account()?));
        let settings = account::settings(&self.cloud.host, &second.run)?;
        why.extend(account::changed(&self.settings, &settings));
        why.extend(self.lease_left()?);
        Ok(why)
    }

    /// The scenario once more. A destroyed stack has no name that could be destroyed again.
    fn again(&self) -> Fallible<Ended> {
        let (machine, input) = self.scenario.run();
        if self.scenario == Scenario::Destroy && self.is_destroyed()? {
            return Ok(Ended {
                run: String::new(),
                status: "SUCCEEDED".to_owned(),
                said: String::new(),
            });
        }
        let execution = self.start(machine, &input)?;
        self.end(&execution)
    }

    fn is_destroyed(&self) -> Fallible<bool> {
        let record = aws::read(&self.cloud.host, &format!("stacks/{STACK}/record.json"))?;
        Ok(record.is_some_and(|it| it["state"] == "destroyed"))
    }

    fn through(&self, machine: &str, input: &Value) -> Fallible<()> {
        let execution = self.start(machine, input)?;
        let Ended { status, said, .. } = self.end(&execution)?;
        if status == "SUCCEEDED" {
            return Ok(());
        }
        Err(format!("without any accident, `{machine}` ended as {status}: {said}").into())
    }

    fn start(&self, machine: &str, input: &Value) -> Fallible<String> {
        let (account, region) = (aws::ACCOUNT, aws::REGION);
        let arn = format!("arn:aws:states:{region}:{account}:stateMachine:terrace-{machine}:live");
        let request = json!({ "stateMachineArn": arn, "input": input.to_string() });
        let started = aws::step_functions(&self.cloud.host, "StartExecution", &request)?;
        Ok(started["executionArn"].as_str().ok_or("no execution was started")?.to_owned())
    }

    fn end(&self, execution: &str) -> Fallible<Ended> {
        let request = json!({ "executionArn": execution });
        until(&format!("the end of `{execution}`"), || {
            self.put_clock_forward()?;
            let found = aws::step_functions(&self.cloud.host, "DescribeExecution", &request)?;
            let status = found["status"].as_str().unwrap_or_default().to_owned();
            let said = format!("{} {}", found["error"], found["cause"]);
            let run = execution.rsplit(':').next().unwrap_or_default().to_owned();
            Ok((status != "RUNNING").then_some(Ended { run, status, said }))
        })
    }

    fn stop_when_struck(&self, execution: &str) -> Fallible<()> {
        let request = json!({ "executionArn": execution });
        until("the call at which to stop", || {
            if self.cloud.struck()? > 0 {
                aws::step_functions(&self.cloud.host, "StopExecution", &request)?;
                return Ok(Some(()));
            }
            let found = aws::step_functions(&self.cloud.host, "DescribeExecution", &request)?;
            Ok((found["status"] != "RUNNING").then_some(()))
        })
    }

    /// A run waits for about a minute after one that was interrupted, because functions of that one may
    /// still be at work. Here it is known that they are not: when only a run that waits is under way,
    /// the lease's cool-down may be over.
    fn put_clock_forward(&self) -> Fallible<()> {
        let key = format!("stacks/{STACK}/lease.json");
        let Some(mut lease) = aws::read(&self.cloud.host, &key)? else { return Ok(()) };
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)?.as_secs();
        let cools = lease["run"].is_null() && lease["expires"].as_u64().is_some_and(|it| it > now);
        if !cools {
            return Ok(());
        }
        // Twice in a row, as an invocation may be between two states.
        for _ in 0..2 {
            if self.cloud.ask("GET", "state", &Value::Null)?["functions"] != 0 {
                return Ok(());
            }
            sleep(Duration::from_millis(20));
        }
        lease["expires"] = json!(now - 1);
        aws::write(&self.cloud.host, &key, &lease)
    }

    fn lease_left(&self) -> Fallible<Option<String>> {
        let lease = aws::read(&self.cloud.host, &format!("stacks/{STACK}/lease.json"))?;
        let holder = lease.map(|it| it["run"].clone()).filter(|run| !run.is_null());
        Ok(holder.map(|run| format!("the lease is still held by {run}")))
    }
}

impl Outcome {
    pub fn line(&self) -> Line {
        let (verdict, why) = match &self.verdict {
            Verdict::Healed => ("healed", Vec::new()),
            Verdict::NotReached => ("not reached", Vec::new()),
            Verdict::Failed(why) => ("failed", why.clone()),
        };
        let (point, verdict) = (self.name.clone(), verdict.to_owned());
        Line { point, verdict, why, seconds: self.seconds }
    }
}

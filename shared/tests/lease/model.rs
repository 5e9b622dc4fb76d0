//! What can happen to a lease: runs, the functions that work for them, and time.

mod functions;

use std::fmt;

use shared::ledger::{Lease, Terms};

/// How long Lambda lets a function live, in ticks. It ends whatever the lease's terms say.
const LIFE: i64 = 2;

/// What the clock that a function reads may be off by. Two clocks differ by up to 2 ticks.
const CLOCKS: [i64; 2] = [0, 2];

/// Older ends than this are all the same: no comparison tells them apart.
const LONG_AGO: i64 = -2 * LIFE;

const NAMES: [&str; 3] = ["a", "b", "c"];

#[derive(Clone, PartialEq, Eq, Hash)]
pub struct World {
    lease: Option<Held>,
    runs: Vec<Run>,
    /// Functions that may be under way at once.
    hands: usize,
}

/// The lease, as seen from now. Its number and beginning decide nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Held {
    run: Option<usize>,
    expires: i64,
}

#[derive(Clone, PartialEq, Eq, Hash)]
struct Run {
    phase: Phase,
    hands: Vec<Hand>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Phase {
    /// Its machine asks to be let in.
    Waiting,
    Running,
    /// Its execution has ended, in whatever way. Its functions may not have.
    Over,
}

/// A function under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Hand {
    /// Ticks until Lambda ends it.
    left: i64,
    /// What its clock is off by.
    clock: i64,
    at: At,
}

/// Something that happens.
#[derive(Clone, Copy, Debug)]
#[expect(dead_code, reason = "read by people, in what the search prints")]
pub enum Step {
    Time,
    /// A run's execution ends without a word.
    Ends(usize),
    /// A function is called, with its clock.
    Calls(usize, Purpose, i64),
    /// It reads the lease and decides; with what it does next.
    Decides(usize, Purpose, Option<At>),
    Writes(usize, Purpose, Held),
    /// Its write takes effect, and the answer is lost.
    WritesUnheard(usize, Purpose, Held),
}

/// The step that a function takes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum At {
    Begin(Purpose),
    /// It has read and decided; this is what it writes, if nobody has written since.
    Write(Purpose, Held),
    /// It was let to work: however long ago it last looked at the clock, it may call AWS now.
    Calls,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Purpose {
    Admit,
    /// Lets go in another's stead.
    LetGo,
    Act,
    Finish,
    ClearUp,
    /// Shortens the wait after something was let go.
    Cool,
}

impl World {
    /// At most `hands` functions are under way at once. Of each run one may be at work on the stack,
    /// and one may ask for the lease or let it go.
    pub fn new(runs: usize, hands: usize) -> Self {
        let run = Run { phase: Phase::Waiting, hands: Vec::new() };
        Self { lease: None, runs: vec![run; runs], hands }
    }

    /// Whether functions of two runs may call AWS at this moment.
    pub fn has_two_writers(&self) -> bool {
        let writes = |run: &&Run| run.hands.iter().any(|it| it.at == At::Calls);
        self.runs.iter().filter(writes).count() > 1
    }

    pub fn lease(&self) -> Option<Lease> {
        self.lease.map(Held::lease)
    }

    /// All that can happen next, with what it is called.
    pub fn next(&self, terms: &Terms) -> Vec<(Step, World)> {
        let mut next = vec![(Step::Time, self.tick())];
        for run in 0..self.runs.len() {
            self.beginnings(run, &mut next);
            for hand in 0..self.runs[run].hands.len() {
                self.step(run, hand, terms, &mut next);
            }
        }
        next
    }

    fn tick(&self) -> World {
        let mut world = self.clone();
        world.lease = world.lease.map(Held::older);
        for run in &mut world.runs {
            for hand in &mut run.hands {
                hand.left -= 1;
                if let At::Write(_, held) = &mut hand.at {
                    *held = held.older();
                }
            }
            run.hands.retain(|it| it.left > 0);
        }
        world
    }

    /// Functions that Step Functions or a rule call, and the end of the execution.
    fn beginnings(&self, run: usize, next: &mut Vec<(Step, World)>) {
        let Run { phase, hands } = &self.runs[run];
        if *phase != Phase::Over {
            next.push((Step::Ends(run), self.with(run, |it| it.phase = Phase::Over)));
        }
        let workers = hands.iter().filter(|it| it.at.works()).count();
        // Whose lease it is not, and who does not ask for it, would look and go.
        let concerned = self.lease.is_some_and(|it| it.run == Some(run))
            || hands.iter().any(|it| {
                matches!(it.at, At::Begin(Purpose::Admit) | At::Write(Purpose::Admit, _))
            });
        let purposes: &[Purpose] = match phase {
            Phase::Waiting => &[Purpose::Admit],
            Phase::Running | Phase::Over if !concerned => &[],
            // All functions have answered before a run says that it has finished.
            Phase::Running if workers > 0 => &[Purpose::Act],
            Phase::Running => &[Purpose::Act, Purpose::Finish],
            Phase::Over => &[Purpose::ClearUp],
        };
        let under_way: usize = self.runs.iter().map(|it| it.hands.len()).sum();
        for purpose in purposes {
            let same = if *purpose == Purpose::Act { workers } else { hands.len() - workers };
            let may_begin = same == 0 && under_way < self.hands;
            for clock in CLOCKS.into_iter().filter(|_| may_begin) {
                let world = self.with(run, |it| {
                    if *purpose == Purpose::Finish {
                        it.phase = Phase::Over;
                    }
                    it.hands.push(Hand { left: LIFE, clock, at: At::Begin(*purpose) });
                });
                next.push((Step::Calls(run, *purpose, clock), world));
            }
        }
    }

    fn step(&self, run: usize, hand: usize, terms: &Terms, next: &mut Vec<(Step, World)>) {
        match self.runs[run].hands[hand].at {
            At::Begin(purpose) => {
                for at in self.decide(run, hand, purpose, terms) {
                    let mut world = self.clone();
                    world.put(run, hand, at);
                    next.push((Step::Decides(run, purpose, at), world));
                }
            }
            At::Write(purpose, held) => {
                let written = self.written(run, hand, held);
                let mut heard = written.clone();
                heard.put(run, hand, heard.after(run, hand, purpose, held, terms));
                if purpose == Purpose::Admit && heard.runs[run].phase == Phase::Waiting {
                    heard.runs[run].phase = Phase::Running;
                }
                next.push((Step::Writes(run, purpose, held), heard));
                let mut lost = written;
                lost.put(run, hand, None);
                next.push((Step::WritesUnheard(run, purpose, held), lost));
            }
            At::Calls => (),
        }
    }

    fn put(&mut self, run: usize, hand: usize, at: Option<At>) {
        let hands = &mut self.runs[run].hands;
        match at {
            Some(at) => hands[hand].at = at,
            None => _ = hands.remove(hand),
        }
        hands.sort_unstable();
    }

    fn with(&self, run: usize, change: impl FnOnce(&mut Run)) -> World {
        let mut world = self.clone();
        change(&mut world.runs[run]);
        world.runs[run].hands.sort_unstable();
        world
    }
}

impl At {
    /// Whether it is at work on the stack, or about to be.
    fn works(self) -> bool {
        match self {
            At::Calls => true,
            At::Begin(purpose) | At::Write(purpose, _) => purpose == Purpose::Act,
        }
    }
}

impl Held {
    fn lease(self) -> Lease {
        let run = self.run.map(|it| NAMES[it].to_owned());
        Lease { run, execution: None, number: 0, since: 0, expires: self.expires }
    }

    fn of(lease: &Lease) -> Self {
        let run = lease.run.as_ref().and_then(|run| NAMES.iter().position(|it| it == run));
        Self { run, expires: lease.expires.max(LONG_AGO) }
    }

    fn older(self) -> Self {
        Self { expires: (self.expires - 1).max(LONG_AGO), ..self }
    }
}

impl fmt::Debug for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.lease)?;
        for (name, run) in NAMES.iter().zip(&self.runs) {
            write!(f, "; {name} {:?} {:?}", run.phase, run.hands)?;
        }
        Ok(())
    }
}

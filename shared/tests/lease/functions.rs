//! What a function reads, decides and writes.

use shared::ledger::{Asker, Holder, Holding, Lease, Release, Taking, Terms};

use super::{At, Hand, Held, LIFE, NAMES, Phase, Purpose, World};

impl World {
    /// Reads the lease and decides: one outcome, or two where it depends on what is known of the
    /// holder. `None` when the function has nothing more to do.
    pub(super) fn decide(
        &self,
        run: usize,
        hand: usize,
        purpose: Purpose,
        terms: &Terms,
    ) -> Vec<Option<At>> {
        let lease = self.lease();
        let at = self.runs[run].hands[hand];
        // The clock was read when the function began.
        let now = at.clock - (LIFE - at.left);
        let write = |purpose, lease: &Lease| Some(At::Write(purpose, Held::of(lease)));
        match purpose {
            Purpose::Admit => {
                let asker = Asker { run: NAMES[run], execution: None };
                let is_over = self
                    .lease
                    .and_then(|it| it.run)
                    .is_some_and(|it| self.runs[it].phase == Phase::Over);
                let known = if is_over {
                    &[Holder::Unknown, Holder::Ended][..]
                } else {
                    &[Holder::Unknown]
                };
                let decided = known.iter().map(|holder| {
                    match terms.take(lease.as_ref(), asker, *holder, now) {
                        Taking::Take(lease) => write(Purpose::Admit, &lease),
                        Taking::LetGo(lease) => write(Purpose::LetGo, &lease),
                        Taking::Wait(_) => None,
                    }
                });
                decided.collect()
            }
            Purpose::Act => vec![match terms.hold(lease.as_ref(), NAMES[run], now) {
                Holding::Keep => self.works(lease.as_ref(), at, terms),
                Holding::Renew(lease) => write(Purpose::Act, &lease),
                Holding::Lost => None,
            }],
            Purpose::Finish | Purpose::ClearUp => {
                let how = if purpose == Purpose::Finish {
                    Release::Finished
                } else {
                    Release::Interrupted
                };
                let free = terms.release(lease.as_ref(), NAMES[run], how, now);
                vec![free.and_then(|lease| write(purpose, &lease))]
            }
            Purpose::Cool => {
                // The clock is read after the lease.
                let cooled = lease.and_then(|it| terms.cooled(&it, at.clock));
                vec![cooled.and_then(|lease| write(purpose, &lease))]
            }
            Purpose::LetGo => vec![None],
        }
    }

    /// What a function does once its write was answered.
    pub(super) fn after(
        &self,
        run: usize,
        hand: usize,
        purpose: Purpose,
        held: Held,
        terms: &Terms,
    ) -> Option<At> {
        match purpose {
            Purpose::Act => self.works(Some(&held.lease()), self.runs[run].hands[hand], terms),
            Purpose::LetGo | Purpose::ClearUp => Some(At::Begin(Purpose::Cool)),
            Purpose::Admit | Purpose::Finish | Purpose::Cool => None,
        }
    }

    /// Calls, if any of the time that the lease leaves is left.
    fn works(&self, lease: Option<&Lease>, hand: Hand, terms: &Terms) -> Option<At> {
        let gone = LIFE - hand.left;
        let work = lease.map_or(0, |it| terms.work(it, hand.clock - gone));
        (work > gone).then_some(At::Calls)
    }

    /// The lease as a function has written it; who read it before has to read it again.
    pub(super) fn written(&self, run: usize, hand: usize, held: Held) -> World {
        let mut world = self.clone();
        world.lease = Some(held);
        for (at, other) in world.runs.iter_mut().enumerate() {
            for (number, it) in other.hands.iter_mut().enumerate() {
                if let (At::Write(purpose, _), false) = (it.at, (at, number) == (run, hand)) {
                    let again = if purpose == Purpose::LetGo { Purpose::Admit } else { purpose };
                    it.at = At::Begin(again);
                }
            }
        }
        world
    }
}

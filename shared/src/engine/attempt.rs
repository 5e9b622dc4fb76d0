//! What one step can do right now. Decided without the cloud.

use super::Board;
use crate::diff::{diff, settled};
use crate::model::{Address, Live, Node, Rules, Status};
use crate::plan::{Action, Step};

/// What to do with a step in this pass.
#[derive(Debug)]
pub enum Attempt {
    Call(Box<Call>),
    /// As wished.
    Done,
    /// What is at another address has to come first.
    Blocked {
        by: Address,
        why: String,
    },
    /// AWS is at it.
    Pending(String),
    /// Trying again changes nothing.
    Hopeless(String),
}

/// One changing call.
#[derive(Debug)]
pub enum Call {
    Create(Node),
    Update(Node, Live),
    Delete(Live),
}

impl From<Call> for Attempt {
    fn from(call: Call) -> Self {
        Self::Call(Box::new(call))
    }
}

pub fn attempt(step: &Step, board: &Board) -> Attempt {
    match (&step.action, &step.node) {
        (Action::Delete, _) => deletion(step, board),
        (Action::Create | Action::Update(_) | Action::Wait, Some(node)) => {
            making(&step.action, node, board)
        }
        (Action::Create | Action::Update(_) | Action::Wait, None) => Attempt::Done,
    }
}

fn deletion(step: &Step, board: &Board) -> Attempt {
    let Some(live) = board.exactly(&step.address, step.id.as_deref()) else { return Attempt::Done };
    // A holder may have let go instead of going away: a route that leads elsewhere now.
    let holds = |user: &Live| !user.is_same(&live) && user.holds(&live);
    if let Some(holder) = step.holders.iter().find(|it| board.claims(it).any(holds)) {
        return Attempt::Blocked { by: holder.clone(), why: format!("`{holder}` still uses it") };
    }
    match live.status {
        Status::Pending => Attempt::Pending("it is on its way".to_owned()),
        Status::Ready | Status::Failed(_) => Call::Delete(live).into(),
    }
}

fn making(action: &Action, node: &Node, board: &Board) -> Attempt {
    let want = node.resolve(&board.facts(node.references().iter()));
    if let Some(missing) = want.references().into_iter().next() {
        let why = format!("`{}` has no {} yet", missing.address, missing.fact);
        return Attempt::Blocked { by: missing.address, why };
    }
    let is_ready = |it| board.live(it).is_some_and(|live| live.status == Status::Ready);
    if let Some(first) = node.after.iter().find(|it| !is_ready(it)) {
        return Attempt::Blocked { by: first.clone(), why: format!("`{first}` is not ready yet") };
    }
    match (board.live(&node.address), action) {
        (Some(live), _) => mending(action, want, live, &board.rules(&node.kind)),
        (None, Action::Create | Action::Wait) => Call::Create(want).into(),
        // No intent to make it was written down: that takes a new plan.
        (None, Action::Update(_) | Action::Delete) => {
            Attempt::Pending("it is not shown, though it was there when the plan was made".into())
        }
    }
}

fn mending(action: &Action, want: Node, live: Live, rules: &Rules) -> Attempt {
    if live.kind != want.kind {
        return Attempt::Pending(format!("a {} is still there", live.kind));
    }
    let differences = diff(&want.spec, &live.spec, rules);
    match &live.status {
        Status::Failed(why) => Attempt::Hopeless(format!("it failed: {why}")),
        Status::Pending => Attempt::Pending("it is not ready yet".to_owned()),
        Status::Ready if differences.is_empty() => Attempt::Done,
        Status::Ready => {
            if let Some(fixed) = differences.iter().find(|it| rules.is_immutable(&it.field)) {
                return match action {
                    // What it waited for is known now, and calls for another plan.
                    Action::Wait => Attempt::Done,
                    Action::Create | Action::Update(_) | Action::Delete => {
                        let text = format!("it changed since the plan was made ({fixed})");
                        Attempt::Hopeless(text)
                    }
                };
            }
            let spec = settled(&want.spec, &live.spec, rules);
            Call::Update(Node { spec, ..want }, live).into()
        }
    }
}

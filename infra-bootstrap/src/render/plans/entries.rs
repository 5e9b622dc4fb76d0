//! The steps of a plan as people think of them: a removal and a creation at one address are one
//! replacement, and what happens to several things of a tier for one reason is told once.

use console::Style;
use shared::diff::Difference;
use shared::model::Tier;
use shared::plan::{Action, Plan, REPLACED, Step};

use super::differences::difference;
use crate::render::wrap;

/// What happens to a resource. Signs as in other planners' output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    Create,
    Update,
    Wait,
    Delete,
    /// It goes before the new one comes.
    Replace,
    /// The new one comes before it goes.
    Succeed,
}

impl Mark {
    pub const ALL: [Mark; 6] =
        [Mark::Create, Mark::Update, Mark::Replace, Mark::Succeed, Mark::Delete, Mark::Wait];

    const fn sign(self) -> &'static str {
        match self {
            Mark::Create => "  +",
            Mark::Update => "  ~",
            Mark::Wait => "  …",
            Mark::Delete => "  -",
            Mark::Replace => "-/+",
            Mark::Succeed => "+/-",
        }
    }

    fn style(self) -> Style {
        match self {
            Mark::Create => Style::new().green(),
            Mark::Update | Mark::Succeed => Style::new().yellow(),
            Mark::Wait => Style::new().dim(),
            Mark::Delete | Mark::Replace => Style::new().red(),
        }
    }

    pub const fn counted(self) -> &'static str {
        match self {
            Mark::Create => "to create",
            Mark::Update => "to update",
            Mark::Wait => "to wait for",
            Mark::Delete => "to delete",
            Mark::Replace | Mark::Succeed => "to replace",
        }
    }

    /// What its sign does not say by itself.
    pub const fn legend(self) -> Option<&'static str> {
        match self {
            Mark::Create | Mark::Update | Mark::Wait | Mark::Delete => None,
            Mark::Replace => Some("-/+ is removed first, and does not stand until it is made anew"),
            Mark::Succeed => Some("+/- stands until its replacement is ready"),
        }
    }
}

/// What happens to some resources of one tier, and why.
pub struct Entry<'a> {
    pub mark: Mark,
    tier: Tier,
    pub names: Vec<&'a str>,
    reason: &'a str,
    differences: &'a [Difference],
    consequences: Vec<&'a str>,
}

/// All that a plan does: by tier, in the order of the plan, removals last.
pub fn entries(plan: &Plan) -> Vec<Entry<'_>> {
    let gone_first = |made: &Step| plan.clear.iter().find(|gone| makes_way(gone, made));
    // Told where the one comes that takes its place.
    let is_told_there = |gone: &Step| {
        plan.build.iter().any(|made| {
            gone_first(made).is_some_and(|it| std::ptr::eq(it, gone))
                || made.replaces.is_some() && made.replaces == gone.id
        })
    };
    let is_refused = |step: &Step| plan.refused.iter().any(|note| note.address == step.address);
    let is_told = |step: &&Step| !is_refused(step) && !is_told_there(step);
    let made = plan.build.iter().filter(is_told).map(|step| entry(step, gone_first(step)));
    let removed = plan.clear.iter().chain(&plan.retire).filter(is_told);
    let mut all: Vec<Entry> = made.chain(removed.map(|step| entry(step, None))).collect();
    all.sort_by_key(|entry| entry.tier);
    together(all)
}

fn makes_way(gone: &Step, made: &Step) -> bool {
    gone.address == made.address && made.action == Action::Create && made.replaces.is_none()
}

fn entry<'a>(step: &'a Step, gone_first: Option<&'a Step>) -> Entry<'a> {
    let (mark, differences) = match &step.action {
        Action::Create if step.replaces.is_some() => (Mark::Succeed, [].as_slice()),
        Action::Create if gone_first.is_some() => (Mark::Replace, [].as_slice()),
        Action::Create => (Mark::Create, [].as_slice()),
        Action::Update(differences) => (Mark::Update, differences.as_slice()),
        Action::Wait => (Mark::Wait, [].as_slice()),
        Action::Delete => (Mark::Delete, [].as_slice()),
    };
    // The differences are the reason in more detail, and that something is missing is no news.
    let is_plain = mark == Mark::Create || !differences.is_empty();
    let reason = if is_plain { "" } else { gone_first.unwrap_or(step).reason.as_str() };
    let is_in_sign = |it: &&str| mark == Mark::Replace && *it == REPLACED;
    let consequences = step.consequences.iter().map(String::as_str);
    Entry {
        mark,
        tier: step.address.tier(),
        names: vec![step.address.name()],
        reason,
        differences,
        consequences: consequences.filter(|it| !is_in_sign(it)).collect(),
    }
}

/// Joins what differs only in its name.
fn together(all: Vec<Entry<'_>>) -> Vec<Entry<'_>> {
    let mut joined: Vec<Entry> = Vec::new();
    for entry in all {
        match joined.iter_mut().find(|it| it.is_like(&entry)) {
            Some(like) => like.names.extend(entry.names),
            None => joined.push(entry),
        }
    }
    joined
}

impl Entry<'_> {
    fn is_like(&self, other: &Entry) -> bool {
        (self.mark, self.tier, self.reason) == (other.mark, other.tier, other.reason)
            && self.consequences == other.consequences
            && self.differences.is_empty()
            && other.differences.is_empty()
    }

    pub const fn tier(&self) -> Tier {
        self.tier
    }

    /// At most `width` columns.
    pub fn lines(&self, width: usize) -> Vec<String> {
        /// Two spaces, the sign, a space.
        const INDENT: usize = 6;
        let room = width - INDENT;
        let mut text = self.names.join(", ");
        if !self.reason.is_empty() {
            text += &format!(" ({})", self.reason);
        }
        let head = wrap(&text, room).into_iter().enumerate().map(|(index, line)| {
            let sign = if index == 0 { self.mark.sign() } else { "   " };
            format!("  {} {line}", self.mark.style().apply_to(sign))
        });
        let details = self.differences.iter().flat_map(|it| difference(it, room - 2));
        let marked = self.consequences.iter().flat_map(|it| wrap(&format!("! {it}"), room - 2));
        head.chain(details.chain(marked).map(|line| format!("        {line}"))).collect()
    }
}

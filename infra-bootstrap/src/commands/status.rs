//! `terrace status [STACK]`

use std::collections::BTreeMap;

use futures::future::try_join_all;
use serde_json::{Value, json};
use shared::ledger::{ApprovalRequest, Key, StackRecord, StackState, TierRecord};
use shared::model::{Live, Status as LiveStatus, Tier};

use super::approve;
use crate::answer::Answer;
use crate::cli::Status;
use crate::context::Cloud;
use crate::failure::Failure;
use crate::render::{moment, resources, table};

/// What people look for: where it is shown, and the fact of which address it is.
const SHOWN: [(&str, &str, &str); 4] = [
    ("website", "edge/alb", "dns_name"),
    ("bastion", "compute/bastion-eip", "address"),
    ("database", "database/instance", "endpoint"),
    ("vpc", "network/vpc", "id"),
];

/// Tables are made for this width: they are read by programs as well.
const WIDTH: usize = 100;

/// What stands of a stack, as the last run that went through wrote it down.
pub struct Standing {
    pub record: StackRecord,
    pub live: Vec<Live>,
    /// The run that waits for a person.
    approval: Option<ApprovalRequest>,
}

pub async fn run(arguments: Status) -> Result<Answer, Failure> {
    let cloud = Cloud::of_environment(arguments.region.as_deref()).await?;
    let names = match &arguments.stack {
        Some(stack) => vec![stack.clone()],
        None => cloud.ledger.names("stacks/").await?,
    };
    let found = try_join_all(names.iter().map(|name| read(&cloud, name))).await?;
    let asked = arguments.all || arguments.stack.is_some();
    let is_shown = |it: &Standing| asked || it.record.state != StackState::Destroyed;
    let (stacks, hidden): (Vec<Standing>, Vec<Standing>) =
        found.into_iter().flatten().partition(is_shown);
    if let (Some(stack), true) = (&arguments.stack, stacks.is_empty()) {
        return Err(Failure::new(format!("there is no stack `{stack}`, {}", cloud.place()))
            .hint("`terrace status` lists the stacks"));
    }
    let text = match (&arguments.stack, &stacks[..]) {
        (_, []) if hidden.is_empty() => format!("no stacks yet, {}", cloud.place()),
        (_, []) => format!(
            "no stacks, {}; {} destroyed: `terrace status --all` shows them",
            cloud.place(),
            hidden.len()
        ),
        (Some(_), [one, ..]) => detail(one),
        (None, all) => overview(all),
    };
    let json = json!({
        "endpoint": cloud.endpoint, "region": cloud.region, "account": cloud.account,
        "stacks": stacks.iter().map(Standing::to_json).collect::<Vec<_>>(),
    });
    Ok(Answer::new(text, json))
}

pub async fn read(cloud: &Cloud, stack: &str) -> Result<Option<Standing>, Failure> {
    let Some(record) = cloud.ledger.read::<StackRecord>(&Key::Record(stack)).await? else {
        return Ok(None);
    };
    let run = record.facts_run.as_ref().unwrap_or(&record.run);
    let tiers = Tier::ALL.into_iter().map(|tier| {
        let key = Key::Tier(stack, run, tier);
        async move { cloud.ledger.read::<TierRecord>(&key).await }
    });
    let tiers = try_join_all(tiers).await?;
    let live = tiers.into_iter().flatten().flat_map(|it| it.part.live).collect();
    let approval = match record.state {
        StackState::AwaitingApproval => cloud.ledger.read(&Key::Approval(stack)).await?,
        StackState::NotBuilt
        | StackState::Deploying
        | StackState::Ready
        | StackState::Failed
        | StackState::Destroying
        | StackState::Destroyed => None,
    };
    Ok(Some(Standing { record, live, approval }))
}

impl Standing {
    pub fn fact(&self, address: &str, fact: &str) -> Option<&str> {
        let found = self.live.iter().find(|it| it.address.to_string() == address)?;
        found.facts.get(fact).map(String::as_str)
    }

    /// What people look for, by what it is.
    pub fn addresses(&self) -> BTreeMap<&'static str, &str> {
        let found = SHOWN.iter().filter_map(|(what, at, fact)| Some((*what, self.fact(at, fact)?)));
        found.collect()
    }

    pub fn by_tier(&self) -> BTreeMap<Tier, usize> {
        let mut counts = BTreeMap::new();
        for live in &self.live {
            *counts.entry(live.address.tier()).or_default() += 1;
        }
        counts
    }

    fn state(&self) -> Value {
        json!(self.record.state)
    }

    fn state_in_words(&self) -> String {
        self.state().as_str().unwrap_or_default().replace('_', " ")
    }

    fn to_json(&self) -> Value {
        let StackRecord { name, revision, run, changed, notes, .. } = &self.record;
        json!({
            "name": name, "state": self.state(), "revision": revision, "run": run,
            "changed": moment(*changed), "notes": notes, "resources": self.by_tier(),
            "addresses": self.addresses(), "known_good": self.record.known_good,
            "approval": self.approval.as_ref().map(approve::describe),
        })
    }
}

fn overview(stacks: &[Standing]) -> String {
    let head =
        ["STACK", "STATE", "REVISION", "RESOURCES", "CHANGED", "NOTE"].map(str::to_owned).to_vec();
    let rows = stacks.iter().map(|it| {
        let record = &it.record;
        vec![
            record.name.clone(),
            it.state_in_words(),
            record.revision.to_string(),
            it.live.len().to_string(),
            moment(record.changed),
            record.notes.first().cloned().unwrap_or_default(),
        ]
    });
    table(&std::iter::once(head).chain(rows).collect::<Vec<_>>(), WIDTH)
}

fn detail(stack: &Standing) -> String {
    let StackRecord { name, revision, changed, notes, .. } = &stack.record;
    let state = stack.state_in_words();
    let good = match stack.record.known_good {
        Some(good) if good != *revision => format!(" (known-good: {good})"),
        Some(_) | None => String::new(),
    };
    let mut text =
        format!("{name}: {state}, revision {revision}{good}, since {}\n", moment(*changed));
    text += &format!("resources: {}\n", resources(&stack.by_tier()));
    for (what, value) in stack.addresses() {
        text += &format!("{what}: {value}\n");
    }
    let unready = stack.live.iter().filter_map(|it| match &it.status {
        LiveStatus::Ready => None,
        LiveStatus::Pending => Some(format!("{}: pending\n", it.address)),
        LiveStatus::Failed(why) => Some(format!("{}: failed: {why}\n", it.address)),
    });
    text.extend(unready);
    text.extend(notes.iter().map(|note| format!("note: {note}\n")));
    text
}

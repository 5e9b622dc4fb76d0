//! Whether a plan may be carried out: it is the one that was approved, and nobody has to be asked.

use shared::lambda::{Failure, Home};
use shared::ledger::{Key, Run, StackRecord};
use shared::plan::{HASH_SHORT, Plan};
use shared::revision::Revision;
use shared::spec::Approval;

/// Keeps a plan under its hash, so that it can be shown and compared later.
pub async fn show(home: &Home, stack: &str, plan: &Plan) -> Result<(), Failure> {
    if plan.has_changes() {
        home.ledger.write(&Key::ShownPlan(stack, &plan.hash()), plan).await?;
    }
    Ok(())
}

/// Lets `plan` through, or says what has moved; answers whether a person has to be asked first.
///
/// Only the first plan of a run is compared: later ones follow from what was done. They may mend
/// what they find, but delete nothing at addresses that the approved plan leaves alone.
pub async fn pass(home: &Home, run: &Run, plan: &Plan) -> Result<bool, Failure> {
    if run.recovery.is_some() {
        return Ok(false);
    }
    let approved = run.approved.as_ref().map(|it| &it.hash).or(run.plan_hash.as_ref());
    if run.begun {
        let Some(hash) = approved else { return Ok(false) };
        return match shown(home, &run.stack, hash).await? {
            Some(approved) => stay_within(plan, &approved).map(|()| false),
            None => Ok(false),
        };
    }
    if let Some(hash) = approved
        && !plan.is_meant_by(hash)
    {
        let approved = shown(home, &run.stack, hash).await?;
        return Err(Failure::Moved(moved(&run.stack, hash, plan, approved.as_ref())));
    }
    let good = known_good(home, run).await?;
    let asks = run.approved.is_none() && asks(run, good.as_ref(), plan);
    if approved.is_some() && !asks {
        let begun = Run { begun: true, ..run.clone() };
        show(home, &run.stack, plan).await?;
        home.ledger.write(&Key::Run(&run.stack, &run.run), &begun).await?;
    }
    Ok(asks)
}

/// A spec that asks for approval cannot be replaced without it by one that does not.
fn asks(run: &Run, good: Option<&Revision>, plan: &Plan) -> bool {
    let required = |revision: &Revision| match revision.spec.approval {
        Approval::Required => true,
        Approval::None => false,
    };
    let (wished, standing) = (required(&run.revision), good.is_some_and(required));
    if wished { plan.has_changes() } else { standing }
}

/// The revision that stands, if the run builds another one.
async fn known_good(home: &Home, run: &Run) -> Result<Option<Revision>, Failure> {
    let standing = run.before.as_ref().and_then(|it: &StackRecord| it.known_good);
    match standing.filter(|number| *number != run.revision.number) {
        Some(number) => Ok(home.ledger.read(&Key::Revision(&run.stack, number)).await?),
        None => Ok(None),
    }
}

/// The plan that was shown under a hash or its beginning.
async fn shown(home: &Home, stack: &str, hash: &str) -> Result<Option<Plan>, Failure> {
    let names = home.ledger.names(&format!("stacks/{stack}/plans/")).await?;
    let full = names.iter().filter_map(|name| name.strip_suffix(".json"));
    match full.into_iter().find(|name| name.starts_with(hash)) {
        Some(full) => Ok(home.ledger.read(&Key::ShownPlan(stack, full)).await?),
        None => Ok(None),
    }
}

fn moved(stack: &str, hash: &str, plan: &Plan, approved: Option<&Plan>) -> String {
    let said: String = hash.chars().take(HASH_SHORT).collect();
    let today = plan.hash();
    let head = format!(
        "nothing was changed: `{stack}` has moved since plan {said} was approved; today's is {}",
        &today[..HASH_SHORT]
    );
    match approved.map(|approved| plan.moved_since(approved)) {
        None => format!("{head}; nobody was shown a plan of that hash: `terrace plan` shows one"),
        // The hash holds every value; what is told is cut.
        Some(lines) if lines.is_empty() => format!("{head}; they differ in long values"),
        Some(lines) => format!("{head}:\n{}", lines.join("\n")),
    }
}

fn stay_within(plan: &Plan, approved: &Plan) -> Result<(), Failure> {
    let beyond = plan.deletes_beyond(approved);
    if beyond.is_empty() {
        return Ok(());
    }
    let beyond: Vec<String> = beyond.iter().map(|address| format!("`{address}`")).collect();
    Err(Failure::Refused(format!(
        "to go on, {} would have to be deleted, which the approved plan leaves alone; plan again",
        beyond.join(", ")
    )))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use shared::ledger::Mode;
    use shared::model::{Address, Tier};
    use shared::plan::{Action, Step};
    use shared::revision::Pinned;

    use super::*;

    fn revision(number: u64, approval: &str) -> Revision {
        let text = format!(
            "terrace: 1\nname: shop\nregion: eu-central-1\nbastion: {{enabled: false}}\napproval: {approval}\n"
        );
        let spec = shared::spec::read(&text, "shop.yaml").expect("a sound spec");
        Revision { number, spec, pinned: Pinned::default() }
    }

    fn run(approval: &str) -> Run {
        Run {
            stack: "shop".into(),
            run: "run".into(),
            mode: Mode::Deploy,
            revision: revision(2, approval),
            include_data: false,
            started: 0,
            plan_hash: None,
            approved: None,
            begun: false,
            before: None,
            recovery: None,
        }
    }

    fn deleting(name: &str) -> Plan {
        let step = Step {
            address: Address::new(Tier::Network, name),
            kind: "AWS::EC2::Thing".into(),
            action: Action::Delete,
            reason: "is no longer wanted".into(),
            consequences: Vec::new(),
            replaces: None,
            node: None,
            id: Some("id".into()),
            holders: BTreeSet::new(),
        };
        Plan { retire: vec![step], ..Plan::default() }
    }

    #[test]
    fn a_person_is_asked_about_changes_and_about_no_longer_being_asked() {
        let cases = [
            ("none", None, true, false),
            ("required", None, true, true),
            ("required", None, false, false),
            ("required", Some("none"), true, true),
            ("required", Some("none"), false, false),
            ("none", Some("required"), true, true),
            ("none", Some("required"), false, true),
        ];
        for (wished, standing, changes, expected) in cases {
            let plan = if changes { deleting("vpc") } else { Plan::default() };
            let good = standing.map(|it| revision(1, it));
            let told = format!("{wished} over {standing:?}, changes: {changes}");
            assert_eq!(asks(&run(wished), good.as_ref(), &plan), expected, "{told}");
        }
    }

    #[test]
    fn a_plan_that_has_moved_is_refused_with_what_has_moved() {
        let (approved, today) = (deleting("nat-a"), deleting("nat-b"));
        let text = moved("shop", &approved.hash(), &today, Some(&approved));
        for part in [
            "nothing was changed",
            &approved.hash()[..HASH_SHORT],
            &today.hash()[..HASH_SHORT],
            "`network/nat-a`: approved was: delete id; now: nothing to do",
            "`network/nat-b`: not in the plan; now: delete id",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
        let unknown = moved("shop", &approved.hash(), &today, None);
        assert!(unknown.contains("nobody was shown a plan of that hash"), "{unknown}");
    }

    #[test]
    fn later_plans_delete_nothing_that_the_approved_one_leaves_alone() {
        assert_eq!(stay_within(&deleting("nat-a"), &deleting("nat-a")), Ok(()));
        let refused = stay_within(&deleting("nat-b"), &deleting("nat-a"));
        assert!(matches!(&refused, Err(Failure::Refused(text)) if text.contains("network/nat-b")));
    }
}

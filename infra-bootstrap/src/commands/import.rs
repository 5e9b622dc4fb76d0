//! `terrace import STACK --vpc VPC --spec FILE`

use std::io::{BufRead, IsTerminal, stdin};

use serde_json::json;
use shared::aws::Scope;
use shared::ledger::Key;
use shared::model::Node;
use shared::revision::{Pinned, Revision};

use super::plan::run_name;
use crate::answer::Answer;
use crate::cli::Import;
use crate::context::Cloud;
use crate::failure::Failure;
use crate::import::{Mapping, Standing, Takeover, check_stack, map, read};
use crate::render::{table, wrap};
use crate::screen::Screen;
use crate::spec_file::SpecFile;

pub async fn run(arguments: Import, screen: &Screen) -> Result<Answer, Failure> {
    let Import { stack, vpc, spec, yes } = arguments;
    let file = SpecFile::read(&spec)?;
    if file.spec.name.as_str() != stack {
        return Err(Failure::new(format!(
            "`{}` is the spec of `{}`",
            spec.display(),
            file.spec.name
        ))
        .hint(format!("import into `{}`, or name the spec of `{stack}`", file.spec.name)));
    }
    let cloud = Cloud::of_environment(Some(file.spec.region.as_str())).await?;
    check_stack(&cloud, &stack).await?;
    let standing = read(&cloud, &vpc).await?;
    let mapping = map(&wish(&cloud, &file), &standing);
    check(&file, &vpc, &standing, &mapping)?;
    show(&stack, &mapping, screen);
    confirm(&stack, &vpc, yes.as_deref(), screen)?;
    let key = Key::Spec(&file.name).to_string();
    let run = run_name("import", &stack);
    let (spec_key, mapping) = (key.as_str(), &mapping);
    Takeover { cloud: &cloud, stack: &stack, spec_key, run: &run, mapping }.take().await?;
    let shown = spec.display();
    let text = format!(
        "{} things of `{vpc}` belong to `{stack}`; nothing else has changed\n\
         what a deploy would change: terrace plan {shown}",
        mapping.chosen.len()
    );
    let chosen = mapping.chosen.iter();
    let chosen =
        chosen.map(|(at, it)| json!({ "address": at, "id": it.id, "differs": it.differs, "entries": it.entries }));
    let left = mapping.left.iter().map(|(id, why)| json!({ "id": id, "why": why }));
    let json = json!({
        "stack": stack, "endpoint": cloud.endpoint, "region": cloud.region, "vpc": vpc,
        "imported": chosen.collect::<Vec<_>>(), "missing": mapping.missing,
        "left": left.collect::<Vec<_>>(),
    });
    Ok(Answer::new(text, json))
}

/// The nodes of the tiers whose things a network holds. Neither looks at what is pinned.
fn wish(cloud: &Cloud, file: &SpecFile) -> Vec<Node> {
    let scope = Scope {
        stack: file.spec.name.to_string(),
        account: cloud.account.clone(),
        region: cloud.region.clone(),
    };
    let revision = Revision { number: 0, spec: file.spec.clone(), pinned: Pinned::default() };
    let tiers = [&network::TIER, &firewall::TIER];
    tiers.iter().flat_map(|tier| (tier.wish)(&revision, &scope)).collect()
}

/// What cannot be taken over at all.
fn check(
    file: &SpecFile,
    vpc: &str,
    standing: &Standing,
    mapping: &Mapping,
) -> Result<(), Failure> {
    let stack = file.spec.name.as_str();
    let cannot = || Failure::new(format!("cannot import `{vpc}` into `{stack}`"));
    if !mapping.chosen.values().any(|it| it.id == vpc) {
        let itself = standing.things.iter().find(|it| it.id == vpc);
        let range = itself.and_then(|it| it.spec["cidr"].as_str()).unwrap_or_default();
        return Err(cannot()
            .because(format!("its range is {range}, the spec's is {}", file.spec.network.cidr))
            .hint(format!("set `network.cidr: {range}`: the range of a VPC cannot be changed")));
    }
    for (address, chosen) in &mapping.chosen {
        let thing = standing.things.iter().find(|it| it.id == chosen.id);
        let Some((other, at)) = thing.and_then(|it| it.owner.as_ref()) else { continue };
        if other != stack {
            return Err(cannot().because(format!("`{}` belongs to the stack `{other}`", chosen.id)));
        }
        if *at != address.to_string() {
            return Err(cannot().because(format!(
                "`{}` is tagged as `{at}` of this stack, and fits `{address}`",
                chosen.id
            )));
        }
    }
    Ok(())
}

fn show(stack: &str, mapping: &Mapping, screen: &Screen) {
    let row = |cells: [&str; 3]| cells.map(str::to_owned).to_vec();
    let mut rows = Vec::new();
    for (address, chosen) in &mapping.chosen {
        let differs = if chosen.differs.is_empty() {
            "fits".to_owned()
        } else {
            format!("fits but for {}", chosen.differs.join(", "))
        };
        rows.push(row([&address.to_string(), &chosen.id, &differs]));
    }
    screen.step(&format!("what `{stack}` would take over"));
    for line in table(&rows, screen.width).lines() {
        screen.say(line);
    }
    for (address, chosen) in &mapping.chosen {
        for entry in &chosen.entries {
            tell(screen, &format!("Changed by the next deploy: {address}: {entry}"));
        }
    }
    let missing: Vec<String> = mapping.missing.iter().map(ToString::to_string).collect();
    tell(screen, &format!("Missing, and made by the next deploy: {}", missing.join(", ")));
    for (id, why) in &mapping.left {
        tell(screen, &format!("Left alone: {id}: {why}"));
    }
    screen.say("");
    tell(
        screen,
        "From then on it is the stack's own: a deploy makes it as the spec says, which empties the \
         VPC's default group and ACL, and `terrace destroy` takes it down.",
    );
}

fn tell(screen: &Screen, text: &str) {
    for line in wrap(text, screen.width) {
        screen.say(&line);
    }
}

/// Whoever means it says the VPC's id.
fn confirm(stack: &str, vpc: &str, yes: Option<&str>, screen: &Screen) -> Result<(), Failure> {
    let nothing =
        |why: String| Failure::new(format!("nothing was imported into `{stack}`")).because(why);
    let said = match yes {
        Some(said) => said.to_owned(),
        None if stdin().is_terminal() => {
            screen.say(&format!("Type the id of the VPC to go on ({vpc}):"));
            let mut said = String::new();
            stdin().lock().read_line(&mut said).map_err(|error| nothing(error.to_string()))?;
            said.trim().to_owned()
        }
        None => {
            return Err(nothing("nobody is there to confirm it".to_owned())
                .hint(format!("give `--yes {vpc}`")));
        }
    };
    let other = || nothing(format!("`{said}` is not `{vpc}`"));
    if said == vpc { Ok(()) } else { Err(other()) }
}

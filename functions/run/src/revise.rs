//! Making revisions: a spec with everything pinned that was open.

use shared::aws::OrAbsent;
use shared::lambda::{Failure, Home};
use shared::ledger::{Key, StackRecord};
use shared::revision::{Pinned, Revision};
use shared::spec::{ImageSource, Spec};

/// The revision that a stack is to have: the last that was asked for and neither rejected nor
/// rolled back.
pub async fn wished(home: &Home, stack: &str) -> Result<Revision, Failure> {
    known(current(home, stack).await?, stack)
}

/// The revision that a stack is compared with when somebody only looks: the known-good one, which
/// is what stands between runs; where nothing was ever built whole, the one that is wished for.
pub async fn standing(home: &Home, stack: &str) -> Result<Revision, Failure> {
    let record: Option<StackRecord> = home.ledger.read(&Key::Record(stack)).await?;
    match record.and_then(|it| it.known_good) {
        Some(number) => Ok(home.ledger.need(&Key::Revision(stack, number)).await?),
        None => wished(home, stack).await,
    }
}

fn known(found: Option<Revision>, stack: &str) -> Result<Revision, Failure> {
    found.ok_or_else(|| {
        Failure::BadRequest(format!(
            "there is no stack `{stack}`; put its spec under `specs/`, or start with {{\"spec\": {{…}}}}"
        ))
    })
}

/// The revision for `spec`, and whether it is a new one.
///
/// What was pinned stays pinned while the field it came from stays: a newer AMI behind the
/// same parameter changes nothing by itself. A spec that was rejected or rolled back before is
/// tried again under its number.
pub async fn revise(home: &Home, spec: &Spec) -> Result<(Revision, bool), Failure> {
    let stack = spec.name.as_str();
    let (current, newest) = (current(home, stack).await?, last(home, stack).await?);
    let same = [&current, &newest].into_iter().flatten().find(|it| it.spec == *spec);
    if let Some(same) = same {
        return Ok((same.clone(), false));
    }
    let number = newest.map_or(0, |it| it.number) + 1;
    let last = current.as_ref();
    let image = spec.app.image();
    let app_ami = match last.filter(|it| it.spec.app.image() == image) {
        Some(last) => last.pinned.app_ami.clone(),
        None => resolve(home, &image).await?,
    };
    let machine = &spec.bastion.instance_type;
    let bastion_ami = match last.filter(|it| it.spec.bastion.instance_type == *machine) {
        Some(last) => last.pinned.bastion_ami.clone(),
        None => bastion_ami(home, spec).await?,
    };
    let pinned = Pinned { app_ami, bastion_ami };
    Ok((Revision { number, spec: spec.clone(), pinned }, true))
}

/// As the stack's record says; where there is none, the newest.
async fn current(home: &Home, stack: &str) -> Result<Option<Revision>, Failure> {
    let record: Option<StackRecord> = home.ledger.read(&Key::Record(stack)).await?;
    match record {
        Some(record) => Ok(home.ledger.read(&Key::Revision(stack, record.revision)).await?),
        None => last(home, stack).await,
    }
}

async fn last(home: &Home, stack: &str) -> Result<Option<Revision>, Failure> {
    let names = home.ledger.names(&format!("stacks/{stack}/revisions/")).await?;
    let numbers = names.iter().filter_map(|name| name.strip_suffix(".json")?.parse().ok());
    let Some(number) = numbers.max() else { return Ok(None) };
    Ok(home.ledger.read(&Key::Revision(stack, number)).await?)
}

async fn bastion_ami(home: &Home, spec: &Spec) -> Result<String, Failure> {
    let architecture = spec.bastion.instance_type.architecture();
    resolve(home, &ImageSource::amazon_linux_2023(architecture)).await
}

/// The AMI's id; the value of the SSM parameter if one is named.
async fn resolve(home: &Home, image: &ImageSource) -> Result<String, Failure> {
    let Some(name) = image.parameter() else { return Ok(image.to_string()) };
    let ssm = shared::client!(home, aws_sdk_ssm);
    let answer = ssm.get_parameter().name(name).send().await;
    let found = answer.or_absent(&["ParameterNotFound"])?;
    let value = found.and_then(|it| it.parameter).and_then(|it| it.value);
    value.ok_or_else(|| {
        Failure::Refused(format!("the SSM parameter `{name}` does not exist in this region"))
    })
}

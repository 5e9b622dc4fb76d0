//! Making revisions: a spec with everything pinned that was open.

use shared::aws::OrAbsent;
use shared::lambda::{Failure, Home};
use shared::ledger::Key;
use shared::revision::{Pinned, Revision};
use shared::spec::{ImageSource, Spec};

/// The newest revision of a stack that has been deployed before.
pub async fn newest(home: &Home, stack: &str) -> Result<Revision, Failure> {
    last(home, stack).await?.ok_or_else(|| {
        Failure::BadRequest(format!(
            "there is no stack `{stack}`; put its spec under `specs/`, or start with {{\"spec\": {{…}}}}"
        ))
    })
}

/// The revision for `spec`, and whether it is a new one.
///
/// What was pinned stays pinned while the field it came from stays: a newer AMI behind the
/// same parameter changes nothing by itself.
pub async fn revise(home: &Home, spec: &Spec) -> Result<(Revision, bool), Failure> {
    let last = last(home, spec.name.as_str()).await?;
    match last {
        Some(last) if last.spec == *spec => Ok((last, false)),
        Some(last) => {
            let pinned = Pinned {
                app_ami: if last.spec.app.image() == spec.app.image() {
                    last.pinned.app_ami
                } else {
                    resolve(home, &spec.app.image()).await?
                },
                bastion_ami: if last.spec.bastion.instance_type == spec.bastion.instance_type {
                    last.pinned.bastion_ami
                } else {
                    bastion_ami(home, spec).await?
                },
            };
            Ok((Revision { number: last.number + 1, spec: spec.clone(), pinned }, true))
        }
        None => {
            let pinned = Pinned {
                app_ami: resolve(home, &spec.app.image()).await?,
                bastion_ami: bastion_ami(home, spec).await?,
            };
            Ok((Revision { number: 1, spec: spec.clone(), pinned }, true))
        }
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

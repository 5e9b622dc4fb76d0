//! Standing the control plane up: build, package, upload, CloudFormation. The same here and in
//! AWS.

mod bucket;
mod build;
mod events;
mod package;
mod stack;

use std::collections::BTreeSet;

use futures::future::try_join_all;
use serde_json::Value;
use sha2::{Digest, Sha256};
use shared::plan::hex;

use crate::context::Cloud;
use crate::control_plane::{self, FUNCTIONS};
use crate::failure::Failure;
use crate::screen::Screen;
pub use stack::Change;
use stack::{Parameters, Template};

/// Brings the control plane up to date with the sources; what became of it.
pub async fn bring_up(
    cloud: &Cloud,
    account_trail: bool,
    screen: &Screen,
) -> Result<Change, Failure> {
    screen.step("building the functions");
    let binaries = build::functions().await?;
    screen.step(&format!("bringing the control plane up to date, {}", cloud.place()));
    let artifacts = bucket::ready(cloud).await?;
    let upload = FUNCTIONS.iter().map(|function| {
        let (name, artifacts) = (function.name, &artifacts);
        let binary = binaries.get(name);
        async move {
            let binary = binary.ok_or_else(|| {
                Failure::new(format!("cannot find the function `{name}` among what was built"))
            })?;
            let key = package::upload(artifacts, name, binary).await?;
            Ok::<_, Failure>((control_plane::code_parameter(name), key))
        }
    });
    let mut parameters: Parameters = try_join_all(upload).await?.into_iter().collect();
    parameters.insert("Artifacts".to_owned(), artifacts.name.clone());
    if account_trail {
        parameters.insert("Trail".to_owned(), "account".to_owned());
    }
    let template = upload_template(cloud, &artifacts).await?;
    let now: BTreeSet<String> = parameters.values().cloned().collect();
    let (change, before) = stack::bring_up(cloud, &template, parameters, screen).await?;
    // What stood before stays too: CloudFormation may have to go back to it.
    artifacts.prune(&before.into_values().chain(now).collect()).await?;
    Ok(change)
}

async fn upload_template(
    cloud: &Cloud,
    artifacts: &bucket::Artifacts,
) -> Result<Template, Failure> {
    let mut template = control_plane::template();
    spell_out_buckets(&mut template, &cloud.account, &cloud.region);
    let text = template.to_string();
    let key = format!("template/{}.json", &hex(&Sha256::digest(&text))[..16]);
    if !artifacts.has(&key) {
        artifacts.put(&key, text.into_bytes()).await?;
    }
    Ok(Template { url: artifacts.url(&key) })
}

/// Writes the buckets' names out: CloudFormation adopts what stands already only by a name
/// that it need not compute.
fn spell_out_buckets(template: &mut Value, account: &str, region: &str) {
    let resources = template["Resources"].as_object_mut().into_iter().flatten();
    for (_, bucket) in resources.filter(|(_, it)| it["Type"] == "AWS::S3::Bucket") {
        let name = &mut bucket["Properties"]["BucketName"];
        if let Some(pattern) = name["Fn::Sub"].as_str() {
            let named = pattern.replace("${AWS::AccountId}", account);
            *name = Value::String(named.replace("${AWS::Region}", region));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_bucket_of_the_template_has_a_name_that_need_not_be_computed() {
        let mut template = control_plane::template();
        spell_out_buckets(&mut template, "123456789012", "eu-central-1");
        let ledger = &template["Resources"]["Ledger"]["Properties"]["BucketName"];
        assert_eq!(ledger, "terrace-123456789012-eu-central-1");
        let resources = template["Resources"].as_object().expect("an object");
        for (name, bucket) in resources.iter().filter(|(_, it)| it["Type"] == "AWS::S3::Bucket") {
            let name_of_bucket = bucket["Properties"]["BucketName"].as_str();
            assert!(name_of_bucket.is_some_and(|it| !it.contains('$')), "{name}: {bucket}");
        }
    }
}

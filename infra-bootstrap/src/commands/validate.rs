//! `terrace validate SPEC`

use serde_json::json;

use crate::answer::Answer;
use crate::cli::SpecArgument;
use crate::failure::Failure;
use crate::spec_file::SpecFile;

pub fn run(arguments: &SpecArgument) -> Result<Answer, Failure> {
    let SpecFile { spec, .. } = SpecFile::read(&arguments.spec)?;
    let zones: Vec<String> = spec.zones().into_iter().map(|zone| zone.name).collect();
    let subnets = spec.subnets().len();
    let text = format!(
        "`{}` is sound: stack `{}` in {}, {subnets} subnets over {} zones",
        arguments.spec.display(),
        spec.name,
        spec.region,
        zones.len()
    );
    let json = json!({
        "valid": true, "stack": spec.name, "region": spec.region, "zones": zones, "subnets": subnets,
    });
    Ok(Answer::new(text, json))
}

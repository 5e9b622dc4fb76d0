//! Starting executions, so that the same event starts nothing twice.

use aws_sdk_sfn::error::ProvideErrorMetadata;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::lambda::{Failure, Home};
use crate::plan::hex;
use crate::world::CloudError;

/// Step Functions takes names of up to 80 characters, without blanks and brackets.
const NAME_MAX: usize = 80;

/// Starts `machine` under `name`; fine if that name was started before.
pub async fn start(
    home: &Home,
    machine: Option<&str>,
    name: &str,
    input: &Value,
) -> Result<(), Failure> {
    let machine = machine.ok_or_else(|| {
        let text = "the function does not know its state machine: deploy the control plane again";
        Failure::Refused(text.to_owned())
    })?;
    let sfn = crate::client!(home, aws_sdk_sfn);
    let name: String = name.chars().take(NAME_MAX).collect();
    let request = sfn.start_execution().state_machine_arn(machine).name(&name);
    match request.input(input.to_string()).send().await {
        Ok(_) => tracing::info!(execution = name, "execution started"),
        Err(error) if error.code() == Some("ExecutionAlreadyExists") => {
            tracing::info!(execution = name, "execution was started before");
        }
        Err(error) => return Err(CloudError::from(error).into()),
    }
    Ok(())
}

/// The name of the execution for one version of a spec: the same event gives the same name.
pub fn spec_execution_name(bucket: &str, key: &str, version: &str) -> String {
    format!("spec-{}", &hex(&Sha256::digest(format!("{bucket}/{key}/{version}")))[..40])
}

//! Starting executions, so that the same event starts nothing twice, and asking what became of
//! them.

use aws_sdk_sfn::error::ProvideErrorMetadata;
use aws_sdk_sfn::types::ExecutionStatus;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::lambda::{Failure, Home};
use crate::plan::hex;
use crate::world::CloudError;

/// Step Functions takes names of up to 80 characters, without blanks and brackets.
const NAME_MAX: usize = 80;

/// The name under which a spec in the bucket carries the hash of the plan that it was put there
/// for: `x-amz-meta-terrace-plan`. Another plan is refused.
pub const PLAN_METADATA: &str = "terrace-plan";

/// What metadata of an uploaded spec says, with `false`, that its run does not wait for another.
pub const QUEUE_METADATA: &str = "terrace-queue";

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

/// Whether the execution with this ARN has ended. When Step Functions does not say: no.
pub async fn has_ended(home: &Home, arn: &str) -> bool {
    let sfn = crate::client!(home, aws_sdk_sfn);
    match sfn.describe_execution().execution_arn(arn).send().await {
        Ok(found) => matches!(
            found.status,
            ExecutionStatus::Succeeded
                | ExecutionStatus::Failed
                | ExecutionStatus::TimedOut
                | ExecutionStatus::Aborted
        ),
        // Step Functions forgets executions 90 days after their end.
        Err(error) if error.code() == Some("ExecutionDoesNotExist") => true,
        Err(error) => {
            tracing::warn!(arn, error = %CloudError::from(error), "cannot look at the execution");
            false
        }
    }
}

/// The name of the execution for one version of a spec: the same event gives the same name.
pub fn spec_execution_name(bucket: &str, key: &str, version: &str) -> String {
    format!("spec-{}", &hex(&Sha256::digest(format!("{bucket}/{key}/{version}")))[..40])
}

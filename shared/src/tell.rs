//! Telling people, through the control plane's topic.

use crate::lambda::Home;
use tracing::warn;

/// SNS takes subjects of up to 100 characters.
const SUBJECT_MAX: usize = 100;

/// Publishes `<stack> <what>` with the details. That a message cannot be sent fails no run: it
/// is logged, and the report in the ledger says the same.
pub async fn tell(home: &Home, stack: &str, what: &str, details: &str) {
    let Some(topic) = &home.environment.topic else { return };
    let subject: String = format!("terrace: {stack} {what}").chars().take(SUBJECT_MAX).collect();
    let sns = crate::client!(home, aws_sdk_sns);
    let request = sns.publish().topic_arn(topic).subject(subject).message(details);
    if let Err(error) = request.send().await {
        warn!(error = %crate::world::CloudError::from(error), "telling failed");
    }
}

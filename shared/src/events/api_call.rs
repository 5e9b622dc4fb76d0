//! "AWS API Call via CloudTrail"

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use super::{Actor, Envelope, ids};

/// Somebody called an AWS API.
#[derive(Clone, Debug, PartialEq)]
pub struct ApiCall {
    /// The same for every delivery of this call.
    pub id: String,
    /// In whole seconds: the order of calls cannot be told from it.
    pub time: Timestamp,
    /// CloudTrail's name of the call, such as `AuthorizeSecurityGroupIngress`; Lambda's carry a
    /// version, such as `UpdateFunctionCode20150331v2`.
    pub name: String,
    /// Whose API it is, such as `ec2.amazonaws.com`.
    pub source: String,
    pub region: String,
    /// Why AWS refused, without EC2's `Client.`; `None` if it did what was asked.
    pub error: Option<String>,
    pub read_only: bool,
    pub actor: Actor,
    /// Ids, ARNs and names of what was called upon and of what was answered.
    pub ids: BTreeSet<String>,
}

/// CloudTrail's own words.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Record {
    #[serde(rename = "eventID")]
    event_id: Option<String>,
    event_time: Option<Timestamp>,
    event_name: String,
    event_source: String,
    #[serde(default)]
    aws_region: String,
    error_code: Option<String>,
    #[serde(default, deserialize_with = "flag")]
    read_only: bool,
    #[serde(default)]
    request_parameters: Value,
    #[serde(default)]
    response_elements: Value,
    #[serde(flatten)]
    actor: Actor,
}

impl ApiCall {
    pub(super) fn read(envelope: &Envelope) -> Result<Self, serde_json::Error> {
        let record = Record::deserialize(&envelope.detail)?;
        let mut found = BTreeSet::new();
        ids::collect(&record.request_parameters, &mut found);
        ids::collect(&record.response_elements, &mut found);
        let bare = |code: String| code.strip_prefix("Client.").map_or(code.clone(), str::to_owned);
        Ok(Self {
            id: record.event_id.unwrap_or_else(|| envelope.id.clone()),
            time: record.event_time.unwrap_or(envelope.time),
            name: record.event_name,
            source: record.event_source,
            region: record.aws_region,
            error: record.error_code.map(bare),
            read_only: record.read_only,
            actor: record.actor,
            ids: found,
        })
    }

    /// Whether the call may have changed something.
    pub fn is_change(&self) -> bool {
        self.error.is_none() && !self.read_only
    }

    /// Whether one of Terrace's own roles made the call, or AWS in that role's name. `roles` are
    /// full ARNs of roles, paths included.
    pub fn is_own<R: AsRef<str>>(&self, roles: &[R]) -> bool {
        let role = self.actor.role();
        role.is_some_and(|role| roles.iter().any(|it| it.as_ref() == role))
    }
}

/// CloudTrail writes `readOnly` as a flag; copies that went through other tools, as text.
fn flag<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    let value = Value::deserialize(deserializer)?;
    Ok(value == Value::Bool(true) || value == "true")
}

#[cfg(test)]
mod tests;

//! What EventBridge delivers, read into what Terrace reacts to. Pure: an envelope goes in, an
//! [`Event`] comes out, and nothing is asked of AWS.
//!
//! Shapes: EventBridge user guide, "Events from AWS services"; CloudTrail record contents.
//! Events are best effort, come twice and out of order, so an event says where to look and never
//! what stands there.

mod actor;
mod alarm;
mod api_call;
mod execution;
mod ids;
mod object;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

pub use actor::Actor;
pub use alarm::{AlarmChange, AlarmState};
pub use api_call::ApiCall;
pub use execution::{Ended, ExecutionEnded};
pub use object::{ObjectChange, ObjectEvent};

/// One event that Terrace reacts to.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    ApiCall(Box<ApiCall>),
    AlarmChange(AlarmChange),
    Object(ObjectEvent),
    ExecutionEnded(ExecutionEnded),
}

/// The envelope is of a type we know, but not as AWS documents it.
#[derive(Debug, thiserror::Error)]
pub enum Unreadable {
    #[error("this is no EventBridge event")]
    Envelope(#[source] serde_json::Error),
    #[error("cannot read the detail of event `{id}`, a `{detail_type}`")]
    Detail { id: String, detail_type: String, source: serde_json::Error },
}

/// What all events have around their detail.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Envelope {
    id: String,
    detail_type: String,
    time: Timestamp,
    #[serde(default)]
    resources: Vec<String>,
    detail: Value,
}

impl Event {
    /// `None` for a type of event that Terrace does not react to, and for executions that have
    /// not ended.
    pub fn read(event: &Value) -> Result<Option<Self>, Unreadable> {
        let envelope = Envelope::deserialize(event).map_err(Unreadable::Envelope)?;
        let read = match envelope.detail_type.as_str() {
            "AWS API Call via CloudTrail" => {
                ApiCall::read(&envelope).map(|it| Some(Self::ApiCall(Box::new(it))))
            }
            "CloudWatch Alarm State Change" => {
                AlarmChange::read(&envelope).map(Self::AlarmChange).map(Some)
            }
            "Object Created" => {
                ObjectEvent::read(&envelope, ObjectChange::Created).map(Self::Object).map(Some)
            }
            "Object Deleted" => {
                ObjectEvent::read(&envelope, ObjectChange::Deleted).map(Self::Object).map(Some)
            }
            "Step Functions Execution Status Change" => {
                ExecutionEnded::read(&envelope).map(|it| it.map(Self::ExecutionEnded))
            }
            _ => Ok(None),
        };
        let Envelope { id, detail_type, .. } = envelope;
        read.map_err(|source| Unreadable::Detail { id, detail_type, source })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn events_of_other_kinds_are_none_of_ours() {
        let event = json!({
            "version": "0", "id": "e1", "detail-type": "EC2 Instance State-change Notification",
            "source": "aws.ec2", "account": "111122223333", "time": "2026-03-01T10:00:00Z",
            "region": "eu-central-1", "resources": [], "detail": {"state": "running"},
        });
        assert!(matches!(Event::read(&event), Ok(None)));
    }

    #[test]
    fn what_cannot_be_read_says_which_event_it_was() {
        assert!(matches!(Event::read(&json!({"Records": []})), Err(Unreadable::Envelope(_))));
        let event = json!({
            "id": "e2", "detail-type": "Object Created", "time": "2026-03-01T10:00:00Z",
            "detail": {"bucket": {}},
        });
        let error = Event::read(&event).expect_err("the bucket has no name");
        assert_eq!(error.to_string(), "cannot read the detail of event `e2`, a `Object Created`");
    }
}

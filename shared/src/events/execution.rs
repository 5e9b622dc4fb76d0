//! "Step Functions Execution Status Change"

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Envelope;

/// An execution of a state machine has ended, in whatever way.
#[derive(Clone, Debug, PartialEq)]
pub struct ExecutionEnded {
    /// The same for every delivery of this event.
    pub id: String,
    pub time: Timestamp,
    pub arn: String,
    pub name: String,
    pub status: Ended,
    pub machine_arn: String,
    /// `None` when it was too large for the event.
    pub input: Option<Value>,
}

/// How an execution ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Ended {
    Succeeded,
    Failed,
    TimedOut,
    Aborted,
}

impl Ended {
    /// As Step Functions writes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Succeeded => "SUCCEEDED",
            Self::Failed => "FAILED",
            Self::TimedOut => "TIMED_OUT",
            Self::Aborted => "ABORTED",
        }
    }

    /// Whether the machine had no chance to say how it ended.
    pub fn is_silent(self) -> bool {
        match self {
            Self::TimedOut | Self::Aborted => true,
            Self::Succeeded | Self::Failed => false,
        }
    }
}

/// Step Functions' own words.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Detail {
    execution_arn: String,
    name: String,
    status: Status,
    state_machine_arn: String,
    input: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum Status {
    Running,
    PendingRedrive,
    Succeeded,
    Failed,
    TimedOut,
    Aborted,
}

impl ExecutionEnded {
    /// `None` while the execution runs.
    pub(super) fn read(envelope: &Envelope) -> Result<Option<Self>, serde_json::Error> {
        let detail = Detail::deserialize(&envelope.detail)?;
        let status = match detail.status {
            Status::Running | Status::PendingRedrive => return Ok(None),
            Status::Succeeded => Ended::Succeeded,
            Status::Failed => Ended::Failed,
            Status::TimedOut => Ended::TimedOut,
            Status::Aborted => Ended::Aborted,
        };
        Ok(Some(Self {
            id: envelope.id.clone(),
            time: envelope.time,
            arn: detail.execution_arn,
            name: detail.name,
            status,
            machine_arn: detail.state_machine_arn,
            input: detail.input.and_then(|text| serde_json::from_str(&text).ok()),
        }))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::Event;
    use super::*;

    fn read(status: &str, input: &Value) -> Option<Event> {
        let machine = "arn:aws:states:eu-central-1:111122223333:stateMachine:terrace-deploy";
        let event = json!({
            "version": "0", "id": "x1", "detail-type": "Step Functions Execution Status Change",
            "source": "aws.states", "account": "111122223333", "time": "2026-03-01T10:00:00Z",
            "region": "eu-central-1", "resources": ["arn:aws:states:e:1:execution:terrace-deploy:r1"],
            "detail": {"executionArn": "arn:aws:states:e:1:execution:terrace-deploy:r1", "name": "r1",
                "stateMachineArn": machine, "status": status, "startDate": 1_772_359_200_000_u64,
                "stopDate": null, "input": input, "inputDetails": {"included": true}},
        });
        Event::read(&event).unwrap_or_else(|error| panic!("{error}"))
    }

    #[test]
    fn every_way_to_end_is_told() {
        for (text, status) in [
            ("SUCCEEDED", Ended::Succeeded),
            ("FAILED", Ended::Failed),
            ("TIMED_OUT", Ended::TimedOut),
            ("ABORTED", Ended::Aborted),
        ] {
            let Some(Event::ExecutionEnded(ended)) = read(text, &json!("{\"stack\":\"shop\"}"))
            else {
                panic!("expected the end of an execution");
            };
            assert_eq!(
                (ended.name.as_str(), ended.status, ended.status.name()),
                ("r1", status, text)
            );
            assert!(ended.machine_arn.ends_with(":terrace-deploy"));
            assert_eq!(ended.input, Some(json!({"stack": "shop"})));
        }
    }

    #[test]
    fn an_execution_that_runs_has_not_ended() {
        assert_eq!(read("RUNNING", &json!("{}")), None);
        assert_eq!(read("PENDING_REDRIVE", &json!("{}")), None);
    }

    #[test]
    fn an_input_that_was_left_out_is_none() {
        let Some(Event::ExecutionEnded(ended)) = read("ABORTED", &Value::Null) else {
            panic!("expected the end of an execution");
        };
        assert_eq!(ended.input, None);
        assert!(ended.status.is_silent());
    }
}

//! S3's "Object Created" and "Object Deleted"

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Envelope;

/// An object of a bucket came, changed or went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectEvent {
    /// The same for every delivery of this event.
    pub id: String,
    pub time: Timestamp,
    pub change: ObjectChange,
    pub bucket: String,
    /// Plain, not URL-encoded.
    pub key: String,
    /// `None` in a bucket without versions.
    pub version_id: Option<String>,
    /// `None` when a version was deleted.
    pub etag: Option<String>,
    /// An account, or the service that acted.
    pub requester: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ObjectChange {
    Created,
    Deleted,
}

/// S3's own words.
#[derive(Deserialize)]
struct Detail {
    bucket: Bucket,
    object: Object,
    requester: Option<String>,
}

#[derive(Deserialize)]
struct Bucket {
    name: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Object {
    key: String,
    etag: Option<String>,
    version_id: Option<String>,
}

impl ObjectEvent {
    pub(super) fn read(
        envelope: &Envelope,
        change: ObjectChange,
    ) -> Result<Self, serde_json::Error> {
        let Detail { bucket, object, requester } = Detail::deserialize(&envelope.detail)?;
        let given = |text: Option<String>| text.filter(|it| !it.is_empty());
        Ok(Self {
            id: envelope.id.clone(),
            time: envelope.time,
            change,
            bucket: bucket.name,
            key: object.key,
            version_id: given(object.version_id),
            etag: given(object.etag),
            requester: given(requester),
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::Event;
    use super::*;

    fn read(detail_type: &str, object: &Value) -> ObjectEvent {
        let event = json!({
            "version": "0", "id": "o1", "detail-type": detail_type, "source": "aws.s3",
            "account": "111122223333", "time": "2026-03-01T10:00:00Z", "region": "eu-central-1",
            "resources": ["arn:aws:s3:::terrace-specs"],
            "detail": {"version": "0", "bucket": {"name": "terrace-specs"}, "object": object,
                "request-id": "R1", "requester": "111122223333", "source-ip-address": "203.0.113.9",
                "reason": "PutObject"},
        });
        match Event::read(&event) {
            Ok(Some(Event::Object(event))) => event,
            other => panic!("expected an object, found {other:?}"),
        }
    }

    #[test]
    fn a_new_object_tells_its_version() {
        let object = json!({"key": "specs/my shop.yaml", "size": 5, "etag": "9b2c", "sequencer": "00",
            "version-id": "v1"});
        let event = read("Object Created", &object);
        assert_eq!(
            (event.bucket.as_str(), event.key.as_str()),
            ("terrace-specs", "specs/my shop.yaml")
        );
        assert_eq!(
            (event.version_id.as_deref(), event.etag.as_deref()),
            (Some("v1"), Some("9b2c"))
        );
        assert_eq!(
            (event.change, event.requester.as_deref()),
            (ObjectChange::Created, Some("111122223333"))
        );
    }

    #[test]
    fn a_bucket_without_versions_gives_none() {
        for object in [json!({"key": "k"}), json!({"key": "k", "version-id": "", "etag": ""})] {
            let event = read("Object Deleted", &object);
            assert_eq!(
                (event.change, event.version_id, event.etag),
                (ObjectChange::Deleted, None, None)
            );
        }
    }
}

//! `AWS::RDS::DBSnapshot`

use aws_sdk_rds::types::DbSnapshot;
use serde::{Deserialize, Serialize};
use shared::aws::{Cx, Grant, LiveOf, OrAbsent, Resource};
use shared::model::{Address, Facts, Status};
use shared::world::CloudError;

use crate::Instance;
use crate::rds::{self, at, text};

pub const ABSENT: &[&str] = &["DBSnapshotNotFound"];

/// What is left of the data when an instance is gone, and what people have taken of it by hand.
///
/// No plan makes or deletes one. They are listed because the key that they are encrypted with has
/// to outlive them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Snapshot {
    pub identifier: String,
    /// The ARN; empty for one that is not encrypted.
    pub key: String,
}

impl Resource for Snapshot {
    const KIND: &'static str = "AWS::RDS::DBSnapshot";
    const IMMUTABLE: &'static [&'static str] = &["identifier", "key"];
    const GRANTS: &'static [Grant] = &[
        Grant::on(
            &["rds:DescribeDBSnapshots"],
            "arn:aws:rds:{region}:{account}:snapshot:*",
            "a database is built from whatever snapshot its spec names",
        ),
        Grant::on(
            &["rds:DescribeDBSnapshots"],
            "arn:aws:rds:{region}:{account}:db:terrace-*",
            "the snapshots of the stack's own instance",
        ),
    ];

    /// One call by the instance's name, which needs no instance. Backups that RDS takes by itself
    /// are not listed: they go with the instance.
    async fn list(cx: &Cx) -> Result<Vec<LiveOf<Self>>, CloudError> {
        let request = rds::client(cx).describe_db_snapshots().snapshot_type("manual");
        let request = request.db_instance_identifier(Instance::named(&cx.scope));
        let mut pages = request.into_paginator().items().send();
        let mut found = Vec::new();
        while let Some(snapshot) = pages.next().await {
            found.push(live(cx, &snapshot?)?);
        }
        Ok(found)
    }

    async fn create(&self, _: &Cx, at: &Address) -> Result<Facts, CloudError> {
        Err(unplanned(at))
    }

    async fn update(&self, _: &Cx, live: &LiveOf<Self>) -> Result<(), CloudError> {
        Err(unplanned(&live.address))
    }

    async fn delete(_: &Cx, live: &LiveOf<Self>) -> Result<(), CloudError> {
        Err(unplanned(&live.address))
    }
}

/// The snapshot with this identifier or ARN.
pub async fn find(cx: &Cx, identifier: &str) -> Result<Option<DbSnapshot>, CloudError> {
    let request = rds::client(cx).describe_db_snapshots().db_snapshot_identifier(identifier);
    // Only those of other accounts are left out otherwise.
    let request = request.include_shared(identifier.starts_with("arn:"));
    let found = request.send().await.or_absent(ABSENT)?;
    Ok(found.and_then(|it| it.db_snapshots.unwrap_or_default().into_iter().next()))
}

fn live(cx: &Cx, found: &DbSnapshot) -> Result<LiveOf<Snapshot>, CloudError> {
    let id = found.db_snapshot_identifier();
    let id = id.ok_or(CloudError::Incomplete("a snapshot's identifier"))?;
    let status = match found.status().unwrap_or_default() {
        "available" => Status::Ready,
        "failed" => Status::Failed("RDS calls it `failed`".to_owned()),
        _ => Status::Pending,
    };
    let facts = [
        ("id", id.to_owned()),
        ("arn", text(found.db_snapshot_arn())),
        ("relic", relic(&cx.scope.stack, id)),
    ];
    let facts = facts.into_iter().map(|(fact, value)| (fact.to_owned(), value)).collect();
    let spec = Snapshot { identifier: id.to_owned(), key: text(found.kms_key_id()) };
    Ok(LiveOf { address: at(&format!("snapshot-{id}")), spec, facts, status })
}

/// What a person can do with it.
fn relic(stack: &str, id: &str) -> String {
    format!(
        "holds the data of the database as it was; `database.restore_from: {id}` builds from it; to \
         be rid of it and of the key: `aws rds delete-db-snapshot --db-snapshot-identifier {id}`, \
         then `terrace destroy {stack} --include-data`"
    )
}

/// A plan that asks for this is wrong.
fn unplanned(at: &Address) -> CloudError {
    let text =
        format!("`{at}` is a snapshot: RDS makes it when its database goes, and people delete it");
    CloudError::refused("NotPlanned", text)
}

//! `AWS::RDS::DBInstance`

mod read;
mod restore;
mod write;

use std::collections::BTreeSet;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use shared::aws::{Cx, Grant, Kind, LiveOf, OrAbsent, Resource, Scope};
use shared::diff::diff;
use shared::model::{Address, Bound, Facts, Usual};
use shared::world::CloudError;

use crate::rds;

const ABSENT: &[&str] = &["DBInstanceNotFound"];
const THERE: &[&str] = &["DBInstanceAlreadyExists"];

/// Says on the instance itself whether it may go without a final snapshot. AWS's own deletion
/// protection cannot say so: it is off already when a deletion is tried for the second time.
const SNAPSHOT_TAG: &str = "terrace:final-snapshot";

/// The snapshot that an instance was built from: RDS does not say.
const ORIGIN_TAG: &str = "terrace:restored-from";

/// The database: one instance, with a standby in another zone where the spec asks for it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "RDS has that many switches")]
pub struct Instance {
    pub identifier: String,
    pub engine: String,
    pub engine_version: String,
    pub class: String,
    pub db_name: String,
    pub user: String,
    /// The key of the secret in which RDS keeps the password; empty if RDS does not keep it.
    pub secret_key: String,
    pub encrypted: bool,
    pub key: String,
    pub storage_type: String,
    pub storage_gib: i32,
    /// Up to here RDS adds storage by itself.
    pub max_storage_gib: i32,
    pub subnet_group: String,
    pub security_groups: BTreeSet<String>,
    pub parameter_group: String,
    pub port: i32,
    pub public: bool,
    pub standby: bool,
    pub backups_days: i32,
    /// UTC.
    pub backup_window: String,
    /// UTC.
    pub maintenance_window: String,
    pub minor_upgrades: bool,
    pub tags_to_snapshots: bool,
    pub certificate_authority: String,
    /// Logs that go to CloudWatch Logs.
    pub log_exports: BTreeSet<String>,
    /// 0: no enhanced monitoring.
    pub monitoring_seconds: i32,
    /// Empty without enhanced monitoring.
    pub monitoring_role: String,
    pub iam_authentication: bool,
    pub deletion_protection: bool,
    pub final_snapshot: bool,
    /// The snapshot that it is built from; `None`: it does not matter.
    pub restored_from: Option<String>,
    /// Off when somebody stopped it, or when it lost its key for a while.
    pub running: bool,
}

impl Resource for Instance {
    const KIND: &'static str = "AWS::RDS::DBInstance";
    const IMMUTABLE: &'static [&'static str] = &[
        "identifier",
        "engine",
        "db_name",
        "user",
        "encrypted",
        "key",
        "subnet_group",
        "restored_from",
    ];
    const OUTAGES: &'static [(&'static str, &'static str)] = OUTAGES;
    const PROTECTION: &'static str = "its data would be lost with it; to replace it all the same \
        set `database.protection: false`, and a final snapshot is what is left of the data unless \
        `database.final_snapshot: false` is set as well";
    const MOVING: &'static str = "if the database itself is there and not its standby, make it \
        fail over (reboot it with failover); then deploy with `database.standby: false`, after \
        that without the zone, and then with the standby again";
    /// AWS has been seen to take 36 minutes over a Multi-AZ instance.
    const DEADLINE: Duration = Duration::from_mins(75);
    /// Medians of published measurements.
    const TYPICAL: &'static [(&'static str, Usual)] =
        &[("standby", Usual::new(12 * 60, 25 * 60)), ("", Usual::new(330, 610))];
    /// With a final snapshot, ten minutes.
    const TYPICAL_DELETION: Option<Usual> = Some(Usual::new(265, 600));
    const GRANTS: &'static [Grant] = GRANTS;

    fn bounds() -> Vec<(&'static str, Bound)> {
        vec![
            ("engine_version", Bound::AtLeast),
            ("restored_from", Bound::IfSaid),
            ("storage_gib", Bound::AtLeast),
        ]
    }

    /// One call by name. An instance of our name without our tags is a stranger's, and not listed.
    async fn list(cx: &Cx) -> Result<Vec<LiveOf<Self>>, CloudError> {
        let found = read::find(cx, &Self::named(&cx.scope)).await?;
        let ours = found.and_then(|it| Some((rds::tags(it.tag_list()).address(&cx.scope)?, it)));
        ours.into_iter().map(|(address, it)| read::live(address, &it)).collect()
    }

    async fn create(&self, cx: &Cx, at: &Address) -> Result<Facts, CloudError> {
        let made = match &self.restored_from {
            Some(snapshot) => restore::restore(self, cx, at, snapshot).await?,
            None => {
                self.creation(cx, at).send().await.or_absent(THERE)?.and_then(|it| it.db_instance)
            }
        };
        if let Some(instance) = made {
            return read::facts(&instance);
        }
        let standing = read::find(cx, &self.identifier).await?;
        let standing = standing.ok_or(CloudError::Incomplete("a database instance"))?;
        if rds::tags(standing.tag_list()).address(&cx.scope).as_ref() == Some(at) {
            read::facts(&standing)
        } else {
            Err(rds::strange(&cx.scope, at, &rds::text(standing.db_instance_arn())))
        }
    }

    async fn update(&self, cx: &Cx, live: &LiveOf<Self>) -> Result<(), CloudError> {
        let mut fields = self.differing(&live.spec);
        if fields.remove("running") {
            // Nothing else can be changed on an instance that does not run.
            let start = rds::client(cx).start_db_instance();
            start.db_instance_identifier(&self.identifier).send().await?;
            return Ok(());
        }
        if fields.remove("final_snapshot") {
            let arn = live.facts.get("arn").ok_or(CloudError::Incomplete("an instance's ARN"))?;
            let tag = rds::client(cx).add_tags_to_resource().resource_name(arn);
            tag.tags(self.snapshot_tag()).send().await?;
        }
        if fields.is_empty() {
            return Ok(());
        }
        match self.modification(cx, live, &fields).send().await.map_err(CloudError::from) {
            Err(CloudError::Refused { message, .. }) if message.contains(NOTHING_TO_DO) => Ok(()),
            answer => answer.map(drop),
        }
    }

    async fn delete(cx: &Cx, live: &LiveOf<Self>) -> Result<(), CloudError> {
        if live.spec.deletion_protection {
            let request = rds::client(cx).modify_db_instance().apply_immediately(true);
            let request = request.db_instance_identifier(&live.spec.identifier);
            request.deletion_protection(false).send().await.or_absent(ABSENT)?;
        }
        match write::deletion(cx, live).send().await.or_absent(ABSENT) {
            Err(CloudError::Refused { code, message })
                if message.contains(STILL_PROTECTED) || code == SNAPSHOT_BEGUN =>
            {
                Err(CloudError::NotYet { code, message })
            }
            answer => answer.map(drop),
        }
    }
}

/// What `ModifyDBInstance` says when all is as asked for.
const NOTHING_TO_DO: &str = "No modifications were requested";
/// What `DeleteDBInstance` says while its deletion protection is being switched off.
const STILL_PROTECTED: &str = "deletion protection";
/// ... and when it makes the final snapshot already, because an earlier answer was lost.
const SNAPSHOT_BEGUN: &str = "DBSnapshotAlreadyExists";

/// RDS user guide, "Settings for DB instances": what a change interrupts when it is made at once.
const OUTAGES: &[(&str, &str)] = &[
    ("class", "the database restarts, or fails over to its standby: a minute or two without it"),
    (
        "engine_version",
        "the database is upgraded at once and is away for minutes; a major version \
        cannot be taken back",
    ),
    ("port", "the database restarts, and clients find it on the new port alone"),
    ("storage_type", "the database may be slower for hours"),
    ("running", "the database is started, which takes minutes"),
];

impl Instance {
    /// The identifier of the stack's instance.
    pub fn named(scope: &Scope) -> String {
        scope.name("db")
    }

    /// The fields in which a live instance is not as wished, bounds heeded.
    fn differing(&self, live: &Self) -> BTreeSet<String> {
        let value = |it: &Self| serde_json::to_value(it).unwrap_or_default();
        let differences = diff(&value(self), &value(live), &Kind::of::<Self>().rules());
        differences.into_iter().map(|it| it.field).collect()
    }
}

const GRANTS: &[Grant] = &[
    Grant::on(
        &[
            "rds:AddTagsToResource",
            "rds:CreateDBInstance",
            "rds:DeleteDBInstance",
            "rds:DescribeDBInstances",
            "rds:ModifyDBInstance",
            "rds:RestoreDBInstanceFromDBSnapshot",
            "rds:StartDBInstance",
        ],
        "arn:aws:rds:{region}:{account}:db:terrace-*",
        "the stack's own instance",
    ),
    Grant::on(
        &["rds:CreateDBInstance", "rds:ModifyDBInstance", "rds:RestoreDBInstanceFromDBSnapshot"],
        "arn:aws:rds:{region}:{account}:subgrp:terrace-*",
        "an instance stands in its subnet group",
    ),
    Grant::on(
        &["rds:CreateDBInstance", "rds:ModifyDBInstance", "rds:RestoreDBInstanceFromDBSnapshot"],
        "arn:aws:rds:{region}:{account}:pg:terrace-*",
        "an instance has its parameter group",
    ),
    Grant::on(
        &["rds:CreateDBInstance", "rds:ModifyDBInstance", "rds:RestoreDBInstanceFromDBSnapshot"],
        "arn:aws:rds:{region}:{account}:og:default:*",
        "an instance has its engine's default option group",
    ),
    Grant::on(
        &["rds:AddTagsToResource", "rds:CreateDBSnapshot", "rds:DeleteDBInstance"],
        "arn:aws:rds:{region}:{account}:snapshot:terrace-*",
        "a protected instance leaves a final snapshot, tagged as it was",
    ),
    Grant::on(
        &["rds:RestoreDBInstanceFromDBSnapshot"],
        "arn:aws:rds:{region}:{account}:snapshot:*",
        "a database is built from whatever snapshot its spec names",
    ),
    Grant::on(
        &["kms:CreateGrant", "kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey"],
        "arn:aws:kms:{region}:{account}:key/*",
        "RDS encrypts storage and the secret with the stack's key in our name",
    ),
    Grant::on(
        &["secretsmanager:CreateSecret", "secretsmanager:TagResource"],
        "arn:aws:secretsmanager:{region}:{account}:secret:rds!*",
        "RDS makes the master user's secret in our name",
    ),
    Grant::on(
        &["iam:CreateServiceLinkedRole"],
        "arn:aws:iam::{account}:role/aws-service-role/rds.amazonaws.com/*",
        "the account's first instance brings RDS's service-linked role",
    )
    .when("StringEquals", "iam:AWSServiceName", &["rds.amazonaws.com"]),
    Grant::on(
        &["iam:PassRole"],
        "arn:aws:iam::{account}:role/terrace/*",
        "enhanced monitoring writes with the stack's monitoring role",
    )
    .when(
        "StringEquals",
        "iam:PassedToService",
        &["monitoring.rds.amazonaws.com", "rds.amazonaws.com"],
    ),
];

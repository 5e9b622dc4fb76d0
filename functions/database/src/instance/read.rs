//! An instance as AWS shows it, told in our words.

use std::collections::BTreeSet;

use aws_sdk_rds::types::{self, DbInstance};
use shared::aws::{Cx, LiveOf, OrAbsent};
use shared::model::{Address, Facts, Status};
use shared::world::CloudError;

use super::{ABSENT, Instance, ORIGIN_TAG, SNAPSHOT_TAG};
use crate::rds::{self, text};

pub async fn find(cx: &Cx, identifier: &str) -> Result<Option<DbInstance>, CloudError> {
    let request = rds::client(cx).describe_db_instances().db_instance_identifier(identifier);
    let answer = request.send().await.or_absent(ABSENT)?;
    Ok(answer.and_then(|it| it.db_instances.unwrap_or_default().into_iter().next()))
}

pub fn live(address: Address, found: &DbInstance) -> Result<LiveOf<Instance>, CloudError> {
    Ok(LiveOf { address, spec: spec(found), facts: facts(found)?, status: status(found) })
}

/// Facts that are not there yet are left out: who needs them waits.
pub fn facts(found: &DbInstance) -> Result<Facts, CloudError> {
    let id = found.db_instance_identifier();
    let id = id.ok_or(CloudError::Incomplete("a database instance's identifier"))?;
    let endpoint = found.endpoint();
    let port = endpoint.and_then(types::Endpoint::port).map(|port| port.to_string());
    let secret = found.master_user_secret().and_then(types::MasterUserSecret::secret_arn);
    let (occupies, writes) = (occupied(found), log_groups(found));
    let facts = [
        ("occupies", Some(occupies.as_str()).filter(|it| !it.is_empty())),
        ("id", Some(id)),
        ("arn", found.db_instance_arn()),
        ("resource_id", found.dbi_resource_id()),
        ("endpoint", endpoint.and_then(types::Endpoint::address)),
        ("port", port.as_deref()),
        ("secret_arn", secret),
        ("note", note(found)),
        ("bequeaths", found.kms_key_id().filter(|_| is_wanted(found) && !is_lost(found))),
        ("loss", Some(loss(found))),
        ("writes", Some(writes.as_str()).filter(|it| !it.is_empty())),
        (LOST, is_lost(found).then_some("RDS can make no snapshot of it")),
    ];
    let present = facts.into_iter().filter_map(|(fact, value)| Some((fact, value?)));
    Ok(present.map(|(fact, value)| (fact.to_owned(), value.to_owned())).collect())
}

/// The subnets of its group that are in its own zone and in its standby's: which one of several
/// in a zone it sits in, RDS does not say.
fn occupied(found: &DbInstance) -> String {
    let zones = [found.availability_zone(), found.secondary_availability_zone()];
    let subnets = found.db_subnet_group().map(types::DbSubnetGroup::subnets).unwrap_or_default();
    let sits_in = |it: &&types::Subnet| {
        let zone = it.subnet_availability_zone().and_then(types::AvailabilityZone::name);
        zone.is_some() && zones.contains(&zone)
    };
    let ids = subnets.iter().filter(sits_in).filter_map(types::Subnet::subnet_identifier);
    ids.collect::<Vec<_>>().join(" ")
}

/// The log groups that RDS writes to, and makes anew when they are gone (RDS user guide,
/// "Publishing database logs to Amazon CloudWatch Logs").
fn log_groups(found: &DbInstance) -> String {
    let id = found.db_instance_identifier().unwrap_or_default();
    let logs = found.enabled_cloudwatch_logs_exports().iter();
    let groups = logs.map(|log| format!("/aws/rds/instance/{id}/{log}"));
    groups.collect::<Vec<_>>().join(" ")
}

/// What becomes of the data when the instance goes, for people.
fn loss(found: &DbInstance) -> &'static str {
    if is_lost(found) {
        "its data is lost: it has failed, and RDS makes no final snapshot then"
    } else if is_wanted(found) {
        "its data goes with it; what is left is a final snapshot, from which \
         `database.restore_from` builds a new one"
    } else {
        "its data is lost: `database.final_snapshot: false` says that none is left"
    }
}

/// The fact of an instance that goes without a final snapshot, because none can be made.
pub const LOST: &str = "lost";

/// RDS user guide, "Deleting a DB instance": the deletion of an instance in one of these states has
/// to skip the final snapshot.
fn is_lost(found: &DbInstance) -> bool {
    let status = found.db_instance_status();
    matches!(status, Some("failed" | "incompatible-network" | "incompatible-restore"))
}

/// Whoever lost the tag has not said that the data may go.
fn is_wanted(found: &DbInstance) -> bool {
    rds::tags(found.tag_list()).get(SNAPSHOT_TAG) != Some("false")
}

/// What a person should know though the instance is as wished.
fn note(found: &DbInstance) -> Option<&'static str> {
    let secret = found.master_user_secret().and_then(types::MasterUserSecret::secret_status);
    let waits =
        |it: &types::DbParameterGroupStatus| it.parameter_apply_status() == Some("pending-reboot");
    if found.db_instance_status() == Some("storage-full") {
        Some("its storage is full")
    } else if secret == Some("impaired") {
        Some("RDS cannot reach the secret of the master user or its key")
    } else if found.db_parameter_groups().iter().any(waits) {
        Some("changed parameters wait for a reboot")
    } else {
        None
    }
}

/// RDS user guide, "Viewing DB instance status". What is not named here is work under way.
fn status(found: &DbInstance) -> Status {
    match found.db_instance_status().unwrap_or_default() {
        "available"
        | "storage-full"
        | "storage-initialization"
        | "storage-optimization"
        | STOPPED
        | LOST_KEY => Status::Ready,
        broken @ ("failed"
        | "inaccessible-encryption-credentials"
        | "incompatible-network"
        | "incompatible-option-group"
        | "incompatible-parameters"
        | "incompatible-restore"
        | "insufficient-capacity"
        | "restore-error") => Status::Failed(format!("RDS calls it `{broken}`")),
        _ => Status::Pending,
    }
}

const STOPPED: &str = "stopped";
/// RDS stops an instance whose key is disabled, and starts it again when asked to.
const LOST_KEY: &str = "inaccessible-encryption-credentials-recoverable";

/// Accepted changes count as made: they are under way, or wait for the maintenance window.
fn spec(found: &DbInstance) -> Instance {
    let none = types::PendingModifiedValues::builder().build();
    let soon = found.pending_modified_values().unwrap_or(&none);
    let monitoring_seconds = found.monitoring_interval().unwrap_or(0);
    let monitoring_role = found.monitoring_role_arn().filter(|_| monitoring_seconds > 0);
    let secret_key = found.master_user_secret().and_then(types::MasterUserSecret::kms_key_id);
    let subnet_group = found.db_subnet_group().and_then(types::DbSubnetGroup::db_subnet_group_name);
    let authority = soon.ca_certificate_identifier().or(found.ca_certificate_identifier());
    let iam_now = found.iam_database_authentication_enabled();
    Instance {
        identifier: text(found.db_instance_identifier()),
        engine: text(found.engine()),
        engine_version: text(soon.engine_version().or(found.engine_version())),
        class: text(soon.db_instance_class().or(found.db_instance_class())),
        db_name: text(found.db_name()),
        user: text(found.master_username()),
        secret_key: text(secret_key),
        encrypted: found.storage_encrypted().unwrap_or(false),
        key: text(found.kms_key_id()),
        storage_type: text(soon.storage_type().or(found.storage_type())),
        storage_gib: soon.allocated_storage().or(found.allocated_storage()).unwrap_or(0),
        max_storage_gib: found.max_allocated_storage().unwrap_or(0),
        subnet_group: text(subnet_group),
        security_groups: security_groups(found),
        parameter_group: text(parameter_group(found)),
        port: soon.port().or(port(found)).unwrap_or(0),
        public: found.publicly_accessible().unwrap_or(false),
        standby: soon.multi_az().or(found.multi_az()).unwrap_or(false),
        backups_days: soon
            .backup_retention_period()
            .or(found.backup_retention_period())
            .unwrap_or(0),
        backup_window: text(found.preferred_backup_window()),
        maintenance_window: text(found.preferred_maintenance_window()),
        minor_upgrades: found.auto_minor_version_upgrade().unwrap_or(false),
        tags_to_snapshots: found.copy_tags_to_snapshot().unwrap_or(false),
        certificate_authority: text(authority),
        log_exports: log_exports(found, soon),
        monitoring_seconds,
        monitoring_role: text(monitoring_role),
        iam_authentication: soon.iam_database_authentication_enabled().or(iam_now).unwrap_or(false),
        deletion_protection: found.deletion_protection().unwrap_or(false),
        final_snapshot: is_wanted(found),
        restored_from: rds::tags(found.tag_list()).get(ORIGIN_TAG).map(str::to_owned),
        running: !matches!(found.db_instance_status(), Some(STOPPED | LOST_KEY)),
    }
}

fn security_groups(found: &DbInstance) -> BTreeSet<String> {
    let staying = found.vpc_security_groups().iter().filter(|it| it.status() != Some("removing"));
    staying.filter_map(|it| it.vpc_security_group_id()).map(str::to_owned).collect()
}

fn parameter_group(found: &DbInstance) -> Option<&str> {
    let group = found.db_parameter_groups().first()?;
    group.db_parameter_group_name()
}

/// The endpoint says it; before there is one, the instance may.
fn port(found: &DbInstance) -> Option<i32> {
    let endpoint = found.endpoint().and_then(types::Endpoint::port);
    endpoint.or(found.db_instance_port().filter(|port| *port > 0))
}

fn log_exports(found: &DbInstance, soon: &types::PendingModifiedValues) -> BTreeSet<String> {
    let mut logs: BTreeSet<String> =
        found.enabled_cloudwatch_logs_exports().iter().cloned().collect();
    if let Some(soon) = soon.pending_cloudwatch_logs_exports() {
        logs.extend(soon.log_types_to_enable().iter().cloned());
        logs.retain(|log| !soon.log_types_to_disable().contains(log));
    }
    logs
}

#[cfg(test)]
mod tests;

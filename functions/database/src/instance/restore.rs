//! Building an instance from a snapshot.

use aws_sdk_rds::operation::restore_db_instance_from_db_snapshot::builders::RestoreDBInstanceFromDBSnapshotFluentBuilder as Restoration;
use aws_sdk_rds::types::{DbInstance, DbSnapshot, Tag};
use shared::aws::{Cx, OrAbsent};
use shared::model::Address;
use shared::world::CloudError;

use super::write::filled;
use super::{Instance, ORIGIN_TAG, THERE};
use crate::{rds, snapshot};

/// `None` if an instance of that name stands already.
///
/// A snapshot brings its own user, key, engine and size. Where they are not those of the spec, the
/// instance could never become as wished; that is told before it is made.
pub async fn restore(
    wish: &Instance,
    cx: &Cx,
    at: &Address,
    from: &str,
) -> Result<Option<DbInstance>, CloudError> {
    let Some(found) = snapshot::find(cx, from).await? else {
        return Err(refusal(
            from,
            "there is no such snapshot in this region",
            "name one that is here",
        ));
    };
    match found.status().unwrap_or_default() {
        "available" => fits(wish, &found, from)?,
        "creating" | "copying" => {
            return Err(CloudError::not_yet(
                "DBSnapshotCreating",
                format!("`{from}` is being made"),
            ));
        }
        other => return Err(refusal(from, &format!("it is {other}"), "name another one")),
    }
    let made = wish.restoration(cx, at, from).send().await.or_absent(THERE)?;
    Ok(made.and_then(|it| it.db_instance))
}

fn fits(wish: &Instance, found: &DbSnapshot, from: &str) -> Result<(), CloudError> {
    let engine = found.engine().unwrap_or_default();
    if engine != wish.engine {
        let hint = format!("set `database.engine: {engine}`");
        return Err(refusal(from, &format!("it is of {engine}"), &hint));
    }
    let (has, wants) = (found.engine_version().unwrap_or_default(), wish.engine_version.as_str());
    if major(engine, has) != major(engine, wants) {
        let hint =
            format!("set `database.version: {}`, and raise it afterwards", major(engine, has));
        return Err(refusal(from, &format!("it is of version {has}"), &hint));
    }
    let user = found.master_username().unwrap_or_default();
    if user != wish.user {
        let hint = format!("set `database.user: {user}`");
        return Err(refusal(from, &format!("its master user is `{user}`"), &hint));
    }
    if found.kms_key_id() != Some(wish.key.as_str()) {
        let hint = format!("copy it first: `aws rds copy-db-snapshot --kms-key-id {}`", wish.key);
        return Err(refusal(from, "it is not encrypted with the stack's key", &hint));
    }
    Ok(())
}

/// `17` of `17.4`, `8.4` of `8.4.5`.
fn major(engine: &str, version: &str) -> String {
    let parts = if engine == "mysql" { 2 } else { 1 };
    version.split('.').take(parts).collect::<Vec<_>>().join(".")
}

fn refusal(from: &str, why: &str, hint: &str) -> CloudError {
    let text = format!("cannot build the database from `{from}`: {why}\nhint: {hint}");
    CloudError::refused("SnapshotDoesNotFit", text)
}

impl Instance {
    /// What is left out here, RDS takes only afterwards: it shows as a difference and is changed.
    fn restoration(&self, cx: &Cx, at: &Address, from: &str) -> Restoration {
        let origin = Tag::builder().key(ORIGIN_TAG).value(from).build();
        rds::client(cx)
            .restore_db_instance_from_db_snapshot()
            .db_instance_identifier(&self.identifier)
            .db_snapshot_identifier(from)
            .set_tags(Some(rds::tag(cx, at)))
            .tags(self.snapshot_tag())
            .tags(origin)
            .db_instance_class(&self.class)
            .storage_type(&self.storage_type)
            .db_subnet_group_name(&self.subnet_group)
            .set_vpc_security_group_ids(Some(self.security_groups.iter().cloned().collect()))
            .db_parameter_group_name(&self.parameter_group)
            .port(self.port)
            .publicly_accessible(self.public)
            .multi_az(self.standby)
            .auto_minor_version_upgrade(self.minor_upgrades)
            .ca_certificate_identifier(&self.certificate_authority)
            .copy_tags_to_snapshot(self.tags_to_snapshots)
            .deletion_protection(self.deletion_protection)
            .enable_iam_database_authentication(self.iam_authentication)
            .set_enable_cloudwatch_logs_exports(Some(self.log_exports.iter().cloned().collect()))
            .manage_master_user_password(!self.secret_key.is_empty())
            .set_master_user_secret_kms_key_id(filled(&self.secret_key))
    }
}

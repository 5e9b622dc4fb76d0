//! What we ask of RDS for an instance.

use std::collections::BTreeSet;

use aws_sdk_rds::operation::create_db_instance::builders::CreateDBInstanceFluentBuilder as Creation;
use aws_sdk_rds::operation::delete_db_instance::builders::DeleteDBInstanceFluentBuilder as Deletion;
use aws_sdk_rds::operation::modify_db_instance::builders::ModifyDBInstanceFluentBuilder as Modification;
use aws_sdk_rds::types::{CloudwatchLogsExportConfiguration, Tag};
use shared::aws::{Cx, LiveOf};
use shared::clock::stamp;
use shared::model::Address;

use super::read::LOST;
use super::{Instance, SNAPSHOT_TAG};
use crate::rds;

impl Instance {
    pub fn snapshot_tag(&self) -> Tag {
        Tag::builder().key(SNAPSHOT_TAG).value(self.final_snapshot.to_string()).build()
    }

    pub fn creation(&self, cx: &Cx, at: &Address) -> Creation {
        let request = rds::client(cx)
            .create_db_instance()
            .db_instance_identifier(&self.identifier)
            .set_tags(Some(rds::tag(cx, at)))
            .tags(self.snapshot_tag())
            .engine(&self.engine)
            .engine_version(&self.engine_version)
            .db_name(&self.db_name)
            .master_username(&self.user)
            .db_subnet_group_name(&self.subnet_group)
            .set_vpc_security_group_ids(Some(self.security_groups.iter().cloned().collect()))
            .db_parameter_group_name(&self.parameter_group)
            .port(self.port)
            .publicly_accessible(self.public)
            .preferred_maintenance_window(&self.maintenance_window)
            .auto_minor_version_upgrade(self.minor_upgrades)
            .ca_certificate_identifier(&self.certificate_authority);
        self.watched(self.kept(request))
    }

    /// How the data is kept: size, encryption, standby, backups, protection.
    fn kept(&self, request: Creation) -> Creation {
        request
            .db_instance_class(&self.class)
            .storage_type(&self.storage_type)
            .allocated_storage(self.storage_gib)
            .max_allocated_storage(self.max_storage_gib)
            .storage_encrypted(self.encrypted)
            .kms_key_id(&self.key)
            .manage_master_user_password(!self.secret_key.is_empty())
            .set_master_user_secret_kms_key_id(filled(&self.secret_key))
            .multi_az(self.standby)
            .backup_retention_period(self.backups_days)
            .preferred_backup_window(&self.backup_window)
            .copy_tags_to_snapshot(self.tags_to_snapshots)
            .deletion_protection(self.deletion_protection)
    }

    /// How the instance is watched, and who may log in.
    fn watched(&self, request: Creation) -> Creation {
        request
            .set_enable_cloudwatch_logs_exports(Some(self.log_exports.iter().cloned().collect()))
            .monitoring_interval(self.monitoring_seconds)
            .set_monitoring_role_arn(filled(&self.monitoring_role))
            .enable_iam_database_authentication(self.iam_authentication)
    }

    /// Changes `fields` at once: a person asked for it now, not for the maintenance window.
    pub fn modification(
        &self,
        cx: &Cx,
        live: &LiveOf<Self>,
        fields: &BTreeSet<String>,
    ) -> Modification {
        let request = rds::client(cx)
            .modify_db_instance()
            .db_instance_identifier(&self.identifier)
            .apply_immediately(true);
        let request = self.modified_machine(request, fields);
        let request = self.modified_data(request, fields);
        self.modified_watch(request, live, fields)
    }

    fn modified_machine(&self, request: Modification, fields: &BTreeSet<String>) -> Modification {
        let when = |field: &str| fields.contains(field);
        let groups = || self.security_groups.iter().cloned().collect();
        request
            .set_db_instance_class(when("class").then(|| self.class.clone()))
            .set_engine_version(when("engine_version").then(|| self.engine_version.clone()))
            // The spec names the version, so a major one is meant too.
            .set_allow_major_version_upgrade(when("engine_version").then_some(true))
            .set_db_parameter_group_name(
                when("parameter_group").then(|| self.parameter_group.clone()),
            )
            .set_vpc_security_group_ids(when("security_groups").then(groups))
            .set_db_port_number(when("port").then_some(self.port))
            .set_publicly_accessible(when("public").then_some(self.public))
            .set_multi_az(when("standby").then_some(self.standby))
            .set_auto_minor_version_upgrade(when("minor_upgrades").then_some(self.minor_upgrades))
            .set_preferred_maintenance_window(
                when("maintenance_window").then(|| self.maintenance_window.clone()),
            )
            .set_ca_certificate_identifier(
                when("certificate_authority").then(|| self.certificate_authority.clone()),
            )
    }

    fn modified_data(&self, request: Modification, fields: &BTreeSet<String>) -> Modification {
        let when = |field: &str| fields.contains(field);
        request
            .set_storage_type(when("storage_type").then(|| self.storage_type.clone()))
            .set_allocated_storage(when("storage_gib").then_some(self.storage_gib))
            .set_max_allocated_storage(when("max_storage_gib").then_some(self.max_storage_gib))
            .set_backup_retention_period(when("backups_days").then_some(self.backups_days))
            .set_preferred_backup_window(when("backup_window").then(|| self.backup_window.clone()))
            .set_copy_tags_to_snapshot(when("tags_to_snapshots").then_some(self.tags_to_snapshots))
            .set_deletion_protection(
                when("deletion_protection").then_some(self.deletion_protection),
            )
            .set_manage_master_user_password(when("secret_key").then_some(true))
            .set_master_user_secret_kms_key_id(when("secret_key").then(|| self.secret_key.clone()))
    }

    fn modified_watch(
        &self,
        request: Modification,
        live: &LiveOf<Self>,
        fields: &BTreeSet<String>,
    ) -> Modification {
        let when = |field: &str| fields.contains(field);
        // Interval and role are only taken together.
        let monitoring = when("monitoring_seconds") || when("monitoring_role");
        let (want, live) = (&self.log_exports, &live.spec.log_exports);
        let exports = CloudwatchLogsExportConfiguration::builder()
            .set_enable_log_types(Some(want.difference(live).cloned().collect()))
            .set_disable_log_types(Some(live.difference(want).cloned().collect()))
            .build();
        request
            .set_monitoring_interval(monitoring.then_some(self.monitoring_seconds))
            .set_monitoring_role_arn(filled(&self.monitoring_role).filter(|_| monitoring))
            .set_enable_iam_database_authentication(
                when("iam_authentication").then_some(self.iam_authentication),
            )
            .set_cloudwatch_logs_export_configuration(when("log_exports").then_some(exports))
    }
}

/// A database that was protected leaves a final snapshot, named after the moment in which the run
/// began, so that a second try of the run makes no second one. It is not skipped for any reason but
/// that RDS cannot make one. The backups that RDS took by itself go with the instance: what they
/// hold is in the snapshot.
pub fn deletion(cx: &Cx, live: &LiveOf<Instance>) -> Deletion {
    let request = rds::client(cx).delete_db_instance().delete_automated_backups(true);
    let request = request.db_instance_identifier(&live.spec.identifier);
    let leaves_snapshot = live.spec.final_snapshot && !live.facts.contains_key(LOST);
    let name = leaves_snapshot.then(|| cx.scope.name(&stamp(cx.started)));
    request.skip_final_snapshot(!leaves_snapshot).set_final_db_snapshot_identifier(name)
}

pub(super) fn filled(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

use aws_sdk_rds::types::builders::DbInstanceBuilder;
use aws_sdk_rds::types::{
    AvailabilityZone, DbParameterGroupStatus, DbSubnetGroup, Endpoint, MasterUserSecret,
    PendingCloudwatchLogsExports, PendingModifiedValues, Subnet, Tag, VpcSecurityGroupMembership,
};

use super::*;

fn instance() -> DbInstanceBuilder {
    DbInstance::builder().db_instance_identifier("terrace-shop-db").db_instance_status("available")
}

#[test]
fn every_status_is_ready_pending_or_failed() {
    for ready in ["available", "storage-optimization", "storage-full", "stopped"] {
        assert_eq!(status(&instance().db_instance_status(ready).build()), Status::Ready, "{ready}");
    }
    for working in [
        "creating",
        "backing-up",
        "modifying",
        "rebooting",
        "starting",
        "stopping",
        "upgrading",
        "maintenance",
        "deleting",
        "configuring-log-exports",
        "a status of tomorrow",
    ] {
        let found = instance().db_instance_status(working).build();
        assert_eq!(status(&found), Status::Pending, "{working}");
    }
    for broken in ["failed", "incompatible-network", "restore-error"] {
        let found = instance().db_instance_status(broken).build();
        assert_eq!(status(&found), Status::Failed(format!("RDS calls it `{broken}`")));
    }
}

#[test]
fn accepted_changes_count_as_made() {
    let logs = PendingCloudwatchLogsExports::builder();
    let logs = logs.log_types_to_enable("upgrade").log_types_to_disable("postgresql").build();
    let soon = PendingModifiedValues::builder()
        .db_instance_class("db.m7g.large")
        .allocated_storage(50)
        .multi_az(true)
        .engine_version("17.6")
        .backup_retention_period(14)
        .port(15433)
        .iam_database_authentication_enabled(true)
        .ca_certificate_identifier("rds-ca-rsa4096-g1")
        .pending_cloudwatch_logs_exports(logs)
        .build();
    let found = instance()
        .db_instance_class("db.t4g.small")
        .allocated_storage(20)
        .multi_az(false)
        .engine_version("17.5")
        .backup_retention_period(7)
        .endpoint(Endpoint::builder().address("db.example").port(15432).build())
        .ca_certificate_identifier("rds-ca-rsa2048-g1")
        .enabled_cloudwatch_logs_exports("postgresql")
        .pending_modified_values(soon)
        .build();
    let spec = spec(&found);
    assert_eq!((spec.class.as_str(), spec.storage_gib, spec.standby), ("db.m7g.large", 50, true));
    assert_eq!((spec.engine_version.as_str(), spec.backups_days, spec.port), ("17.6", 14, 15433));
    assert!(spec.iam_authentication);
    assert_eq!(spec.certificate_authority, "rds-ca-rsa4096-g1");
    assert_eq!(spec.log_exports, ["upgrade".to_owned()].into());
}

#[test]
fn facts_are_told_when_they_are_there() -> Result<(), CloudError> {
    let creating = facts(&instance().db_instance_arn("arn:db").dbi_resource_id("db-ABC").build())?;
    assert_eq!(
        creating.keys().map(String::as_str).collect::<Vec<_>>(),
        ["arn", "id", "loss", "resource_id"]
    );
    let found = instance()
        .endpoint(Endpoint::builder().address("db.example").port(15432).build())
        .master_user_secret(MasterUserSecret::builder().secret_arn("arn:secret").build())
        .build();
    let facts = facts(&found)?;
    assert_eq!(facts["endpoint"], "db.example");
    assert_eq!(facts["port"], "15432");
    assert_eq!(facts["secret_arn"], "arn:secret");
    Ok(())
}

#[test]
fn parameters_that_wait_for_a_reboot_are_noted() -> Result<(), CloudError> {
    let group = DbParameterGroupStatus::builder().parameter_apply_status("pending-reboot").build();
    let found = instance().db_parameter_groups(group).build();
    assert_eq!(facts(&found)?["note"], "changed parameters wait for a reboot");
    assert_eq!(facts(&instance().build())?.get("note"), None);
    Ok(())
}

#[test]
fn only_the_tag_says_that_the_data_may_go() {
    let tagged = |value: &str| Tag::builder().key(SNAPSHOT_TAG).value(value).build();
    assert!(spec(&instance().build()).final_snapshot);
    assert!(spec(&instance().tag_list(tagged("true")).build()).final_snapshot);
    assert!(!spec(&instance().tag_list(tagged("false")).build()).final_snapshot);
    assert!(loss(&instance().build()).contains("final snapshot, from which"));
    assert!(loss(&instance().tag_list(tagged("false")).build()).contains("none is left"));
    assert!(loss(&instance().db_instance_status("failed").build()).contains("data is lost"));
}

#[test]
fn the_log_groups_that_it_writes_to_are_told() -> Result<(), CloudError> {
    let found = instance().enabled_cloudwatch_logs_exports("upgrade").build();
    let id = found.db_instance_identifier().unwrap_or_default().to_owned();
    assert_eq!(facts(&found)?["writes"], format!("/aws/rds/instance/{id}/upgrade"));
    assert_eq!(facts(&instance().build())?.get("writes"), None);
    Ok(())
}

#[test]
fn what_is_on_its_way_out_or_off_is_not_there() {
    let group = |id: &str, status: &str| {
        VpcSecurityGroupMembership::builder().vpc_security_group_id(id).status(status).build()
    };
    let found = instance()
        .vpc_security_groups(group("sg-1", "active"))
        .vpc_security_groups(group("sg-2", "removing"))
        .monitoring_interval(0)
        .monitoring_role_arn("arn:role")
        .build();
    let spec = spec(&found);
    assert_eq!(spec.security_groups, ["sg-1".to_owned()].into());
    assert_eq!(spec.monitoring_role, "");
}

#[test]
fn a_stopped_instance_does_not_run() {
    assert!(!spec(&instance().db_instance_status("stopped").build()).running);
    assert!(spec(&instance().build()).running);
}

#[test]
fn the_subnets_of_its_own_zone_and_of_its_standbys_are_occupied() {
    let subnet = |id: &str, zone: &str| {
        let zone = AvailabilityZone::builder().name(zone).build();
        Subnet::builder().subnet_identifier(id).subnet_availability_zone(zone).build()
    };
    let group = DbSubnetGroup::builder()
        .subnets(subnet("subnet-a", "eu-central-1a"))
        .subnets(subnet("subnet-b", "eu-central-1b"))
        .subnets(subnet("subnet-c", "eu-central-1c"))
        .build();
    let single = instance().db_subnet_group(group).availability_zone("eu-central-1c");
    assert_eq!(occupied(&single.clone().build()), "subnet-c");
    let double = single.secondary_availability_zone("eu-central-1a").build();
    assert_eq!(occupied(&double), "subnet-a subnet-c");
    assert_eq!(occupied(&instance().build()), "");
}

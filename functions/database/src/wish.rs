//! The tier's nodes.

use std::collections::BTreeMap;

use shared::aws::{Scope, node};
use shared::model::{Address, Node, Tier, reference};
use shared::revision::Revision;
use shared::spec::{Database, Engine, PlannedSubnet, Spec, SubnetTier};

use crate::event_subscription::EventSubscription;
use crate::rds::at;
use crate::{Instance, Parameter, ParameterGroup, SubnetGroup};

/// The RDS certificate authority that AWS itself chooses today; it ends in 2061.
const CERTIFICATE_AUTHORITY: &str = "rds-ca-rsa2048-g1";

/// The tier's nodes.
pub fn wish(revision: &Revision, scope: &Scope) -> Vec<Node> {
    let spec = &revision.spec;
    let mut nodes = vec![
        node(at("subnet-group"), &subnet_group(spec, scope)),
        node(at("parameter-group"), &parameter_group(&spec.database, scope)),
        instance(&spec.database, scope),
    ];
    nodes.extend(events(scope));
    nodes.extend(parameters(&spec.database, scope));
    nodes
}

/// One subnet in each zone, as for the load balancer. RDS itself picks among several of a zone,
/// never moves, and refuses to let go of the one it picked: the second could not be taken away.
fn subnet_group(spec: &Spec, scope: &Scope) -> SubnetGroup {
    let subnets = spec.subnets();
    let ours = subnets.iter().filter(|it| it.tier == SubnetTier::Database && it.index == 1);
    SubnetGroup {
        name: SubnetGroup::named(scope),
        description: format!("Database subnets of {}", scope.stack),
        subnets: ours.map(|it| reference(Tier::Network, &subnet_name(it), "id")).collect(),
    }
}

/// The name in the subnet's address: `subnet-database-a`.
fn subnet_name(subnet: &PlannedSubnet) -> String {
    format!("subnet-{}-{}", subnet.tier.name(), subnet.zone.letter)
}

fn parameter_group(database: &Database, scope: &Scope) -> ParameterGroup {
    let parameters = engine_parameters(database.engine).iter();
    let family = database.parameter_family();
    ParameterGroup {
        name: ParameterGroup::named(scope, &family),
        family,
        description: format!("Parameters of the database of {}", scope.stack),
        parameters: parameters.map(|(name, value)| ((*name).into(), (*value).into())).collect(),
    }
}

/// What every database of ours is told: no connection without TLS.
fn engine_parameters(engine: Engine) -> &'static [(&'static str, &'static str)] {
    match engine {
        Engine::Postgres => &[("rds.force_ssl", "1")],
        // Only what lies in files can go to CloudWatch Logs. The general log stays off: it holds
        // every statement with its data.
        Engine::Mysql => {
            &[("log_output", "FILE"), ("require_secure_transport", "1"), ("slow_query_log", "1")]
        }
    }
}

/// The instance takes longest of all, so it refers to nothing slow: it starts as soon as its
/// groups, its key and its roles exist. What it logs goes to groups that have a retention and a
/// key before the first line; RDS would make them without.
fn instance(database: &Database, scope: &Scope) -> Node {
    let key = reference(Tier::Keys, "key", "arn");
    let monitored = database.monitoring_seconds.seconds() > 0;
    let role = monitored.then(|| reference(Tier::Access, "monitoring-role", "arn"));
    let exports = database.engine.log_exports().iter();
    let wish = Instance {
        identifier: Instance::named(scope),
        engine: database.engine.name().to_owned(),
        engine_version: database.engine_version().to_owned(),
        class: database.class.to_string(),
        db_name: database.name.to_string(),
        user: database.user.to_string(),
        secret_key: key.clone(),
        encrypted: true,
        key,
        storage_type: "gp3".to_owned(),
        storage_gib: database.storage_gib.cast_signed(),
        max_storage_gib: database.max_storage_gib.cast_signed(),
        subnet_group: reference(Tier::Database, "subnet-group", "name"),
        security_groups: [reference(Tier::Firewall, "database", "id")].into(),
        parameter_group: reference(Tier::Database, "parameter-group", "name"),
        port: i32::from(database.port),
        public: false,
        standby: database.standby,
        backups_days: database.backups_days.cast_signed(),
        backup_window: database.backup_window.to_string(),
        maintenance_window: database.maintenance_window.to_string(),
        minor_upgrades: true,
        tags_to_snapshots: true,
        certificate_authority: CERTIFICATE_AUTHORITY.to_owned(),
        log_exports: exports.clone().map(|log| (*log).to_owned()).collect(),
        monitoring_seconds: database.monitoring_seconds.seconds().cast_signed(),
        monitoring_role: role.unwrap_or_default(),
        iam_authentication: true,
        deletion_protection: database.protection,
        final_snapshot: database.leaves_snapshot(),
        restored_from: database.restore_from.as_ref().map(ToString::to_string),
        running: true,
    };
    let log_groups = exports.map(|log| Address::new(Tier::Storage, format!("database-logs-{log}")));
    let mut node = node(at("instance"), &wish);
    node.after = log_groups.collect();
    node.protected = database.protection;
    node
}

/// What the topic is told, by what it is about. The categories are at least those that controls
/// RDS.20, RDS.21 and RDS.22 ask for.
fn events(scope: &Scope) -> [Node; 3] {
    let of = |name| [reference(Tier::Database, name, "id")].into();
    let subscription = |about: &str, categories: &[&str], sources| {
        let wish = EventSubscription {
            name: EventSubscription::named(scope, about),
            topic: reference(Tier::Storage, "topic", "arn"),
            source_type: format!("db-{about}"),
            categories: categories.iter().map(|it| (*it).to_owned()).collect(),
            sources,
            enabled: true,
        };
        let mut node = node(at(&format!("events-{about}")), &wish);
        node.after = [Address::new(Tier::Storage, "topic-policy")].into();
        node
    };
    [
        subscription("instance", INSTANCE_EVENTS, of("instance")),
        subscription("parameter-group", &["configuration change"], of("parameter-group")),
        // These groups are of the time before VPCs; ours has none to name, so all are meant.
        subscription("security-group", &["configuration change", "failure"], [].into()),
    ]
}

const INSTANCE_EVENTS: &[&str] = &[
    "availability",
    "configuration change",
    "deletion",
    "failover",
    "failure",
    "low storage",
    "maintenance",
    "recovery",
];

/// Published when the instance is ready: whoever reads them can connect.
fn parameters(database: &Database, scope: &Scope) -> Vec<Node> {
    let fact = |fact| reference(Tier::Database, "instance", fact);
    let values = BTreeMap::from([
        ("endpoint", fact("endpoint")),
        ("name", database.name.to_string()),
        ("port", fact("port")),
        ("secret", fact("secret_arn")),
    ]);
    let published = values.into_iter().map(|(what, value)| {
        let wish = Parameter { name: Parameter::named(scope, what), value };
        let mut node = node(at(&format!("parameter-{what}")), &wish);
        node.after = [at("instance")].into();
        node
    });
    published.collect()
}

#[cfg(test)]
mod tests;

//! What is watched in every stack, and when it is worth telling somebody.

use shared::model::{Node, Tier, reference};
use shared::spec::{Spec, Thresholds};

use crate::cloudwatch::at;
use crate::connections::connections_max;
use crate::metrics::{self, Source};
use crate::{Alarm, MissingData};

const MINUTE: i32 = 60;
/// The spec's thresholds are meant over five minutes.
const FIVE_MINUTES: i32 = 5 * MINUTE;
/// ACM writes the days left of a certificate twice a day.
const DAY: i32 = 24 * 60 * MINUTE;

/// A failed connection now and then is life; so many in five minutes is a fault.
const PACKETS_DROPPED: f64 = 100.0;

/// The database refuses connections past its maximum, so people hear of it before.
const CONNECTIONS_PERCENT: u64 = 80;

/// Every alarm of a stack, and each after what it watches: a thing that is being made reports
/// nothing and would ring.
pub fn nodes(spec: &Spec) -> Vec<Node> {
    let thresholds = &spec.alarms.thresholds;
    let mut watches = load_balancer(thresholds);
    watches.extend(instances(spec));
    watches.extend(database(spec));
    watches.extend(ways_out(spec));
    watches.extend(ways_in(spec));
    watches.into_iter().map(Watch::node).collect()
}

/// Counts of the load balancer are only written when there is something to count, and there is
/// no time to answer without a request: silence is good.
fn load_balancer(thresholds: &Thresholds) -> Vec<Watch> {
    let (alb, targets) = (metrics::load_balancer, metrics::targets);
    vec![
        watch("load-balancer-5xx", alb(), "HTTPCode_ELB_5XX_Count")
            .says("The load balancer answers with errors of its own: no healthy instance, or none that answers in time.")
            .sum(f64::from(thresholds.load_balancer_5xx)),
        watch("target-5xx", targets(), "HTTPCode_Target_5XX_Count")
            .says("The application answers with errors: look at its log.")
            .sum(f64::from(thresholds.target_5xx)),
        watch("latency", targets(), "TargetResponseTime")
            .says("The application answers slowly.")
            .above("p95", f64::from(thresholds.latency_milliseconds) / 1000.0),
        // Silence: no target is registered, so there is none to replace.
        watch("unhealthy-host", targets(), "UnHealthyHostCount")
            .says("An instance has failed its health checks for three minutes. Terrace replaces it, once, if another is healthy and nothing scales.")
            .above("Maximum", 1.0)
            .every(MINUTE, 3),
        watch("rejected-connections", alb(), "RejectedConnectionCount")
            .says("The load balancer has reached its limit of connections and turns clients away.")
            .sum(1.0),
    ]
}

fn instances(spec: &Spec) -> Vec<Watch> {
    let cpu = f64::from(spec.alarms.thresholds.cpu_percent);
    let mut watches = vec![
        // Silence: no instance runs, which is no load. Three periods: scaling had its chance.
        watch("cpu", metrics::instances(), "CPUUtilization")
            .says("The application's instances are busy although scaling had a quarter of an hour.")
            .above("Average", cpu)
            .every(FIVE_MINUTES, 3),
        // Instances come and go: one that is gone reports nothing and is no failure.
        watch("instance-status", metrics::instances(), "StatusCheckFailed_Instance")
            .says("An instance of the application does not answer to EC2: its system hangs or has no network.")
            .above("Maximum", 1.0)
            .every(MINUTE, 3),
        watch("system-status", metrics::instances(), "StatusCheckFailed_System")
            .says("The host under an instance of the application is in trouble.")
            .above("Maximum", 1.0)
            .every(MINUTE, 3),
    ];
    if spec.bastion.enabled {
        // Somebody may stop the bastion while nobody needs it: that is shown, not rung.
        watches.extend([
            watch("bastion-instance-status", metrics::bastion(), "StatusCheckFailed_Instance")
                .says("The bastion does not answer to EC2: its system hangs or has no network.")
                .above("Maximum", 1.0)
                .every(MINUTE, 3)
                .silence(MissingData::Unknown),
            watch("bastion-system-status", metrics::bastion(), "StatusCheckFailed_System")
                .says("The host under the bastion is in trouble.")
                .above("Maximum", 1.0)
                .every(MINUTE, 3)
                .silence(MissingData::Unknown),
        ]);
    }
    watches
}

/// A database that lives reports every minute, so its silence is one alarm's to tell; the others
/// stay as they were, lest all ring for one fault.
fn database(spec: &Spec) -> Vec<Watch> {
    let thresholds = &spec.alarms.thresholds;
    let connections = connections_max(&spec.database) * CONNECTIONS_PERCENT / 100;
    let storage = f64::from(thresholds.database_free_storage_gib) * 1024.0 * 1024.0 * 1024.0;
    let memory = f64::from(thresholds.database_free_memory_mib) * 1024.0 * 1024.0;
    let database = metrics::database;
    vec![
        watch("database-cpu", database(), "CPUUtilization")
            .says("The database has been busy for a quarter of an hour, or has reported nothing.")
            .above("Average", f64::from(thresholds.database_cpu_percent))
            .every(FIVE_MINUTES, 3)
            .silence(MissingData::Bad),
        watch("database-storage", database(), "FreeStorageSpace")
            .says("The database runs out of storage: it stops when none is left. Look at its growth and at `max_storage_gib`.")
            .below("Minimum", storage)
            .silence(MissingData::Ignored),
        watch("database-memory", database(), "FreeableMemory")
            .says("The database runs out of memory: a larger class or fewer connections help.")
            .below("Average", memory)
            .silence(MissingData::Ignored),
        watch("database-connections", database(), "DatabaseConnections")
            .says("The database is near the most connections it takes.")
            .above("Maximum", f64::from(u32::try_from(connections).unwrap_or(u32::MAX)))
            .silence(MissingData::Ignored),
    ]
}

/// NAT gateways. Counts of faults: silence is good.
fn ways_out(spec: &Spec) -> Vec<Watch> {
    let gateways = metrics::nat_gateways(spec).into_iter();
    let watches = gateways.flat_map(|(letter, source)| {
        [
            watch(&format!("nat-{letter}-ports"), source.clone(), "ErrorPortAllocation")
                .says("A NAT gateway has no ports left for connections to one destination.")
                .sum(1.0),
            watch(&format!("nat-{letter}-dropped"), source, "PacketsDropCount")
                .says("A NAT gateway drops packets: AWS may be at fault, or it is overloaded.")
                .sum(PACKETS_DROPPED),
        ]
    });
    watches.collect()
}

/// What stands before the load balancer.
fn ways_in(spec: &Spec) -> Vec<Watch> {
    let thresholds = &spec.alarms.thresholds;
    let blocked = f64::from(thresholds.waf_blocked);
    let firewall = metrics::firewall(spec).map(|source| {
        watch("waf-blocked", source, "BlockedRequests")
            .says("The web application firewall blocks many requests: an attack, or a rule that is too strict.")
            .sum(blocked)
    });
    // The metric ends with the certificate: an alarm that rings by then must go on ringing. And a
    // new certificate has none for half a day.
    let certificate = watch("certificate-expiry", metrics::certificate(spec), "DaysToExpiry")
        .says("The certificate ends soon: browsers will refuse the site. Renew or replace it.")
        .below("Minimum", f64::from(thresholds.certificate_days))
        .every(DAY, 1)
        .silence(MissingData::Ignored);
    firewall.into_iter().chain([certificate]).collect()
}

/// An alarm in the making.
struct Watch {
    what: String,
    source: Source,
    alarm: Alarm,
}

/// Over five minutes once, and silence is good, unless it is said otherwise.
fn watch(what: &str, source: Source, metric: &str) -> Watch {
    let topic = reference(Tier::Storage, "topic", "arn");
    let alarm = Alarm {
        description: String::new(),
        namespace: source.namespace.to_owned(),
        metric: metric.to_owned(),
        dimensions: source.dimensions.clone(),
        statistic: "Sum".to_owned(),
        period_seconds: FIVE_MINUTES,
        periods: 1,
        periods_to_alarm: 1,
        comparison: "GreaterThanOrEqualToThreshold".to_owned(),
        threshold: 1.0,
        missing_data: MissingData::Good,
        enabled: true,
        alarm_actions: [topic.clone()].into(),
        ok_actions: [topic].into(),
        foreign_settings: [].into(),
    };
    Watch { what: what.to_owned(), source, alarm }
}

impl Watch {
    fn says(mut self, description: &str) -> Self {
        description.clone_into(&mut self.alarm.description);
        self
    }

    fn sum(self, threshold: f64) -> Self {
        self.above("Sum", threshold)
    }

    /// At the threshold or above it.
    fn above(mut self, statistic: &str, threshold: f64) -> Self {
        statistic.clone_into(&mut self.alarm.statistic);
        self.alarm.threshold = threshold;
        self
    }

    fn below(self, statistic: &str, threshold: f64) -> Self {
        let mut watch = self.above(statistic, threshold);
        "LessThanThreshold".clone_into(&mut watch.alarm.comparison);
        watch
    }

    fn every(mut self, seconds: i32, periods: i32) -> Self {
        self.alarm.period_seconds = seconds;
        (self.alarm.periods, self.alarm.periods_to_alarm) = (periods, periods);
        self
    }

    fn silence(mut self, means: MissingData) -> Self {
        self.alarm.missing_data = means;
        self
    }

    fn node(self) -> Node {
        let mut node = shared::aws::node(at(format!("alarm-{}", self.what)), &self.alarm);
        node.after = self.source.of.into_iter().collect();
        node
    }
}

//! What the shape of a spec cannot say: how its fields go together.

use std::collections::BTreeMap;

use super::problem::Finding;
use super::sources::check_ssh_sources;
use super::{
    App, Architecture, Bastion, Certificate, Database, Engine, InstanceType, People, Spec,
    SubnetTier, Zones,
};

/// Ports that are closed at every network boundary of the stack, or belong to SSH.
const REMOTE_DESKTOP: u16 = 3389;
const SSH: u16 = 22;

/// Everything in a spec of the right shape that does not go together.
pub(super) fn check(spec: &Spec) -> Vec<Finding> {
    let mut findings = check_zones(spec);
    findings.extend(check_certificate(spec));
    findings.extend(check_bastion(&spec.bastion));
    findings.extend(check_scaling(spec));
    findings.extend(check_images(&spec.app));
    findings.extend(check_port("/app/port", spec.app.port));
    findings.extend(check_database(&spec.database));
    findings.extend(check_people(&spec.people));
    findings.extend(check_administrators(spec));
    findings.extend(check_alarms(spec));
    findings
}

fn check_zones(spec: &Spec) -> Vec<Finding> {
    let Zones::Names(names) = &spec.network.zones else { return vec![] };
    let foreign =
        names.iter().enumerate().filter(|(_, zone)| zone.region() != spec.region.as_str());
    let finding = |(index, zone)| {
        Finding::new(
            format!("/network/zones/{index}"),
            format!("`{zone}`"),
            format!("a zone of `{}`", spec.region),
        )
    };
    foreign.map(finding).collect()
}

fn check_certificate(spec: &Spec) -> Vec<Finding> {
    match &spec.ingress.certificate {
        Certificate::Arn(arn) if arn.region() != spec.region.as_str() => vec![
            Finding::new(
                "/ingress/certificate/arn",
                format!("a certificate in `{}`", arn.region()),
                format!("one in `{}`", spec.region),
            )
            .hint("a load balancer takes certificates of its own region"),
        ],
        Certificate::Arn(_) | Certificate::SelfSigned | Certificate::Domain(_) => vec![],
    }
}

fn check_bastion(bastion: &Bastion) -> Vec<Finding> {
    let mut findings = check_ssh_sources(&bastion.ssh_from, "/bastion/ssh_from");
    if !bastion.enabled {
        return findings;
    }
    let off = "or build no bastion: `enabled: false`";
    if bastion.ssh_from.is_empty() {
        let expected = "who may SSH, such as `[203.0.113.0/24]`";
        findings.push(Finding::new("/bastion/ssh_from", "nobody", expected).hint(off));
    }
    if bastion.public_key.is_none() {
        let expected = "an OpenSSH public key, `ssh-ed25519 …`";
        findings.push(Finding::new("/bastion/public_key", "no key", expected).hint(off));
    }
    findings
}

fn check_scaling(spec: &Spec) -> Vec<Finding> {
    let App { min, desired, max, .. } = spec.app;
    let mut findings = Vec::new();
    if min > max {
        findings.push(Finding::new(
            "/app/min",
            format!("`{min}`"),
            format!("at most `max`, {max}"),
        ));
    } else if !(min..=max).contains(&desired) {
        let expected = format!("a number from `min`, {min}, to `max`, {max}");
        findings.push(Finding::new("/app/desired", format!("`{desired}`"), expected));
    }
    // A replacement of all instances holds the old and the new for a while.
    let room = spec.addresses(SubnetTier::Private) / 2;
    if max > room {
        findings.push(
            Finding::new("/app/max", format!("`{max}`"), format!("at most {room}"))
                .hint("the private subnets hold no more while all are replaced: take a wider `network.cidr` or two `subnets_per_tier`"),
        );
    }
    findings
}

fn check_images(app: &App) -> Vec<Finding> {
    let first = app.architecture();
    let differs = |(_, it): &(usize, &InstanceType)| it.architecture() != first;
    let other = app.instance_types.iter().enumerate().find(differs);
    let mixed = other.map(|(index, kind)| {
        let at = format!("/app/instance_types/{index}");
        Finding::new(at, named(kind), format!("a type for {}, as the first is", first.name()))
            .hint("one image runs on one architecture")
    });
    let image = app.ami.as_ref().and_then(|ami| Some((ami, ami.architecture()?)));
    let foreign =
        image.filter(|(_, architecture)| *architecture != first).map(|(_, architecture)| {
            let expected = format!("an image for {}, as the instance types are", first.name());
            Finding::new("/app/ami", format!("an image for {}", architecture.name()), expected)
                .hint("leave `ami` out to get Amazon Linux 2023 for the instance types")
        });
    mixed.into_iter().chain(foreign).collect()
}

fn named(kind: &InstanceType) -> String {
    let architecture: Architecture = kind.architecture();
    format!("`{kind}` ({})", architecture.name())
}

fn check_port(at: &str, port: u16) -> Vec<Finding> {
    match port {
        SSH => vec![Finding::new(at, "`22`", "a port that is not SSH's")],
        REMOTE_DESKTOP => vec![
            Finding::new(at, "`3389`", "another port")
                .hint("the stack's network ACLs close 3389, which is remote desktop's"),
        ],
        _ => vec![],
    }
}

fn check_database(database: &Database) -> Vec<Finding> {
    let mut findings = check_port("/database/port", database.port);
    findings.extend(check_version(database));
    // RDS wants the most to be at least a tenth above what is there.
    let least = database.storage_gib + database.storage_gib.div_ceil(10);
    if database.max_storage_gib < least {
        let found = format!("`{}`", database.max_storage_gib);
        let expected = format!("at least {least}, a tenth above `storage_gib`");
        findings.push(Finding::new("/database/max_storage_gib", found, expected));
    }
    if database.backup_window.meets(&database.maintenance_window) {
        let found = format!("`{}`", database.backup_window);
        let expected =
            format!("a time outside the maintenance window `{}`", database.maintenance_window);
        findings.push(Finding::new("/database/backup_window", found, expected));
    }
    findings
}

fn check_version(database: &Database) -> Option<Finding> {
    let version = database.version.as_ref()?;
    let numbers: Vec<u32> = version.as_str().split('.').filter_map(|it| it.parse().ok()).collect();
    let (good, expected) = match database.engine {
        Engine::Postgres => {
            let good = matches!(numbers[..], [major] | [major, _] if major >= 13);
            (good, "a PostgreSQL version from 13 on, such as `17` or `17.5`")
        }
        Engine::Mysql => {
            let good = matches!(numbers[..], [major, _] | [major, _, _] if major >= 8);
            (good, "a MySQL version from 8.0 on, such as `8.4` or `8.4.5`")
        }
    };
    (!good).then(|| Finding::new("/database/version", format!("`{version}`"), expected))
}

/// IAM takes names that differ only in case for one.
fn check_people(people: &People) -> Vec<Finding> {
    let groups = [
        ("read_only", &people.read_only),
        ("operate", &people.operate),
        ("administer", &people.administer),
    ];
    let mut first: BTreeMap<String, &str> = BTreeMap::new();
    let mut findings = Vec::new();
    for (group, users) in groups {
        for (index, user) in users.iter().enumerate() {
            if let Some(before) = first.insert(user.as_str().to_lowercase(), group) {
                let at = format!("/people/{group}/{index}");
                findings.push(
                    Finding::new(at, format!("`{user}`, who is in `{before}`"), "each user once")
                        .hint("every group may do what the one before may: name a user in the highest"),
                );
            }
        }
    }
    findings
}

fn check_administrators(spec: &Spec) -> Vec<Finding> {
    let partition = spec.region.partition();
    let foreign = |arn: &str| arn.split(':').nth(1) != Some(partition);
    let all = spec.encryption.key_administrators.iter().enumerate();
    let finding = |(index, arn)| {
        let at = format!("/encryption/key_administrators/{index}");
        Finding::new(at, format!("`{arn}`"), format!("an ARN that starts with `arn:{partition}:`"))
    };
    all.filter(|(_, arn)| foreign(arn.as_str())).map(finding).collect()
}

fn check_alarms(spec: &Spec) -> Vec<Finding> {
    let mut first: BTreeMap<&str, usize> = BTreeMap::new();
    let mut findings = Vec::new();
    for (index, alarm) in spec.alarms.custom.iter().enumerate() {
        let at = format!("/alarms/custom/{index}");
        if first.insert(alarm.name.as_str(), index).is_some() {
            let found = format!("`{}` again", alarm.name);
            findings.push(Finding::new(format!("{at}/name"), found, "each alarm's name once"));
        }
        let period = alarm.period_seconds;
        if !matches!(period, 10 | 30) && period % 60 != 0 {
            let expected = "10, 30 or a multiple of 60";
            findings.push(Finding::new(
                format!("{at}/period_seconds"),
                format!("`{period}`"),
                expected,
            ));
        }
    }
    findings
}

//! The database: its class can be ordered with this version, storage and standby in these zones,
//! and a new version can be reached from the old one.

use std::collections::BTreeSet;

use shared::aws::Cx;
use shared::client;
use shared::preflight::{Preflight, Shortfall};
use shared::world::CloudError;

use crate::need::{Database, Need};
use crate::quotas::unchecked;

/// One combination that RDS takes orders for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    pub version: String,
    pub storage_type: String,
    pub standby: bool,
    pub zones: BTreeSet<String>,
    /// `None` where AWS names no bound.
    pub storage_gib: (Option<i64>, Option<i64>),
}

pub async fn check(cx: &Cx, need: &Need<'_>) -> Preflight {
    let Some(wanted) = need.database() else { return Preflight::default() };
    let mut found = match offers(cx, &wanted).await {
        Ok(offers) => judged(&wanted, &offers, &cx.scope.region),
        Err(error) => unchecked(&what(&wanted), &error.to_string()),
    };
    if let Some(from) = &wanted.from_version
        && !is_of(from, &wanted.version)
    {
        found.add(match targets(cx, &wanted.engine, from).await {
            Ok(Some(targets)) => reachable(&wanted, from, &targets),
            Ok(None) => unchecked("the upgrade", &format!("RDS does not list {from} any more")),
            Err(error) => unchecked("the upgrade", &error.to_string()),
        });
    }
    found
}

fn what(wanted: &Database) -> String {
    let Database { engine, version, class, .. } = wanted;
    format!("{class} with {engine} {version}")
}

/// Whether a version is the one that is meant, or one of that series.
fn is_of(version: &str, wanted: &str) -> bool {
    version.strip_prefix(wanted).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// Narrows the offers, one wish after the other; the first that leaves none is what is short.
fn judged(wanted: &Database, offers: &[Offer], region: &str) -> Preflight {
    let mut found = Preflight { checked: 1, ..Preflight::default() };
    let mut short = |have: String, need: String, hint: String| {
        found.shortfalls.push(Shortfall { what: what(wanted), have, need, hint });
    };
    let Database { engine, class, version, .. } = wanted;
    if offers.is_empty() {
        let hint = format!(
            "choose another class: `aws rds describe-orderable-db-instance-options --engine \
             {engine} --region {region} --query OrderableDBInstanceOptions[].DBInstanceClass`"
        );
        short(format!("no {class} for {engine} in {region}"), class.clone(), hint);
        return found;
    }
    let of_version: Vec<&Offer> = offers.iter().filter(|it| is_of(&it.version, version)).collect();
    if of_version.is_empty() {
        let versions = joined(offers.iter().map(|it| it.version.as_str()));
        short(versions, version.clone(), format!("choose a version of these for {class}"));
        return found;
    }
    let stored: Vec<&Offer> =
        of_version.iter().copied().filter(|it| it.storage_type == wanted.storage_type).collect();
    if stored.is_empty() {
        let types = joined(of_version.iter().map(|it| it.storage_type.as_str()));
        let hint = "choose another class or version".to_owned();
        short(format!("storage {types}"), wanted.storage_type.clone(), hint);
        return found;
    }
    if let Some((least, most)) = bounds(&stored)
        && !(least..=most).contains(&wanted.storage_gib)
    {
        let hint = "choose `database.storage_gib` within that".to_owned();
        short(format!("{least} to {most} GiB"), format!("{} GiB", wanted.storage_gib), hint);
    }
    let paired: Vec<&Offer> =
        stored.into_iter().filter(|it| it.standby || !wanted.standby).collect();
    if paired.is_empty() {
        let hint = "choose another class, or `database.standby: false`".to_owned();
        short("no standby for this class".to_owned(), "a standby".to_owned(), hint);
        return found;
    }
    let zones: BTreeSet<&str> =
        paired.iter().flat_map(|it| it.zones.iter().map(String::as_str)).collect();
    let usable = wanted.zones.iter().filter(|it| zones.contains(it.as_str())).count();
    let needed = if wanted.standby { 2 } else { 1 };
    // Without subnets of ours in the plan there is nothing to compare.
    if !wanted.zones.is_empty() && usable < needed {
        let ours = joined(wanted.zones.iter().map(String::as_str));
        let hint = "choose another class, or name such zones under `network.zones`".to_owned();
        let have = joined(zones.into_iter());
        short(format!("it in {have}"), format!("{needed} of {ours}"), hint);
    }
    found
}

/// The least and the most storage that any of the offers takes.
fn bounds(offers: &[&Offer]) -> Option<(i64, i64)> {
    let least = offers.iter().filter_map(|it| it.storage_gib.0).min()?;
    let most = offers.iter().filter_map(|it| it.storage_gib.1).max()?;
    Some((least, most))
}

fn reachable(wanted: &Database, from: &str, targets: &[String]) -> Preflight {
    let mut found = Preflight { checked: 1, ..Preflight::default() };
    if targets.iter().any(|it| is_of(it, &wanted.version)) {
        return found;
    }
    let have = if targets.is_empty() {
        format!("no version that {from} can be upgraded to")
    } else {
        format!("{from}, which can be upgraded to {}", joined(targets.iter().map(String::as_str)))
    };
    found.shortfalls.push(Shortfall {
        what: format!("upgrade of {} {from}", wanted.engine),
        have,
        need: wanted.version.clone(),
        hint: "go by way of one of these; RDS upgrades forwards only".to_owned(),
    });
    found
}

fn joined<'a>(texts: impl Iterator<Item = &'a str>) -> String {
    let different: BTreeSet<&str> = texts.collect();
    different.into_iter().collect::<Vec<_>>().join(", ")
}

async fn offers(cx: &Cx, wanted: &Database) -> Result<Vec<Offer>, CloudError> {
    let request = client!(cx, aws_sdk_rds).describe_orderable_db_instance_options();
    let request = request.engine(&wanted.engine).db_instance_class(&wanted.class).vpc(true);
    let pages = request.max_records(100).into_paginator().items().send();
    let found = pages.collect::<Result<Vec<_>, _>>().await?;
    let offer = found.into_iter().map(|it| Offer {
        version: it.engine_version().unwrap_or_default().to_owned(),
        storage_type: it.storage_type().unwrap_or_default().to_owned(),
        standby: it.multi_az_capable() == Some(true),
        zones: it.availability_zones().iter().filter_map(|it| it.name.clone()).collect(),
        storage_gib: (it.min_storage_size().map(i64::from), it.max_storage_size().map(i64::from)),
    });
    Ok(offer.collect())
}

/// What a version can be upgraded to; `None` when RDS does not know it.
async fn targets(cx: &Cx, engine: &str, from: &str) -> Result<Option<Vec<String>>, CloudError> {
    let request = client!(cx, aws_sdk_rds).describe_db_engine_versions();
    let answer = request.engine(engine).engine_version(from).send().await?;
    let known = answer.db_engine_versions().first().map(|version| {
        let targets = version.valid_upgrade_target().iter();
        targets.filter_map(|it| it.engine_version().map(str::to_owned)).collect()
    });
    Ok(known)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted() -> Database {
        Database {
            engine: "postgres".into(),
            version: "17".into(),
            from_version: None,
            class: "db.t4g.small".into(),
            storage_type: "gp3".into(),
            storage_gib: 20,
            standby: true,
            zones: ["a", "b"].map(str::to_owned).into(),
        }
    }

    fn offer(version: &str, storage_type: &str, standby: bool, zones: &[&str]) -> Offer {
        Offer {
            version: version.into(),
            storage_type: storage_type.into(),
            standby,
            zones: zones.iter().map(|it| (*it).to_owned()).collect(),
            storage_gib: (Some(20), Some(1000)),
        }
    }

    #[test]
    fn what_cannot_be_ordered_is_told_with_what_can() {
        let both = &["a", "b", "c"][..];
        let cases: [(&[Offer], &str); 7] = [
            (&[offer("17.5", "gp3", true, both)], ""),
            (&[], "have no db.t4g.small for postgres in here"),
            (&[offer("16.4", "gp3", true, both), offer("170.1", "gp3", true, both)], "16.4, 170.1"),
            (&[offer("17.5", "io2", true, both)], "storage io2"),
            (&[offer("17.5", "gp3", false, both)], "no standby"),
            (&[offer("17.5", "gp3", true, &["a", "c"])], "need 2 of a, b"),
            (&[offer("17.5", "gp3", false, both), offer("17.6", "gp3", true, both)], ""),
        ];
        for (offers, says) in cases {
            let short = judged(&wanted(), offers, "here").shortfalls;
            let said: String = short.iter().map(ToString::to_string).collect();
            assert_eq!(said.is_empty(), says.is_empty(), "{said}");
            assert!(said.contains(says), "{said}");
        }
    }

    #[test]
    fn storage_has_its_bounds_and_one_zone_is_enough_without_a_standby() {
        let offers = [offer("17.5", "gp3", false, &["b"])];
        let alone = Database { standby: false, ..wanted() };
        assert_eq!(judged(&alone, &offers, "here").shortfalls, []);
        let small = Database { storage_gib: 5, ..alone };
        let short = judged(&small, &offers, "here").shortfalls;
        assert!(short[0].to_string().contains("have 20 to 1000 GiB, need 5 GiB"), "{}", short[0]);
    }

    #[test]
    fn an_upgrade_goes_where_rds_lets_it() {
        let to = |targets: &[&str]| {
            let targets: Vec<String> = targets.iter().map(|it| (*it).to_owned()).collect();
            reachable(&wanted(), "15.3", &targets).shortfalls
        };
        assert_eq!(to(&["16.4", "17.5"]), []);
        assert!(to(&["16.4"])[0].have.contains("upgraded to 16.4"));
        assert!(to(&[])[0].have.contains("no version"));
    }
}

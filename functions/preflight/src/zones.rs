//! The zones that a stack wants are there.

use std::collections::BTreeMap;

use shared::aws::Cx;
use shared::client;
use shared::preflight::{Preflight, Shortfall};
use shared::world::CloudError;

use crate::need::Need;
use crate::quotas::unchecked;

pub async fn check(cx: &Cx, need: &Need<'_>) -> Preflight {
    let wanted = need.zones();
    if wanted.is_empty() {
        return Preflight::default();
    }
    match zones(cx).await {
        Ok(there) => judged(wanted.iter(), &there, &cx.scope.region),
        Err(error) => unchecked("the availability zones", &error.to_string()),
    }
}

fn judged<'a>(
    wanted: impl Iterator<Item = &'a String>,
    there: &BTreeMap<String, bool>,
    region: &str,
) -> Preflight {
    let open: Vec<&str> =
        there.iter().filter(|(_, open)| **open).map(|(name, _)| name.as_str()).collect();
    let mut found = Preflight::default();
    for zone in wanted {
        found.checked += 1;
        let have = match there.get(zone) {
            Some(true) => continue,
            Some(false) => "it, but it is not available now",
            None => "no such zone in this account",
        };
        found.shortfalls.push(Shortfall {
            what: format!("availability zone {zone}"),
            have: have.to_owned(),
            need: "it, for the stack's subnets".to_owned(),
            hint: format!("name zones under `network.zones`; {region} has {}", open.join(", ")),
        });
    }
    found
}

/// Names of the region's zones, and whether they are available.
async fn zones(cx: &Cx) -> Result<BTreeMap<String, bool>, CloudError> {
    use aws_sdk_ec2::types::AvailabilityZoneState::Available;
    let answer = client!(cx, aws_sdk_ec2).describe_availability_zones().send().await?;
    let zones = answer.availability_zones.unwrap_or_default();
    let named = zones.into_iter().filter_map(|it| {
        let open = it.state() == Some(&Available);
        Some((it.zone_name?, open))
    });
    Ok(named.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zone_that_is_not_there_or_closed_is_short() {
        let there = [("a", true), ("b", false), ("c", true)];
        let there = there.into_iter().map(|(name, open)| (name.to_owned(), open)).collect();
        for (zone, says) in [("a", ""), ("b", "not available now"), ("d", "no such zone")] {
            let found = judged([zone.to_owned()].iter(), &there, "here");
            let said: Vec<String> = found.shortfalls.iter().map(ToString::to_string).collect();
            assert_eq!(said.is_empty(), says.is_empty(), "{zone}");
            assert!(said.iter().all(|it| it.contains(says) && it.contains("here has a, c")));
        }
    }
}

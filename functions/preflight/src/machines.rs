//! Instance types: offered in the zones, of the image's architecture, and within the vCPU quota.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_ec2::types::{Filter, InstanceLifecycleType, LocationType};
use shared::aws::{Cx, OrAbsent};
use shared::client;
use shared::preflight::{Preflight, Shortfall};
use shared::world::CloudError;

use crate::need::{Fleet, Need};
use crate::quotas::{Quota, Room, judged, limit, unchecked};

/// `DescribeInstanceTypes` takes so many values of a filter (200), and answers so many (100).
const TYPES_A_CALL: usize = 100;

/// What EC2 says of a type.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Type {
    pub vcpus: i64,
    pub architectures: BTreeSet<String>,
}

/// Zones in which each type is offered.
type Offers = BTreeMap<String, BTreeSet<String>>;

pub async fn check(cx: &Cx, need: &Need<'_>) -> Preflight {
    let fleets = need.fleets();
    let mut found = Preflight::default();
    if fleets.is_empty() {
        return found;
    }
    let wanted: BTreeSet<String> = fleets.iter().flat_map(|it| it.types.clone()).collect();
    match offers(cx, &wanted).await {
        Ok(offers) => fleets.iter().for_each(|fleet| found.add(offered(fleet, &offers))),
        Err(error) => {
            found.add(unchecked("which zones offer the instance types", &error.to_string()));
        }
    }
    let running = running(cx).await;
    let used = running.iter().flatten().map(|(name, _)| name.clone());
    let types = match types(cx, wanted.iter().cloned().chain(used).collect()).await {
        Ok(types) => types,
        Err(error) => {
            found.add(unchecked("vCPUs and architectures of the types", &error.to_string()));
            return found;
        }
    };
    for fleet in &fleets {
        found.add(image(cx, fleet, &types).await);
    }
    found.add(vcpus(cx, &fleets, &types, running).await);
    found
}

/// Each zone needs one of the fleet's types.
fn offered(fleet: &Fleet, offers: &Offers) -> Preflight {
    let mut found = Preflight { checked: fleet.types.len(), ..Preflight::default() };
    let zones = |name: &String| offers.get(name).cloned().unwrap_or_default();
    let nowhere = fleet.types.iter().filter(|it| zones(it).is_empty());
    for name in nowhere.clone() {
        found.shortfalls.push(Shortfall {
            what: format!("instance type {name} of `{}`", fleet.address),
            have: "it in no zone of this region".to_owned(),
            need: fleet.zones.iter().cloned().collect::<Vec<_>>().join(", "),
            hint: "name another type; `aws ec2 describe-instance-type-offerings` lists them".into(),
        });
    }
    let anywhere: BTreeSet<String> = fleet.types.iter().flat_map(zones).collect();
    let without: Vec<&str> = fleet.zones.difference(&anywhere).map(String::as_str).collect();
    if nowhere.count() < fleet.types.len() && !without.is_empty() {
        found.shortfalls.push(Shortfall {
            what: format!("instance types of `{}`", fleet.address),
            have: anywhere.iter().cloned().collect::<Vec<_>>().join(", "),
            need: without.join(", "),
            hint: format!(
                "of {} none is offered there: name another type, or other zones",
                fleet.types.join(", ")
            ),
        });
    }
    found
}

/// The image runs on every type of the fleet.
async fn image(cx: &Cx, fleet: &Fleet, types: &BTreeMap<String, Type>) -> Preflight {
    let Some(image) = &fleet.image else { return Preflight::default() };
    match architecture(cx, image).await {
        Ok(architecture) => fits(fleet, image, architecture.as_deref(), types),
        Err(error) => unchecked(&format!("image {image}"), &error.to_string()),
    }
}

fn fits(
    fleet: &Fleet,
    image: &str,
    architecture: Option<&str>,
    types: &BTreeMap<String, Type>,
) -> Preflight {
    let mut found = Preflight { checked: 1, ..Preflight::default() };
    let Some(architecture) = architecture else {
        found.shortfalls.push(Shortfall {
            what: format!("image {image} of `{}`", fleet.address),
            have: "there is no such image for this account in this region".to_owned(),
            need: "it".to_owned(),
            hint: "name another AMI; ids are a region's own".to_owned(),
        });
        return found;
    };
    for name in &fleet.types {
        let Some(known) = types.get(name).filter(|it| !it.architectures.is_empty()) else {
            continue;
        };
        if !known.architectures.contains(architecture) {
            let runs = known.architectures.iter().cloned().collect::<Vec<_>>().join(", ");
            found.shortfalls.push(Shortfall {
                what: format!("image {image} of `{}`", fleet.address),
                have: architecture.to_owned(),
                need: format!("{runs}, which is what {name} runs"),
                hint: "name an image or a type of the other architecture".to_owned(),
            });
        }
    }
    found
}

/// vCPUs of on-demand instances are counted by families.
async fn vcpus(
    cx: &Cx,
    fleets: &[Fleet],
    types: &BTreeMap<String, Type>,
    running: Result<BTreeMap<String, i64>, CloudError>,
) -> Preflight {
    let of = |name: &str, many: i64| types.get(name).map_or(0, |it| it.vcpus) * many;
    let mut more: BTreeMap<&str, (Quota, i64)> = BTreeMap::new();
    let mut found = Preflight::default();
    for fleet in fleets.iter().filter(|it| it.more > 0) {
        let Some(first) = fleet.types.first() else { continue };
        match family(first) {
            Some(quota) if types.contains_key(first) => {
                more.entry(quota.code).or_insert((quota, 0)).1 += of(first, fleet.more);
            }
            Some(_) | None => found.add(unchecked(
                &format!("the vCPU quota of {first}"),
                "it is not known how many it has, or to which quota it belongs",
            )),
        }
    }
    for (quota, more) in more.into_values() {
        let what = format!("vCPUs ({})", quota.name);
        let room = match (&running, limit(cx, &quota).await) {
            (Ok(running), Ok(limit)) => {
                let same = running.iter().filter(|(name, _)| family(name) == Some(quota));
                Ok(Room { limit, used: same.map(|(name, many)| of(name, *many)).sum() })
            }
            (Err(error), _) => Err(error.clone()),
            (_, Err(error)) => Err(error),
        };
        found.add(judged(&what, room, more, &quota, &cx.scope.region));
    }
    found
}

/// The quota that a type's vCPUs count against ("Amazon EC2 On-Demand Instance quotas").
fn family(name: &str) -> Option<Quota> {
    const fn of(code: &'static str, name: &'static str) -> Quota {
        Quota { service: "ec2", code, name }
    }
    let letters: String = name.chars().take_while(char::is_ascii_alphabetic).collect();
    Some(match letters.as_str() {
        "a" | "c" | "d" | "h" | "i" | "im" | "is" | "m" | "r" | "t" | "z" => {
            of("L-1216C47A", "Running On-Demand Standard (A, C, D, H, I, M, R, T, Z) instances")
        }
        "g" | "gr" | "vt" => of("L-DB2E81BA", "Running On-Demand G and VT instances"),
        "p" => of("L-417A185B", "Running On-Demand P instances"),
        "x" => of("L-7295265B", "Running On-Demand X instances"),
        "f" => of("L-74FC7D96", "Running On-Demand F instances"),
        "inf" => of("L-1945791B", "Running On-Demand Inf instances"),
        "trn" => of("L-2C3B7624", "Running On-Demand Trn instances"),
        "dl" => of("L-6E869C2A", "Running On-Demand DL instances"),
        "u" => of("L-43DA4232", "Running On-Demand High Memory instances"),
        "hpc" => of("L-F7808C92", "Running On-Demand HPC instances"),
        _ => return None,
    })
}

async fn offers(cx: &Cx, types: &BTreeSet<String>) -> Result<Offers, CloudError> {
    let request = client!(cx, aws_sdk_ec2).describe_instance_type_offerings();
    let request = request.location_type(LocationType::AvailabilityZone).filters(among(types));
    let mut pages = request.into_paginator().items().send();
    let mut offers = Offers::new();
    while let Some(offer) = pages.next().await {
        let offer = offer?;
        if let (Some(name), Some(zone)) = (offer.instance_type(), offer.location()) {
            offers.entry(name.as_str().to_owned()).or_default().insert(zone.to_owned());
        }
    }
    Ok(offers)
}

async fn types(cx: &Cx, wanted: BTreeSet<String>) -> Result<BTreeMap<String, Type>, CloudError> {
    let wanted: Vec<String> = wanted.into_iter().collect();
    let mut known = BTreeMap::new();
    for some in wanted.chunks(TYPES_A_CALL) {
        // By a filter: an unknown type among `InstanceTypes` would fail the whole call.
        let request = client!(cx, aws_sdk_ec2).describe_instance_types().filters(among(some));
        let mut pages = request.into_paginator().items().send();
        while let Some(found) = pages.next().await {
            let found = found?;
            let vcpus = found.v_cpu_info().and_then(|it| it.default_v_cpus());
            let processor = found.processor_info().map(|it| it.supported_architectures());
            let Some(name) = found.instance_type() else { continue };
            known.insert(
                name.as_str().to_owned(),
                Type {
                    vcpus: vcpus.map_or(0, i64::from),
                    architectures: processor
                        .unwrap_or_default()
                        .iter()
                        .map(|it| it.as_str().to_owned())
                        .collect(),
                },
            );
        }
    }
    Ok(known)
}

/// On-demand instances that run, by type. Spot instances have quotas of their own.
async fn running(cx: &Cx) -> Result<BTreeMap<String, i64>, CloudError> {
    let states = ["pending", "running"].map(str::to_owned).to_vec();
    let states = Filter::builder().name("instance-state-name").set_values(Some(states)).build();
    let request = client!(cx, aws_sdk_ec2).describe_instances().filters(states);
    let mut pages = request.into_paginator().items().send();
    let mut running = BTreeMap::new();
    while let Some(reservation) = pages.next().await {
        for instance in reservation?.instances() {
            if instance.instance_lifecycle() == Some(&InstanceLifecycleType::Spot) {
                continue;
            }
            if let Some(name) = instance.instance_type() {
                *running.entry(name.as_str().to_owned()).or_default() += 1;
            }
        }
    }
    Ok(running)
}

/// An image's architecture; `None` when there is no such image.
async fn architecture(cx: &Cx, image: &str) -> Result<Option<String>, CloudError> {
    const ABSENT: &[&str] =
        &["InvalidAMIID.NotFound", "InvalidAMIID.Malformed", "InvalidAMIID.Unavailable"];
    let request = client!(cx, aws_sdk_ec2).describe_images().image_ids(image);
    let Some(answer) = request.send().await.or_absent(ABSENT)? else { return Ok(None) };
    let image = answer.images().first();
    Ok(image.and_then(|it| it.architecture()).map(|it| it.as_str().to_owned()))
}

fn among<'a>(types: impl IntoIterator<Item = &'a String>) -> Filter {
    let values = types.into_iter().cloned().collect();
    Filter::builder().name("instance-type").set_values(Some(values)).build()
}

#[cfg(test)]
mod tests;

//! Service quotas: what an account may have, less what it has.

use futures::future::join_all;
use shared::aws::{Cx, OrAbsent};
use shared::client;
use shared::preflight::{Preflight, Shortfall, Unchecked};
use shared::world::CloudError;

use crate::need::Need;
use crate::usage::{nat_by_zone, used};

/// A quota, by the names under which Service Quotas lists it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quota {
    pub service: &'static str,
    pub code: &'static str,
    /// As the console shows it.
    pub name: &'static str,
}

const fn quota(service: &'static str, code: &'static str, name: &'static str) -> Quota {
    Quota { service, code, name }
}

/// Things that are counted by region.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Thing {
    Vpc,
    InternetGateway,
    ElasticIp,
    SecurityGroup,
    LoadBalancer,
    TargetGroup,
    ScalingGroup,
    Database,
    Key,
}

const VPCS: Quota = quota("vpc", "L-F678F1CE", "VPCs per Region");

/// Kind, what people call it, and its quota.
const COUNTED: [(Thing, &str, &str, Quota); 9] = [
    (Thing::Vpc, "AWS::EC2::VPC", "VPCs", VPCS),
    (
        Thing::InternetGateway,
        "AWS::EC2::InternetGateway",
        "internet gateways",
        quota("vpc", "L-A4707A72", "Internet gateways per Region"),
    ),
    (
        Thing::ElasticIp,
        "AWS::EC2::EIP",
        "Elastic IP addresses",
        quota("ec2", "L-0263D0A3", "EC2-VPC Elastic IPs"),
    ),
    (
        Thing::SecurityGroup,
        "AWS::EC2::SecurityGroup",
        "security groups",
        quota("vpc", "L-E79EC296", "VPC security groups per Region"),
    ),
    (
        Thing::LoadBalancer,
        "AWS::ElasticLoadBalancingV2::LoadBalancer",
        "Application Load Balancers",
        quota("elasticloadbalancing", "L-53DA6B97", "Application Load Balancers per Region"),
    ),
    (
        Thing::TargetGroup,
        "AWS::ElasticLoadBalancingV2::TargetGroup",
        "target groups",
        quota("elasticloadbalancing", "L-B22855CB", "Target Groups per Region"),
    ),
    (
        Thing::ScalingGroup,
        "AWS::AutoScaling::AutoScalingGroup",
        "Auto Scaling groups",
        quota("autoscaling", "L-CDE20ADC", "Auto Scaling groups per region"),
    ),
    (
        Thing::Database,
        "AWS::RDS::DBInstance",
        "DB instances",
        quota("rds", "L-7B6409FD", "DB instances"),
    ),
    (
        Thing::Key,
        "AWS::KMS::Key",
        "KMS keys",
        quota("kms", "L-C2F1777E", "Customer Master Keys (CMKs)"),
    ),
];

const NAT_GATEWAYS: Quota = quota("vpc", "L-FE5A380F", "NAT gateways per Availability Zone");

/// What one resource may hold: no account-wide use to take off.
const LONGEST: [(&str, &str, Quota); 2] = [
    (
        "AWS::EC2::SecurityGroup#rules",
        "rules a direction in the security group",
        quota("vpc", "L-0EA8095F", "Inbound or outbound rules per security group"),
    ),
    (
        "AWS::EC2::NetworkAcl",
        "rules a direction in the network ACL",
        quota("vpc", "L-2AEEBF1A", "Rules per network ACL"),
    ),
];

/// Compares what the plan makes with what the account has left.
pub async fn check(cx: &Cx, need: &Need<'_>) -> Preflight {
    let wanted = COUNTED.iter().filter(|(_, kind, _, _)| need.more(kind) > 0);
    let counted = join_all(wanted.map(|(thing, kind, what, quota)| async {
        let room = match (room_for(cx, *thing, quota).await, used(cx, *thing).await) {
            (Ok(limit), Ok(used)) => Ok(Room { limit, used }),
            (Err(error), _) | (_, Err(error)) => Err(error),
        };
        judged(what, room, need.more(kind), quota, &cx.scope.region)
    }));
    let longest = LONGEST.iter().filter_map(|it| Some((it, need.longest(it.0)?)));
    let longest = join_all(longest.map(|((_, what, quota), longest)| async move {
        let room = limit(cx, quota).await.map(|limit| Room { limit, used: 0 });
        let what = format!("{what} `{}`", longest.address);
        judged(&what, room, longest.rules, quota, &cx.scope.region)
    }));
    let mut found = Preflight::default();
    for one in counted.await.into_iter().chain(longest.await) {
        found.add(one);
    }
    found.add(nat_gateways(cx, need).await);
    found
}

/// Internet gateways may be as many as VPCs: AWS raises the one with the other.
async fn room_for(cx: &Cx, thing: Thing, quota: &Quota) -> Result<i64, CloudError> {
    let own = limit(cx, quota).await?;
    if thing != Thing::InternetGateway {
        return Ok(own);
    }
    Ok(own.max(limit(cx, &VPCS).await?))
}

/// What there may be, and what there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    pub limit: i64,
    pub used: i64,
}

/// Whether `more` still fit; that nobody can tell is no shortfall.
pub fn judged(
    what: &str,
    room: Result<Room, CloudError>,
    more: i64,
    quota: &Quota,
    region: &str,
) -> Preflight {
    let room = match room {
        Ok(room) => room,
        Err(error) => return unchecked(what, &error.to_string()),
    };
    let mut found = Preflight { checked: 1, ..Preflight::default() };
    let needed = room.used + more;
    if needed > room.limit {
        let have = match room.used {
            0 => room.limit.to_string(),
            used => format!("{}, {used} of them in use", room.limit),
        };
        found.shortfalls.push(Shortfall {
            what: what.to_owned(),
            have,
            need: if room.used == 0 { more.to_string() } else { format!("{more} more") },
            hint: match room.used {
                0 => ask(quota, needed, region),
                _ => format!("give some back, or {}", ask(quota, needed, region)),
            },
        });
    }
    found
}

/// What to ask AWS for.
fn ask(quota: &Quota, value: i64, region: &str) -> String {
    let Quota { service, code, name } = quota;
    format!(
        "ask AWS for a quota `{name}` of {value}: `aws service-quotas \
         request-service-quota-increase --service-code {service} --quota-code {code} \
         --desired-value {value} --region {region}`"
    )
}

pub fn unchecked(what: &str, why: &str) -> Preflight {
    let unchecked = Unchecked { what: what.to_owned(), why: why.to_owned() };
    Preflight { unchecked: vec![unchecked], ..Preflight::default() }
}

/// The account's own value, or AWS's default where it has none.
pub async fn limit(cx: &Cx, quota: &Quota) -> Result<i64, CloudError> {
    let quotas = client!(cx, aws_sdk_servicequotas);
    let own = quotas.get_service_quota().service_code(quota.service).quota_code(quota.code);
    let own = own.send().await.or_absent(&["NoSuchResourceException"])?;
    let own = own.and_then(|it| it.quota).and_then(|it| it.value);
    let value = if own.is_some() {
        own
    } else {
        let default = quotas.get_aws_default_service_quota().service_code(quota.service);
        let default = default.quota_code(quota.code).send().await?;
        default.quota.and_then(|it| it.value)
    };
    #[expect(clippy::cast_possible_truncation, reason = "quotas are whole numbers")]
    value.map(|it| it as i64).ok_or(CloudError::Incomplete("the value of a quota"))
}

/// NAT gateways are counted by zone, by way of their subnets.
async fn nat_gateways(cx: &Cx, need: &Need<'_>) -> Preflight {
    let wanted = need.nat_gateways();
    if wanted.is_empty() {
        return Preflight::default();
    }
    let known = async { Ok((limit(cx, &NAT_GATEWAYS).await?, nat_by_zone(cx).await?)) }.await;
    let mut found = Preflight::default();
    for (zone, more) in wanted {
        let room = match &known {
            Ok((limit, by_zone)) => {
                Ok(Room { limit: *limit, used: by_zone.get(&zone).copied().unwrap_or_default() })
            }
            Err(error) => Err(CloudError::clone(error)),
        };
        let what = format!("NAT gateways in {zone}");
        found.add(judged(&what, room, more, &NAT_GATEWAYS, &cx.scope.region));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_is_told_with_what_to_ask_for() {
        let quota = quota("ec2", "L-0263D0A3", "EC2-VPC Elastic IPs");
        let of = |limit, used, more| {
            judged("Elastic IP addresses", Ok(Room { limit, used }), more, &quota, "here-1")
        };
        for (limit, used, more, says) in [
            (5, 2, 3, ""),
            (5, 3, 3, "have 5, 3 of them in use, need 3 more; "),
            (5, 0, 6, "have 5, need 6; "),
        ] {
            let found = of(limit, used, more);
            let said: String = found.shortfalls.iter().map(ToString::to_string).collect();
            assert_eq!(said.is_empty(), says.is_empty(), "{said}");
            assert!(said.contains(says), "{said}");
        }
        let hint = &of(5, 3, 3).shortfalls[0].hint;
        let command = "`aws service-quotas request-service-quota-increase --service-code ec2 \
                       --quota-code L-0263D0A3 --desired-value 6 --region here-1`";
        assert!(hint.contains(command), "{hint}");
    }

    #[test]
    fn what_nobody_may_look_at_is_neither_a_pass_nor_a_block() {
        let quota = quota("ec2", "L-0263D0A3", "EC2-VPC Elastic IPs");
        let denied = CloudError::refused("AccessDenied", "not for you");
        let found = judged("Elastic IP addresses", Err(denied), 1, &quota, "here-1");
        assert_eq!((found.shortfalls.len(), found.checked), (0, 0));
        let said = found.unchecked[0].to_string();
        assert_eq!(said, "not checked: Elastic IP addresses: not for you (AccessDenied)");
    }
}

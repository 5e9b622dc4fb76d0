//! What an account has already, counted by looking.

use std::collections::BTreeMap;

use shared::aws::Cx;
use shared::client;
use shared::world::CloudError;

use crate::need::count;
use crate::quotas::Thing;

/// How many of a thing the account has in this region.
pub async fn used(cx: &Cx, thing: Thing) -> Result<i64, CloudError> {
    let ec2 = client!(cx, aws_sdk_ec2);
    let found = match thing {
        Thing::Vpc => {
            let pages = ec2.describe_vpcs().into_paginator().items().send();
            pages.collect::<Result<Vec<_>, _>>().await?.len()
        }
        Thing::InternetGateway => {
            let pages = ec2.describe_internet_gateways().into_paginator().items().send();
            pages.collect::<Result<Vec<_>, _>>().await?.len()
        }
        Thing::ElasticIp => ec2.describe_addresses().send().await?.addresses().len(),
        Thing::SecurityGroup => {
            let pages = ec2.describe_security_groups().into_paginator().items().send();
            pages.collect::<Result<Vec<_>, _>>().await?.len()
        }
        Thing::LoadBalancer => {
            use aws_sdk_elasticloadbalancingv2::types::LoadBalancerTypeEnum::Application;
            let elb = client!(cx, aws_sdk_elasticloadbalancingv2);
            let pages = elb.describe_load_balancers().into_paginator().items().send();
            let found = pages.collect::<Result<Vec<_>, _>>().await?;
            found.iter().filter(|it| it.r#type() == Some(&Application)).count()
        }
        Thing::TargetGroup => {
            let elb = client!(cx, aws_sdk_elasticloadbalancingv2);
            let pages = elb.describe_target_groups().into_paginator().items().send();
            pages.collect::<Result<Vec<_>, _>>().await?.len()
        }
        Thing::ScalingGroup => {
            let scaling = client!(cx, aws_sdk_autoscaling);
            let pages = scaling.describe_auto_scaling_groups().into_paginator().items().send();
            pages.collect::<Result<Vec<_>, _>>().await?.len()
        }
        Thing::Database => {
            let rds = client!(cx, aws_sdk_rds);
            let pages = rds.describe_db_instances().into_paginator().items().send();
            pages.collect::<Result<Vec<_>, _>>().await?.len()
        }
        Thing::Key => {
            let kms = client!(cx, aws_sdk_kms);
            let pages = kms.list_keys().limit(1000).into_paginator().items().send();
            pages.collect::<Result<Vec<_>, _>>().await?.len()
        }
    };
    Ok(count(found))
}

/// NAT gateways by zone, by way of their subnets.
pub async fn nat_by_zone(cx: &Cx) -> Result<BTreeMap<String, i64>, CloudError> {
    use aws_sdk_ec2::types::NatGatewayState::{Deleted, Failed};
    let ec2 = client!(cx, aws_sdk_ec2);
    let pages = ec2.describe_nat_gateways().into_paginator().items().send();
    let mut gateways = pages.collect::<Result<Vec<_>, _>>().await?;
    // Those that are on their way out still count.
    gateways.retain(|it| !matches!(it.state(), Some(Deleted | Failed)));
    if gateways.is_empty() {
        return Ok(BTreeMap::new());
    }
    let pages = ec2.describe_subnets().into_paginator().items().send();
    let subnets = pages.collect::<Result<Vec<_>, _>>().await?;
    let zone = |id: &str| {
        let subnet = subnets.iter().find(|it| it.subnet_id() == Some(id))?;
        subnet.availability_zone().map(str::to_owned)
    };
    let mut by_zone = BTreeMap::new();
    for gateway in gateways {
        if let Some(zone) = gateway.subnet_id().and_then(zone) {
            *by_zone.entry(zone).or_default() += 1;
        }
    }
    Ok(by_zone)
}

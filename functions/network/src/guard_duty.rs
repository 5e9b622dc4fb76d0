//! What `GuardDuty` puts into a VPC by itself: an endpoint with interfaces in the subnets, and a group.
//!
//! Amazon `GuardDuty` user guide, "Runtime Monitoring": both are tagged `GuardDutyManaged`, and stay
//! when the instances that they watched are gone.

use aws_sdk_ec2::types::{Filter, SecurityGroup, VpcEndpoint};
use ec2::interfaces::{HELD, or_name};
use shared::aws::{Cx, OrAbsent};
use shared::world::CloudError;

const TAG: &str = "tag:GuardDutyManaged";
const ABSENT: &[&str] = &["InvalidGroup.NotFound", "InvalidGroupId.NotFound"];
/// Passes on the answer to a deletion; where something is in the way of it, what `GuardDuty` has put
/// there is taken away, for the next try, and the interfaces that pass `filter` are named.
pub async fn or_clear<T>(
    answer: Result<T, CloudError>,
    cx: &Cx,
    vpc: &str,
    filter: Filter,
) -> Result<(), CloudError> {
    match or_name(answer, cx, filter).await {
        Err(error) if is_held(&error) => {
            clear(cx, vpc).await?;
            Err(error)
        }
        answer => answer.map(drop),
    }
}

/// The group goes once the endpoint's interfaces are gone.
async fn clear(cx: &Cx, vpc: &str) -> Result<(), CloudError> {
    let (of_vpc, managed) = (ec2::filter("vpc-id", vpc), ec2::filter(TAG, "true"));
    let endpoints = ec2::client(cx).describe_vpc_endpoints().filters(of_vpc.clone());
    let endpoints = endpoints.filters(managed.clone()).send().await?;
    let ids = endpoints.vpc_endpoints().iter().filter_map(VpcEndpoint::vpc_endpoint_id);
    let ids: Vec<String> = ids.map(str::to_owned).collect();
    if !ids.is_empty() {
        let request = ec2::client(cx).delete_vpc_endpoints();
        request.set_vpc_endpoint_ids(Some(ids)).send().await?;
    }
    let groups = ec2::client(cx).describe_security_groups().filters(of_vpc).filters(managed);
    let groups = groups.send().await?;
    for id in groups.security_groups().iter().filter_map(SecurityGroup::group_id) {
        let deleted = ec2::client(cx).delete_security_group().group_id(id).send().await;
        match deleted.or_absent(ABSENT) {
            Err(error) if !is_held(&error) => return Err(error),
            Err(_) | Ok(_) => (),
        }
    }
    Ok(())
}

fn is_held(error: &CloudError) -> bool {
    matches!(error, CloudError::NotYet { code, .. } if code == HELD)
}

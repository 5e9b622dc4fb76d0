//! Service-linked roles: an account's first use of a service brings one. A key policy that names
//! one that is missing is refused, so they are made before the first change.

use shared::aws::{Cx, OrAbsent};
use shared::client;
use shared::preflight::{Preflight, Shortfall};
use shared::world::CloudError;

use crate::need::Need;
use crate::quotas::unchecked;

/// Kinds that need one, the service, and the role's name.
const ROLES: [(&str, &str, &str); 4] = [
    (
        "AWS::AutoScaling::AutoScalingGroup",
        "autoscaling.amazonaws.com",
        "AWSServiceRoleForAutoScaling",
    ),
    (
        "AWS::ElasticLoadBalancingV2::LoadBalancer",
        "elasticloadbalancing.amazonaws.com",
        "AWSServiceRoleForElasticLoadBalancing",
    ),
    ("AWS::RDS::DBInstance", "rds.amazonaws.com", "AWSServiceRoleForRDS"),
    ("AWS::WAFv2::LoggingConfiguration", "wafv2.amazonaws.com", "AWSServiceRoleForWAFV2Logging"),
];

/// `CreateServiceLinkedRole` when somebody was quicker.
const THERE: &[&str] = &["EntityAlreadyExists", "InvalidInput"];

/// A service whose role is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Missing {
    service: &'static str,
    role: &'static str,
}

/// Which are missing; what cannot be looked at is told.
pub async fn look(cx: &Cx, need: &Need<'_>) -> (Vec<Missing>, Preflight) {
    let (mut missing, mut found) = (Vec::new(), Preflight::default());
    for (_, service, role) in ROLES.iter().filter(|(kind, _, _)| need.makes(kind)) {
        match stands(cx, role).await {
            Ok(true) => found.checked += 1,
            Ok(false) => {
                found.checked += 1;
                found.notes.push(format!(
                    "the service-linked role `{role}` is missing: the deploy makes it"
                ));
                missing.push(Missing { service, role });
            }
            Err(error) => found.add(unchecked(&format!("the role `{role}`"), &error.to_string())),
        }
    }
    (missing, found)
}

/// Makes those that are missing; what may not be made is short.
pub async fn make(cx: &Cx, missing: &[Missing]) -> Preflight {
    let mut found = Preflight::default();
    for Missing { service, role } in missing {
        let request = client!(cx, aws_sdk_iam).create_service_linked_role();
        let made = request.aws_service_name(*service).send().await.or_absent(THERE);
        match made {
            Ok(_) => found.notes.push(format!("made the service-linked role `{role}`")),
            Err(error @ CloudError::Refused { .. }) => found.shortfalls.push(Shortfall {
                what: format!("the service-linked role `{role}`"),
                have: format!("none, and making it was refused: {error}"),
                need: "it, once an account".to_owned(),
                hint: format!(
                    "let somebody who may run `aws iam create-service-linked-role \
                     --aws-service-name {service}`"
                ),
            }),
            // The service makes it itself at its first use, if the tier's role may.
            Err(error @ (CloudError::NotYet { .. } | CloudError::Incomplete(_))) => {
                found.add(unchecked(&format!("the role `{role}`"), &error.to_string()));
            }
        }
    }
    found
}

async fn stands(cx: &Cx, role: &str) -> Result<bool, CloudError> {
    let request = client!(cx, aws_sdk_iam).get_role().role_name(role);
    Ok(request.send().await.or_absent(&["NoSuchEntity"])?.is_some())
}

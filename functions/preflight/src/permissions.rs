//! Whether something outside Terrace denies its roles what the plan does: an organisation's
//! service control policy, a permissions boundary, an explicit deny.
//!
//! `iam:SimulatePrincipalPolicy` is asked without resources, because ids are AWS's to choose. So
//! only what says no to everything is told: that a role may act on its own resources alone is as
//! it should be.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_iam::types::PolicyEvaluationDecisionType::ExplicitDeny;
use aws_sdk_iam::types::{ContextEntry, ContextKeyTypeEnum, EvaluationResult};
use shared::aws::Cx;
use shared::client;
use shared::model::Tier;
use shared::preflight::{Preflight, Shortfall};
use shared::world::CloudError;

use crate::need::{Need, Verb};
use crate::quotas::unchecked;

/// What making and taking away each kind calls first of all.
pub const ACTIONS: &[(&str, &str, &str)] = &[
    (
        "AWS::AutoScaling::AutoScalingGroup",
        "autoscaling:CreateAutoScalingGroup",
        "autoscaling:DeleteAutoScalingGroup",
    ),
    ("AWS::AutoScaling::ScalingPolicy", "autoscaling:PutScalingPolicy", "autoscaling:DeletePolicy"),
    ("AWS::CertificateManager::Certificate", "acm:RequestCertificate", "acm:DeleteCertificate"),
    ("AWS::CloudTrail::Trail", "cloudtrail:CreateTrail", "cloudtrail:DeleteTrail"),
    ("AWS::CloudWatch::Alarm", "cloudwatch:PutMetricAlarm", "cloudwatch:DeleteAlarms"),
    ("AWS::CloudWatch::Dashboard", "cloudwatch:PutDashboard", "cloudwatch:DeleteDashboards"),
    ("AWS::EC2::EIP", "ec2:AllocateAddress", "ec2:ReleaseAddress"),
    ("AWS::EC2::FlowLog", "ec2:CreateFlowLogs", "ec2:DeleteFlowLogs"),
    ("AWS::EC2::Instance", "ec2:RunInstances", "ec2:TerminateInstances"),
    ("AWS::EC2::InternetGateway", "ec2:CreateInternetGateway", "ec2:DeleteInternetGateway"),
    ("AWS::EC2::KeyPair", "ec2:ImportKeyPair", "ec2:DeleteKeyPair"),
    ("AWS::EC2::LaunchTemplate", "ec2:CreateLaunchTemplate", "ec2:DeleteLaunchTemplate"),
    ("AWS::EC2::NatGateway", "ec2:CreateNatGateway", "ec2:DeleteNatGateway"),
    ("AWS::EC2::NetworkAcl", "ec2:CreateNetworkAcl", "ec2:DeleteNetworkAcl"),
    ("AWS::EC2::RouteTable", "ec2:CreateRouteTable", "ec2:DeleteRouteTable"),
    ("AWS::EC2::SecurityGroup", "ec2:CreateSecurityGroup", "ec2:DeleteSecurityGroup"),
    ("AWS::EC2::Subnet", "ec2:CreateSubnet", "ec2:DeleteSubnet"),
    ("AWS::EC2::VPC", "ec2:CreateVpc", "ec2:DeleteVpc"),
    (
        "AWS::ElasticLoadBalancingV2::Listener",
        "elasticloadbalancing:CreateListener",
        "elasticloadbalancing:DeleteListener",
    ),
    (
        "AWS::ElasticLoadBalancingV2::LoadBalancer",
        "elasticloadbalancing:CreateLoadBalancer",
        "elasticloadbalancing:DeleteLoadBalancer",
    ),
    (
        "AWS::ElasticLoadBalancingV2::TargetGroup",
        "elasticloadbalancing:CreateTargetGroup",
        "elasticloadbalancing:DeleteTargetGroup",
    ),
    ("AWS::IAM::Group", "iam:CreateGroup", "iam:DeleteGroup"),
    ("AWS::IAM::InstanceProfile", "iam:CreateInstanceProfile", "iam:DeleteInstanceProfile"),
    ("AWS::IAM::ManagedPolicy", "iam:CreatePolicy", "iam:DeletePolicy"),
    ("AWS::IAM::Role", "iam:CreateRole", "iam:DeleteRole"),
    ("AWS::IAM::RolePolicy", "iam:PutRolePolicy", "iam:DeleteRolePolicy"),
    ("AWS::IAM::User", "iam:CreateUser", "iam:DeleteUser"),
    ("AWS::KMS::Alias", "kms:CreateAlias", "kms:DeleteAlias"),
    ("AWS::KMS::Key", "kms:CreateKey", "kms:ScheduleKeyDeletion"),
    ("AWS::Logs::LogGroup", "logs:CreateLogGroup", "logs:DeleteLogGroup"),
    ("AWS::RDS::DBInstance", "rds:CreateDBInstance", "rds:DeleteDBInstance"),
    ("AWS::RDS::DBParameterGroup", "rds:CreateDBParameterGroup", "rds:DeleteDBParameterGroup"),
    ("AWS::RDS::DBSubnetGroup", "rds:CreateDBSubnetGroup", "rds:DeleteDBSubnetGroup"),
    ("AWS::RDS::EventSubscription", "rds:CreateEventSubscription", "rds:DeleteEventSubscription"),
    (
        "AWS::Route53::RecordSet",
        "route53:ChangeResourceRecordSets",
        "route53:ChangeResourceRecordSets",
    ),
    ("AWS::S3::Bucket", "s3:CreateBucket", "s3:DeleteBucket"),
    ("AWS::S3::BucketPolicy", "s3:PutBucketPolicy", "s3:DeleteBucketPolicy"),
    ("AWS::SNS::Topic", "sns:CreateTopic", "sns:DeleteTopic"),
    ("AWS::SSM::Parameter", "ssm:PutParameter", "ssm:DeleteParameter"),
    (
        "AWS::WAFv2::LoggingConfiguration",
        "wafv2:PutLoggingConfiguration",
        "wafv2:DeleteLoggingConfiguration",
    ),
    ("AWS::WAFv2::WebACL", "wafv2:CreateWebACL", "wafv2:DeleteWebACL"),
    ("AWS::WAFv2::WebACLAssociation", "wafv2:AssociateWebACL", "wafv2:DisassociateWebACL"),
];

/// How AWS's answer on one action is to be read.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Reading {
    Fine,
    Denied(&'static str),
    /// AWS cannot know without what only the call itself has.
    Unknown(String),
}

/// Asks for each tier's role; `roles` are in the order of the tiers.
pub async fn check(cx: &Cx, need: &Need<'_>, roles: &[String]) -> Preflight {
    let by_tier: BTreeMap<Tier, &String> = Tier::ALL.into_iter().zip(roles).collect();
    let mut found = Preflight::default();
    for (tier, kinds) in need.kinds() {
        let what = format!("what the role of the tier `{tier}` may");
        let Some(role) = by_tier.get(&tier) else {
            found.add(unchecked(&what, "the function does not know its name"));
            continue;
        };
        match simulate(cx, role, actions(&kinds)).await {
            Ok(results) => found.add(read(tier, role, &results)),
            Err(error) => found.add(unchecked(&what, &error.to_string())),
        }
    }
    found
}

fn actions(kinds: &BTreeSet<(&str, Verb)>) -> BTreeSet<&'static str> {
    let of = |(kind, verb): &(&str, Verb)| {
        let (_, create, delete) = ACTIONS.iter().find(|(it, _, _)| it == kind)?;
        Some(match verb {
            Verb::Create => *create,
            Verb::Delete => *delete,
        })
    };
    kinds.iter().filter_map(of).collect()
}

fn read(tier: Tier, role: &str, results: &[EvaluationResult]) -> Preflight {
    let mut found = Preflight { checked: results.len(), ..Preflight::default() };
    let mut denied: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let mut unknown: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for result in results {
        match reading(result) {
            Reading::Fine => (),
            Reading::Denied(by) => denied.entry(by).or_default().push(result.eval_action_name()),
            Reading::Unknown(why) => {
                found.checked -= 1;
                unknown.entry(why).or_default().push(result.eval_action_name());
            }
        }
    }
    for (by, actions) in denied {
        found.shortfalls.push(Shortfall {
            what: format!("permissions of the tier `{tier}`"),
            have: format!("{by} denies {}", actions.join(", ")),
            need: "them, for what the plan makes".to_owned(),
            hint: format!("have {by} allow them for `{role}`"),
        });
    }
    for (why, actions) in unknown {
        let what = format!("whether the tier `{tier}` may {}", actions.join(", "));
        found.add(unchecked(&what, &why));
    }
    found
}

fn reading(result: &EvaluationResult) -> Reading {
    let missing = result.missing_context_values();
    let organisation = result.organizations_decision_detail();
    let boundary = result.permissions_boundary_decision_detail();
    let denied = if organisation.is_some_and(|it| !it.allowed_by_organizations()) {
        "a service control policy of the organisation"
    } else if *result.eval_decision() == ExplicitDeny {
        "an explicit deny"
    } else if boundary.is_some_and(|it| !it.allowed_by_permissions_boundary()) {
        // Boundaries name resources more often than not, and none was asked about.
        return Reading::Unknown("its permissions boundary does not allow it on everything".into());
    } else {
        return Reading::Fine;
    };
    if missing.is_empty() {
        Reading::Denied(denied)
    } else {
        Reading::Unknown(format!("{denied} depends on {}", missing.join(", ")))
    }
}

async fn simulate(
    cx: &Cx,
    role: &str,
    actions: BTreeSet<&str>,
) -> Result<Vec<EvaluationResult>, CloudError> {
    if actions.is_empty() {
        return Ok(Vec::new());
    }
    let region = ContextEntry::builder()
        .context_key_name("aws:RequestedRegion")
        .context_key_type(ContextKeyTypeEnum::String)
        .context_key_values(&cx.scope.region)
        .build();
    let request = client!(cx, aws_sdk_iam).simulate_principal_policy().policy_source_arn(role);
    let actions = actions.into_iter().map(str::to_owned).collect();
    let request = request.set_action_names(Some(actions)).context_entries(region);
    let pages = request.into_paginator().items().send();
    Ok(pages.collect::<Result<Vec<_>, _>>().await?)
}

#[cfg(test)]
mod tests {
    use aws_sdk_iam::types::builders::EvaluationResultBuilder;
    use aws_sdk_iam::types::{
        OrganizationsDecisionDetail, PermissionsBoundaryDecisionDetail,
        PolicyEvaluationDecisionType::{Allowed, ImplicitDeny},
    };

    use super::*;

    fn result() -> EvaluationResultBuilder {
        EvaluationResult::builder().eval_action_name("ec2:CreateVpc")
    }

    #[test]
    fn only_what_says_no_to_everything_is_a_denial() {
        let organisation = OrganizationsDecisionDetail::builder().allowed_by_organizations(false);
        let boundary =
            PermissionsBoundaryDecisionDetail::builder().allowed_by_permissions_boundary(false);
        let cases = [
            (result().eval_decision(Allowed), "Fine"),
            // The role may act on its own resources, not on everything.
            (result().eval_decision(ImplicitDeny), "Fine"),
            (result().eval_decision(ExplicitDeny), "Denied(\"an explicit deny\")"),
            (
                result().eval_decision(ExplicitDeny).missing_context_values("aws:SourceIp"),
                "Unknown(\"an explicit deny depends on aws:SourceIp\")",
            ),
            (
                result()
                    .eval_decision(ImplicitDeny)
                    .organizations_decision_detail(organisation.build()),
                "Denied(\"a service control policy of the organisation\")",
            ),
            (
                result()
                    .eval_decision(ImplicitDeny)
                    .permissions_boundary_decision_detail(boundary.build()),
                "Unknown(\"its permissions boundary does not allow it on everything\")",
            ),
        ];
        for (built, expected) in cases {
            let result = built.build().expect("all that is needed");
            assert_eq!(format!("{:?}", reading(&result)), expected);
        }
    }

    #[test]
    fn denied_actions_of_a_tier_are_told_together() {
        let denied = |action: &str| {
            let denied = EvaluationResult::builder().eval_action_name(action);
            denied.eval_decision(ExplicitDeny).build().expect("all that is needed")
        };
        let results = [denied("ec2:CreateVpc"), denied("ec2:CreateSubnet")];
        let found = read(Tier::Network, "arn:aws:iam::1:role/r", &results);
        assert_eq!(found.shortfalls.len(), 1);
        let said = found.shortfalls[0].to_string();
        assert!(said.contains("denies ec2:CreateVpc, ec2:CreateSubnet"), "{said}");
    }
}

//! The rules of a security group, all of them: what a stranger adds is a difference.

use std::collections::BTreeSet;

use aws_sdk_ec2::types::{self, IpPermission};
use serde::{Deserialize, Serialize};
use shared::aws::{Cx, Grant, LiveOf, OrAbsent, Resource};
use shared::model::{Address, Facts, Status};
use shared::world::CloudError;

use crate::Rule;
use crate::security_group::of_stack;

/// Somebody was quicker; how the rules stand shows the next look.
const GONE: &[&str] = &["InvalidPermission.NotFound", "InvalidGroup.NotFound"];

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SecurityGroupRules {
    pub group_id: String,
    pub ingress: BTreeSet<Rule>,
    pub egress: BTreeSet<Rule>,
}

impl Resource for SecurityGroupRules {
    const KIND: &'static str = "AWS::EC2::SecurityGroup#rules";
    const IMMUTABLE: &'static [&'static str] = &["group_id"];
    const GRANTS: &'static [Grant] = &[Grant::on(
        &[
            "ec2:AuthorizeSecurityGroupEgress",
            "ec2:AuthorizeSecurityGroupIngress",
            "ec2:RevokeSecurityGroupEgress",
            "ec2:RevokeSecurityGroupIngress",
        ],
        "arn:aws:ec2:{region}:{account}:security-group/*",
        "the rules of the stack's own groups",
    )];

    /// Rules have no address of their own: it follows from their group's. A group without a rule
    /// has no rules to list.
    async fn list(cx: &Cx) -> Result<Vec<LiveOf<Self>>, CloudError> {
        let groups = of_stack(cx).await?;
        let rules = groups.iter().map(|(address, group)| {
            let name = format!("{}-rules", address.name());
            Self::live(cx, Address::new(address.tier(), name), group)
        });
        let rules: Vec<_> = rules.collect::<Result<_, _>>()?;
        Ok(rules.into_iter().filter(|it| !it.spec.is_empty()).collect())
    }

    async fn create(&self, cx: &Cx, at: &Address) -> Result<Facts, CloudError> {
        let request = ec2::client(cx).describe_security_groups().group_ids(&self.group_id);
        let found = request.send().await?;
        let group = found.security_groups().first();
        let group = group.ok_or(CloudError::Incomplete("the group it was asked for"))?;
        let live = Self::live(cx, at.clone(), group)?;
        self.apply(cx, &live.spec).await?;
        Ok(live.facts)
    }

    async fn update(&self, cx: &Cx, live: &LiveOf<Self>) -> Result<(), CloudError> {
        self.apply(cx, &live.spec).await
    }

    async fn delete(cx: &Cx, live: &LiveOf<Self>) -> Result<(), CloudError> {
        let (ingress, egress) = (BTreeSet::new(), BTreeSet::new());
        let nothing = Self { group_id: live.spec.group_id.clone(), ingress, egress };
        nothing.apply(cx, &live.spec).await
    }
}

impl SecurityGroupRules {
    /// The id is made from the group's and is not the same, because groups name each other: a
    /// rule that names a group does not hold that group's rules.
    fn live(
        cx: &Cx,
        address: Address,
        group: &types::SecurityGroup,
    ) -> Result<LiveOf<Self>, CloudError> {
        let id = group.group_id().ok_or(CloudError::Incomplete("a security group's id"))?;
        let account = &cx.scope.account;
        let spec = Self {
            group_id: id.to_owned(),
            ingress: Rule::all_of(group.ip_permissions(), account),
            egress: Rule::all_of(group.ip_permissions_egress(), account),
        };
        let facts = Facts::from([("id".to_owned(), format!("{id}/rules"))]);
        Ok(LiveOf { address, spec, facts, status: Status::Ready })
    }

    fn is_empty(&self) -> bool {
        self.ingress.is_empty() && self.egress.is_empty()
    }

    /// Four calls at most. What is wanted comes first, so that what both allow is never lost:
    /// a block may be replaced by a part of it.
    async fn apply(&self, cx: &Cx, live: &Self) -> Result<(), CloudError> {
        let (client, id) = (ec2::client(cx), &self.group_id);
        let unwanted_ingress = missing(&self.ingress, &live.ingress);
        let unwanted_egress = missing(&self.egress, &live.egress);
        if let Some(rules) = missing(&live.ingress, &self.ingress) {
            let request = client.authorize_security_group_ingress().group_id(id);
            let tolerated = tolerated(unwanted_ingress.is_some());
            request.set_ip_permissions(Some(rules)).send().await.or_absent(tolerated)?;
        }
        if let Some(rules) = missing(&live.egress, &self.egress) {
            let request = client.authorize_security_group_egress().group_id(id);
            let tolerated = tolerated(unwanted_egress.is_some());
            request.set_ip_permissions(Some(rules)).send().await.or_absent(tolerated)?;
        }
        if let Some(rules) = unwanted_ingress {
            let request = client.revoke_security_group_ingress().group_id(id);
            request.set_ip_permissions(Some(rules)).send().await.or_absent(GONE)?;
        }
        if let Some(rules) = unwanted_egress {
            let request = client.revoke_security_group_egress().group_id(id);
            request.set_ip_permissions(Some(rules)).send().await.or_absent(GONE)?;
        }
        Ok(())
    }
}

/// What may go wrong with adding rules: the next look shows what is still missing. A group that
/// is full takes the new ones when the old ones are gone.
fn tolerated(makes_room: bool) -> &'static [&'static str] {
    if makes_room {
        &["InvalidPermission.Duplicate", "RulesPerSecurityGroupLimitExceeded"]
    } else {
        &["InvalidPermission.Duplicate"]
    }
}

/// What `all` has and `some` lacks; `None` if that is nothing.
fn missing(some: &BTreeSet<Rule>, all: &BTreeSet<Rule>) -> Option<Vec<IpPermission>> {
    let rules: Vec<_> = all.difference(some).map(Rule::permission).collect();
    (!rules.is_empty()).then_some(rules)
}

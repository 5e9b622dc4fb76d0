//! What is there of a stack once it was taken down: one more look at all that it made, because
//! services write late, and make anew what they do not find.

use std::collections::BTreeSet;

use aws_sdk_ec2::types::Filter;
use futures::{StreamExt, stream};
use shared::aws::{Cx, Kind, STACK_TAG, Scope, TierWorld};
use shared::clock::unix_seconds;
use shared::model::{Address, Live};
use shared::tier::Definition;
use shared::world::{CloudError, World};

use crate::context::Cloud;

/// Lists under way at once.
const LISTS_AT_ONCE: usize = 6;

/// What nobody wanted to stay.
#[derive(Debug, Default, PartialEq)]
pub struct Leftovers {
    /// Ids, and for people what each is.
    pub found: Vec<(String, String)>,
    /// What could not be looked at, and why.
    pub unchecked: Vec<String>,
}

/// Looks for all that the stack may have made, but for what is at `kept` addresses.
pub async fn leftovers(cloud: &Cloud, stack: &str, kept: &BTreeSet<Address>) -> Leftovers {
    let (stack, account) = (stack.to_owned(), cloud.account.clone());
    let scope = Scope { stack, account, region: cloud.region.clone() };
    let (run, started, aws) = (String::new(), unix_seconds(), cloud.aws.clone());
    let cx = Cx { scope, run, started, leaving: false, aws };
    let kinds = tiers::all().flat_map(|tier| tier.kinds.iter().map(move |kind| (tier, kind)));
    let lists: Vec<_> = stream::iter(kinds.collect::<Vec<_>>())
        .map(|(tier, kind)| list(tier, kind, &cx))
        .buffered(LISTS_AT_ONCE)
        .collect()
        .await;
    let mut seen = Seen::default();
    for listed in lists {
        seen.take(listed, kept);
    }
    match tagged(&cx).await {
        Ok(ids) => seen.add_tagged(ids),
        Err(error) => seen.leftovers.unchecked.push(error.to_string()),
    }
    seen.leftovers
}

/// The tier's own: Elastic IPs belong to two.
async fn list(tier: &Definition, kind: &Kind, cx: &Cx) -> Result<Vec<Live>, CloudError> {
    let found = TierWorld { kinds: tier.kinds, cx: cx.clone() }.list(kind.name).await?;
    Ok(found.into_iter().filter(|it| it.address.tier() == tier.tier).collect())
}

/// Ids in EC2 with the stack's tag. Instances and NAT gateways are left out: AWS shows those that
/// are gone, with their tags, for an hour.
async fn tagged(cx: &Cx) -> Result<BTreeSet<String>, CloudError> {
    let client = shared::client!(cx, aws_sdk_ec2);
    let filter = |name: &str, value: &str| Filter::builder().name(name).values(value).build();
    let request = client.describe_tags().filters(filter("key", STACK_TAG));
    let request = request.filters(filter("value", &cx.scope.stack));
    let mut pages = request.into_paginator().items().send();
    let mut found = BTreeSet::new();
    while let Some(tag) = pages.next().await {
        found.extend(tag?.resource_id);
    }
    found.retain(|id| !id.starts_with("i-") && !id.starts_with("nat-"));
    Ok(found)
}

#[derive(Default)]
struct Seen {
    leftovers: Leftovers,
    /// Ids that are accounted for.
    ids: BTreeSet<String>,
}

impl Seen {
    fn take(&mut self, listed: Result<Vec<Live>, CloudError>, kept: &BTreeSet<Address>) {
        match listed {
            Err(error) => self.leftovers.unchecked.push(error.to_string()),
            Ok(found) => {
                for live in found {
                    let id = live.id().unwrap_or_default().to_owned();
                    if !kept.contains(&live.address) {
                        let what = format!("{} at `{}`", live.kind, live.address);
                        self.leftovers.found.push((id.clone(), what));
                    }
                    self.ids.insert(id);
                }
            }
        }
    }

    fn add_tagged(&mut self, ids: BTreeSet<String>) {
        let others = ids.into_iter().filter(|id| !self.ids.contains(id));
        let told = others.map(|id| (id, "tagged with the stack".to_owned()));
        self.leftovers.found.extend(told);
    }
}

#[cfg(test)]
mod tests {
    use shared::model::{Facts, Status, Tier};

    use super::*;

    fn live(name: &str) -> Live {
        Live {
            address: Address::new(Tier::Storage, name),
            kind: "AWS::Logs::LogGroup".to_owned(),
            spec: serde_json::Value::Null,
            facts: Facts::from([("id".to_owned(), format!("/terrace/shop/{name}"))]),
            status: Status::Ready,
        }
    }

    #[test]
    fn what_nobody_kept_is_left_over() {
        let mut seen = Seen::default();
        let kept = [Address::new(Tier::Storage, "kept")].into();
        seen.take(Ok(vec![live("flow-logs"), live("kept")]), &kept);
        seen.take(Err(CloudError::refused("AccessDenied", "may not")), &kept);
        seen.add_tagged(["/terrace/shop/kept".to_owned(), "eni-1".to_owned()].into());
        let ids: Vec<&str> = seen.leftovers.found.iter().map(|(id, _)| id.as_str()).collect();
        assert_eq!(ids, ["/terrace/shop/flow-logs", "eni-1"]);
        assert_eq!(seen.leftovers.found[0].1, "AWS::Logs::LogGroup at `storage/flow-logs`");
        assert_eq!(seen.leftovers.unchecked.len(), 1);
    }
}

//! `AWS::Route53::RecordSet`: proves the domain to ACM and points it at the load balancer.

use aws_sdk_route53::Client;
use aws_sdk_route53::types::{
    AliasTarget, Change, ChangeAction, ChangeBatch, ResourceRecord, ResourceRecordSet, RrType,
};
use serde::{Deserialize, Serialize};
use shared::aws::{Cx, Grant, LiveOf, OrAbsent, Resource};
use shared::model::{Address, Facts, Status, Tier};
use shared::world::CloudError;

use crate::certificate::{described, hosted_zone, validation};
use crate::{named, tagged};

const NO_ZONE: &[&str] = &["NoSuchHostedZone"];
/// What Route 53 says of a record that is there already, or not there any more.
const BAD_CHANGE: &[&str] = &["InvalidChangeBatch"];

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RecordSet {
    pub hosted_zone: String,
    /// In lower case, without the last dot.
    pub name: String,
    pub data: Data,
    /// ARN of the domain's certificate. Records carry no tags: ours are found through it.
    pub certificate: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Data {
    Cname {
        value: String,
        ttl_seconds: u32,
    },
    /// An IPv4 address that Route 53 looks up at the load balancer.
    Alias {
        dns_name: String,
        zone_id: String,
    },
}

impl Resource for RecordSet {
    const KIND: &'static str = "AWS::Route53::RecordSet";
    const IMMUTABLE: &'static [&'static str] = &["hosted_zone", "name", "certificate"];
    const UNIQUE: &'static [&'static str] = &["hosted_zone", "name"];
    const MAKE_BEFORE_BREAK: bool = true;
    const GRANTS: &'static [Grant] = &[
        tagged::GRANT,
        Grant::on(
            &["acm:DescribeCertificate"],
            "arn:aws:acm:{region}:{account}:certificate/*",
            "the certificate says which record proves its domain",
        ),
        Grant::on(
            &["route53:ChangeResourceRecordSets", "route53:ListResourceRecordSets"],
            "arn:aws:route53:::hostedzone/*",
            "the spec names the zone",
        ),
    ];

    async fn list(cx: &Cx) -> Result<Vec<LiveOf<Self>>, CloudError> {
        let mut found = Vec::new();
        for it in described(cx, |ours| hosted_zone(ours).is_some()).await? {
            let zone = hosted_zone(&it.ours).unwrap_or_default();
            let domain = it.detail.domain_name().unwrap_or_default();
            let alias = find(cx, zone, domain, RrType::A).await?.as_ref().and_then(Data::read);
            // An alias to something else is somebody else's: it is never changed by us.
            let alias = alias.filter(|data| data.leads_to(&cx.scope.name("alb")));
            let proof = match validation(&it.detail) {
                Some((name, _)) => {
                    let record = find(cx, zone, name, RrType::Cname).await?;
                    record.as_ref().and_then(Data::read).map(|data| (name, data))
                }
                None => None,
            };
            let shown = [("alias", alias.map(|it| (domain, it))), ("validation-record", proof)];
            for (what, record) in shown {
                if let Some((name, data)) = record {
                    let (hosted_zone, name) = (zone.to_owned(), name.to_lowercase());
                    let spec = Self { hosted_zone, name, data, certificate: it.ours.arn.clone() };
                    let address = Address::new(Tier::Edge, named(what, domain));
                    let facts = spec.facts();
                    found.push(LiveOf { address, spec, facts, status: Status::Ready });
                }
            }
        }
        Ok(found)
    }

    async fn create(&self, cx: &Cx, _: &Address) -> Result<Facts, CloudError> {
        let action = match self.data {
            // ACM wants the same record for every certificate of a domain in an account.
            Data::Cname { .. } => ChangeAction::Upsert,
            Data::Alias { .. } => ChangeAction::Create,
        };
        if change(cx, &self.hosted_zone, action, self.record()?).await?.is_some() {
            return Ok(self.facts());
        }
        let standing = find(cx, &self.hosted_zone, &self.name, self.data.kind()).await?;
        match standing.as_ref().and_then(Data::read) {
            Some(data) if data == self.data => Ok(self.facts()),
            Some(_) | None => Err(taken(&self.name)),
        }
    }

    async fn update(&self, cx: &Cx, _: &LiveOf<Self>) -> Result<(), CloudError> {
        let changed = change(cx, &self.hosted_zone, ChangeAction::Upsert, self.record()?).await?;
        changed.ok_or_else(|| taken(&self.name))
    }

    /// Route 53 deletes only what is named exactly as it stands.
    async fn delete(cx: &Cx, live: &LiveOf<Self>) -> Result<(), CloudError> {
        let RecordSet { hosted_zone, name, data, .. } = &live.spec;
        if let Some(record) = find(cx, hosted_zone, name, data.kind()).await? {
            change(cx, hosted_zone, ChangeAction::Delete, record).await?;
        }
        Ok(())
    }
}

impl RecordSet {
    fn record(&self) -> Result<ResourceRecordSet, CloudError> {
        let record = ResourceRecordSet::builder().name(&self.name).r#type(self.data.kind());
        let record = match &self.data {
            Data::Cname { value, ttl_seconds } => {
                let value = ResourceRecord::builder().value(value).build().map_err(incomplete)?;
                record.resource_records(value).ttl((*ttl_seconds).into())
            }
            Data::Alias { dns_name, zone_id } => {
                let target = AliasTarget::builder()
                    .dns_name(dns_name)
                    .hosted_zone_id(zone_id)
                    .evaluate_target_health(false);
                record.alias_target(target.build().map_err(incomplete)?)
            }
        };
        record.build().map_err(incomplete)
    }

    fn facts(&self) -> Facts {
        let id = format!("{}/{}/{}", self.hosted_zone, self.name, self.data.kind().as_str());
        Facts::from([("id".to_owned(), id)])
    }
}

impl Data {
    fn kind(&self) -> RrType {
        match self {
            Self::Cname { .. } => RrType::Cname,
            Self::Alias { .. } => RrType::A,
        }
    }

    fn read(record: &ResourceRecordSet) -> Option<Self> {
        if let Some(target) = record.alias_target() {
            let dns_name = plain(target.dns_name());
            // What the console writes, and what means the same.
            let dns_name = dns_name.strip_prefix("dualstack.").unwrap_or(&dns_name).to_owned();
            return Some(Self::Alias { dns_name, zone_id: target.hosted_zone_id().to_owned() });
        }
        let value = record.resource_records().first()?.value().trim_end_matches('.').to_owned();
        let ttl_seconds = record.ttl().and_then(|it| u32::try_from(it).ok())?;
        Some(Self::Cname { value, ttl_seconds })
    }

    /// Whether this is an alias to a load balancer of that name, of today or of before.
    fn leads_to(&self, load_balancer: &str) -> bool {
        match self {
            Self::Cname { .. } => false,
            Self::Alias { dns_name, .. } => dns_name.starts_with(&format!("{load_balancer}-")),
        }
    }
}

/// The record with this name and type. Route 53 lists from a place in its order, so one record
/// from there is asked for and compared.
async fn find(
    cx: &Cx,
    zone: &str,
    name: &str,
    kind: RrType,
) -> Result<Option<ResourceRecordSet>, CloudError> {
    let request = client(cx).list_resource_record_sets().hosted_zone_id(zone).max_items(1);
    let request = request.start_record_name(name).start_record_type(kind.clone());
    let Some(answer) = request.send().await.or_absent(NO_ZONE)? else { return Ok(None) };
    let first = answer.resource_record_sets.into_iter().next();
    Ok(first.filter(|it| plain(it.name()) == plain(name) && *it.r#type() == kind))
}

/// `None` when the records are not as the change supposes.
async fn change(
    cx: &Cx,
    zone: &str,
    action: ChangeAction,
    record: ResourceRecordSet,
) -> Result<Option<()>, CloudError> {
    let change = Change::builder().action(action).resource_record_set(record).build();
    let batch = ChangeBatch::builder().changes(change.map_err(incomplete)?).build();
    let request = client(cx).change_resource_record_sets().hosted_zone_id(zone);
    let request = request.change_batch(batch.map_err(incomplete)?);
    Ok(request.send().await.or_absent(BAD_CHANGE)?.map(|_| ()))
}

fn incomplete(_: aws_sdk_route53::error::BuildError) -> CloudError {
    CloudError::Incomplete("a part of a record")
}

/// Names as Route 53 compares them; it shows `*` as `\052`.
fn plain(name: &str) -> String {
    name.trim_end_matches('.').replace("\\052", "*").to_lowercase()
}

fn taken(name: &str) -> CloudError {
    let text = format!(
        "`{name}` has an address record that this stack did not make; \
         hint: delete the record, or choose another domain"
    );
    CloudError::refused("NotOurs", text)
}

fn client(cx: &Cx) -> Client {
    shared::client!(cx, aws_sdk_route53)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alias(dns_name: &str) -> Option<Data> {
        let target = AliasTarget::builder().dns_name(dns_name).hosted_zone_id("Z1");
        let target = target.evaluate_target_health(false).build().expect("a target");
        let record = ResourceRecordSet::builder().name("x.example.org").r#type(RrType::A);
        Data::read(&record.alias_target(target).build().expect("a record"))
    }

    #[test]
    fn an_alias_reads_the_same_however_it_was_written() {
        let written = alias("terrace-x-alb-1.eu-central-1.elb.amazonaws.com");
        assert_eq!(alias("dualstack.Terrace-x-alb-1.eu-central-1.elb.amazonaws.com."), written);
    }

    #[test]
    fn only_an_alias_to_our_load_balancer_is_ours() {
        let leads = |dns_name| alias(dns_name).is_some_and(|it| it.leads_to("terrace-x-alb"));
        assert!(leads("terrace-x-alb-123.eu-central-1.elb.amazonaws.com"));
        assert!(!leads("d111111abcdef8.cloudfront.net"));
    }

    #[test]
    fn names_compare_without_dot_case_and_escapes() {
        assert_eq!(plain("\\052.Example.org."), "*.example.org");
    }
}

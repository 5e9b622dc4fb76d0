//! `AWS::CertificateManager::Certificate`: what the HTTPS listener shows.

use std::time::{Duration, SystemTime};

use aws_sdk_acm::Client;
use aws_sdk_acm::config::{self, retry::RetryConfig};
use aws_sdk_acm::types::{
    CertificateDetail, CertificateStatus, CertificateType, Tag, ValidationMethod,
};
use serde::{Deserialize, Serialize};
use shared::aws::{Cx, Grant, LiveOf, OrAbsent, Resource};
use shared::model::{Address, Facts, Status, Usual};
use shared::world::CloudError;

use crate::self_signed::SelfSigned;
use crate::tagged::{self, Tagged, tagged};

const ABSENT: &[&str] = &["ResourceNotFoundException"];

/// The zone that answers for a certificate's domain; its records are found through this tag.
const ZONE_TAG: &str = "terrace:hosted-zone";

/// A self-signed certificate is made anew when it has less than this to live: before the
/// default alarm on certificates, at 30 days, goes off.
const RENEW_BEFORE: Duration = Duration::from_hours(1080);

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Certificate {
    pub domain: String,
    /// The zone that proves the domain to ACM; none for a self-signed certificate.
    pub hosted_zone: Option<String>,
    /// Whether it lasts. ACM renews its own; a self-signed one is ours to renew.
    pub lasts: bool,
}

impl Resource for Certificate {
    const KIND: &'static str = "AWS::CertificateManager::Certificate";
    const IMMUTABLE: &'static [&'static str] = &["domain", "hosted_zone"];
    const MAKE_BEFORE_BREAK: bool = true;
    /// Validation takes 3 to 9 minutes once the record is seen; a zone that is not delegated
    /// never validates.
    const DEADLINE: Duration = Duration::from_hours(1);
    /// As if it took longer at the most: it varies much, and closer looks cost too many transitions.
    const TYPICAL: &'static [(&'static str, Usual)] = &[("", Usual::new(180, 720))];
    const GRANTS: &'static [Grant] = &[
        tagged::GRANT,
        Grant::on(
            &["acm:ImportCertificate", "acm:RequestCertificate"],
            "*",
            "a certificate has no ARN before it is made",
        ),
        Grant::on(
            &[
                "acm:AddTagsToCertificate",
                "acm:DeleteCertificate",
                "acm:DescribeCertificate",
                "acm:ImportCertificate",
            ],
            "arn:aws:acm:{region}:{account}:certificate/*",
            "ACM chooses the ids",
        ),
    ];

    async fn list(cx: &Cx) -> Result<Vec<LiveOf<Self>>, CloudError> {
        let mut found = Vec::new();
        for Described { ours, detail } in described(cx, |_| true).await? {
            let spec = Self::read(&ours, &detail);
            let (facts, status) = (facts(&ours.arn, Some(&detail)), status(&detail));
            found.push(LiveOf { address: ours.address, spec, facts, status });
        }
        Ok(found)
    }

    async fn create(&self, cx: &Cx, at: &Address) -> Result<Facts, CloudError> {
        let arn = match &self.hosted_zone {
            Some(_) => self.request(cx, at).await?,
            None => self.import(cx, at).await?,
        };
        Ok(facts(&arn, None))
    }

    /// Everything else is immutable: a self-signed certificate is renewed under its ARN.
    async fn update(&self, cx: &Cx, live: &LiveOf<Self>) -> Result<(), CloudError> {
        let made = SelfSigned::make(&self.domain)?;
        let request = client(cx).import_certificate().certificate_arn(&live.facts["id"]);
        request.certificate(made.certificate()).private_key(made.private_key()).send().await?;
        Ok(())
    }

    async fn delete(cx: &Cx, live: &LiveOf<Self>) -> Result<(), CloudError> {
        let request = client(cx).delete_certificate().certificate_arn(&live.facts["id"]);
        request.send().await.or_absent(ABSENT)?;
        Ok(())
    }
}

/// One of the stack's certificates with all that ACM tells of it.
pub struct Described {
    pub ours: Tagged,
    pub detail: CertificateDetail,
}

/// The stack's certificates that are `wanted`.
pub async fn described(
    cx: &Cx,
    wanted: impl Fn(&Tagged) -> bool,
) -> Result<Vec<Described>, CloudError> {
    let mut found = Vec::new();
    for ours in tagged(cx, "acm").await?.into_iter().filter(wanted) {
        let request = client(cx).describe_certificate().certificate_arn(&ours.arn);
        let answer = request.send().await.or_absent(ABSENT)?;
        if let Some(detail) = answer.and_then(|it| it.certificate) {
            found.push(Described { ours, detail });
        }
    }
    Ok(found)
}

/// The zone in which a certificate's records are kept.
pub fn hosted_zone(ours: &Tagged) -> Option<&str> {
    ours.tags.get(ZONE_TAG)
}

/// Name and value of the record that proves the domain; ACM shows it seconds after a request.
pub fn validation(detail: &CertificateDetail) -> Option<(&str, &str)> {
    let record = detail.domain_validation_options().first()?.resource_record()?;
    Some((record.name().trim_end_matches('.'), record.value().trim_end_matches('.')))
}

impl Certificate {
    fn read(ours: &Tagged, detail: &CertificateDetail) -> Self {
        let imported = detail.r#type() == Some(&CertificateType::Imported);
        Self {
            domain: detail.domain_name().unwrap_or_default().to_owned(),
            hosted_zone: hosted_zone(ours).map(str::to_owned),
            lasts: !imported || lasts(detail),
        }
    }

    /// The token makes ACM answer a repeated request with the same certificate for an hour.
    async fn request(&self, cx: &Cx, at: &Address) -> Result<String, CloudError> {
        /// ACM's limit.
        const TOKEN_MAX: usize = 32;
        let zone = self.hosted_zone.as_deref().unwrap_or_default();
        let mut token = cx.token(at, &format!("{}/{}/{zone}", cx.run, self.domain));
        token.truncate(TOKEN_MAX);
        let request = client(cx)
            .request_certificate()
            .domain_name(&self.domain)
            .validation_method(ValidationMethod::Dns)
            .idempotency_token(token)
            .set_tags(Some(self.tags(cx, at)?));
        let made = request.send().await?;
        made.certificate_arn.ok_or(CloudError::Incomplete("a certificate's ARN"))
    }

    async fn import(&self, cx: &Cx, at: &Address) -> Result<String, CloudError> {
        let made = SelfSigned::make(&self.domain)?;
        let request = client(cx)
            .import_certificate()
            .certificate(made.certificate())
            .private_key(made.private_key())
            .set_tags(Some(self.tags(cx, at)?));
        // Neither token nor name: a second try could import a second one.
        let once = config::Builder::default().retry_config(RetryConfig::disabled());
        let made = request.customize().config_override(once).send().await?;
        made.certificate_arn.ok_or(CloudError::Incomplete("a certificate's ARN"))
    }

    fn tags(&self, cx: &Cx, at: &Address) -> Result<Vec<Tag>, CloudError> {
        let tags = cx.tags(at);
        let zone = self.hosted_zone.as_deref().map(|zone| (ZONE_TAG, zone));
        let made: Result<Vec<Tag>, _> = tags
            .pairs()
            .chain(zone)
            .map(|(key, value)| Tag::builder().key(key).value(value).build())
            .collect();
        made.map_err(|_| CloudError::Incomplete("a tag"))
    }
}

fn client(cx: &Cx) -> Client {
    shared::client!(cx, aws_sdk_acm)
}

fn lasts(detail: &CertificateDetail) -> bool {
    let ends = detail.not_after().and_then(|it| SystemTime::try_from(*it).ok());
    ends.is_some_and(|ends| ends > SystemTime::now() + RENEW_BEFORE)
}

fn facts(arn: &str, detail: Option<&CertificateDetail>) -> Facts {
    let mut facts =
        Facts::from([("id".to_owned(), arn.to_owned()), ("arn".to_owned(), arn.to_owned())]);
    if let Some((name, value)) = detail.and_then(validation) {
        facts.insert("validation_name".to_owned(), name.to_owned());
        facts.insert("validation_value".to_owned(), value.to_owned());
    }
    facts
}

fn status(detail: &CertificateDetail) -> Status {
    match detail.status() {
        Some(CertificateStatus::Issued) => Status::Ready,
        None | Some(CertificateStatus::PendingValidation) => Status::Pending,
        Some(other) => {
            let why = detail.failure_reason().map(|it| format!(": {}", it.as_str()));
            Status::Failed(format!("its status is {}{}", other.as_str(), why.unwrap_or_default()))
        }
    }
}

//! A certificate for trying out: made here, handed to ACM, kept nowhere else.

use aws_sdk_acm::primitives::Blob;
use rcgen::{CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, KeyPair};
use shared::world::CloudError;

/// Browsers and clients take no certificate that lives longer.
const LIFE_DAYS: i64 = 397;
/// For clocks that are behind.
const HOURS_BEFORE: i64 = 1;

/// A key on the curve P-256 and a certificate signed with it.
///
/// The curve rather than RSA, because RSA keys would need a second cryptography library in the
/// Lambda. ACM imports `EC_prime256v1` keys and load balancers serve them (ACM user guide,
/// "Prerequisites for importing certificates"; Elastic Load Balancing, "SSL certificates").
pub struct SelfSigned {
    certificate: String,
    private_key: String,
}

impl SelfSigned {
    pub fn make(domain: &str) -> Result<Self, CloudError> {
        let refused = |error: rcgen::Error| {
            let text = format!("cannot make a certificate for `{domain}`: {error}");
            CloudError::refused("SelfSigned", text)
        };
        let key = KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).map_err(refused)?;
        let mut params = CertificateParams::new(vec![domain.to_owned()]).map_err(refused)?;
        params.distinguished_name = DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, domain);
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        let now = std::time::SystemTime::now();
        params.not_before = (now - hours(HOURS_BEFORE)).into();
        params.not_after = (now + hours(LIFE_DAYS * 24)).into();
        let certificate = params.self_signed(&key).map_err(refused)?;
        Ok(Self { certificate: certificate.pem(), private_key: key.serialize_pem() })
    }

    pub fn certificate(&self) -> Blob {
        Blob::new(self.certificate.as_bytes())
    }

    pub fn private_key(&self) -> Blob {
        Blob::new(self.private_key.as_bytes())
    }
}

fn hours(hours: i64) -> std::time::Duration {
    std::time::Duration::from_secs(hours.unsigned_abs() * 60 * 60)
}

#[cfg(test)]
mod tests {
    use super::SelfSigned;

    #[test]
    fn every_certificate_has_a_key_of_its_own() {
        let [one, other] = [(); 2].map(|()| SelfSigned::make("terrace-x.internal").expect("made"));
        assert!(one.certificate.starts_with("-----BEGIN CERTIFICATE-----"));
        assert!(one.private_key.starts_with("-----BEGIN PRIVATE KEY-----"));
        assert_ne!(one.private_key, other.private_key);
    }
}

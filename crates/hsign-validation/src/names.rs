//! Names and places as certificates give them, fit to be shown.

use hsign_x509::{Certificate, Name};

use crate::CertificateSummary;

/// JPKI certificates name home address, birth date and sex; these never leave the engine.
const JPKI: &str = "JPKI";
const ORGANISATION: &str = "2.5.4.10";
const COMMON_NAME: &str = "2.5.4.3";
const COUNTRY: &str = "2.5.4.6";

/// The subject for display. Of a JPKI certificate only country and the card's common name (a serial number)
/// are shown.
#[must_use]
pub fn shown_subject(certificate: &Certificate) -> String {
    if !is_jpki(certificate.issuer()) || certificate.is_self_issued() {
        return certificate.subject().to_string();
    }
    let shown =
        certificate.subject().attributes().into_iter().filter_map(|(oid, value)| match oid.as_str() {
            COUNTRY => Some(format!("C={value}")),
            COMMON_NAME => Some(format!("CN={value}")),
            _ => None,
        });
    shown.chain(["(masked)".to_owned()]).collect::<Vec<_>>().join(",")
}

fn is_jpki(issuer: &Name) -> bool {
    issuer.texts(ORGANISATION).any(|text| text == JPKI)
}

pub(crate) fn summary(certificate: &Certificate) -> CertificateSummary {
    CertificateSummary {
        not_before: certificate.not_before(),
        not_after: certificate.not_after(),
        name: certificate.subject().common_name(),
        subject: shown_subject(certificate),
        issuer: certificate.issuer().to_string(),
        serial: certificate.serial_hex(),
        sha256: certificate.sha256_hex(),
    }
}

/// Where a certificate says its CRL is, as far as the network could get it.
pub(crate) fn crl_urls(certificate: &Certificate) -> Vec<String> {
    let points = certificate.crl_distribution_points().ok().flatten().unwrap_or_default();
    let uris = points.iter().flat_map(|point| point.uris().map(str::to_owned).collect::<Vec<_>>());
    uris.filter(|uri| uri.starts_with("http://") || uri.starts_with("https://")).collect()
}

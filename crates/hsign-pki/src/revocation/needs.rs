//! What a judgement lacks and the certificates say where to get.

use hsign_core::ports::Need;
use hsign_x509::{AccessDescription, Certificate, DistributionPoint, ocsp_request};

use super::answer::{FreshnessPolicy, RevocationAnswer, RevocationStatus};
use crate::{Anchor, ValidatedPath};
use hsign_core::Time;

/// Issuers one certificate's chain is followed up for.
const MAX_STEPS: usize = 20;

/// CRLs and OCSP answers that the unanswered certificates of a path name, for `at`: whatever isn't revoked
/// and has no word that is fresh enough. Nothing for certificates that name no place.
#[must_use]
pub fn missing_revocation(
    path: &ValidatedPath,
    answers: &[RevocationAnswer],
    at: Time,
    freshness: FreshnessPolicy,
) -> Vec<Need> {
    let mut needs = Vec::new();
    for (index, certificate) in path.below_anchor().iter().enumerate() {
        let digest = certificate.sha256();
        let answered = answers.iter().any(|answer| {
            answer.certificate == digest
                && (answer.is_good_at(at, freshness)
                    || matches!(answer.status, RevocationStatus::Revoked { .. }))
        });
        if answered {
            continue;
        }
        needs.extend(crl_urls(certificate).into_iter().map(|url| Need::Crl { url, certificate: digest }));
        let request = path.issuer_of(index).and_then(|issuer| ocsp_request(certificate, issuer, None).ok());
        if let Some(request) = request {
            let urls = access_urls(certificate, AccessDescription::OCSP).into_iter();
            needs.extend(urls.map(|url| Need::Ocsp { url, request: request.clone(), certificate: digest }));
        }
    }
    needs.sort();
    needs.dedup();
    needs
}

/// Issuers' certificates that are neither in the pool nor anchors, where a certificate on the way up says
/// where its issuer's is.
#[must_use]
pub fn missing_certificates(target: &Certificate, pool: &[Certificate], anchors: &[Anchor]) -> Vec<Need> {
    let mut needs = Vec::new();
    let mut front = vec![target.clone()];
    let mut seen: Vec<Certificate> = Vec::new();
    for _ in 0..MAX_STEPS {
        let mut next = Vec::new();
        for certificate in front {
            if seen.contains(&certificate) {
                continue;
            }
            seen.push(certificate.clone());
            let at_anchor = anchors.iter().any(|anchor| {
                anchor.certificate() == &certificate || anchor.name().matches(certificate.issuer())
            });
            if at_anchor {
                continue;
            }
            let issuers: Vec<_> = pool
                .iter()
                .filter(|issuer| issuer.subject().matches(certificate.issuer()))
                .cloned()
                .collect();
            if issuers.is_empty() {
                let digest = certificate.sha256();
                needs.extend(
                    access_urls(&certificate, AccessDescription::CA_ISSUERS)
                        .into_iter()
                        .map(|url| Need::CaCertificate { url, certificate: digest }),
                );
            }
            next.extend(issuers);
        }
        front = next;
    }
    needs.sort();
    needs.dedup();
    needs
}

fn crl_urls(certificate: &Certificate) -> Vec<String> {
    let points = certificate.crl_distribution_points().ok().flatten().unwrap_or_default();
    points.iter().flat_map(DistributionPoint::uris).filter(|url| is_http(url)).map(str::to_owned).collect()
}

fn access_urls(certificate: &Certificate, method: &str) -> Vec<String> {
    let descriptions = certificate.authority_information_access().ok().flatten().unwrap_or_default();
    descriptions
        .iter()
        .filter_map(|description| description.uri(method))
        .filter(|url| is_http(url))
        .map(str::to_owned)
        .collect()
}

/// LDAP and other places are nothing we could ask.
fn is_http(url: &str) -> bool {
    url.starts_with("http://") || url.starts_with("https://")
}

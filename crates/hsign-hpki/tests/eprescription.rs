//! The signers of real electronic prescriptions (test cards): read, recognised, and called test cards.
#![allow(clippy::disallowed_methods, clippy::unwrap_used)]

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hsign_corpora::{Comparison, Corpus};
use hsign_hpki::{
    CertificateKind, ChainState, ProfessionTable, QualificationStatus, RequiredRoles, certificate_kind,
    qualify,
};
use hsign_x509::Certificate;

#[test]
fn conformance_eprescription_signers() {
    let Some(corpus) = Corpus::open("eprescription") else { return };
    let mut comparison = Comparison::new("eprescription-signers");
    for row in corpus.rows() {
        let path = row.get("path");
        let expected = row.get("expected");
        let signers = signers(corpus.file(path));
        let found: BTreeSet<String> = signers.iter().flat_map(roles).collect();
        let wanted: BTreeSet<String> = ["Medical Doctor", "Pharmacist"]
            .into_iter()
            .filter(|role| expected.contains(role))
            .map(str::to_owned)
            .collect();
        // Some cases are fragments without any person's certificate: nothing to compare.
        if wanted.is_empty() && signers.is_empty() {
            continue;
        }
        // Where the set names no role the certificates are read all the same.
        if !wanted.is_empty() && found != wanted {
            comparison.differ(path, format!("roles {found:?}, expected {wanted:?}"));
        } else if let Some(odd) = signers.iter().find(|signer| !is_test_card(signer)) {
            comparison.differ(path, format!("not called a test card: {}", odd.subject()));
        } else {
            comparison.agree(path);
        }
    }
    comparison.finish();
}

fn roles(certificate: &Certificate) -> Vec<String> {
    certificate.health_care_actors().unwrap().into_iter().filter_map(|actor| actor.text).collect()
}

/// By kind, and by status with the chain open and confirmed alike.
fn is_test_card(certificate: &Certificate) -> bool {
    let status = |chain| {
        qualify(certificate, chain, &RequiredRoles::any_national(), &ProfessionTable::builtin()).status
    };
    certificate_kind(certificate) == CertificateKind::HpkiTestCard
        && [ChainState::Open, ChainState::Confirmed]
            .into_iter()
            .all(|chain| status(chain) == QualificationStatus::TestCard)
}

/// Certificates with a role among the texts that decode as one: `X509Certificate` elements, whatever their prefix.
fn signers(xml: &[u8]) -> Vec<Certificate> {
    let text = String::from_utf8_lossy(xml);
    let mut found: Vec<Certificate> = Vec::new();
    for part in text.split("X509Certificate>").skip(1) {
        let Some(base64) = part.split('<').next() else { continue };
        let compact: String = base64.chars().filter(|c| !c.is_whitespace()).collect();
        let Ok(der) = STANDARD.decode(compact) else { continue };
        if let Ok(certificate) = Certificate::from_der(&der)
            && !roles(&certificate).is_empty()
            && !found.contains(&certificate)
        {
            found.push(certificate);
        }
    }
    found
}

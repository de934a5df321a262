//! Certificates and CRLs of real HPKI test cards, as e-prescription files carry them, under the built-in pins.

use std::collections::BTreeSet;

use hsign_corpora::{Comparison, Corpus};
use hsign_pki::{ANY_POLICY, PathParameters, Purpose, RevocationStatus, TrustRegistry, build_and_validate};
use hsign_x509::{Certificate, Crl, extension_oid};

use super::common;

const FILES: [&str; 3] =
    ["Prescription-004_01.xml", "Dispensing-005_03.xml", "Scan_20170511154438586_ESXLA.xml"];

/// The octets of every element whose name ends in `ending`. The elements hold nothing but Base64.
fn elements(xml: &str, ending: &str) -> Vec<Vec<u8>> {
    xml.split('<')
        .filter_map(|piece| {
            let (tag, text) = piece.split_once('>')?;
            let name = tag.split_whitespace().next()?;
            (!name.starts_with('/') && name.ends_with(ending) && !text.trim().is_empty())
                .then(|| common::base64(text))
        })
        .collect()
}

fn confirmed() -> TrustRegistry {
    let builtin = TrustRegistry::builtin().unwrap();
    let pins: BTreeSet<[u8; 32]> = builtin.entries().iter().map(|entry| entry.sha256).collect();
    builtin.confirmed(&pins)
}

/// What is wrong with our answer about one card.
fn judge(card: &Certificate, pool: &[Certificate], crls: &[Crl]) -> Result<(), String> {
    let anchors = confirmed().anchors(Purpose::Signer, pool);
    let own_list = crls.iter().find(|crl| crl.issuer().matches(card.issuer())).ok_or("no CRL")?;
    let at = own_list.this_update().plus_seconds(3600);
    let verifier = common::verifier();
    let explicit = build_and_validate(card, pool, &anchors, &PathParameters::at(at), &verifier);
    let refusal = explicit.err().ok_or("a test card passes the explicit policy")?;
    let codes: Vec<_> =
        refusal.best().unwrap().findings.iter().map(|finding| finding.code.as_str()).collect();
    if !codes.contains(&"no-valid-policy") {
        return Err(format!("refused for another reason: {codes:?}"));
    }
    let plain =
        PathParameters { initial_policies: Some(vec![ANY_POLICY.to_owned()]), ..PathParameters::at(at) };
    let path = build_and_validate(card, pool, &anchors, &plain, &verifier)
        .map_err(|failures| format!("{:?}", failures.best().unwrap().findings))?;
    let evidence = common::evidence(crls.iter().cloned(), pool);
    let answers = common::answers(&path, &evidence, at, at.plus_seconds(365 * 24 * 3600));
    match answers.iter().find(|answer| answer.status != RevocationStatus::Good) {
        Some(answer) => Err(format!("{answer:?}")),
        None => Ok(()),
    }
}

#[test]
fn conformance_eprescription_chains() {
    let Some(corpus) = Corpus::open("eprescription") else { return };
    let mut comparison = Comparison::new("eprescription chains");
    for file in FILES {
        let xml = String::from_utf8_lossy(corpus.file(file)).into_owned();
        let pool: Vec<Certificate> = elements(&xml, "X509Certificate")
            .iter()
            .filter_map(|der| Certificate::from_der(der).ok())
            .collect();
        let crls: Vec<Crl> =
            elements(&xml, "EncapsulatedCRLValue").iter().filter_map(|der| Crl::from_der(der).ok()).collect();
        let cards: BTreeSet<[u8; 32]> = pool
            .iter()
            .filter(|certificate| {
                certificate.extension(extension_oid::SUBJECT_DIRECTORY_ATTRIBUTES).is_some()
            })
            .map(Certificate::sha256)
            .collect();
        for card in pool.iter().filter(|certificate| cards.contains(&certificate.sha256())) {
            let case = format!("{file} {}", card.serial_hex());
            match judge(card, &pool, &crls) {
                Ok(()) => comparison.agree(&case),
                Err(reason) if reason.starts_with("a test card passes") => {
                    comparison.false_accept(&case, reason)
                }
                Err(reason) => comparison.differ(&case, reason),
            }
        }
    }
    comparison.finish();
}

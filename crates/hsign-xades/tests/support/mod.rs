//! Shared by the tests of this crate: integrity without trust.
#![allow(dead_code, clippy::unwrap_used)]

use hsign_core::Severity;
use hsign_core::facts::{DocumentFacts, SignatureFacts, SignedObject, TimestampFacts};
use hsign_core::ports::{SignatureValidity, SignatureVerifier};
use hsign_crypto::OpensslVerifier;
use hsign_x509::Certificate;

/// Every certificate in the document, wherever it stands.
fn certificates(facts: &DocumentFacts) -> Vec<Certificate> {
    let of_signatures = facts.signatures.iter().filter_map(|signature| signature.signed.as_ref());
    let stamps = facts.signatures.iter().flat_map(|signature| &signature.timestamps);
    let of_stamps = stamps.filter_map(|stamp| stamp.read.as_ref()).map(|read| &read.signed);
    let all = of_signatures.chain(of_stamps).flat_map(|signed| &signed.evidence.certificates);
    all.filter_map(|der| Certificate::from_der(der.as_slice()).ok()).collect()
}

/// The keys that a signature may mean: by its signed reference, by its hint, by a bare key.
fn keys(object: &SignedObject, pool: &[Certificate]) -> Vec<Vec<u8>> {
    let referred = |certificate: &&Certificate| {
        object.certificate_references.first().is_some_and(|reference| {
            hsign_crypto::digest(reference.digest.algorithm, certificate.der())
                .is_ok_and(|digest| digest == reference.digest)
        })
    };
    let hinted = |certificate: &&Certificate| {
        let serial = object.signer.serial.as_ref().map(|serial| serial.as_slice());
        serial.is_some_and(|serial| serial == certificate.serial())
    };
    let named = pool.iter().filter(referred).chain(pool.iter().filter(hinted));
    let bare = object.signer.public_key.iter().map(|key| key.as_slice().to_vec());
    named.map(|certificate| certificate.public_key_info().to_vec()).chain(bare).collect()
}

/// Whether value and digests hold with some key that the signature may mean.
pub(crate) fn intact(object: &SignedObject, facts: &DocumentFacts) -> bool {
    object.references.iter().all(|reference| reference.holds() == Some(true)) && value_holds(object, facts)
}

/// Whether the value holds, whatever the references say.
pub(crate) fn value_holds(object: &SignedObject, facts: &DocumentFacts) -> bool {
    let verifies = |key: &Vec<u8>| {
        let value = object.value.as_slice();
        let answer =
            OpensslVerifier::new().verify(&object.algorithm, key, object.signed_octets.as_slice(), value);
        answer == SignatureValidity::Valid
    };
    keys(object, &certificates(facts)).iter().any(verifies)
}

/// Codes of the findings that decide, but for what a policy decides.
pub(crate) fn errors(signature: &SignatureFacts) -> Vec<&str> {
    let deciding = |finding: &&hsign_core::Finding| {
        finding.severity == Severity::Error && finding.code != "xades-no-signed-properties"
    };
    signature.findings.iter().filter(deciding).map(|finding| finding.code.as_str()).collect()
}

/// Intact, and nothing is wrong with its form.
pub(crate) fn sound(signature: &SignatureFacts, facts: &DocumentFacts) -> bool {
    errors(signature).is_empty() && signature.signed.as_ref().is_some_and(|signed| intact(signed, facts))
}

/// A token that holds, over what it should cover.
pub(crate) fn stamp_holds(stamp: &TimestampFacts, facts: &DocumentFacts) -> bool {
    stamp.findings.iter().all(|finding| finding.severity != Severity::Error)
        && stamp
            .read
            .as_ref()
            .is_some_and(|read| read.imprint.holds() == Some(true) && intact(&read.signed, facts))
}

/// For the message of a difference.
pub(crate) fn describe(facts: &DocumentFacts) -> String {
    let mut text = String::new();
    for signature in &facts.signatures {
        let references: Vec<String> = signature
            .signed
            .iter()
            .flat_map(|signed| &signed.references)
            .map(|r| format!("{}={:?}", r.name.chars().take(20).collect::<String>(), r.holds()))
            .collect();
        let findings: Vec<_> = signature
            .findings
            .iter()
            .filter(|f| f.severity > Severity::Info)
            .map(|f| format!("{} {:?}", f.code, f.values))
            .collect();
        let intact = signature.signed.as_ref().map(|signed| intact(signed, facts));
        text.push_str(&format!(
            "\n    {} {:?} {:?} intact={intact:?} {references:?} {findings:?}",
            signature.id.chars().take(20).collect::<String>(),
            signature.level,
            signature.coverage
        ));
        for stamp in &signature.timestamps {
            let imprint = stamp.read.as_ref().map(|read| read.imprint.holds());
            let findings: Vec<_> = stamp
                .findings
                .iter()
                .filter(|f| f.severity > Severity::Info)
                .map(|f| format!("{} {:?}", f.code, f.values))
                .collect();
            text.push_str(&format!(
                "\n      {} imprint={imprint:?} holds={} covers={} {findings:?}",
                stamp.id.rsplit('/').next().unwrap(),
                stamp_holds(stamp, facts),
                stamp.covers.len()
            ));
        }
    }
    text
}

//! What a record is bound to, held against what is being judged.

use hsign_core::facts::{DocumentFacts, SignedObject};
use hsign_core::{Digest, hex};
use hsign_hpki::{Binding, EvidenceRecord, SignatureKind};
use hsign_x509::Certificate;

/// A signature inside its document.
#[derive(Clone, Copy)]
pub(crate) struct Signed<'a> {
    pub(crate) document: &'a DocumentFacts,
    pub(crate) object: &'a SignedObject,
}

/// How a record relates to a signer and his signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fit {
    /// It speaks for this one.
    Fits,
    /// It speaks for another.
    Other,
    /// It names this certificate, but with another issuer or serial number.
    Contradicts,
    /// It speaks, or would speak, for several signatures alike.
    Ambiguous,
}

/// `signed` is absent before signing: then only what is bound to a certificate can fit.
pub(super) fn fit(record: &EvidenceRecord, signer: &Certificate, signed: Option<Signed<'_>>) -> Fit {
    match (&record.binding, signed) {
        (Binding::Certificate { issuer, serial, sha256 }, _) => {
            if *sha256 != signer.sha256() {
                Fit::Other
            } else if *issuer == signer.issuer().to_string() && same_serial(serial, signer) {
                Fit::Fits
            } else {
                Fit::Contradicts
            }
        }
        (Binding::Document { digest }, Some(signed)) => match of_document(digest, signed) {
            // Whoever signs the same content with a key of his own would become the person of the record.
            Fit::Fits if record.signature == SignatureKind::Personal => Fit::Ambiguous,
            fit => fit,
        },
        (Binding::SignatureValue { digest }, Some(signed)) => {
            of(value_is(digest, signed.object), count(signed.document, |object| value_is(digest, object)))
        }
        _ => Fit::Other,
    }
}

fn same_serial(text: &str, signer: &Certificate) -> bool {
    let digits: String = text.chars().filter(|c| !matches!(c, ':' | ' ')).collect();
    digits.eq_ignore_ascii_case(&signer.serial_hex())
}

/// Everybody who signs the same content has the same digest, and all signatures share the file's.
fn of_document(digest: &Digest, signed: Signed<'_>) -> Fit {
    let whole_file = signed.document.digests.contains(digest);
    if whole_file {
        return of(true, signed.document.signatures.len());
    }
    of(content_is(digest, signed.object), count(signed.document, |object| content_is(digest, object)))
}

fn of(fits: bool, how_many: usize) -> Fit {
    match (fits, how_many) {
        (false, _) => Fit::Other,
        (true, 0 | 1) => Fit::Fits,
        (true, _) => Fit::Ambiguous,
    }
}

fn count(document: &DocumentFacts, fits: impl Fn(&SignedObject) -> bool) -> usize {
    document
        .signatures
        .iter()
        .filter_map(|signature| signature.signed.as_ref())
        .filter(|object| fits(object))
        .count()
}

/// What was signed has this digest, and is what is there.
fn content_is(digest: &Digest, object: &SignedObject) -> bool {
    object.references.iter().any(|reference| reference.expected == *digest && reference.holds() == Some(true))
}

fn value_is(digest: &Digest, object: &SignedObject) -> bool {
    hsign_crypto::digest(digest.algorithm, object.value.as_slice())
        .is_ok_and(|found| hex(found.value.as_slice()) == digest.hex())
}

/// Whether a certificate names an organisation rather than a person: no common name, the organisation's as common
/// name, or an organizationIdentifier (EN 319 412-3).
pub(super) fn is_of_organisation(certificate: &Certificate) -> bool {
    const COMMON_NAME: &str = "2.5.4.3";
    const ORGANISATION: &str = "2.5.4.10";
    const ORGANISATION_IDENTIFIER: &str = "2.5.4.97";
    let attributes = certificate.subject().attributes();
    let of = |wanted: &str| {
        attributes.iter().filter(|(oid, _)| oid == wanted).map(|(_, value)| value).collect::<Vec<_>>()
    };
    let (names, organisations) = (of(COMMON_NAME), of(ORGANISATION));
    names.is_empty()
        || names.iter().any(|name| organisations.contains(name))
        || !of(ORGANISATION_IDENTIFIER).is_empty()
}

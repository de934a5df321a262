//! `adbe.x509.rsa_sha1`: no CMS, but an RSA value over the SHA-1 digest of the byte range, in an OCTET STRING, and the
//! signer's certificate in /Cert (ISO 32000-1, 12.8.3.2; deprecated since).

use hsign_asn1::{Reader, Rules, octet_string};
use hsign_core::facts::{CertificateReference, EvidenceFacts, Reference, SignedObject, SignerIdentifier};
use hsign_core::{Digest, DigestAlgorithm, Finding, SignatureAlgorithm};
use hsign_pdf::SignatureDictionary;

use crate::rules::padding;

const CLAUSE: &str = "ISO 32000-1 §12.8.3.2";

/// The signature with the digest of its byte range, and what is wrong with its form.
pub(crate) fn signed_object(
    dictionary: &SignatureDictionary,
    content: Option<Digest>,
) -> Result<(SignedObject, Vec<Finding>), Vec<Finding>> {
    let Some((value, encoded)) = value(&dictionary.contents) else {
        return Err(vec![Finding::error("rsa-value-unreadable").clause(CLAUSE)]);
    };
    // /Cert stands in the signed bytes: what it names is signed.
    let Some(signer) = dictionary.certificates.first() else {
        return Err(vec![Finding::error("cert-entry-missing").clause(CLAUSE)]);
    };
    // Without it the byte range is wrong, which has its own finding.
    let Some(content) = content else { return Err(Vec::new()) };
    let reference = hsign_crypto::digest(DigestAlgorithm::Sha256, signer).ok();
    let signed = SignedObject {
        signed_octets: content.value.clone(),
        reordered_octets: None,
        algorithm: SignatureAlgorithm::OfDigest(Box::new(SignatureAlgorithm::RsaPkcs1(
            DigestAlgorithm::Sha1,
        ))),
        value: value.into(),
        references: vec![Reference {
            name: "byte-range".to_owned(),
            expected: content.clone(),
            actual: Some(content),
        }],
        signer: SignerIdentifier::default(),
        certificate_references: reference
            .map(|digest| CertificateReference { digest, issuer: None, serial: None })
            .into_iter()
            .collect(),
        evidence: EvidenceFacts {
            certificates: dictionary.certificates.iter().map(|one| one.clone().into()).collect(),
            ..EvidenceFacts::default()
        },
    };
    Ok((signed, padding(&dictionary.contents, encoded).into_iter().collect()))
}

/// The octets of the string, and how long it is encoded; zeros may follow it.
fn value(contents: &[u8]) -> Option<(Vec<u8>, usize)> {
    let mut reader = Reader::new(contents, Rules::Ber);
    let tlv = reader.next().ok()??;
    let encoded = tlv.bytes.len();
    Some((octet_string(&tlv).ok()?.to_vec(), encoded))
}

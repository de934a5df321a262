use hsign_core::facts::{
    CertificateReference, EvidenceFacts, Reference, SignedObject, SignerIdentifier, TokenFacts,
};
use hsign_core::{Digest, DigestAlgorithm, GenTime, Octets, SignatureAlgorithm, Time};

use super::{Key, name};

/// A signed object to be made.
#[derive(Clone, Debug)]
pub struct SignedSpec<'a> {
    pub content: &'a [u8],
    pub key: &'a Key,
    pub certificate: &'a [u8],
    pub issuer: &'a str,
    pub serial: u64,
    pub algorithm: SignatureAlgorithm,
    pub digest: DigestAlgorithm,
    pub value_intact: bool,
    pub data_intact: bool,
    /// Certificates and revocation data inside, besides the signer's.
    pub evidence: EvidenceFacts,
}

pub fn signed(spec: SignedSpec<'_>) -> SignedObject {
    let octets = [b"attributes over ", spec.content].concat();
    let mut value = spec.key.sign(&octets);
    if !spec.value_intact {
        value[0] ^= 1;
    }
    let mut evidence = spec.evidence;
    evidence.certificates.insert(0, Octets(spec.certificate.to_vec()));
    SignedObject {
        signed_octets: octets.into(),
        reordered_octets: None,
        algorithm: spec.algorithm,
        value: value.into(),
        references: vec![reference("message-digest", spec.digest, spec.content, spec.data_intact)],
        signer: SignerIdentifier {
            issuer: Some(Octets(name(spec.issuer))),
            serial: Some(Octets(serial_contents(spec.serial))),
            ..SignerIdentifier::default()
        },
        certificate_references: vec![CertificateReference {
            digest: sha256_digest(spec.certificate),
            issuer: None,
            serial: None,
        }],
        evidence,
    }
}

/// A token over `covered` made at `at` (seconds since 1970).
pub fn token(
    covered: &[u8],
    imprint: DigestAlgorithm,
    intact: bool,
    at: i64,
    signed: SignedObject,
) -> TokenFacts {
    TokenFacts {
        gen_time: GenTime(Time::from_unix_seconds(at).unwrap()),
        policy: "1.2.3.4".to_owned(),
        serial: Octets(vec![1]),
        imprint: reference("message-imprint", imprint, covered, intact),
        accuracy_microseconds: Some(1_000_000),
        ordering: false,
        nonce: None,
        signed,
    }
}

fn reference(what: &str, algorithm: DigestAlgorithm, content: &[u8], intact: bool) -> Reference {
    let actual = hsign_crypto::digest(algorithm, content).unwrap();
    let expected = if intact { actual.clone() } else { hsign_crypto::digest(algorithm, b"other").unwrap() };
    Reference { name: what.to_owned(), expected, actual: Some(actual) }
}

pub fn sha256_digest(bytes: &[u8]) -> Digest {
    hsign_crypto::digest(DigestAlgorithm::Sha256, bytes).unwrap()
}

fn serial_contents(serial: u64) -> Vec<u8> {
    super::der::integer(serial)[2..].to_vec()
}

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect()
}

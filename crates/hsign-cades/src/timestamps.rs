//! Time-stamp attributes of a signer (EN 319 122-1).

use hsign_cms::{Attributes, SignerInfo};
use hsign_core::facts::{Covered, TimestampFacts, TimestampKind};
use hsign_core::{Digest, DigestAlgorithm, Finding};
use hsign_tsp::{SIGNATURE_TIMESTAMP, Token, token_facts};

type DigestOf<'a> = dyn FnMut(DigestAlgorithm) -> Option<Digest> + 'a;

const CONTENT_TIMESTAMP: &str = "1.2.840.113549.1.9.16.2.20";
/// Time stamps over more than the signature value; which octets those are is not computed here.
const ARCHIVE_TIMESTAMPS: [(&str, &str); 5] = [
    ("0.4.0.1733.2.4", "archive-time-stamp-v3"),
    ("1.2.840.113549.1.9.16.2.48", "archive-time-stamp-v2"),
    ("1.2.840.113549.1.9.16.2.27", "archive-time-stamp"),
    ("1.2.840.113549.1.9.16.2.25", "cades-c-time-stamp"),
    ("1.2.840.113549.1.9.16.2.26", "certs-crls-time-stamp"),
];

/// Every time stamp of the signer in the order found, each with the digest of what it covers.
pub(crate) fn all(
    signer: &SignerInfo,
    signature: &str,
    digest_of_content: &mut DigestOf<'_>,
) -> Vec<TimestampFacts> {
    let mut found = Vec::new();
    if let Some(attributes) = signer.signed_attributes() {
        for (name, token) in named(attributes, CONTENT_TIMESTAMP, "content-time-stamp") {
            let id = format!("{signature}/{name}");
            let covers = vec![Covered::SignedData { signature: signature.to_owned() }];
            found.push(facts(id, TimestampKind::Content, token, covers, digest_of_content));
        }
    }
    let unsigned = signer.unsigned_attributes();
    for (name, token) in named(unsigned, SIGNATURE_TIMESTAMP, "signature-time-stamp") {
        let covers = vec![Covered::SignatureValue { signature: signature.to_owned() }];
        let mut of_value = |algorithm| hsign_crypto::digest(algorithm, signer.signature()).ok();
        let id = format!("{signature}/{name}");
        found.push(facts(id, TimestampKind::Signature, token, covers, &mut of_value));
    }
    for (oid, kind) in ARCHIVE_TIMESTAMPS {
        for (name, token) in named(unsigned, oid, kind) {
            let id = format!("{signature}/{name}");
            let mut facts = facts(id, TimestampKind::Archive, token, Vec::new(), &mut |_| None);
            facts.findings.push(
                Finding::warning("timestamp-not-judged").clause("EN 319 122-1").with("attribute", kind),
            );
            found.push(facts);
        }
    }
    found
}

/// The values of one attribute type, numbered.
fn named<'a>(
    attributes: &'a Attributes,
    oid: &'a str,
    name: &'a str,
) -> impl Iterator<Item = (String, &'a [u8])> {
    attributes.values(oid).zip(1..).map(move |(token, number)| (format!("{name}-{number}"), token))
}

fn facts(
    id: String,
    kind: TimestampKind,
    token: &[u8],
    covers: Vec<Covered>,
    digest: &mut DigestOf<'_>,
) -> TimestampFacts {
    let (read, findings) = token_facts(token, digest);
    let token = Token::parse(token).map_or_else(|_| token.to_vec(), |token| token.bytes().to_vec());
    TimestampFacts { id, kind, token: token.into(), covers, read, findings }
}

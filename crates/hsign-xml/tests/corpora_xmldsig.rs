//! XML signatures of other makers: every reference, and the value with the key that the case gives. Secret keys and DSA,
//! which the library doesn't verify, are checked here with OpenSSL over the octets that the library gives.
#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::unwrap_used
)]

use std::path::Path;

use hsign_core::facts::SignedObject;
use hsign_core::ports::{SignatureValidity, SignatureVerifier};
use hsign_core::{Octets, SignatureAlgorithm};
use hsign_corpora::{Comparison, Corpus, Row};
use hsign_crypto::OpensslVerifier;
use hsign_xml::dsig::{
    Context, Manifest, NAMESPACE, NotAtHand, Resolver, Signature, TYPE_MANIFEST, base64_decode, signed_object,
};
use hsign_xml::{Document, Found, IdAttribute, Ids, Limits, Node, decode};
use openssl::bn::BigNum;
use openssl::dsa::Dsa;
use openssl::ecdsa::EcdsaSig;
use openssl::hash::MessageDigest;
use openssl::pkey::{PKey, Public};
use openssl::sign::{Signer, Verifier};

/// Files of the corpus, beside the signature or below its root.
struct Beside<'c> {
    corpus: &'c Corpus,
    folder: String,
}

impl Beside<'_> {
    fn find(&self, uri: &str) -> Option<&Vec<u8>> {
        let name = uri.split('?').next().unwrap_or(uri).trim_start_matches('/').trim_start_matches("tests/");
        let set = self.corpus.name();
        [
            format!("{set}/{}/{name}", self.folder),
            format!("{set}/{name}"),
            format!("{}/{name}", self.folder),
            name.into(),
        ]
        .iter()
        .find_map(|path| self.corpus.files().get(path))
    }
}

impl Resolver for Beside<'_> {
    fn read(&self, uri: Option<&str>, sink: &mut dyn FnMut(&[u8])) -> Result<(), NotAtHand> {
        sink(uri.and_then(|uri| self.find(uri)).ok_or(NotAtHand)?);
        Ok(())
    }
}

enum Answer {
    Intact,
    Broken(String),
    /// Named as unsupported or not at hand.
    Undecided(String),
}

fn judge(corpus: &Corpus, path: &str, pool: &[Vec<u8>]) -> Answer {
    let undecided = |reason: &dyn std::fmt::Display| Answer::Undecided(reason.to_string());
    let text = match decode(corpus.file(path)) {
        Ok(text) => text,
        Err(error) => return undecided(&error),
    };
    let limits = Limits::default();
    let document = match Document::parse(text.as_str(), &limits) {
        Ok(document) => document,
        Err(error) => return undecided(&error),
    };
    let ids = Ids::declared(&document, &IdAttribute::USUAL);
    let folder = Path::new(path).parent().and_then(Path::to_str).unwrap_or_default().to_owned();
    let beside = Beside { corpus, folder };
    let context = Context { document: &document, ids: &ids, resolver: &beside, limits: &limits };
    let node = document.elements().find(|node| node.is(NAMESPACE, "Signature")).expect("a signature");
    let signature = match Signature::read(node) {
        Ok(signature) => signature,
        Err(error) => return Answer::Broken(error.to_string()),
    };
    let facts = signed_object(&signature, &context);
    let Some(signed) = facts.signed else { return undecided(&format!("{:?}", facts.findings)) };
    if let Some(broken) = signed.references.iter().find(|reference| reference.holds() == Some(false)) {
        return Answer::Broken(broken.name.clone());
    }
    if let Some(open) = facts.references.iter().find_map(|resolved| resolved.digest.as_ref().err()) {
        return undecided(open);
    }
    for reference in signature.references.iter().filter(|one| one.kind.as_deref() == Some(TYPE_MANIFEST)) {
        manifest(&ids, reference.uri.as_deref(), &context);
    }
    let info = signature.key_info.clone().map(|info| info.with_retrieved(&ids).expect("key info"));
    let mut keys: Vec<Vec<u8>> =
        signed.evidence.certificates.iter().filter_map(|Octets(der)| key_of(der)).collect();
    if let Some(info) = &info {
        keys.extend(info.public_keys.iter().cloned());
        keys.extend(info.certificates.iter().filter_map(|der| key_of(der)));
        let retrieved = info.retrieval_methods.iter().filter_map(|(uri, _)| beside.find(uri));
        keys.extend(retrieved.filter_map(|der| key_of(der)));
    }
    if keys.is_empty() {
        keys = pool.to_vec();
    }
    value(&signature, &signed, &keys)
}

/// Its references hold as far as they can be resolved.
fn manifest<'d>(ids: &Ids<'d>, uri: Option<&str>, context: &Context<'_, 'd>) {
    let Some(Found::Element(node)) = uri.and_then(|uri| uri.strip_prefix('#')).map(|id| ids.find(id)) else {
        return;
    };
    let manifest = Manifest::read(node).expect("a manifest");
    for reference in manifest.references {
        match reference.actual(context).digest {
            Ok(digest) => assert_eq!(digest, reference.expected(), "{}", reference.name()),
            Err(reason) => println!("  manifest, {}: {reason}", reference.name()),
        }
    }
}

fn key_of(certificate: &[u8]) -> Option<Vec<u8>> {
    let certificate = openssl::x509::X509::from_der(certificate).ok()?;
    certificate.public_key().ok()?.public_key_to_der().ok()
}

/// Keys of all signatures: the suites name the same few without always giving them.
fn pool(corpus: &Corpus) -> Vec<Vec<u8>> {
    let mut keys = Vec::new();
    for bytes in corpus.files().iter().filter(|(path, _)| path.ends_with(".xml")).map(|(_, bytes)| bytes) {
        let Ok(text) = decode(bytes) else { continue };
        let Ok(document) = Document::parse(text.as_str(), &Limits::default()) else { continue };
        let Some(node) = document.elements().find(|node| node.is(NAMESPACE, "Signature")) else { continue };
        let Ok(Signature { key_info: Some(info), .. }) = Signature::read(node) else { continue };
        keys.extend(info.certificates.iter().filter_map(|der| key_of(der)));
        keys.extend(info.public_keys);
    }
    keys.sort();
    keys.dedup();
    keys
}

fn value(signature: &Signature<'_>, signed: &SignedObject, keys: &[Vec<u8>]) -> Answer {
    if let SignatureAlgorithm::Unknown(uri) = &signed.algorithm {
        let name = uri.rsplit('#').next().unwrap_or(uri);
        let right = if let Some(hash) = name.strip_prefix("hmac-") {
            hmac(signature, hash, &signed.signed_octets.0)
        } else if let Some(hash) = name.strip_prefix("dsa-") {
            dsa(signature, hash, &signed.signed_octets.0, keys)
        } else {
            None
        };
        return match right {
            Some(true) => Answer::Intact,
            Some(false) => Answer::Broken("value".to_owned()),
            None => Answer::Undecided(format!("method {uri}")),
        };
    }
    let verifier = OpensslVerifier::new();
    let check =
        |key: &Vec<u8>| verifier.verify(&signed.algorithm, key, &signed.signed_octets.0, &signed.value.0);
    let answers: Vec<SignatureValidity> = keys.iter().map(check).collect();
    if answers.contains(&SignatureValidity::Valid) {
        Answer::Intact
    } else if answers.contains(&SignatureValidity::Invalid) {
        Answer::Broken("value".to_owned())
    } else {
        Answer::Undecided("no key for it".to_owned())
    }
}

fn hmac(signature: &Signature<'_>, hash: &str, octets: &[u8]) -> Option<bool> {
    let hash = MessageDigest::from_name(hash)?;
    let matches = |key: &[u8]| {
        let key = PKey::hmac(key).expect("a key");
        let mut signer = Signer::new(hash, &key).expect("a signer");
        let whole = signer.sign_oneshot_to_vec(octets).expect("a value");
        let bits: Option<usize> =
            signature.method.output_length.as_ref().map(|bits| bits.parse().expect("bits"));
        whole[..bits.map_or(whole.len(), |bits| bits / 8)] == signature.value
    };
    // The published keys of the suites; one is in the set.
    Some([&b"secret"[..], b"testkey", b"test"].into_iter().any(matches))
}

fn dsa(signature: &Signature<'_>, hash: &str, octets: &[u8], keys: &[Vec<u8>]) -> Option<bool> {
    let hash = MessageDigest::from_name(hash)?;
    let (r, s) = signature.value.split_at(signature.value.len() / 2);
    let (r, s) = (BigNum::from_slice(r).ok()?, BigNum::from_slice(s).ok()?);
    // A pair of integers, as ECDSA's.
    let value = EcdsaSig::from_private_components(r, s).ok()?.to_der().ok()?;
    let mut candidates: Vec<PKey<Public>> =
        keys.iter().filter_map(|key| PKey::public_key_from_der(key).ok()).collect();
    candidates.extend(signature.key_info.as_ref().and_then(|info| dsa_key_value(info.node)));
    let checks = candidates
        .iter()
        .filter_map(|key| Verifier::new(hash, key).ok()?.verify_oneshot(&value, octets).ok());
    checks.reduce(|one, other| one || other)
}

fn dsa_key_value(info: Node<'_>) -> Option<PKey<Public>> {
    let value = info.path(NAMESPACE, &["KeyValue", "DSAKeyValue"])?;
    let number = |name| BigNum::from_slice(&base64_decode(&value.child(NAMESPACE, name)?.text()).ok()?).ok();
    let dsa = Dsa::from_public_components(number("P")?, number("Q")?, number("G")?, number("Y")?).ok()?;
    PKey::from_dsa(dsa).ok()
}

/// A file that the set calls valid under other options is intact: what decides there is trust, time or the permitted
/// kinds of keys, which other crates judge.
fn is_about_integrity(row: &Row, rows: &[Row]) -> bool {
    let intact_elsewhere =
        |other: &Row| other.get("path") == row.get("path") && other.get("expected") == "valid";
    row.get("expected") == "valid" || !rows.iter().any(intact_elsewhere)
}

/// What the library names instead of carrying out, or what the set doesn't contain.
fn is_known_gap(reason: &str) -> bool {
    const GAPS: [&str; 9] = [
        "a DOCTYPE is not accepted",
        "the referenced data is not at hand",
        "digest method http://www.w3.org/2001/04/xmlenc#ripemd160 is not supported",
        "digest method http://www.w3.org/2007/05/xmldsig-more#sha3-224 is not supported",
        "transform http://www.w3.org/TR/1999/REC-xslt-19991116 is not supported",
        "transform http://schemas.openxmlformats.org/package/2006/RelationshipTransform is not supported",
        "method http://www.w3.org/2021/04/xmldsig-more#eddsa-ed25519ctx",
        "method http://www.w3.org/2021/04/xmldsig-more#eddsa-ed25519ph",
        "no key for it",
    ];
    GAPS.contains(&reason)
}

#[test]
fn conformance_xmldsig() {
    let Some(corpus) = Corpus::open("xmldsig") else { return };
    let pool = pool(&corpus);
    let mut comparison = Comparison::new("xmldsig");
    for row in corpus.rows().iter().filter(|row| is_about_integrity(row, corpus.rows())) {
        let (path, expected) = (row.get("path"), row.get("expected"));
        // The rest are octets, compared elsewhere, and a secret key that only a private key opens.
        if !matches!(expected, "valid" | "invalid") || row.get("key_data").contains("ml-kem") {
            continue;
        }
        match (expected, judge(&corpus, path, &pool)) {
            ("valid", Answer::Intact) | ("invalid", Answer::Broken(_) | Answer::Undecided(_)) => {
                comparison.agree(path)
            }
            ("invalid", Answer::Intact) => comparison.false_accept(path, "intact"),
            (_, Answer::Undecided(reason)) if is_known_gap(&reason) => {
                comparison.leave_out(path, reason);
            }
            (_, Answer::Broken(detail) | Answer::Undecided(detail)) => comparison.differ(path, detail),
            (_, Answer::Intact) => comparison.agree(path),
        }
    }
    comparison.finish();
}

//! Levels B-LT and B-LTA, renewal, further signers: what we add, and that nothing else moves.
#![allow(clippy::disallowed_methods, clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use hsign_cades::{Draft, Error, Options, read_facts};
use hsign_core::facts::{Covered, DocumentFacts, EvidenceFacts, Level, SignatureFacts, TimestampFacts};
use hsign_core::{DigestAlgorithm, Severity, Source};
use hsign_testkit::Person;
use support::{CONTENT, evidence, signed, stamp_for, verifies};

const PEOPLE: [Person; 2] = [Person::Doctor, Person::DoctorP256];

fn detached(person: Person) -> Vec<u8> {
    signed(person, DigestAlgorithm::Sha256, &Options::default())
}

fn content() -> Vec<u8> {
    CONTENT.to_vec()
}

fn sha256() -> hsign_core::Digest {
    hsign_crypto::digest(DigestAlgorithm::Sha256, CONTENT).unwrap()
}

fn add_signature_stamp(draft: &mut Draft<'_>, id: &str) {
    let value = draft.signature_value(id).unwrap();
    let imprint = hsign_crypto::digest(DigestAlgorithm::Sha256, &value).unwrap();
    draft.add_signature_timestamp(id, &stamp_for(&imprint, 0)).unwrap();
}

fn add_archive_stamp(draft: &mut Draft<'_>, id: &str, algorithm: DigestAlgorithm, later: i64) {
    let imprint = draft.archive_imprint(id, algorithm).unwrap();
    draft.add_archive_timestamp(id, &stamp_for(&imprint, later)).unwrap();
}

fn lasting(draft: &mut Draft<'_>, id: &str) {
    add_signature_stamp(draft, id);
    draft.add_evidence(id, &evidence()).unwrap();
    add_archive_stamp(draft, id, DigestAlgorithm::Sha256, 60);
}

fn archive_stamps(signature: &SignatureFacts) -> Vec<&TimestampFacts> {
    signature.timestamps.iter().filter(|stamp| stamp.id.contains("archive-time-stamp")).collect()
}

/// Every imprint holds and nothing is wrong with any time stamp.
fn all_hold(facts: &DocumentFacts) -> bool {
    let stamps = facts.signatures.iter().flat_map(|signature| &signature.timestamps);
    stamps.into_iter().all(|stamp| {
        stamp.read.as_ref().is_some_and(|read| read.imprint.holds() == Some(true))
            && stamp.findings.iter().all(|finding| finding.severity < Severity::Error)
    })
}

fn covers(stamp: &TimestampFacts, bytes: &[u8]) -> bool {
    let digest = hsign_crypto::digest(DigestAlgorithm::Sha256, bytes).unwrap();
    stamp.covers.contains(&Covered::Evidence { digest })
}

/// What OpenSSL says of a signature, with the root of the test PKI and at its time.
fn accepted_by_openssl(cms: &[u8], beside: Option<&[u8]>) -> Option<bool> {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, bytes: &[u8]| std::fs::write(folder.path().join(name), bytes).unwrap();
    write("cms", cms);
    write("chain", support::PKI.person(Person::Doctor).chain_pem().as_bytes());
    let content = match beside {
        Some(content) => {
            write("content", content);
            " -content content"
        }
        None => "",
    };
    let now = support::NOW;
    let command = format!(
        "cms -verify -cades -binary -purpose any -attime {now} -CAfile chain -inform DER -in cms -out out{content}"
    );
    let output = support::openssl(folder.path(), &command)?;
    let out = std::fs::read(folder.path().join("out")).unwrap_or_default();
    Some(output.status.success() && out == CONTENT)
}

#[test]
fn b_lt_and_b_lta_are_told_by_what_is_there() {
    let content = content();
    for person in PEOPLE {
        let mut draft = Draft::beside(&detached(person), &content, &[sha256()]).unwrap();
        assert_eq!(draft.facts().unwrap().signatures[0].level, Level::BB);
        add_signature_stamp(&mut draft, "Signature1");
        assert_eq!(draft.facts().unwrap().signatures[0].level, Level::BT);
        assert!(draft.add_evidence("Signature1", &evidence()).unwrap());
        assert!(!draft.add_evidence("Signature1", &evidence()).unwrap(), "nothing is added twice");
        assert_eq!(draft.facts().unwrap().signatures[0].level, Level::BLt);
        // RFC 5652 §5.1: other revocation information makes it version 5.
        assert_eq!(hsign_cms::SignedData::parse(&draft.to_vec().unwrap()).unwrap().version(), 5);
        add_archive_stamp(&mut draft, "Signature1", DigestAlgorithm::Sha512, 60);
        let bytes = draft.to_vec().unwrap();
        let facts = read_facts(&bytes, Some(&content)).unwrap();
        assert_eq!(facts.signatures[0].level, Level::BLta);
        assert!(all_hold(&facts), "{facts:#?}");
        assert!(verifies(facts.signatures[0].signed.as_ref().unwrap(), person));
        assert_ne!(accepted_by_openssl(&bytes, Some(CONTENT)), Some(false));
    }
}

#[test]
fn an_archive_time_stamp_covers_by_name_what_its_index_names() {
    let content = content();
    let mut draft = Draft::beside(&detached(Person::Doctor), &content, &[]).unwrap();
    lasting(&mut draft, "Signature1");
    let bytes = draft.to_vec().unwrap();
    let later =
        EvidenceFacts { crls: vec![b"\x30\x03\x02\x01\x07".to_vec().into()], ..EvidenceFacts::default() };
    let (mut draft, before) = Draft::open(&bytes, Some(&content)).unwrap();
    assert!(all_hold(&before));
    draft.add_evidence("Signature1", &later).unwrap();
    let facts = draft.facts().unwrap();
    let [stamp] = archive_stamps(&facts.signatures[0])[..] else { panic!("one archive time stamp") };
    let evidence = evidence();
    assert!(stamp.covers.contains(&Covered::SignatureValue { signature: "Signature1".to_owned() }));
    let first = "Signature1/signature-time-stamp-1".to_owned();
    assert!(stamp.covers.contains(&Covered::Timestamp { timestamp: first }));
    assert!(evidence.certificates.iter().all(|one| covers(stamp, one.as_slice())));
    assert!(covers(stamp, evidence.crls[0].as_slice()));
    assert!(covers(stamp, evidence.ocsp_responses[0].as_slice()));
    assert!(!covers(stamp, later.crls[0].as_slice()), "came later");
    assert!(all_hold(&facts), "what came later doesn't hurt");
}

#[test]
fn renewal_covers_the_former_time_stamp_and_its_evidence() {
    let content = content();
    let mut draft = Draft::beside(&detached(Person::Doctor), &content, &[]).unwrap();
    lasting(&mut draft, "Signature1");
    let bytes = draft.to_vec().unwrap();
    let (mut draft, _) = Draft::open(&bytes, Some(&content)).unwrap();
    let newer = support::PKI.crl(hsign_testkit::CrlName::Signature, support::NOW + 86_400).unwrap();
    let newer = EvidenceFacts { crls: vec![newer.into()], ..EvidenceFacts::default() };
    assert!(draft.add_evidence("Signature1", &newer).unwrap());
    add_archive_stamp(&mut draft, "Signature1", DigestAlgorithm::Sha384, 90_000);
    let renewed = draft.to_vec().unwrap();
    let facts = read_facts(&renewed, Some(&content)).unwrap();
    assert!(all_hold(&facts), "{:#?}", facts.signatures[0].timestamps);
    let stamps = archive_stamps(&facts.signatures[0]);
    let former = Covered::Timestamp { timestamp: stamps[0].id.clone() };
    assert_eq!(stamps.len(), 2);
    assert!(stamps[1].covers.contains(&former) && !stamps[0].covers.contains(&former));
    assert!(covers(stamps[1], newer.crls[0].as_slice()));
    assert_ne!(accepted_by_openssl(&renewed, Some(CONTENT)), Some(false));
}

#[test]
fn enveloping_takes_its_content_by_reference() {
    let content = content();
    let mut draft = Draft::around(&detached(Person::DoctorP256), &content, &[sha256()]).unwrap();
    lasting(&mut draft, "Signature1");
    let bytes = draft.to_vec().unwrap();
    assert_eq!(hsign_asn1::normalise_to_der(&bytes).unwrap().len(), bytes.len());
    let facts = read_facts(&bytes, None).unwrap();
    assert!(all_hold(&facts));
    assert_eq!(facts.signatures[0].level, Level::BLta);
    assert_ne!(accepted_by_openssl(&bytes, None), Some(false));
    let mut written = Vec::new();
    draft
        .write_to(&mut |part| {
            written.extend_from_slice(part);
            Ok(())
        })
        .unwrap();
    assert_eq!(written, bytes);
    assert_eq!(draft.length(), bytes.len() as u64);
}

#[test]
fn further_signers_stand_behind_the_others_and_last_each_by_himself() {
    let content = content();
    for enveloping in [false, true] {
        let first = detached(Person::Doctor);
        let mut draft = match enveloping {
            true => Draft::around(&first, &content, &[]).unwrap(),
            false => Draft::beside(&first, &content, &[]).unwrap(),
        };
        lasting(&mut draft, "Signature1");
        let second = signed(Person::DoctorP384, DigestAlgorithm::Sha384, &Options::default());
        assert_eq!(draft.add_signers_of(&second).unwrap(), ["Signature2"]);
        lasting(&mut draft, "Signature2");
        let bytes = draft.to_vec().unwrap();
        let facts = read_facts(&bytes, (!enveloping).then_some(&content as &dyn Source)).unwrap();
        assert!(all_hold(&facts), "{facts:#?}");
        let levels: Vec<_> = facts.signatures.iter().map(|one| (one.id.as_str(), one.level)).collect();
        assert_eq!(levels, [("Signature1", Level::BLta), ("Signature2", Level::BLta)]);
        for (signature, person) in facts.signatures.iter().zip([Person::Doctor, Person::DoctorP384]) {
            assert!(verifies(signature.signed.as_ref().unwrap(), person));
        }
        assert_ne!(accepted_by_openssl(&bytes, (!enveloping).then_some(CONTENT)), Some(false));
    }
}

#[test]
fn ber_stays_ber_while_things_are_added() {
    let content = content();
    let der = Draft::around(&detached(Person::Doctor), &content, &[]).unwrap().to_vec().unwrap();
    let ber = support::in_ber(&der, 7);
    let before = read_facts(&ber, None).unwrap();
    assert_eq!(before.signatures[0].signed, read_facts(&der, None).unwrap().signatures[0].signed);
    let (mut draft, _) = Draft::open(&ber, None).unwrap();
    let second = signed(Person::DoctorP384, DigestAlgorithm::Sha384, &Options::default());
    draft.add_signers_of(&second).unwrap();
    lasting(&mut draft, "Signature2");
    lasting(&mut draft, "Signature1");
    let bytes = draft.to_vec().unwrap();
    let at = ber.windows(2).position(|window| window == [0x24, 0x80]).unwrap();
    let grown = bytes.windows(2).position(|window| window == [0x24, 0x80]).unwrap();
    let pieces = CONTENT.len() + 2 * CONTENT.len().div_ceil(7) + 4;
    assert_eq!(bytes[grown..grown + pieces], ber[at..at + pieces]);
    let facts = read_facts(&bytes, None).unwrap();
    assert!(all_hold(&facts), "{facts:#?}");
    assert_ne!(accepted_by_openssl(&bytes, None), Some(false));
}

#[test]
fn a_stamp_over_something_else_is_not_added() {
    let content = content();
    let mut draft = Draft::beside(&detached(Person::Doctor), &content, &[]).unwrap();
    let imprint = draft.archive_imprint("Signature1", DigestAlgorithm::Sha256).unwrap();
    draft.add_evidence("Signature1", &evidence()).unwrap();
    let result = draft.add_archive_timestamp("Signature1", &stamp_for(&imprint, 0));
    assert!(matches!(result, Err(Error::OtherImprint)));
    assert!(matches!(draft.signature_value("Signature2"), Err(Error::NoSuchSignature(_))));
}

#[test]
fn without_its_content_nothing_is_archived() {
    let content = content();
    let bytes = Draft::beside(&detached(Person::Doctor), &content, &[]).unwrap().to_vec().unwrap();
    let (draft, facts) = Draft::open(&bytes, None).unwrap();
    assert_eq!(facts.signatures[0].signed.as_ref().unwrap().references[0].holds(), None);
    let result = draft.archive_imprint("Signature1", DigestAlgorithm::Sha256);
    assert!(matches!(result, Err(Error::NoContent)));
}

#[test]
fn content_larger_than_any_window_is_hashed_beside_the_whole() {
    let content: Vec<u8> = (0..3_000_000_u32).map(|number| number.to_le_bytes()[1]).collect();
    let digest = hsign_crypto::digest(DigestAlgorithm::Sha256, &content).unwrap();
    let certificate = support::PKI.person(Person::Doctor).certificate_der();
    let to_be_signed = hsign_cades::baseline_b(&digest, certificate, &Options::default()).unwrap();
    let cms = hsign_cades::assemble(&hsign_cades::Signed {
        to_be_signed: &to_be_signed,
        algorithm: &support::algorithm(Person::Doctor, DigestAlgorithm::Sha256),
        value: &support::sign(Person::Doctor, DigestAlgorithm::Sha256, &to_be_signed.signed_attributes),
        signer_certificate: certificate,
        certificates: &[],
        content: None,
    })
    .unwrap();
    let der = Draft::around(&cms, &content, &[]).unwrap().to_vec().unwrap();
    for mut bytes in [support::in_ber(&der, 1000), der] {
        let facts = read_facts(&bytes, None).unwrap();
        assert_eq!(facts.digests, [hsign_crypto::digest(DigestAlgorithm::Sha256, &bytes).unwrap()]);
        assert_eq!(facts.signatures[0].signed.as_ref().unwrap().references[0].holds(), Some(true));
        let cut = bytes[..2_000_000].to_vec();
        assert!(read_facts(&cut, None).is_err());
        bytes[2_000_003] ^= 0x10;
        let changed = read_facts(&bytes, None);
        // The octet of a length breaks the structure, any other the digest.
        let holds = |facts: DocumentFacts| facts.signatures[0].signed.as_ref().unwrap().references[0].holds();
        assert!(changed.map_or(true, |facts| holds(facts) == Some(false)));
    }
}

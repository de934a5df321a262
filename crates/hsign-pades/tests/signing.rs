//! Documents we sign: read back, and judged by OpenSSL, pdfsig and qpdf where they are installed.
#![allow(clippy::disallowed_methods, clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use std::process::Command;

use hsign_cades::Options;
use hsign_core::facts::{
    Coverage, Covered, DocumentFormat, Level, ModificationVerdict, Modifications, SignatureFacts,
    TimestampKind,
};
use hsign_core::{ClaimedSigningTime, DigestAlgorithm};
use hsign_pades::{Error, Request, prepare};
use hsign_testkit::{Person, Unit, documents};
use support::{PKI, codes, facts, holds, now, request, signed, signed_and_stamped, stamped};

#[test]
fn b_b_is_read_back_as_it_was_made() {
    for (name, document) in documents::all().unwrap() {
        for person in [Person::Pharmacist, Person::DoctorRsa3072, Person::DoctorP256, Person::DoctorP384] {
            let result = signed(&document, person);
            assert!(result.starts_with(&document), "{name}: every byte stays");
            let facts = facts(&result);
            assert_eq!((facts.format, facts.length), (DocumentFormat::Pades, result.len() as u64));
            assert_eq!(facts.digests, [hsign_crypto::digest(DigestAlgorithm::Sha256, &result).unwrap()]);
            assert_eq!((facts.findings, facts.timestamps), (vec![], vec![]));
            let [signature] = facts.signatures.try_into().unwrap();
            assert_eq!(codes(&signature), [""; 0], "{name}");
            assert_eq!(signature.level, Level::BB);
            assert_eq!(signature.coverage, Coverage::WholeDocument);
            assert_eq!(signature.modifications, Some(Modifications::default()));
            assert_eq!(signature.claimed_signing_time, Some(ClaimedSigningTime(now())));
            assert!(holds(&signature.signed.unwrap(), PKI.person(person).certificate_der()), "{name}");
        }
    }
}

#[test]
fn b_t_has_a_stamp_over_the_signature_value() {
    let result = signed_and_stamped(&documents::referral_letter().unwrap(), Person::Doctor);
    let [signature] = facts(&result).signatures.try_into().unwrap();
    assert_eq!((signature.level, codes(&signature)), (Level::BT, vec![]));
    assert!(holds(signature.signed.as_ref().unwrap(), PKI.person(Person::Doctor).certificate_der()));
    let [timestamp] = signature.timestamps.try_into().unwrap();
    assert_eq!(timestamp.kind, TimestampKind::Signature);
    assert_eq!(timestamp.covers, [Covered::SignatureValue { signature: signature.id }]);
    assert_eq!(timestamp.findings, []);
    let read = timestamp.read.unwrap();
    assert_eq!(read.imprint.holds(), Some(true));
    assert_eq!(read.gen_time.0, now());
    assert!(holds(&read.signed, PKI.unit(Unit::Tsa).certificate_der()));
}

fn later(signature: &SignatureFacts) -> (u32, ModificationVerdict) {
    let modifications = signature.modifications.as_ref().unwrap();
    (modifications.revisions, modifications.verdict())
}

#[test]
fn a_second_signature_and_a_document_time_stamp_leave_the_first_intact() {
    let first = signed_and_stamped(&documents::scanned_prescription().unwrap(), Person::Doctor);
    let second = signed(&first, Person::Pharmacist);
    let third = stamped(&second);
    let facts = facts(&third);
    let [doctor, pharmacist] = facts.signatures.try_into().unwrap();
    assert!(holds(doctor.signed.as_ref().unwrap(), PKI.person(Person::Doctor).certificate_der()));
    assert!(holds(pharmacist.signed.as_ref().unwrap(), PKI.person(Person::Pharmacist).certificate_der()));
    assert_eq!((doctor.coverage, pharmacist.coverage), (Coverage::WholeRevision, Coverage::WholeRevision));
    assert_eq!(later(&doctor), (2, ModificationVerdict::Permitted));
    assert_eq!(later(&pharmacist), (1, ModificationVerdict::Permitted));
    assert_eq!(pharmacist.level, Level::BT, "the document time stamp proves its time too");
    assert_ne!(doctor.id, pharmacist.id);

    let [timestamp] = facts.timestamps.try_into().unwrap();
    assert_eq!(timestamp.kind, TimestampKind::Document);
    assert_eq!(
        timestamp.covers,
        [
            Covered::DocumentPrefix { length: third.len() as u64 },
            Covered::SignatureValue { signature: doctor.id },
            Covered::Timestamp { timestamp: doctor.timestamps[0].id.clone() },
            Covered::SignatureValue { signature: pharmacist.id },
        ]
    );
    assert_eq!(timestamp.findings, []);
    let read = timestamp.read.unwrap();
    assert_eq!(read.imprint.expected.algorithm, DigestAlgorithm::Sha512);
    assert_eq!(read.imprint.holds(), Some(true));
}

#[test]
fn a_place_too_small_says_what_is_needed() {
    let document = documents::referral_letter().unwrap();
    let small = Request { contents_size: 100, ..request(Person::Doctor) };
    let prepared = prepare(&document, &small).unwrap();
    let cms = support::cms(&prepared, Person::Doctor, DigestAlgorithm::Sha256, &Options::default());
    match prepared.embed(&cms) {
        Err(Error::ContentsTooSmall { needed, reserved }) => {
            assert_eq!((needed, reserved), (cms.len(), 100));
            let again = prepare(&document, &Request { contents_size: needed, ..small }).unwrap();
            let cms = support::cms(&again, Person::Doctor, DigestAlgorithm::Sha256, &Options::default());
            assert_eq!(cms.len(), needed, "RSA: the same size again");
            let result = [document.clone(), again.embed(&cms).unwrap()].concat();
            assert!(holds(
                facts(&result).signatures[0].signed.as_ref().unwrap(),
                PKI.person(Person::Doctor).certificate_der()
            ));
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_estimate_is_enough_and_not_wasteful() {
    for person in [Person::Doctor, Person::DoctorRsa3072, Person::DoctorP384] {
        let document = documents::referral_letter().unwrap();
        let identity = PKI.person(person);
        let size = hsign_pades::contents_size(identity.certificate_der(), identity.chain_der(), 0);
        let prepared = prepare(&document, &Request { contents_size: size, ..request(person) }).unwrap();
        let cms = support::cms(&prepared, person, DigestAlgorithm::Sha512, &Options::default());
        assert!(cms.len() <= size && size < cms.len() + 4_096, "{} of {size}", cms.len());
    }
}

#[test]
fn a_document_without_signature_says_so() {
    let facts = facts(&documents::referral_letter().unwrap());
    assert_eq!(facts.format, DocumentFormat::None);
    assert!(facts.signatures.is_empty() && facts.digests.len() == 1);
}

/// Output of a command on the files given; `None` where it isn't installed.
fn run(program: &str, arguments: &str, files: &[(&str, &[u8])]) -> Option<(bool, String)> {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in files {
        std::fs::write(folder.path().join(name), bytes).unwrap();
    }
    let Ok(output) = Command::new(program).args(arguments.split(' ')).current_dir(folder.path()).output()
    else {
        assert!(std::env::var_os("REQUIRE_ALL").is_none_or(|value| value != "1"), "{program} is required");
        return None;
    };
    let text = [output.stdout, output.stderr].concat();
    Some((output.status.success(), String::from_utf8_lossy(&text).into_owned()))
}

#[test]
fn openssl_accepts_the_cms_over_the_byte_range() {
    let document = documents::scanned_prescription().unwrap();
    let prepared = prepare(&document, &request(Person::Pharmacist)).unwrap();
    let cms = support::cms(&prepared, Person::Pharmacist, DigestAlgorithm::Sha256, &Options::default());
    let result = [document.as_slice(), &prepared.embed(&cms).unwrap()].concat();
    let hole = result.windows(10).position(|window| window == b"/Contents<").map_or_else(
        || result.windows(11).position(|window| window == b"/Contents <").unwrap() + 10,
        |at| at + 9,
    );
    let end = hole + result[hole..].iter().position(|byte| *byte == b'>').unwrap() + 1;
    let content = [&result[..hole], &result[end..]].concat();
    let verify = format!(
        "cms -verify -cades -binary -purpose any -attime {} -CAfile chain -inform DER -in cms -content content -out out",
        support::NOW
    );
    let chain = PKI.person(Person::Pharmacist).chain_pem();
    let files = [("cms", cms.as_slice()), ("content", &content), ("chain", chain.as_bytes())];
    if let Some((accepted, said)) = run("openssl", &verify, &files) {
        assert!(accepted, "{said}");
    }
}

#[test]
fn pdfsig_finds_every_signature_valid() {
    let first =
        signed_and_stamped(&documents::referral_letter_with_object_streams().unwrap(), Person::Doctor);
    let both = signed(&first, Person::DoctorP256);
    if let Some((_, said)) = run("pdfsig", "-nocert signed.pdf", &[("signed.pdf", &both)]) {
        assert_eq!(said.matches("Signature is Valid.").count(), 2, "{said}");
        assert_eq!(said.matches("ETSI.CAdES.detached").count(), 2, "{said}");
    }
}

#[test]
fn qpdf_has_nothing_to_say() {
    for (name, document) in documents::all().unwrap() {
        let result = stamped(&signed_and_stamped(&document, Person::Pharmacist));
        if let Some((clean, said)) = run("qpdf", "--check signed.pdf", &[("signed.pdf", &result)]) {
            assert!(clean, "{name}: {said}");
        }
    }
}

//! Signatures that somebody moved, swapped, or disguised: never whole, always told.
#![allow(clippy::disallowed_methods, clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use hsign_asn1::{Reader, Rules, Tag, Tlv, encode};
use hsign_cades::{Draft, Options, read_facts};
use hsign_cms::{Growing, SignedData, add_unsigned_attribute, attributes, build, oid};
use hsign_core::facts::{Covered, DocumentFacts, EvidenceFacts, SignatureFacts, TimestampFacts};
use hsign_core::{DigestAlgorithm, SignatureAlgorithm, Source};
use hsign_testkit::Person;
use support::{CONTENT, PKI, evidence, signed, stamp, stamp_for, verifies};

const V2: &str = "1.2.840.113549.1.9.16.2.48";
const V3: &str = "0.4.0.1733.2.4";
const INDEX: &str = "0.4.0.19122.1.5";
const SHA256: DigestAlgorithm = DigestAlgorithm::Sha256;

fn detached(person: Person) -> Vec<u8> {
    signed(person, SHA256, &Options::default())
}

fn content() -> Vec<u8> {
    CONTENT.to_vec()
}

/// Two signers, each with a signature time stamp, evidence and an archive time stamp.
fn lasting() -> Vec<u8> {
    let content = content();
    let mut draft = Draft::beside(&detached(Person::DoctorP256), &content, &[]).unwrap();
    draft.add_signers_of(&detached(Person::Doctor)).unwrap();
    draft.add_evidence("Signature1", &evidence()).unwrap();
    for id in ["Signature1", "Signature2"] {
        let value = draft.signature_value(id).unwrap();
        draft.add_signature_timestamp(id, &stamp(&value)).unwrap();
        let imprint = draft.archive_imprint(id, SHA256).unwrap();
        draft.add_archive_timestamp(id, &stamp_for(&imprint, 60)).unwrap();
    }
    draft.to_vec().unwrap()
}

fn facts(cms: &[u8]) -> DocumentFacts {
    let content = content();
    read_facts(&cms.to_vec(), Some(&content)).unwrap()
}

fn stamp_named<'f>(signature: &'f SignatureFacts, name: &str) -> &'f TimestampFacts {
    signature.timestamps.iter().find(|stamp| stamp.id.contains(name)).unwrap()
}

fn imprint_holds(stamp: &TimestampFacts) -> Option<bool> {
    stamp.read.as_ref().unwrap().imprint.holds()
}

fn codes(stamp: &TimestampFacts) -> Vec<&str> {
    stamp.findings.iter().map(|finding| finding.code.as_str()).collect()
}

fn signature_codes(signature: &SignatureFacts) -> Vec<&str> {
    signature.findings.iter().map(|finding| finding.code.as_str()).collect()
}

/// The value of a signer's first unsigned attribute of a type.
fn unsigned_value(cms: &[u8], signer: usize, oid: &str) -> Vec<u8> {
    let signed_data = SignedData::parse(cms).unwrap();
    signed_data.signers()[signer].unsigned_attributes().values(oid).next().unwrap().to_vec()
}

#[test]
fn time_stamps_moved_to_another_signer_do_not_hold_there() {
    let cms = lasting();
    for (oid, name) in
        [(hsign_tsp::SIGNATURE_TIMESTAMP, "signature-time-stamp-2"), (V3, "archive-time-stamp-v3-2")]
    {
        let moved = attributes::attribute(oid, &unsigned_value(&cms, 0, oid)).unwrap();
        let facts = facts(&add_unsigned_attribute(&cms, 1, &moved).unwrap());
        assert_eq!(imprint_holds(stamp_named(&facts.signatures[1], name)), Some(false), "{name}");
        assert!(facts.signatures[0].timestamps.iter().all(|stamp| imprint_holds(stamp) == Some(true)));
    }
}

/// The document with one of its sets rewritten.
fn with_set(cms: &[u8], number: u32, rewrite: impl Fn(Vec<Vec<u8>>) -> Vec<Vec<u8>>) -> Vec<u8> {
    let outer = Reader::new(cms, Rules::Der).expect(Tag::SEQUENCE).unwrap();
    let mut fields = outer.reader().unwrap();
    let kind = fields.any().unwrap().bytes;
    let mut parts = Vec::new();
    let mut inside = fields.any().unwrap().only(Tag::SEQUENCE).unwrap().reader().unwrap();
    while let Some(field) = inside.next().unwrap() {
        parts.push(match field.tag == Tag::context(number, true) {
            true => encode::implicit_constructed(number, &rewrite(elements(&field)).concat()),
            false => field.bytes.to_vec(),
        });
    }
    let parts: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
    encode::sequence(&[kind, &encode::explicit(0, &encode::sequence(&parts))])
}

fn elements(set: &Tlv<'_>) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    let mut reader = set.reader().unwrap();
    while let Some(element) = reader.next().unwrap() {
        found.push(element.bytes.to_vec());
    }
    found
}

#[test]
fn an_index_that_names_what_is_not_there_makes_the_stamp_worthless() {
    let cms = lasting();
    let other_crl = PKI.crl(hsign_testkit::CrlName::Authentication, support::NOW).unwrap();
    let without_certificate = with_set(&cms, 0, |mut set| {
        set.pop();
        set
    });
    let swapped_crl = with_set(&cms, 1, |_| vec![other_crl.clone()]);
    for (changed, set) in [(without_certificate, "certificates"), (swapped_crl, "crls")] {
        for signature in facts(&changed).signatures {
            let stamp = stamp_named(&signature, "v3");
            assert_eq!(codes(stamp), ["archive-timestamp-index-unmatched"]);
            assert_eq!(stamp.findings[0].values["set"], set);
            let stranger = hsign_crypto::digest(SHA256, &other_crl).unwrap();
            assert!(!stamp.covers.contains(&Covered::Evidence { digest: stranger }));
        }
    }
}

#[test]
fn a_stamped_attribute_that_was_changed_is_missed() {
    let cms = lasting();
    let first = unsigned_value(&cms, 0, hsign_tsp::SIGNATURE_TIMESTAMP);
    let bytes = cms.clone();
    let mut growing = Growing::open(&bytes).unwrap();
    // The same token with something of its own added, which its signature doesn't notice.
    let changed =
        add_unsigned_attribute(&first, 0, &attributes::attribute("1.2.3", &encode::null()).unwrap()).unwrap();
    growing.replace_unsigned_value(0, 0, 0, &changed).unwrap();
    let facts = facts(&growing.to_vec().unwrap());
    let stamp = stamp_named(&facts.signatures[0], "v3");
    assert_eq!(codes(stamp), ["archive-timestamp-index-unmatched"]);
    assert!(!stamp.covers.iter().any(|covered| matches!(covered, Covered::Timestamp { .. })));
}

/// The document with the index inside the first signer's archive time stamp replaced by others.
fn with_indexes(cms: &[u8], indexes: &[Vec<u8>]) -> Vec<u8> {
    let token = unsigned_value(cms, 0, V3);
    let bytes = token.clone();
    let mut bare = Growing::open(&bytes).unwrap();
    let signed_data = SignedData::parse(&token).unwrap();
    let attributes = signed_data.signers()[0].unsigned_attributes().all().to_vec();
    bare.keep_unsigned_attributes(0, &|position| attributes[position].oid != INDEX).unwrap();
    for index in indexes {
        bare.add_unsigned_attribute(0, &attributes::attribute(INDEX, index).unwrap()).unwrap();
    }
    let document = cms.to_vec();
    let mut growing = Growing::open(&document).unwrap();
    growing.replace_unsigned_value(0, 1, 0, &bare.to_vec().unwrap()).unwrap();
    growing.to_vec().unwrap()
}

fn index_of(cms: &[u8]) -> Vec<u8> {
    unsigned_value(&unsigned_value(cms, 0, V3), 0, INDEX)
}

#[test]
fn the_index_is_stamped_and_stands_there_once() {
    let cms = lasting();
    let index = index_of(&cms);
    let same = facts(&with_indexes(&cms, std::slice::from_ref(&index)));
    assert_eq!(
        imprint_holds(stamp_named(&same.signatures[0], "v3")),
        Some(true),
        "the rewriting itself is harmless"
    );

    let none = facts(&with_indexes(&cms, &[]));
    let stamp = stamp_named(&none.signatures[0], "v3");
    assert_eq!((codes(stamp), imprint_holds(stamp)), (vec!["archive-timestamp-index-missing"], None));
    assert_eq!(stamp.covers, []);

    let two = facts(&with_indexes(&cms, &[index.clone(), index.clone()]));
    assert_eq!(codes(stamp_named(&two.signatures[0], "v3")), ["archive-timestamp-index-several"]);

    let fields = Reader::new(&index, Rules::Der).expect(Tag::SEQUENCE).unwrap();
    let lists = elements(&fields);
    let empty = encode::sequence(&[]);
    let shorter = encode::sequence(&[&lists[0], &empty, &empty, &empty]);
    let shorter = facts(&with_indexes(&cms, &[shorter]));
    assert_eq!(imprint_holds(stamp_named(&shorter.signatures[0], "v3")), Some(false));

    let weak = hsign_x509::digest_algorithm_to_der(DigestAlgorithm::Sha1);
    let weak = encode::sequence(&[&weak, &lists[1], &lists[2], &lists[3]]);
    let weak = facts(&with_indexes(&cms, &[weak]));
    let stamp = stamp_named(&weak.signatures[0], "v3");
    assert!(
        codes(stamp).contains(&"archive-timestamp-index-algorithm") && imprint_holds(stamp) == Some(false)
    );
}

#[test]
fn an_entry_that_stands_twice_proves_nothing_more() {
    let content = content();
    let cms = lasting();
    let doubled: Vec<u8> = {
        let fields =
            Reader::new(&index_of(&cms), Rules::Der).expect(Tag::SEQUENCE).map(|f| elements(&f)).unwrap();
        let list = Reader::new(&fields[1], Rules::Der).any().unwrap().contents.to_vec();
        let twice = encode::tlv(0x30, &[&list[..], &list].concat());
        encode::sequence(&[&fields[0], &twice, &fields[2], &fields[3]])
    };
    let facts = read_facts(&with_indexes(&cms, &[doubled]), Some(&content)).unwrap();
    let stamp = stamp_named(&facts.signatures[0], "v3");
    assert_eq!(codes(stamp), ["archive-timestamp-index-repeated"]);
    assert_eq!(imprint_holds(stamp), Some(false), "nobody stamped that index");
}

/// A SignerInfo over a signature value (RFC 5652 §11.4).
fn countersignature(person: Person, value: &[u8]) -> Vec<u8> {
    let certificate = PKI.person(person).certificate_der();
    let reference = hsign_crypto::digest(SHA256, certificate).unwrap();
    let set = [
        attributes::message_digest(&hsign_crypto::digest(SHA256, value).unwrap()).unwrap(),
        attributes::signing_certificate_v2(certificate, &reference).unwrap(),
    ];
    let set = encode::set_of_sorted(&[&set[0], &set[1]]);
    let cms = build::signed_data(&build::Parts {
        content_type: oid::DATA,
        content: None,
        digest: SHA256,
        signature_algorithm: &support::algorithm(person, SHA256),
        signer_certificate: certificate,
        certificates: &[],
        signed_attributes: &set,
        signature: &support::sign(person, SHA256, &set),
        unsigned_attributes: &[],
    })
    .unwrap();
    SignedData::parse(&cms).unwrap().signers()[0].bytes().to_vec()
}

fn countersigned(cms: &[u8], signer: usize, countersignature: &[u8]) -> Vec<u8> {
    let attribute = attributes::attribute(oid::COUNTERSIGNATURE, countersignature).unwrap();
    add_unsigned_attribute(cms, signer, &attribute).unwrap()
}

#[test]
fn a_countersignature_is_a_signature_of_its_own_and_belongs_to_one_value() {
    let cms = detached(Person::DoctorP256);
    let content = content();
    let both = Draft::beside(&cms, &content, &[])
        .and_then(|mut draft| {
            draft.add_signers_of(&detached(Person::Doctor)).map(|_| draft.to_vec().unwrap())
        })
        .unwrap();
    let values: Vec<Vec<u8>> = SignedData::parse(&both)
        .unwrap()
        .signers()
        .iter()
        .map(|signer| signer.signature().to_vec())
        .collect();
    let outer = countersignature(Person::Nurse, &values[0]);
    // A countersignature of the countersignature goes into its own unsigned attributes.
    let outer_value = hsign_cms::SignerInfo::of_countersignature(&outer).unwrap().signature().to_vec();
    let inner = attributes::attribute(oid::COUNTERSIGNATURE, &countersignature(Person::Doctor, &outer_value))
        .unwrap();
    let fields = Reader::new(&outer, Rules::Der).any().unwrap().contents.to_vec();
    let nested = encode::tlv(0x30, &[&fields[..], &encode::tlv(0xa1, &inner)].concat());

    let facts_of = facts(&countersigned(&both, 0, &nested));
    let ids: Vec<_> =
        facts_of.signatures.iter().map(|one| (one.id.as_str(), one.countersigns.as_deref())).collect();
    let (first, second) =
        ("Signature1/countersignature-1", "Signature1/countersignature-1/countersignature-1");
    assert_eq!(
        ids,
        [("Signature1", None), (first, Some("Signature1")), (second, Some(first)), ("Signature2", None)]
    );
    for (index, person) in [(1, Person::Nurse), (2, Person::Doctor)] {
        let object = facts_of.signatures[index].signed.as_ref().unwrap();
        assert_eq!(object.references[0].holds(), Some(true));
        assert!(verifies(object, person));
        assert_eq!(signature_codes(&facts_of.signatures[index]), Vec::<&str>::new());
    }
    let moved = facts(&countersigned(&both, 1, &nested));
    assert_eq!(moved.signatures[2].countersigns.as_deref(), Some("Signature2"));
    assert_eq!(moved.signatures[2].signed.as_ref().unwrap().references[0].holds(), Some(false));
    let broken = facts(&countersigned(&both, 0, &encode::sequence(&[])));
    assert!(signature_codes(&broken.signatures[0]).contains(&"cms-attribute-unreadable"));
}

#[test]
fn countersignatures_within_each_other_end_somewhere() {
    let mut inner = countersignature(Person::Doctor, b"value");
    for _ in 0..40 {
        let attribute = attributes::attribute(oid::COUNTERSIGNATURE, &inner).unwrap();
        let fields = countersignature(Person::DoctorP256, b"value");
        let fields = Reader::new(&fields, Rules::Der).any().unwrap().contents.to_vec();
        inner = encode::tlv(0x30, &[&fields[..], &encode::tlv(0xa1, &attribute)].concat());
    }
    let cms = countersigned(&detached(Person::Doctor), 0, &inner);
    assert!(read_facts(&cms, None).is_err());
}

#[test]
fn attached_and_given_content_must_be_the_same() {
    let (content, other) = (content(), b"Rp. loxoprofen 600 mg".to_vec());
    let around = Draft::around(&detached(Person::Doctor), &content, &[]).unwrap().to_vec().unwrap();
    assert_eq!(read_facts(&around, Some(&content)).unwrap().findings, []);
    let facts = read_facts(&around, Some(&other)).unwrap();
    assert_eq!(facts.findings[0].code, "content-differs-from-attached");
    let swapped = Draft::around(&detached(Person::Doctor), &other, &[]).unwrap().to_vec().unwrap();
    let facts = read_facts(&swapped, Some(&content)).unwrap();
    assert_eq!(facts.signatures[0].signed.as_ref().unwrap().references[0].holds(), Some(false));
    assert_eq!(facts.findings[0].code, "content-differs-from-attached");
}

/// The signer's attributes presented as content, the value kept (RFC 5652 §5.4 signs one like the other).
#[test]
fn signed_attributes_are_no_content() {
    let cms = detached(Person::Doctor);
    let signed_data = SignedData::parse(&cms).unwrap();
    let signer = &signed_data.signers()[0];
    let octets = signer.signed_octets().unwrap().to_vec();
    let info = Reader::new(signer.bytes(), Rules::Der).any().unwrap();
    let kept: Vec<u8> =
        elements(&info).into_iter().filter(|field| !matches!(field[0], 0xa0 | 0xa1)).flatten().collect();
    let outer = Reader::new(&cms, Rules::Der).any().unwrap();
    let parts = elements(&outer);
    let inside = Reader::new(&parts[1], Rules::Der).any().unwrap().only(Tag::SEQUENCE).unwrap();
    let mut fields = elements(&inside);
    *fields.last_mut().unwrap() = encode::tlv(0x31, &encode::tlv(0x30, &kept));
    let fields: Vec<&[u8]> = fields.iter().map(Vec::as_slice).collect();
    let bare = encode::sequence(&[&parts[0], &encode::explicit(0, &encode::sequence(&fields))]);

    let attached = Draft::around(&bare, &octets, &[]).unwrap().to_vec().unwrap();
    for (bytes, beside) in [(attached, None), (bare.clone(), Some(&octets as &dyn Source))] {
        let facts = read_facts(&bytes, beside).unwrap();
        assert_eq!(facts.findings[0].code, "content-is-set-of-attributes");
        assert_eq!(facts.signatures[0].signed, None);
        assert!(signature_codes(&facts.signatures[0]).contains(&"cms-no-signed-attributes"));
    }
    let honest = content();
    let facts = read_facts(&bare, Some(&honest)).unwrap();
    assert!(!verifies(facts.signatures[0].signed.as_ref().unwrap(), Person::Doctor));
}

#[test]
fn attributes_that_contradict_are_errors() {
    let digest = hsign_crypto::digest(SHA256, CONTENT).unwrap();
    let certificate = PKI.person(Person::Doctor).certificate_der();
    let reference = hsign_crypto::digest(SHA256, certificate).unwrap();
    let content_type = attributes::content_type(oid::DATA).unwrap();
    let message_digest = attributes::message_digest(&digest).unwrap();
    let other_digest = attributes::message_digest(&hsign_crypto::digest(SHA256, b"other").unwrap()).unwrap();
    let signing_certificate = attributes::signing_certificate_v2(certificate, &reference).unwrap();
    let other_type = attributes::content_type("1.2.840.113549.1.7.5").unwrap();
    let cases: [(&[&Vec<u8>], &str); 4] = [
        (&[&content_type, &message_digest, &other_digest, &signing_certificate], "cms-attribute-not-single"),
        (&[&other_type, &message_digest, &signing_certificate], "cms-content-type-mismatch"),
        (&[&message_digest, &signing_certificate], "cms-attribute-missing"),
        (
            &[&content_type, &message_digest, &signing_certificate, &signing_certificate],
            "cms-attribute-not-single",
        ),
    ];
    for (set, code) in cases {
        let set: Vec<&[u8]> = set.iter().map(|attribute| attribute.as_slice()).collect();
        let set = encode::set_of_sorted(&set);
        let cms = build::signed_data(&build::Parts {
            content_type: oid::DATA,
            content: None,
            digest: SHA256,
            signature_algorithm: &SignatureAlgorithm::RsaPkcs1(SHA256),
            signer_certificate: certificate,
            certificates: &[],
            signed_attributes: &set,
            signature: &support::sign(Person::Doctor, SHA256, &set),
            unsigned_attributes: &[],
        })
        .unwrap();
        let facts = facts(&cms);
        let finding = facts.signatures[0].findings.iter().find(|finding| finding.code == code).expect(code);
        assert_eq!(finding.severity, hsign_core::Severity::Error);
    }
}

#[test]
fn tricks_of_ber_are_read_as_x690_says_or_not_at_all() {
    let content = content();
    let der = Draft::around(&detached(Person::Doctor), &content, &[]).unwrap().to_vec().unwrap();
    let expected = read_facts(&der, None).unwrap().signatures;
    for piece in [1, 2, 35, 1000] {
        let ber = support::in_ber(&der, piece);
        assert_eq!(read_facts(&ber, None).unwrap().signatures, expected, "pieces of {piece}");
        let at = ber.windows(2).position(|window| window == [0x24, 0x80]).unwrap();
        let mut longer = ber.clone();
        longer[at + 3] = 0x7f;
        assert!(read_facts(&longer, None).is_err(), "a piece longer than what is left, or over its end");
        let mut strange = ber.clone();
        strange[at + 2] = 0x0c;
        assert!(read_facts(&strange, None).is_err(), "a piece that is no OCTET STRING");
        let unended = &ber[..ber.len() - 2];
        assert!(read_facts(&unended.to_vec(), None).is_err());
    }
    // A length written longer than needed says the same.
    let long = [&[0x30, 0x84, 0, 0][..], &der[2..]].concat();
    assert_eq!((der[1], &read_facts(&long, None).unwrap().signatures), (0x82, &expected));
    let followed = [&der[..], b"trailing"].concat();
    let facts = read_facts(&followed, None).unwrap();
    assert_eq!(
        (facts.findings[0].code.as_str(), &facts.findings[0].values["count"]),
        ("data-after-cms", &"8".to_owned())
    );
    assert_eq!(facts.signatures, expected);
}

#[test]
fn bombs_end_in_an_error_at_once() {
    let nested = [0x30, 0x80].repeat(10_000);
    let strings = {
        let der = Draft::around(&detached(Person::Doctor), &content(), &[]).unwrap().to_vec().unwrap();
        let ber = support::in_ber(&der, 1);
        let at = ber.windows(2).position(|window| window == [0x24, 0x80]).unwrap();
        [&ber[..at], &[0x24, 0x80].repeat(10_000)].concat()
    };
    let huge = [&[0x30, 0x84, 0x40, 0, 0, 0][..], &detached(Person::Doctor)].concat();
    for bomb in [nested, strings, huge, vec![0x30, 0x80], Vec::new()] {
        assert!(read_facts(&bomb, None).is_err());
    }
}

/// An archive time stamp of the second form.
fn with_version_2(cms: &[u8], tagged: bool) -> Vec<u8> {
    let token = stamp_over_what_stands(cms, tagged);
    add_unsigned_attribute(cms, 0, &attributes::attribute(V2, &token).unwrap()).unwrap()
}

/// Over octets put together here (RFC 5126 §6.4.1).
fn stamp_over_what_stands(cms: &[u8], tagged: bool) -> Vec<u8> {
    let outer = Reader::new(cms, Rules::Der).any().unwrap();
    let parts = elements(&outer);
    let inside = Reader::new(&parts[1], Rules::Der).any().unwrap().only(Tag::SEQUENCE).unwrap();
    let fields = elements(&inside);
    let mut octets = [&fields[2][..], CONTENT].concat();
    fields.iter().filter(|field| matches!(field[0], 0xa0 | 0xa1)).for_each(|field| octets.extend(field));
    let info = Reader::new(fields.last().unwrap(), Rules::Der).any().unwrap().only(Tag::SEQUENCE).unwrap();
    for field in elements(&info) {
        let unsigned = field[0] == 0xa1 && !tagged;
        octets.extend(if unsigned {
            Reader::new(&field, Rules::Der).any().unwrap().contents
        } else {
            &field
        });
    }
    let token = stamp_for(&hsign_crypto::digest(SHA256, &octets).unwrap(), 60);
    hsign_tsp::Token::parse(&token).unwrap().bytes().to_vec()
}

/// LongTermValidation with its time stamp, certificates and CRLs.
fn with_long_term_validation(cms: &[u8], token: &[u8]) -> Vec<u8> {
    let evidence = evidence();
    let list = |number: u8, elements: Vec<&[u8]>| encode::tlv(0xa0 | number, &elements.concat());
    let certificates = list(0, evidence.certificates.iter().map(|one| one.as_slice()).collect());
    let lists = list(1, evidence.crls.iter().map(|one| one.as_slice()).collect());
    let time = encode::tlv(0x18, b"20260401000000Z");
    let value = encode::sequence(&[&time, &encode::tlv(0xa0, token), &certificates, &lists]);
    let attribute = attributes::attribute("0.4.0.1733.2.2", &value).unwrap();
    add_unsigned_attribute(cms, 0, &attribute).unwrap()
}

#[test]
fn a_long_term_validation_attribute_brings_its_time_stamp_and_evidence() {
    let cms = detached(Person::Doctor);
    let cms = hsign_cades::with_signature_timestamp(&cms, &support::stamp_on(&cms)).unwrap();
    let long = facts(&with_long_term_validation(&cms, &stamp_over_what_stands(&cms, true)));
    let [signature] = long.signatures.as_slice() else { panic!("{long:#?}") };
    let stamp = stamp_named(signature, "long-term-validation");
    assert_eq!((imprint_holds(stamp), codes(stamp)), (Some(true), vec![]));
    let first = Covered::Timestamp { timestamp: "Signature1/signature-time-stamp-1".to_owned() };
    assert!(stamp.covers.contains(&first));
    let inside = &long.evidence;
    assert!(evidence().crls.iter().all(|crl| inside.crls.contains(crl)));
    assert!(evidence().certificates.iter().all(|one| inside.certificates.contains(one)));

    let foreign = stamp_over_what_stands(&detached(Person::DoctorP256), true);
    let foreign = facts(&with_long_term_validation(&cms, &foreign));
    let stamp = stamp_named(&foreign.signatures[0], "long-term-validation");
    assert_eq!((imprint_holds(stamp), codes(stamp)), (None, vec!["timestamp-not-judged"]));
    assert!(stamp.covers.is_empty(), "it proves nothing");
}

#[test]
fn older_archive_time_stamps_freeze_what_they_cover() {
    let content = content();
    let cms = detached(Person::Doctor);
    let cms = hsign_cades::with_signature_timestamp(&cms, &support::stamp_on(&cms)).unwrap();
    for tagged in [true, false] {
        let old = with_version_2(&cms, tagged);
        let facts_of = facts(&old);
        let stamp = stamp_named(&facts_of.signatures[0], "v2");
        assert_eq!((imprint_holds(stamp), codes(stamp)), (Some(true), vec![]), "{tagged}");
        let first = Covered::Timestamp { timestamp: "Signature1/signature-time-stamp-1".to_owned() };
        assert!(stamp.covers.contains(&first));

        let bytes = old.clone();
        let mut careless = Growing::open(&bytes).unwrap();
        careless.add_revocation(&[evidence().crls[0].as_slice().to_vec()]).unwrap();
        let broken = facts(&careless.to_vec().unwrap());
        assert_eq!(imprint_holds(stamp_named(&broken.signatures[0], "v2")), Some(false));

        let (mut draft, _) = Draft::open(&old, Some(&content)).unwrap();
        assert!(draft.add_evidence("Signature1", &evidence()).unwrap());
        assert!(!draft.add_evidence("Signature1", &evidence()).unwrap());
        assert!(draft.add_signers_of(&detached(Person::DoctorP256)).is_err());
        let imprint = draft.archive_imprint("Signature1", SHA256).unwrap();
        draft.add_archive_timestamp("Signature1", &stamp_for(&imprint, 120)).unwrap();
        let renewed = facts(&draft.to_vec().unwrap());
        let (older, newer) =
            (stamp_named(&renewed.signatures[0], "v2"), stamp_named(&renewed.signatures[0], "v3"));
        assert_eq!((imprint_holds(older), imprint_holds(newer)), (Some(true), Some(true)));
        let inside = &older.read.as_ref().unwrap().signed.evidence;
        assert!(inside.crls.contains(&evidence().crls[0]), "the evidence went into the older stamp");
        assert!(newer.covers.contains(&Covered::Timestamp { timestamp: older.id.clone() }));
        assert_eq!(renewed.evidence.crls, EvidenceFacts::default().crls);
    }
}

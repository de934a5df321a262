//! Certificates: what RFC 5280 says, and what is read although a strict decoder refuses it.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod common;

use common::{Parts, extension, name, name_with, oid};
use hsign_asn1::encode;
use hsign_core::{PublicKeyKind, Severity};
use hsign_x509::{Certificate, DistributionPointName, Error, GeneralName, Name};

fn read(parts: &Parts) -> Certificate {
    Certificate::from_der(&parts.der()).unwrap()
}

fn codes(certificate: &Certificate) -> Vec<String> {
    certificate
        .oddities()
        .iter()
        .map(|finding| {
            let detail = ["violation", "form", "problem"].iter().find_map(|name| finding.values.get(*name));
            format!("{} {}", finding.code, detail.map_or("", String::as_str)).trim().to_owned()
        })
        .collect()
}

fn with_extension(dotted: &str, value: &[u8]) -> Certificate {
    read(&Parts::with(&[extension(dotted, true, value)]))
}

#[test]
fn a_plain_certificate_has_no_oddities() {
    let parts = Parts::with(&[extension("2.5.29.15", true, &[0x03, 0x02, 0x06, 0x40])]);
    let certificate = read(&parts);
    assert_eq!(codes(&certificate), [] as [&str; 0]);
    assert_eq!(certificate.der(), parts.der());
    assert_eq!(certificate.version(), 3);
    assert_eq!(certificate.serial_hex(), "1267");
    assert_eq!(certificate.subject().to_string(), "CN=Holder");
    assert_eq!(certificate.issuer().common_name().unwrap(), "CA");
    assert_eq!(certificate.not_after().to_string(), "2031-01-01T00:00:00Z");
    assert_eq!(certificate.public_key_kind(), &PublicKeyKind::Rsa { bits: 2048 });
    assert_eq!(certificate.public_key_info(), common::spki());
    assert_eq!(certificate.signature_value(), [7; 256]);
    assert_eq!(certificate.key_usage().unwrap().unwrap().names(), ["contentCommitment"]);
    assert!(certificate.tbs().len() < certificate.der().len());
    assert!(certificate.der().windows(certificate.tbs().len()).any(|part| part == certificate.tbs()));
}

/// Each encoding here is refused by strict decoders.
#[test]
fn odd_encodings_are_read_and_told() {
    let odd: [(&str, Parts); 7] = [
        (
            "encoding-not-der non-minimal-integer",
            Parts { serial: encode::tlv(0x02, &[0, 0, 5]), ..Parts::default() },
        ),
        (
            "name-string-type-discouraged",
            Parts { subject: name_with(&encode::tlv(0x1c, &[0, 0, 0, 0x41])), ..Parts::default() },
        ),
        ("encoding-not-der boolean-not-ff", {
            let lax = [oid("1.2.3"), vec![1, 1, 1], encode::octet_string(&[5, 0])].concat();
            Parts::with(&[encode::tlv(0x30, &lax)])
        }),
        (
            "time-form-not-allowed offset",
            Parts { not_before: encode::tlv(0x17, b"260101090000+0900"), ..Parts::default() },
        ),
        (
            "time-form-not-allowed seconds-missing",
            Parts { not_before: encode::tlv(0x17, b"2601010000Z"), ..Parts::default() },
        ),
        (
            "time-form-not-allowed fraction",
            Parts { not_before: encode::tlv(0x18, b"20260101000000.5Z"), ..Parts::default() },
        ),
        (
            "encoding-not-der non-minimal-length",
            Parts {
                not_before: [vec![0x17, 0x81, 13], b"260101000000Z".to_vec()].concat(),
                ..Parts::default()
            },
        ),
    ];
    for (code, parts) in odd {
        let certificate = read(&parts);
        assert_eq!(codes(&certificate), [code]);
        let arrived = parts.der();
        assert_eq!(
            (certificate.der(), certificate.sha256()),
            (arrived.as_slice(), hsign_crypto::sha256(&arrived))
        );
        assert!(arrived.windows(certificate.tbs().len()).any(|part| part == certificate.tbs()));
        assert!(certificate.oddities().iter().all(|finding| finding.severity < Severity::Error));
        assert!(certificate.not_before().to_string().starts_with("2026-01-01T00:00:00"));
    }
}

#[test]
fn rfc5280_4_1_2_5_generalized_time_before_2050_is_told() {
    let parts = Parts { not_after: encode::tlv(0x18, b"20310101000000Z"), ..Parts::default() };
    assert_eq!(codes(&read(&parts)), ["time-form-not-allowed generalized-time-before-2050"]);
}

#[test]
fn rfc5280_4_1_2_2_serial_numbers_are_positive_and_short() {
    for (contents, problem) in [(&[0x80][..], "negative"), (&[0], "zero"), (&[1; 21], "too-long")] {
        let parts = Parts { serial: encode::tlv(0x02, contents), ..Parts::default() };
        assert_eq!(codes(&read(&parts)), [format!("serial-number-not-conforming {problem}")]);
    }
    let twenty = [vec![0, 0x80], vec![1; 19]].concat();
    assert_eq!(
        codes(&read(&Parts { serial: encode::tlv(0x02, &twenty), ..Parts::default() })),
        [] as [&str; 0]
    );
    assert!(Certificate::from_der(&Parts { serial: vec![2, 0], ..Parts::default() }.der()).is_err());
}

#[test]
fn rfc5280_4_1_1_2_algorithms_inside_and_outside_agree() {
    let other = encode::sequence(&[&oid("1.2.840.113549.1.1.13"), &encode::null()]);
    let certificate = read(&Parts { outer_algorithm: other, ..Parts::default() });
    assert!(!certificate.signature_algorithms_agree());
    let oddities = certificate.oddities();
    assert_eq!(
        (oddities[0].code.as_str(), oddities[0].severity),
        ("certificate-algorithm-mismatch", Severity::Error)
    );
}

#[test]
fn rfc5280_4_1_2_1_extensions_need_version_3() {
    let parts = Parts { version: Vec::new(), ..Parts::with(&[extension("1.2.3", false, &[5, 0])]) };
    let certificate = read(&parts);
    assert_eq!((certificate.version(), certificate.oddities()[0].severity), (1, Severity::Error));
    assert_eq!(codes(&certificate), ["certificate-extensions-need-v3"]);
    let explicit_v1 = Parts { version: encode::explicit(0, &encode::integer(0)), ..Parts::default() };
    assert_eq!(codes(&read(&explicit_v1)), ["encoding-not-der default-written"]);
    let v4 = Parts { version: encode::explicit(0, &encode::integer(3)), ..Parts::default() };
    assert_eq!(Certificate::from_der(&v4.der()), Err(Error::Version { what: "certificate", version: 3 }));
}

#[test]
fn what_is_not_exactly_one_certificate_is_refused() {
    let der = Parts::default().der();
    for bytes in [&[][..], &der[..der.len() - 1], &[der.as_slice(), &[0]].concat(), &der[4..], b"hello"] {
        assert!(Certificate::from_der(bytes).is_err());
    }
}

#[test]
fn rfc5280_4_1_1_3_a_signature_value_of_half_octets_is_none() {
    let certificate = read(&Parts { signature: vec![0x03, 0x03, 0x04, 0xf0, 0xf0], ..Parts::default() });
    assert!(certificate.signature_value().is_empty());
    assert_eq!(certificate.oddities()[0].code, "signature-value-not-octets");
    assert_eq!(certificate.oddities()[0].severity, Severity::Error);
}

#[test]
fn rfc5280_4_2_a_repeated_extension_is_no_extension() {
    let usage = extension("2.5.29.15", true, &[0x03, 0x02, 0x06, 0x40]);
    let certificate = read(&Parts::with(&[usage.clone(), usage]));
    assert_eq!(certificate.repeated_extension(), Some("2.5.29.15"));
    assert_eq!(certificate.key_usage(), Err(Error::RepeatedExtension("2.5.29.15".to_owned())));
}

#[test]
fn what_can_not_be_decoded_never_counts_as_absent() {
    for value in [&[][..], &[0x05, 0x00], &[0xff], &[0x30, 0x05, 0x01]] {
        let certificate = read(&Parts::with(
            &[
                "2.5.29.14",
                "2.5.29.15",
                "2.5.29.17",
                "2.5.29.19",
                "2.5.29.30",
                "2.5.29.31",
                "2.5.29.32",
                "2.5.29.33",
                "2.5.29.35",
                "2.5.29.36",
                "2.5.29.37",
                "2.5.29.46",
                "2.5.29.54",
                "2.5.29.9",
                "1.3.6.1.5.5.7.1.1",
            ]
            .map(|dotted| extension(dotted, false, value)),
        ));
        assert!(certificate.subject_key_identifier().is_err());
        assert!(certificate.key_usage().is_err());
        assert!(certificate.subject_alternative_names().is_err());
        assert!(certificate.basic_constraints().is_err());
        assert!(certificate.name_constraints().is_err());
        assert!(certificate.crl_distribution_points().is_err());
        assert!(certificate.certificate_policies().is_err());
        assert!(certificate.policy_mappings().is_err());
        assert!(certificate.authority_key_identifier().is_err());
        assert!(certificate.policy_constraints().is_err());
        assert!(certificate.extended_key_usage().is_err());
        assert!(certificate.freshest_crl().is_err());
        assert!(certificate.inhibit_any_policy().is_err());
        assert!(certificate.health_care_actors().is_err());
        assert!(certificate.authority_information_access().is_err());
    }
}

#[test]
fn errors_in_extensions_name_the_byte_of_the_certificate() {
    let der = Parts::with(&[extension("2.5.29.19", true, &[0x30, 0x03, 0x01, 0x01])]).der();
    let place = der.windows(4).position(|part| part == [0x30, 0x03, 0x01, 0x01]).unwrap();
    let error = Certificate::from_der(&der).unwrap().basic_constraints().unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("basicConstraints: the data ends inside an element at byte {place}")
    );
}

#[test]
fn rfc5280_4_2_1_9_basic_constraints() {
    let read = |value: &[u8]| with_extension("2.5.29.19", value).basic_constraints();
    let ca = read(&[0x30, 6, 1, 1, 0xff, 2, 1, 3]).unwrap().unwrap();
    assert_eq!((ca.ca, ca.path_length), (true, Some(3)));
    let end = read(&[0x30, 0]).unwrap().unwrap();
    assert_eq!((end.ca, end.path_length), (false, None));
    assert!(read(&[0x30, 6, 1, 1, 0xff, 2, 1, 0xff]).is_err(), "a negative path length");
    assert!(read(&[0x30, 5, 1, 1, 0xff, 5, 0]).is_err(), "something else inside");
}

#[test]
fn rfc5280_4_2_1_12_purposes_and_criticality() {
    let value = encode::sequence(&[&oid("1.3.6.1.5.5.7.3.8")]);
    let usage = with_extension("2.5.29.37", &value).extended_key_usage().unwrap().unwrap();
    assert!(usage.critical);
    assert_eq!(usage.purposes, ["1.3.6.1.5.5.7.3.8"]);
    assert!(with_extension("2.5.29.37", &[0x30, 0]).extended_key_usage().is_err());
}

#[test]
fn rfc5280_4_2_1_4_policies_with_qualifiers() {
    let cps =
        encode::sequence(&[&oid("1.3.6.1.5.5.7.2.1"), &encode::tlv(0x16, b"http://www.medis.or.jp/8_hpki/")]);
    let notice = encode::sequence(&[&oid("1.3.6.1.5.5.7.2.2"), &encode::sequence(&[&encode::utf8("note")])]);
    let policy = encode::sequence(&[&oid("1.2.392.100495.1.5.1.1.0.1"), &encode::sequence(&[&cps, &notice])]);
    let value = encode::sequence(&[&policy, &encode::sequence(&[&oid("2.5.29.32.0")])]);
    let policies = with_extension("2.5.29.32", &value).certificate_policies().unwrap().unwrap();
    assert_eq!(policies[0].policy, "1.2.392.100495.1.5.1.1.0.1");
    assert_eq!(policies[0].qualifiers[0].text.as_deref(), Some("http://www.medis.or.jp/8_hpki/"));
    assert_eq!(policies[0].qualifiers[1].text.as_deref(), Some("note"));
    assert_eq!(policies[1].policy, "2.5.29.32.0");
}

#[test]
fn rfc5280_4_2_1_10_name_constraints_must_say_something() {
    let base = encode::sequence(&[&encode::implicit_primitive(2, b"example.jp")]);
    let value = encode::sequence(&[&encode::implicit_constructed(0, &base)]);
    let constraints = with_extension("2.5.29.30", &value).name_constraints().unwrap().unwrap();
    assert_eq!(constraints.permitted[0].base, GeneralName::Dns("example.jp".to_owned()));
    assert!(constraints.excluded.is_empty());
    assert!(with_extension("2.5.29.30", &[0x30, 0]).name_constraints().is_err());
    assert!(with_extension("2.5.29.30", &[0x30, 2, 0xa0, 0]).name_constraints().is_err());
}

#[test]
fn rfc5280_4_2_1_6_every_kind_of_general_name() {
    let directory = encode::explicit(4, &name("x"));
    let other = [oid("1.2.3"), encode::explicit(0, &encode::utf8("o"))].concat();
    let value = encode::sequence(&[
        &encode::implicit_constructed(0, &other),
        &encode::implicit_primitive(1, b"a@b.jp"),
        &encode::implicit_primitive(2, b"b.jp"),
        &directory,
        &encode::implicit_primitive(6, b"http://b.jp/"),
        &encode::implicit_primitive(7, &[127, 0, 0, 1]),
        &encode::implicit_primitive(8, &[0x2a, 3]),
    ]);
    let names = with_extension("2.5.29.17", &value).subject_alternative_names().unwrap().unwrap();
    assert_eq!(
        names,
        [
            GeneralName::Other { oid: "1.2.3".to_owned(), value: encode::utf8("o") },
            GeneralName::Email("a@b.jp".to_owned()),
            GeneralName::Dns("b.jp".to_owned()),
            GeneralName::Directory(Name::from_der(&name("x")).unwrap()),
            GeneralName::Uri("http://b.jp/".to_owned()),
            GeneralName::Ip(vec![127, 0, 0, 1]),
            GeneralName::RegisteredId("1.2.3".to_owned()),
        ]
    );
    for bad in
        [encode::implicit_primitive(2, &[0xe9]), encode::implicit_primitive(7, &[1, 2, 3]), encode::utf8("x")]
    {
        let value = encode::sequence(&[&bad]);
        assert!(with_extension("2.5.29.17", &value).subject_alternative_names().is_err());
    }
    assert!(with_extension("2.5.29.17", &[0x30, 0]).subject_alternative_names().is_err());
}

#[test]
fn rfc5280_4_2_1_13_distribution_points() {
    let full = |names: &[u8]| encode::explicit(0, &encode::implicit_constructed(0, names));
    let named = encode::sequence(&[&full(&encode::explicit(4, &name("SARL")))]);
    let uri = encode::sequence(&[
        &full(&encode::implicit_primitive(6, b"http://hpki.example/sarl.crl")),
        &encode::implicit_primitive(1, &[5, 0x60]),
    ]);
    let attribute = encode::sequence(&[&oid("2.5.4.3"), &encode::utf8("part 1")]);
    let relative = encode::sequence(&[
        &encode::explicit(0, &encode::implicit_constructed(1, &attribute)),
        &encode::implicit_constructed(2, &encode::explicit(4, &name("CRL CA"))),
    ]);
    let value = encode::sequence(&[&named, &uri, &relative]);
    let points = with_extension("2.5.29.31", &value).crl_distribution_points().unwrap().unwrap();
    assert!(matches!(&points[0].name, Some(DistributionPointName::Full(names)) if names.len() == 1));
    assert_eq!(points[1].uris().collect::<Vec<_>>(), ["http://hpki.example/sarl.crl"]);
    assert!(points[1].reasons.unwrap().contains(hsign_x509::CrlReason::KeyCompromise));
    assert!(!points[1].reasons.unwrap().contains(hsign_x509::CrlReason::Superseded));
    let GeneralName::Directory(issuer) = &points[2].crl_issuer[0] else { unreachable!() };
    let full = points[2].name.as_ref().unwrap().full_names(issuer).unwrap();
    let GeneralName::Directory(full) = &full[0] else { unreachable!() };
    assert_eq!(full.to_string(), "CN=part 1,CN=CRL CA");
    let empty = encode::sequence(&[&encode::sequence(&[])]);
    assert!(with_extension("2.5.29.31", &empty).crl_distribution_points().is_err());
}

#[test]
fn deep_nesting_ends_in_a_clear_error() {
    let deep = [0x30, 0x80].repeat(10_000);
    assert!(Certificate::from_der(&deep).unwrap_err().to_string().contains("nested deeper"));
    let mut nested = Vec::new();
    for _ in 0..10_000 {
        nested = encode::tlv(0x30, &nested);
    }
    assert!(Certificate::from_der(&nested).is_err());
    assert!(with_extension("2.5.29.17", &nested).subject_alternative_names().is_err());
}

#[test]
fn what_no_ca_would_issue_is_refused_by_its_size() {
    for megabytes in [2, 100] {
        let large = with_size(megabytes << 20);
        assert!(matches!(Certificate::from_der(&large), Err(Error::TooLarge { .. })), "{megabytes} MB");
    }
    assert!(Certificate::from_der(&with_size(100_000)).is_ok());
    let flags: Vec<Vec<u8>> = (0..10_000_u32)
        .map(|number| extension(&format!("1.2.{number}"), false, &[5, 0]))
        .chain([extension("1.2.77", false, &[5, 0])])
        .collect();
    let many = read(&Parts::with(&flags));
    assert_eq!(many.repeated_extension(), Some("1.2.77"));
}

fn with_size(size: usize) -> Vec<u8> {
    Parts::with(&[extension("1.2.3", false, &encode::octet_string(&vec![0; size]))]).der()
}

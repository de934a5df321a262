//! CRLs, OCSP responses and requests.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod common;

use common::{Parts, crl, crl_entry, extension, name, oid, sha256_with_rsa};
use hsign_asn1::encode;
use hsign_core::DigestAlgorithm;
use hsign_x509::{
    CertStatus, Certificate, Crl, CrlReason, Error, Name, OcspResponse, OcspStatus, ResponderId,
};

fn issuer(common_name: &str) -> Name {
    Name::from_der(&name(common_name)).unwrap()
}

fn reason(number: u8) -> Vec<u8> {
    extension("2.5.29.21", false, &encode::enumerated(number))
}

fn certificate_issuer(common_name: &str) -> Vec<u8> {
    let names = encode::sequence(&[&encode::explicit(4, &name(common_name))]);
    extension("2.5.29.29", true, &names)
}

fn indirect() -> Vec<u8> {
    extension("2.5.29.28", true, &encode::sequence(&[&encode::implicit_primitive(4, &[0xff])]))
}

#[test]
fn rfc5280_5_3_entries_are_found_by_serial_number() {
    let since = extension("2.5.29.24", false, &encode::tlv(0x18, b"20260501000000Z"));
    let list = Crl::from_der(&crl(&[crl_entry(&[1], &[]), crl_entry(&[0, 0x80], &[reason(5), since])], &[]))
        .unwrap();
    assert_eq!(list.entry_count(), 2);
    let entry = list.entry_for(&[0, 0x80], &issuer("ca")).unwrap().unwrap();
    assert_eq!(entry.reason, Some(CrlReason::CessationOfOperation));
    assert_eq!(entry.revocation_date.to_string(), "2026-06-01T00:00:00Z");
    assert_eq!(entry.invalidity_date.unwrap().to_string(), "2026-05-01T00:00:00Z");
    assert_eq!(list.entry_for(&[1], &issuer("CA")).unwrap().unwrap().reason, None);
    assert_eq!(
        list.entry_for(&[0, 0, 1], &issuer("CA")).unwrap().unwrap().reason,
        None,
        "however it is padded"
    );
    assert_eq!(list.entry_for(&[2], &issuer("CA")).unwrap(), None);
    assert_eq!(list.entry_for(&[1], &issuer("Another CA")).unwrap(), None);
    assert_eq!(list.next_update().unwrap().to_string(), "2026-07-05T00:00:00Z");
}

#[test]
fn rfc5280_5_3_3_entries_of_an_indirect_crl_belong_to_the_issuer_named_last() {
    let entries = [
        crl_entry(&[1], &[]),
        crl_entry(&[2], &[certificate_issuer("Other")]),
        crl_entry(&[3], &[]),
        crl_entry(&[4], &[certificate_issuer("CA")]),
    ];
    let list = Crl::from_der(&crl(&entries, &[indirect()])).unwrap();
    assert!(list.issuing_distribution_point().unwrap().unwrap().indirect);
    for (serial, common_name, is_listed) in [
        (1, "CA", true),
        (1, "Other", false),
        (2, "Other", true),
        (2, "CA", false),
        (3, "Other", true),
        (3, "CA", false),
        (4, "CA", true),
    ] {
        assert_eq!(
            list.entry_for(&[serial], &issuer(common_name)).unwrap().is_some(),
            is_listed,
            "{serial} {common_name}"
        );
    }
    assert_eq!(list.unknown_critical_extensions(), [] as [&str; 0]);
}

#[test]
fn rfc5280_5_3_unknown_critical_extensions_of_entries_are_told() {
    let fake = extension("1.2.3.4", true, &[5, 0]);
    let list =
        Crl::from_der(&crl(&[crl_entry(&[1], &[]), crl_entry(&[2], std::slice::from_ref(&fake))], &[]))
            .unwrap();
    assert_eq!(list.unknown_critical_extensions(), ["1.2.3.4"]);
    let list = Crl::from_der(&crl(&[], &[fake])).unwrap();
    assert_eq!(list.unknown_critical_extensions(), ["1.2.3.4"]);
    let direct = Crl::from_der(&crl(&[crl_entry(&[1], &[certificate_issuer("Other")])], &[])).unwrap();
    assert_eq!(
        direct.unknown_critical_extensions(),
        ["2.5.29.29"],
        "without the indirect flag it has no meaning"
    );
}

#[test]
fn rfc5280_5_2_numbers_and_deltas() {
    let number = |dotted, value: u64| extension(dotted, false, &encode::integer(value));
    let base = Crl::from_der(&crl(&[], &[number("2.5.29.20", 255)])).unwrap();
    let delta = Crl::from_der(&crl(&[], &[number("2.5.29.20", 256), number("2.5.29.27", 255)])).unwrap();
    assert!(!base.is_delta() && delta.is_delta());
    assert!(base.number().unwrap() < delta.number().unwrap());
    assert_eq!(delta.delta_base().unwrap(), base.number().unwrap());
    let negative = Crl::from_der(&crl(&[], &[extension("2.5.29.20", false, &[2, 1, 0xff])])).unwrap();
    assert!(negative.number().is_err());
}

#[test]
fn an_entry_that_can_not_be_read_spoils_the_crl() {
    let broken = encode::sequence(&[&encode::integer(1), &encode::null()]);
    assert!(Crl::from_der(&crl(&[crl_entry(&[1], &[]), broken], &[])).is_err());
    let bad_reason = extension("2.5.29.21", false, &encode::integer(1));
    let list = Crl::from_der(&crl(&[crl_entry(&[1], &[bad_reason])], &[])).unwrap();
    assert!(list.entry_for(&[1], &issuer("CA")).is_err());
}

#[test]
fn a_crl_outside_der_is_read_and_told() {
    let mut entry = crl_entry(&[0, 0, 1], &[]);
    let list = Crl::from_der(&crl(&[entry.clone()], &[])).unwrap();
    assert_eq!(list.oddities()[0].code, "encoding-not-der");
    assert!(list.entry_for(&[1], &issuer("CA")).unwrap().is_some());
    entry.splice(0..2, [0x30, 0x81, entry[1]]);
    let list = Crl::from_der(&crl(&[entry], &[])).unwrap();
    assert_eq!(list.oddities().len(), 2);
}

#[test]
fn hundred_thousand_entries_are_walked() {
    let entries: Vec<Vec<u8>> = (0_u32..100_000)
        .map(|number| crl_entry(&[&[1][..], &number.to_be_bytes()].concat(), &[reason(1)]))
        .collect();
    let list = Crl::from_der(&crl(&entries, &[])).unwrap();
    assert_eq!(list.entry_count(), 100_000);
    assert!(list.entry_for(&[1, 0, 1, 0x86, 0x9f], &issuer("CA")).unwrap().is_some());
}

#[test]
fn rfc5280_5_1_2_1_crls_have_no_version_3() {
    let der = crl(&[], &[]);
    let place = der.windows(3).position(|part| part == [2, 1, 1]).unwrap();
    let mut newer = der.clone();
    newer[place + 2] = 2;
    assert!(Crl::from_der(&der).is_ok());
    assert_eq!(Crl::from_der(&newer), Err(Error::Version { what: "CRL", version: 2 }));
}

fn single(status: &[u8], extensions: &[u8]) -> Vec<u8> {
    let hash = encode::sequence(&[&oid("1.3.14.3.2.26"), &encode::null()]);
    let id = encode::sequence(&[
        &hash,
        &encode::octet_string(&[1; 20]),
        &encode::octet_string(&[2; 20]),
        &encode::integer(5),
    ]);
    let this_update = encode::tlv(0x18, b"20260101000000Z");
    let next_update = encode::explicit(0, &encode::tlv(0x18, b"20260108000000.5Z"));
    encode::sequence(&[&id, status, &this_update, &next_update, extensions])
}

fn basic(responder: &[u8], singles: &[Vec<u8>], extensions: &[u8]) -> Vec<u8> {
    let produced = encode::tlv(0x18, b"20260101000000Z");
    let data = encode::sequence(&[responder, &produced, &encode::tlv(0x30, &singles.concat()), extensions]);
    let certificates =
        encode::explicit(0, &encode::sequence(&[&Parts::default().der(), &encode::sequence(&[])]));
    encode::sequence(&[&data, &sha256_with_rsa(), &encode::bit_string(&[9; 256]), &certificates])
}

fn full(status: u8, basic: Option<&[u8]>) -> Vec<u8> {
    let bytes = basic.map(|basic| {
        encode::explicit(0, &encode::sequence(&[&oid("1.3.6.1.5.5.7.48.1.1"), &encode::octet_string(basic)]))
    });
    encode::sequence(&[&encode::enumerated(status), &bytes.unwrap_or_default()])
}

#[test]
fn rfc6960_4_2_1_responses_are_read_full_or_basic() {
    let revoked =
        [encode::tlv(0x18, b"20251201000000Z"), encode::explicit(0, &encode::enumerated(1))].concat();
    let cutoff = extension("1.3.6.1.5.5.7.48.1.6", false, &encode::tlv(0x18, b"20200101000000Z"));
    let sha256 = encode::sequence(&[&oid("2.16.840.1.101.3.4.2.1")]);
    let hash = encode::sequence(&[&sha256, &encode::octet_string(&[3; 32])]);
    let hash = extension("1.3.36.8.3.13", false, &hash);
    let singles = [
        single(&[0x80, 0], &encode::explicit(1, &encode::sequence(&[&cutoff, &hash]))),
        single(&encode::implicit_constructed(1, &revoked), &[]),
        single(&[0x82, 0], &[]),
    ];
    let nonce = extension("1.3.6.1.5.5.7.48.1.2", false, &encode::octet_string(b"nonce"));
    let inner = basic(
        &encode::explicit(2, &encode::octet_string(&[4; 20])),
        &singles,
        &encode::explicit(1, &encode::sequence(&[&nonce])),
    );
    for bytes in [inner.clone(), full(0, Some(&inner))] {
        let response = OcspResponse::from_der(&bytes).unwrap();
        assert_eq!(response.der(), bytes);
        assert_eq!(response.basic_der(), inner);
        assert_eq!(response.responder_id(), &ResponderId::ByKey(vec![4; 20]));
        let [good, revoked, unknown] = response.responses() else { unreachable!() };
        assert_eq!(good.status, CertStatus::Good);
        assert_eq!(good.archive_cutoff.unwrap().to_string(), "2020-01-01T00:00:00Z");
        assert_eq!(good.cert_hash.as_ref().unwrap().algorithm, DigestAlgorithm::Sha256);
        assert_eq!(good.next_update.unwrap().to_string(), "2026-01-08T00:00:00.5Z");
        assert_eq!(good.cert_id.serial, [5]);
        let time = "2025-12-01T00:00:00Z".parse().unwrap();
        assert_eq!(revoked.status, CertStatus::Revoked { time, reason: Some(CrlReason::KeyCompromise) });
        assert_eq!(unknown.status, CertStatus::Unknown);
        assert_eq!(response.nonce().unwrap().unwrap(), b"nonce");
        assert_eq!((response.certificates().len(), response.unreadable_certificates()), (1, 1));
        assert_eq!(response.unknown_critical_extensions(), [] as [&str; 0]);
        assert!(inner.windows(response.tbs().len()).any(|part| part == response.tbs()));
    }
}

#[test]
fn rfc6960_4_2_1_other_statuses_are_no_answers() {
    assert_eq!(OcspResponse::from_der(&full(3, None)), Err(Error::OcspUnsuccessful(OcspStatus::TryLater)));
    assert_eq!(
        OcspResponse::from_der(&full(6, None)),
        Err(Error::OcspUnsuccessful(OcspStatus::Unauthorized))
    );
    assert!(OcspResponse::from_der(&full(0, None)).is_err());
}

#[test]
fn rfc6960_critical_extensions_nobody_knows_are_told() {
    let fake = encode::explicit(1, &encode::sequence(&[&extension("1.2.3.4", true, &[5, 0])]));
    let response =
        OcspResponse::from_der(&basic(&encode::explicit(1, &name("R")), &[single(&[0x80, 0], &fake)], &[]))
            .unwrap();
    assert_eq!(response.unknown_critical_extensions(), ["1.2.3.4"]);
    assert_eq!(response.responder_id(), &ResponderId::ByName(issuer("R")));
}

#[test]
fn rfc6960_4_1_1_openssl_reads_our_request() {
    let certificate = Certificate::from_der(&Parts::default().der()).unwrap();
    let ca = Certificate::from_der(&Parts { subject: name("CA"), ..Parts::default() }.der()).unwrap();
    let request = hsign_x509::ocsp_request(&certificate, &ca, Some(b"0123456789abcdef")).unwrap();
    let (x509, ca_x509) = (
        openssl::x509::X509::from_der(certificate.der()).unwrap(),
        openssl::x509::X509::from_der(ca.der()).unwrap(),
    );
    let id =
        openssl::ocsp::OcspCertId::from_cert(openssl::hash::MessageDigest::sha1(), &x509, &ca_x509).unwrap();
    let mut theirs = openssl::ocsp::OcspRequest::new().unwrap();
    theirs.add_id(id).unwrap();
    let without_nonce = hsign_x509::ocsp_request(&certificate, &ca, None).unwrap();
    assert_eq!(without_nonce, theirs.to_der().unwrap(), "the same bytes as OpenSSL's");
    assert_eq!(openssl::ocsp::OcspRequest::from_der(&request).unwrap().to_der().unwrap(), request);
}

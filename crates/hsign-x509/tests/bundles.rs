//! Files as people have them: DER, PEM, PKCS#7.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod common;

use common::{Parts, name, oid};
use hsign_asn1::encode;
use hsign_x509::{Certificate, Error, certificates_from_bytes, crls_from_bytes};

fn two() -> [Vec<u8>; 2] {
    [Parts::default().der(), Parts { subject: name("Second"), ..Parts::default() }.der()]
}

fn subjects(bytes: &[u8]) -> Vec<String> {
    let certificates = certificates_from_bytes(bytes).unwrap();
    certificates.iter().map(|certificate| certificate.subject().to_string()).collect()
}

fn pem(label: &str, der: &[u8]) -> String {
    let text = openssl::base64::encode_block(der);
    let lines: Vec<&str> =
        text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
    format!("-----BEGIN {label}-----\r\n{}\r\n-----END {label}-----\r\n", lines.join("\r\n"))
}

fn pkcs7(members: &[&[u8]]) -> Vec<u8> {
    let signed = encode::sequence(&[
        &encode::integer(1),
        &encode::tlv(0x31, &[]),
        &encode::sequence(&[&oid("1.2.840.113549.1.7.1")]),
        &encode::implicit_constructed(0, &members.concat()),
        &encode::tlv(0x31, &[]),
    ]);
    encode::sequence(&[&oid("1.2.840.113549.1.7.2"), &encode::explicit(0, &signed)])
}

#[test]
fn every_form_gives_the_same_certificates() {
    let [first, second] = two();
    let both = ["CN=Holder", "CN=Second"];
    let pem_bundle = format!("a comment\n{}{}", pem("CERTIFICATE", &first), pem("X509 CERTIFICATE", &second));
    assert_eq!(subjects(&first), ["CN=Holder"]);
    assert_eq!(subjects(&[first.clone(), second.clone()].concat()), both);
    assert_eq!(subjects(pem_bundle.as_bytes()), both);
    assert_eq!(subjects(openssl::base64::encode_block(&first).as_bytes()), ["CN=Holder"]);
    let attribute_certificate = encode::implicit_constructed(2, &encode::null());
    let members = pkcs7(&[&first, &second, &attribute_certificate]);
    assert_eq!(subjects(&members), both);
    assert_eq!(subjects(pem("PKCS7", &members).as_bytes()), both);
    assert_eq!(certificates_from_bytes(&first).unwrap()[0], Certificate::from_der(&first).unwrap());
}

#[test]
fn keys_in_a_pem_file_are_stepped_over() {
    let key =
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\nProc-Type: 4\n\n!!\n-----END ENCRYPTED PRIVATE KEY-----\n";
    let file = format!("{key}{}", pem("CERTIFICATE", &two()[0]));
    assert_eq!(subjects(file.as_bytes()), ["CN=Holder"]);
    assert_eq!(certificates_from_bytes(key.as_bytes()), Err(Error::Nothing("certificate")));
}

#[test]
fn broken_files_are_errors_and_never_fewer_certificates() {
    let [first, second] = two();
    let good = pem("CERTIFICATE", &first);
    let broken = pem("CERTIFICATE", &second[..second.len() - 1]);
    assert!(certificates_from_bytes(format!("{good}{broken}").as_bytes()).is_err());
    assert!(certificates_from_bytes(&[first.as_slice(), &second[..9]].concat()).is_err());
    assert!(certificates_from_bytes(format!("{good}-----BEGIN CERTIFICATE-----\nMII").as_bytes()).is_err());
    for nothing in [&b""[..], b"hello", b"\xff\xfe", &pkcs7(&[])] {
        assert!(certificates_from_bytes(nothing).is_err());
    }
}

#[test]
fn crls_are_read_from_der_and_pem() {
    let der = common::crl(&[common::crl_entry(&[1], &[])], &[]);
    let text = format!("{}{}", pem("CERTIFICATE", &two()[0]), pem("X509 CRL", &der));
    assert_eq!(crls_from_bytes(&der).unwrap(), crls_from_bytes(text.as_bytes()).unwrap());
    assert_eq!(crls_from_bytes(pem("CERTIFICATE", &two()[0]).as_bytes()), Err(Error::Nothing("CRL")));
}

//! Older editions of XAdES: what is signed counts as in the present one.

use crate::making::KeyPair;
use crate::signing::{signed, template};
use crate::{codes, passes, read};

const OLD: &str = "http://uri.etsi.org/01903/v1.2.2#";

/// A sound signature of XAdES 1.2.2: its namespace, its type of reference, and the certificate named by digest, issuer and
/// number.
fn of_1_2_2() -> String {
    let serial = {
        let pair = KeyPair::from(crate::making::PKI.person(hsign_testkit::Person::Doctor));
        let certificate = openssl::x509::X509::from_der(&pair.certificate).unwrap();
        certificate.serial_number().to_bn().unwrap().to_dec_str().unwrap().to_string()
    };
    let issuer_serial = format!(
        "</xades:CertDigest><xades:IssuerSerial><ds:X509IssuerName>CN=anybody</ds:X509IssuerName>\
         <ds:X509SerialNumber>{serial}</ds:X509SerialNumber></xades:IssuerSerial>"
    );
    let text = format!("<Report><Text>x</Text>{}</Report>", template("old", "", ""))
        .replace("http://uri.etsi.org/01903/v1.3.2#", OLD)
        .replace(
            "http://uri.etsi.org/01903#SignedProperties",
            "http://uri.etsi.org/01903/v1.2.2#SignedProperties",
        )
        .replace("SigningCertificateV2", "SigningCertificate")
        .replace("</xades:CertDigest>", &issuer_serial);
    signed(&text, "old")
}

#[test]
fn xades_1_2_2_is_read_and_held_to_the_same() {
    let document = of_1_2_2();
    let facts = read(&document).unwrap();
    let signature = &facts.signatures[0];
    assert!(passes(&facts), "{:?}", codes(&facts));
    assert!(signature.claimed_signing_time.is_some());
    assert_eq!(signature.signed.as_ref().unwrap().certificate_references.len(), 1);

    let redated = document.replace("2026-09-21T00:00:00Z", "2020-09-21T00:00:00Z");
    assert!(!passes(&read(&redated).unwrap()), "the properties are signed");
    let renamed = document.replace("Type=\"http://uri.etsi.org/01903/v1.2.2#SignedProperties\"", "");
    assert!(!passes(&read(&renamed).unwrap()));
}

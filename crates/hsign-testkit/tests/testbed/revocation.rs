//! OpenSSL's opinion of revocation lists and OCSP responses.

use hsign_testkit::{Ca, Clock, CrlName, DAY, Endpoint, Fault, OcspError, Person, Testbed, Unit};

use super::common::*;

/// All lists as one PEM file.
fn write_lists(testbed: &Testbed) {
    let mut bundle = String::new();
    for list in CrlName::ALL {
        let reply = get(testbed.base_url(), &format!("/crl/{}", list.file_name())).unwrap();
        assert_eq!(reply.status, 200);
        let list = openssl::x509::X509Crl::from_der(&reply.body).unwrap();
        bundle.push_str(&String::from_utf8(list.to_pem().unwrap()).unwrap());
    }
    std::fs::write(testbed.folder().join("lists.pem"), bundle).unwrap();
}

fn check(testbed: &Testbed, person: Person) -> (bool, String) {
    write_lists(testbed);
    let command = format!(
        "verify -attime {} -CAfile ca/hpki-root.pem -untrusted ca/hpki-signature-ca.pem -crl_check_all -extended_crl \
         -CRLfile lists.pem people/{}/certificate.pem",
        testbed.clock().now(),
        person.name()
    );
    openssl(testbed.folder(), &command)
}

#[test]
fn the_whole_path_is_checked_against_lists() {
    let testbed = Testbed::start_at(Clock::fixed(NOW)).unwrap();
    if !has_openssl() {
        return;
    }
    let (passed, text) = check(&testbed, Person::Doctor);
    assert!(passed, "{text}");
    let (passed, text) = check(&testbed, Person::Revoked);
    assert!(!passed && text.contains("certificate revoked"), "{text}");
}

#[test]
fn somebody_revoked_later_stands_in_later_lists_only() {
    let testbed = Testbed::start_at(Clock::fixed(NOW)).unwrap();
    if !has_openssl() {
        return;
    }
    testbed.clock().advance(3_600);
    testbed.revoke(Person::Nurse);
    assert!(!check(&testbed, Person::Nurse).0);
    testbed.clock().advance(-1);
    assert!(check(&testbed, Person::Nurse).0);
}

#[test]
fn a_revoked_authority_stands_in_the_list_of_authorities() {
    let testbed = Testbed::start_at(Clock::fixed(NOW)).unwrap();
    if !has_openssl() {
        return;
    }
    testbed.revoke_authority(Ca::HpkiSignature);
    let (passed, text) = check(&testbed, Person::Doctor);
    assert!(!passed && text.contains("error 23 at 1 depth"), "{text}");
    let rarl = testbed.pki().crl(CrlName::Rarl, NOW).unwrap();
    assert!(openssl::x509::X509Crl::from_der(&rarl).unwrap().get_revoked().is_none());
}

#[test]
fn a_revoked_unit_stands_in_the_list_and_in_ocsp() {
    let testbed = Testbed::start().unwrap();
    if !has_openssl() {
        return;
    }
    testbed.revoke_unit(Unit::Tsa);
    let list = testbed.pki().crl(CrlName::Tsa, testbed.clock().now()).unwrap();
    let list = openssl::x509::X509Crl::from_der(&list).unwrap();
    assert_eq!(list.get_revoked().unwrap().len(), 1);
    let command = format!(
        "ocsp -issuer ca/tsa-ca.pem -cert units/tsa-unit/certificate.pem -url {}/ocsp/tsa -noverify",
        testbed.base_url()
    );
    assert!(openssl_ok(testbed.folder(), &command).contains(": revoked"));
}

#[test]
fn lists_are_daily_for_four_days_and_signed_by_their_issuer() {
    let testbed = Testbed::start_at(Clock::fixed(NOW)).unwrap();
    if !has_openssl() {
        return;
    }
    for list in CrlName::ALL {
        let command = format!(
            "crl -inform DER -in crl/{} -CAfile ca/{}.pem -noout -text",
            list.file_name(),
            list.issuer().name()
        );
        let text = openssl_ok(testbed.folder(), &command);
        assert!(text.contains("verify OK") && text.contains("X509v3 CRL Number"), "{text}");
        assert!(text.contains("Last Update: Sep 20 18:00:00 2026 GMT"), "{text}");
        assert!(text.contains("Next Update: Sep 24 18:00:00 2026 GMT"), "{text}");
        let scoped = text.contains("X509v3 Issuing Distribution Point: critical")
            && text.contains("Only CA Certificates");
        assert_eq!(scoped, matches!(list, CrlName::Sarl | CrlName::Rarl), "{text}");
        assert_eq!(text.contains("Cessation Of Operation"), list == CrlName::Signature, "{text}");
    }
}

#[test]
fn ocsp_answers_good_revoked_and_unknown() {
    let testbed = Testbed::start().unwrap();
    if !has_openssl() {
        return;
    }
    let ask = |issuer: &str, certificate: &str, responder: &str| {
        let root = if responder == "tsa" { "tsa-root" } else { "commercial-root" };
        let command = format!(
            "ocsp -issuer ca/{issuer}.pem -cert {certificate} -url {}/ocsp/{responder} -CAfile ca/{root}.pem \
             -verify_other ca/{issuer}.pem",
            testbed.base_url()
        );
        let text = openssl_ok(testbed.folder(), &command);
        assert!(text.contains("Response verify OK") && !text.contains("WARNING"), "{text}");
        text
    };
    assert!(ask("tsa-ca", "units/tsa-unit/certificate.pem", "tsa").contains(": good"));
    let person = "people/commercial-person/certificate.pem";
    assert!(ask("commercial-ca", person, "commercial").contains(": good"));
    testbed.revoke(Person::Commercial);
    let revoked = ask("commercial-ca", person, "commercial");
    assert!(revoked.contains(": revoked") && revoked.contains("cessationOfOperation"), "{revoked}");
    let command = format!(
        "ocsp -issuer ca/hpki-signature-ca.pem -cert people/doctor/certificate.pem -url {}/ocsp/commercial -noverify",
        testbed.base_url()
    );
    assert!(openssl_ok(testbed.folder(), &command).contains(": unknown"));
}

#[test]
fn ocsp_by_get_is_the_same_question() {
    let testbed = Testbed::start_at(Clock::fixed(NOW)).unwrap();
    if !has_openssl() {
        return;
    }
    openssl_ok(
        testbed.folder(),
        "ocsp -issuer ca/tsa-ca.pem -cert units/tsa-unit/certificate.pem -no_nonce -reqout q.der",
    );
    let query = std::fs::read(testbed.folder().join("q.der")).unwrap();
    let encoded =
        openssl::base64::encode_block(&query).replace('+', "%2B").replace('/', "%2F").replace('=', "%3D");
    let reply = get(testbed.base_url(), &format!("/ocsp/tsa/{encoded}")).unwrap();
    std::fs::write(testbed.folder().join("r.der"), &reply.body).unwrap();
    let text = openssl_ok(testbed.folder(), "ocsp -respin r.der -noverify -resp_text");
    assert!(text.contains("Cert Status: good"), "{text}");
}

#[test]
fn old_and_refused_answers_can_be_scripted() {
    let testbed = Testbed::start_at(Clock::fixed(NOW)).unwrap();
    testbed.queue_fault(Endpoint::Crl, Fault::Stale);
    let stale = get(testbed.base_url(), "/crl/tsa.crl").unwrap().body;
    assert_eq!(stale, testbed.pki().crl(CrlName::Tsa, NOW - 30 * DAY).unwrap());
    assert_eq!(
        get(testbed.base_url(), "/crl/tsa.crl").unwrap().body,
        testbed.pki().crl(CrlName::Tsa, NOW).unwrap()
    );
    testbed.queue_fault(Endpoint::Ocsp, Fault::OcspError(OcspError::TryLater));
    assert_eq!(get(testbed.base_url(), "/ocsp/tsa/AAAA").unwrap().body, [0x30, 3, 0x0A, 1, 3]);
    assert_eq!(get(testbed.base_url(), "/ocsp/tsa/AAAA").unwrap().body, [0x30, 3, 0x0A, 1, 1]);
}

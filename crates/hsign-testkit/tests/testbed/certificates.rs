//! OpenSSL's opinion of certificates, keys and containers.

use hsign_testkit::{Ca, Clock, Person, Pki, Protection, Testbed, YEAR, oid};

use super::common::*;

const SIGNATURE_CHAIN: &str = "-CAfile ca/hpki-root.pem -untrusted ca/hpki-signature-ca.pem";

fn verify(testbed: &Testbed, person: Person, options: &str) -> (bool, String) {
    let at = testbed.clock().now();
    let certificate = format!("people/{}/certificate.pem", person.name());
    openssl(testbed.folder(), &format!("verify -attime {at} {options} {certificate}"))
}

#[test]
fn qualified_people_pass_with_the_signature_policy_demanded() {
    let testbed = Testbed::start_at(Clock::fixed(NOW)).unwrap();
    if !has_openssl() {
        return;
    }
    let options = format!("{SIGNATURE_CHAIN} -explicit_policy -policy {}", oid::SIGNATURE_POLICY);
    let others = [Person::TestCard, Person::Authentication, Person::Expired];
    let people = Person::ALL.into_iter().filter(|person| person.issuer() == Ca::HpkiSignature);
    for person in people.filter(|person| !others.contains(person)) {
        let (passed, text) = verify(&testbed, person, &options);
        assert!(passed, "{}: {text}", person.name());
    }
}

#[test]
fn a_test_card_has_a_path_but_no_policy() {
    let testbed = Testbed::start_at(Clock::fixed(NOW)).unwrap();
    if !has_openssl() {
        return;
    }
    assert!(verify(&testbed, Person::TestCard, SIGNATURE_CHAIN).0);
    for policy in [oid::SIGNATURE_POLICY, oid::TEST_CARD_POLICY] {
        let options = format!("{SIGNATURE_CHAIN} -explicit_policy -policy {policy}");
        let (passed, text) = verify(&testbed, Person::TestCard, &options);
        assert!(!passed && text.contains("no explicit policy"), "{policy}: {text}");
    }
}

#[test]
fn the_other_hierarchies_have_paths_of_their_own() {
    let testbed = Testbed::start_at(Clock::fixed(NOW)).unwrap();
    if !has_openssl() {
        return;
    }
    let authentication = "-CAfile ca/hpki-root.pem -untrusted ca/hpki-authentication-ca.pem";
    assert!(verify(&testbed, Person::Authentication, authentication).0);
    assert!(!verify(&testbed, Person::Authentication, SIGNATURE_CHAIN).0);
    let commercial =
        "-CAfile ca/commercial-root.pem -untrusted ca/commercial-ca.pem -explicit_policy -policy";
    assert!(verify(&testbed, Person::Commercial, &format!("{commercial} {}", oid::COMMERCIAL_POLICY)).0);
    assert!(!verify(&testbed, Person::Commercial, &format!("{commercial} {}", oid::SIGNATURE_POLICY)).0);
}

#[test]
fn the_expired_one_was_valid_before() {
    let testbed = Testbed::start_at(Clock::fixed(NOW)).unwrap();
    if !has_openssl() {
        return;
    }
    let (passed, text) = verify(&testbed, Person::Expired, SIGNATURE_CHAIN);
    assert!(!passed && text.contains("certificate has expired"), "{text}");
    testbed.clock().advance(-YEAR);
    assert!(verify(&testbed, Person::Expired, SIGNATURE_CHAIN).0);
}

#[test]
fn signature_certificates_have_the_observed_extensions() {
    let testbed = Testbed::start_at(Clock::fixed(NOW)).unwrap();
    if !has_openssl() {
        return;
    }
    let text = openssl_ok(testbed.folder(), "x509 -noout -text -in people/doctor/certificate.pem");
    assert!(text.contains("X509v3 Key Usage: critical\n                Non Repudiation\n"), "{text}");
    assert!(text.contains("X509v3 Certificate Policies: critical"), "{text}");
    assert!(text.contains(&format!("URI:{}/crl/signature.crl", testbed.base_url())), "{text}");
    assert!(!text.contains("Extended Key Usage") && !text.contains("Authority Information Access"), "{text}");
    assert!(text.contains("Not After : Sep 20 14:59:59 2030 GMT"), "{text}");
    assert!(
        text.contains("Subject: C = JP, O = Hsign Test Hospital, CN = SHIKEN Taro, serialNumber ="),
        "{text}"
    );
    let sub_ca = openssl_ok(testbed.folder(), "x509 -noout -text -in ca/hpki-signature-ca.pem");
    assert!(sub_ca.contains("CN = SARL") && sub_ca.contains("/crl/sarl.crl"), "{sub_ca}");
    assert!(sub_ca.contains("X509v3 Certificate Policies: critical"), "{sub_ca}");
    let subject = openssl_ok(testbed.folder(), "x509 -noout -subject -in ca/hpki-root.pem");
    assert!(!subject.contains("CN"), "{subject}");
    let authentication =
        openssl_ok(testbed.folder(), "x509 -noout -text -in people/authentication/certificate.pem");
    assert!(authentication.contains("X509v3 Key Usage: critical\n                Digital Signature\n"));
}

#[test]
fn hc_role_is_octet_by_octet_the_observed_one() {
    let testbed = Testbed::start_at(Clock::fixed(NOW)).unwrap();
    for (person, expected) in [
        (
            Person::Doctor,
            "303430320606288185420001312831263024A0223120A00C060A2A830886910F01060101A2100C0E4D65646963616C20446F63746F72",
        ),
        (
            Person::Pharmacist,
            "3030302E0606288185420001312431223020A01E311CA00C060A2A830886910F01060101A20C0C0A506861726D6163697374",
        ),
    ] {
        let octets: Vec<u8> = (0..expected.len())
            .step_by(2)
            .map(|at| u8::from_str_radix(&expected[at..at + 2], 16).unwrap())
            .collect();
        // The extension: OID of subjectDirectoryAttributes, no critical flag, the content as OCTET STRING.
        let extension = [&[6, 3, 0x55, 0x1D, 9, 4, octets.len() as u8], octets.as_slice()].concat();
        assert!(contains(testbed.person(person).certificate_der(), &extension), "{person:?}");
    }
    let two = testbed.person(Person::TwoRoles).certificate_der().to_vec();
    assert!(contains(&two, b"Medical Doctor") && contains(&two, b"Pharmacist"));
    assert!(!contains(testbed.person(Person::NoRole).certificate_der(), &[6, 3, 0x55, 0x1D, 9]));
}

#[test]
fn the_same_time_gives_the_same_certificates() {
    let (one, two) = (Pki::new("http://h", NOW).unwrap(), Pki::new("http://h", NOW).unwrap());
    for person in Person::ALL {
        assert_eq!(one.person(person).certificate_der(), two.person(person).certificate_der(), "{person:?}");
    }
}

#[test]
fn pkcs12_opens_with_the_passphrase() {
    let testbed = Testbed::start_at(Clock::fixed(NOW)).unwrap();
    if !has_openssl() {
        return;
    }
    for person in Person::ALL {
        let path = testbed.person(person).pkcs12_path();
        let info = openssl_ok(
            testbed.folder(),
            &format!("pkcs12 -in {} -passin file:passphrase.txt -noenc -info", path.display()),
        );
        assert!(info.contains("AES-256-CBC") && info.contains("BEGIN PRIVATE KEY"), "{person:?}");
    }
    let doctor = testbed.person(Person::Doctor);
    let triple_des = doctor.pkcs12_path_with(Protection::TripleDes).unwrap();
    let command =
        format!("pkcs12 -passin file:passphrase.txt -noenc -info -legacy -in {}", triple_des.display());
    let (opened, info) = openssl(testbed.folder(), &command);
    match doctor.pkcs12_path_with(Protection::Rc2) {
        None => assert!(testbed.notes().iter().any(|note| note.contains("rc2-40")), "{:?}", testbed.notes()),
        Some(path) => {
            assert!(opened && info.contains("pbeWithSHA1And3-KeyTripleDES-CBC"), "{info}");
            let command =
                format!("pkcs12 -passin file:passphrase.txt -noenc -info -legacy -in {}", path.display());
            assert!(openssl_ok(testbed.folder(), &command).contains("pbeWithSHA1And40BitRC2-CBC"));
        }
    }
}

#[test]
fn keys_fit_their_certificates() {
    let testbed = Testbed::start_at(Clock::fixed(NOW)).unwrap();
    for person in Person::ALL {
        let identity = testbed.person(person);
        let certificate = openssl::x509::X509::from_der(identity.certificate_der()).unwrap();
        assert!(certificate.public_key().unwrap().public_eq(identity.private_key()), "{person:?}");
    }
}

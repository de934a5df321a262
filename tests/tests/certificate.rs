//! `hsign certificate verify`: every flag, each where it changes the answer.

use hsign_testkit::{CrlName, Person, Unit, keys};
use hsign_tests::{Answer, Session};
use openssl::asn1::{Asn1Integer, Asn1Time};
use openssl::bn::BigNum;
use openssl::conf::{Conf, ConfMethod};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::x509::{X509, X509Builder, X509Extension, X509NameBuilder};
use serde_json::Value;

/// The doctor's certificate under the root, with what `rest` adds.
fn doctor(session: &Session, rest: &str) -> Answer {
    let leaf = session.testbed().person(Person::Doctor).certificate_path();
    let root = session.testbed().folder().join("ca/hpki-root.cer");
    session.run(&format!(
        "certificate verify {} --anchor {} {rest} --output json",
        leaf.display(),
        root.display()
    ))
}

/// `--untrusted` with the CA between.
fn ca(session: &Session) -> String {
    format!("--untrusted {}", session.testbed().folder().join("ca/hpki-signature-ca.cer").display())
}

/// `--crl` for both lists.
fn lists(session: &Session) -> String {
    let list =
        |list: CrlName| session.testbed().folder().join("crl").join(list.file_name()).display().to_string();
    format!("--crl {} --crl {}", list(CrlName::Signature), list(CrlName::Sarl))
}

fn result(answer: Answer, code: i32) -> (String, Value) {
    let json = answer.exits(code).json();
    assert_eq!(json["schema"], "hsign.certificate/1");
    (json["result"].as_str().unwrap().to_owned(), json["sub_indication"].clone())
}

#[test]
fn anchor_untrusted_and_crl_make_a_certificate_valid() {
    let session = Session::shared();
    let (ca, lists) = (ca(&session), lists(&session));
    let json = doctor(&session, &format!("{ca} {lists}")).exits(0).json();
    assert_eq!((&json["result"], &json["indication"]), (&"valid".into(), &"TOTAL-PASSED".into()));
    assert_eq!(json["path"].as_array().unwrap().len(), 3);
    for row in json["revocation"].as_array().unwrap() {
        assert_eq!((&row["status"], &row["source"]), (&"good".into(), &"crl-given".into()));
        assert!(row["place"].as_str().unwrap().ends_with(".crl"), "{row}");
        assert!(row["this_update"].is_string());
    }
    assert_eq!(json["policies"][0], "1.2.392.100495.1.5.1.1.3.1");
    let without_ca = result(doctor(&session, &lists), 3);
    assert_eq!(without_ca, ("undetermined".to_owned(), "NO_CERTIFICATE_CHAIN_FOUND".into()));
    session.run("certificate verify letter.pdf --anchor letter.pdf").exits(4);
    session.run("certificate verify absent.cer").exits(2);
}

#[test]
fn revocation_is_required_reported_or_left_alone() {
    let session = Session::shared();
    let ca = ca(&session);
    let open = ("undetermined".to_owned(), "CERTIFICATE_CHAIN_GENERAL_FAILURE".into());
    assert_eq!(result(doctor(&session, &ca), 3), open);
    assert_eq!(result(doctor(&session, &format!("{ca} --revocation require")), 3), open);
    let json = doctor(&session, &format!("{ca} --revocation if-present")).exits(0).json();
    assert_eq!(json["revocation"][0]["status"], "unknown");
    let json = doctor(&session, &format!("{ca} --revocation off")).exits(0).json();
    assert_eq!(json["revocation"][0]["status"], "not-checked");
}

#[test]
fn at_and_max_age_say_when() {
    let session = Session::shared();
    let (ca, lists) = (ca(&session), lists(&session));
    let early = result(doctor(&session, &format!("{ca} {lists} --at 2001-01-01T00:00:00Z")), 1);
    assert_eq!(early.0, "invalid");
    doctor(&session, &format!("{ca} {lists} --max-age 36h")).exits(0);
    let old = result(doctor(&session, &format!("{ca} {lists} --max-age 0s")), 3);
    assert_eq!(old, ("undetermined".to_owned(), "TRY_LATER".into()));
    doctor(&session, &format!("{ca} {lists} --at yesterday")).exits(2);
    doctor(&session, &format!("{ca} {lists} --max-age long")).exits(2);
}

#[test]
fn initial_policy_and_eku_ask_for_more() {
    let session = Session::shared();
    let rest = format!("{} {}", ca(&session), lists(&session));
    let asked = "--require-explicit-policy --initial-policy";
    doctor(&session, &format!("{rest} {asked} 1.2.392.100495.1.5.1.1.3.1")).exits(0);
    let other = result(doctor(&session, &format!("{rest} {asked} 1.2.3")), 1);
    assert_eq!(other, ("invalid".to_owned(), "CHAIN_CONSTRAINTS_FAILURE".into()));
    doctor(&session, &format!("{rest} --initial-policy 1.2.3")).exits(0);
    doctor(&session, &format!("{rest} --initial-policy production")).exits(2);
    let unit = session.testbed().unit(Unit::Tsa).certificate_path();
    let folder = session.testbed().folder().join("ca");
    let unit = |purpose: &str| {
        session.run(&format!(
            "certificate verify {} --anchor {} --untrusted {} --revocation off --eku {purpose} --output json",
            unit.display(),
            folder.join("tsa-root.cer").display(),
            folder.join("tsa-ca.cer").display(),
        ))
    };
    unit("1.3.6.1.5.5.7.3.8").exits(0);
    let mail = result(unit("1.3.6.1.5.5.7.3.4"), 1);
    assert_eq!(mail, ("invalid".to_owned(), "CHAIN_CONSTRAINTS_FAILURE".into()));
}

/// Issuers' certificates and lists come from the network only when asked for (loopback here).
#[test]
fn fetch_alone_uses_the_network() {
    let session = Session::alone();
    let ca = ca(&session);
    doctor(&session, &ca).exits(3);
    assert!(session.testbed().take_requests().is_empty(), "nothing is asked of the network");
    let json = doctor(&session, &format!("{ca} --fetch")).exits(0).json();
    let row = &json["revocation"][0];
    assert_eq!(row["source"], "crl-fetched");
    assert!(row["place"].as_str().unwrap().starts_with(session.testbed().base_url()), "{row}");
    assert!(row["fetched_at"].as_str() > row["this_update"].as_str(), "{row}");
    assert!(!session.testbed().take_requests().is_empty());
    // The issuer's certificate by the leaf's own caIssuers, the status by its OCSP address.
    let unit = session.testbed().unit(Unit::Tsa).certificate_path();
    let root = session.testbed().folder().join("ca/tsa-root.cer");
    let line = format!("certificate verify {} --anchor {} --output json", unit.display(), root.display());
    session.run(&line).exits(3);
    assert!(session.testbed().take_requests().is_empty(), "nothing is asked of the network");
    let json = session.run(&format!("{line} --fetch")).exits(0).json();
    assert_eq!(json["path"].as_array().unwrap().len(), 3);
    // What was fetched is kept, for an hour unless the configuration says otherwise.
    let _ = session.testbed().take_requests();
    session.run(&format!("{line} --fetch")).exits(0);
    assert!(session.testbed().take_requests().is_empty(), "it is used again");
    session.write("impatient.toml", "cache_max_age = \"0s\"");
    session.run(&format!("{line} --fetch --config impatient.toml")).exits(0);
    assert!(!session.testbed().take_requests().is_empty(), "the server is asked each time");
    session.write("wrong.toml", "cache_max_age = \"soon\"");
    session.run(&format!("{line} --config wrong.toml")).exits(2).says("soon is not a time span");
    // The next run needs no server.
    session.testbed().stop_serving();
    session.run(&format!("{line} --fetch")).exits(0);
}

#[test]
fn an_ocsp_response_is_read_from_a_file() {
    let session = Session::shared();
    let folder = session.testbed().folder().join("ca");
    let unit = session.testbed().unit(Unit::Tsa).certificate_path();
    let read = |path: &std::path::Path| {
        hsign::x509::certificates_from_bytes(&std::fs::read(path).unwrap()).unwrap().remove(0)
    };
    let request = hsign::x509::ocsp_request(&read(&unit), &read(&folder.join("tsa-ca.cer")), None).unwrap();
    let now = session.testbed().clock().now();
    session.write("unit.ocsp", session.testbed().pki().ocsp(Unit::TsaOcsp, &request, now).unwrap());
    let line = format!(
        "certificate verify {} --anchor {} --ocsp unit.ocsp --output json",
        unit.display(),
        folder.join("tsa-ca.cer").display(),
    );
    let json = session.run(&line).exits(0).json();
    assert_eq!(json["revocation"][0]["source"], "ocsp-given");
    session.run(&line.replace("--ocsp unit.ocsp", "")).exits(3);
}

/// A certificate over a pool key, with extensions in OpenSSL's notation.
fn issue(
    subject: &str,
    key: &str,
    issuer: &str,
    issuer_key: &str,
    ended: bool,
    extensions: &[(Nid, &str)],
) -> Vec<u8> {
    let name = |text: &str| {
        let mut name = X509NameBuilder::new().unwrap();
        name.append_entry_by_nid(Nid::COMMONNAME, text).unwrap();
        name.build()
    };
    let mut builder = X509Builder::new().unwrap();
    builder.set_version(2).unwrap();
    let serial = Asn1Integer::from_bn(&BigNum::from_u32(7).unwrap()).unwrap();
    builder.set_serial_number(&serial).unwrap();
    builder.set_subject_name(&name(subject)).unwrap();
    builder.set_issuer_name(&name(issuer)).unwrap();
    builder.set_pubkey(&keys::load(key).unwrap()).unwrap();
    builder.set_not_before(&Asn1Time::from_unix(1_700_000_000).unwrap()).unwrap();
    let end = if ended { 1_750_000_000 } else { 4_000_000_000 };
    builder.set_not_after(&Asn1Time::from_unix(end).unwrap()).unwrap();
    let none = Conf::new(ConfMethod::default()).unwrap();
    for (nid, value) in extensions {
        let context = builder.x509v3_context(None, Some(&none));
        #[allow(deprecated)]
        let extension = X509Extension::new_nid(Some(&none), Some(&context), *nid, value).unwrap();
        builder.append_extension(extension).unwrap();
    }
    builder.sign(&keys::load(issuer_key).unwrap(), MessageDigest::sha256()).unwrap();
    let certificate: X509 = builder.build();
    certificate.to_der().unwrap()
}

const CA: (Nid, &str) = (Nid::BASIC_CONSTRAINTS, "critical,CA:TRUE");

/// Root, CA and leaf in files; the exit code of `verify` with what `rest` adds, revocation left alone.
fn chain(root_ended: bool, ca: &[(Nid, &str)], leaf: &[(Nid, &str)]) -> impl Fn(&str, i32) {
    let session = Session::alone();
    session.write("root.cer", issue("Root", "tls-server", "Root", "tls-server", root_ended, &[CA]));
    session.write("ca.cer", issue("CA", "tls-client", "Root", "tls-server", false, &[&[CA], ca].concat()));
    session.write("leaf.cer", issue("Leaf", "doctor-p256", "CA", "tls-client", false, leaf));
    move |rest: &str, code: i32| {
        let line =
            "certificate verify leaf.cer --anchor root.cer --untrusted ca.cer --revocation off --output json";
        session.run(&format!("{line} {rest}")).exits(code);
    }
}

#[test]
fn inhibit_any_policy_makes_any_policy_count_for_nothing() {
    let any = [(Nid::CERTIFICATE_POLICIES, "2.5.29.32.0")];
    let verify = chain(false, &any, &[(Nid::CERTIFICATE_POLICIES, "1.2.3")]);
    verify("--require-explicit-policy", 0);
    verify("--inhibit-any-policy", 0);
    verify("--require-explicit-policy --inhibit-any-policy", 1);
}

#[test]
fn inhibit_policy_mapping_makes_mappings_count_for_nothing() {
    let mapping = [(Nid::CERTIFICATE_POLICIES, "1.2.3"), (Nid::POLICY_MAPPINGS, "1.2.3:1.2.4")];
    let verify = chain(false, &mapping, &[(Nid::CERTIFICATE_POLICIES, "1.2.4")]);
    verify("--require-explicit-policy --initial-policy 1.2.3", 0);
    verify("--require-explicit-policy --initial-policy 1.2.3 --inhibit-policy-mapping", 1);
}

#[test]
fn anchor_constraints_make_the_anchors_own_dates_count() {
    let verify = chain(true, &[], &[]);
    verify("", 0);
    verify("--anchor-constraints", 1);
}

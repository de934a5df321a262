//! A test per rule of RFC 6960 about whose answer counts, and for what.

use hsign_asn1::encode;
use hsign_crypto::sha256;
use hsign_pki::{
    Anchor, FreshnessPolicy, OCSP_SIGNING, PathParameters, Provenance, Provided, RevocationAnswer,
    RevocationEvidence, RevocationParameters, RevocationStatus, build_and_validate, revocation_status,
};
use hsign_x509::{Certificate, CrlReason};

use super::forge::{self, Forge, Ocsp, Toy, by_key, by_name, extension, time};

const NOW: &str = "2026-06-02T00:00:00Z";
const CA: u8 = 1;
const EE: u8 = 3;
const RESPONDER: u8 = 7;

fn ca() -> Certificate {
    Forge::ca("CA", CA, "CA", CA).make()
}

fn person() -> Certificate {
    Forge::new("Person", EE, "CA", CA).make()
}

fn responder() -> Forge {
    Forge::new("Responder", RESPONDER, "CA", CA).with(forge::extended_key_usage(false, &[OCSP_SIGNING]))
}

fn good() -> Ocsp {
    Ocsp::good(&person(), &ca(), CA)
}

/// Good, by the responder, whose certificate comes along.
fn delegated(responder: &Forge) -> Ocsp {
    let certificate = responder.make();
    Ocsp { key: responder.key, responder: by_name(&certificate), certificates: vec![certificate], ..good() }
}

fn ask_about(target: &Certificate, responses: &[Ocsp]) -> RevocationAnswer {
    let anchors = [Anchor::from_certificate(ca())];
    let parameters = PathParameters { check_target_validity: false, ..PathParameters::at(time(NOW)) };
    let path = build_and_validate(target, &[], &anchors, &parameters, &Toy).unwrap();
    let responses = responses.iter().map(Ocsp::make);
    let evidence = RevocationEvidence {
        ocsp_responses: responses.map(|value| Provided::new(value, Provenance::Fetched)).collect(),
        ..RevocationEvidence::default()
    };
    let freshness = FreshnessPolicy::CrlOlderThanStampAllowed;
    let parameters = RevocationParameters { at: time(NOW), now: time(NOW), freshness };
    revocation_status(&path, 0, &evidence, &parameters, &Toy)
}

fn ask(response: &Ocsp) -> RevocationAnswer {
    ask_about(&person(), std::slice::from_ref(response))
}

fn refused(response: &Ocsp, code: &str) {
    let answer = ask(response);
    assert_eq!(answer.status, RevocationStatus::Unknown, "{answer:?}");
    assert!(answer.findings.iter().any(|finding| finding.code == code), "{:?}", answer.findings);
}

#[test]
fn rfc6960_4_2_2_2_the_issuer_itself_answers_by_name_or_by_key() {
    for responder in [by_name(&ca()), by_key(&ca())] {
        let answer = ask(&Ocsp { responder, ..good() });
        assert_eq!(answer.status, RevocationStatus::Good);
        assert_eq!(answer.this_update, Some(time("2026-06-01T00:00:00Z")));
        assert_eq!(answer.source.unwrap().origin.provenance, Provenance::Fetched);
    }
}

#[test]
fn rfc6960_4_2_2_2_a_responder_of_the_issuer_answers_by_name_or_by_key() {
    let own = responder().make();
    for id in [by_name(&own), by_key(&own)] {
        let answer = ask(&Ocsp { responder: id, ..delegated(&responder()) });
        assert_eq!(answer.status, RevocationStatus::Good, "{answer:?}");
        assert_eq!(answer.source.unwrap().signer_path[0], own);
    }
}

#[test]
fn rfc6960_4_2_2_2_a_responder_needs_its_purpose_from_the_same_issuer() {
    refused(&delegated(&Forge::new("Responder", RESPONDER, "CA", CA)), "ocsp-responder-not-authorised");
    let elsewhere = Forge { issuer: "Other".to_owned(), issuer_key: 9, ..responder() };
    refused(&delegated(&elsewhere), "ocsp-responder-not-authorised");
    let namesake = Forge { issuer_key: 9, ..responder() };
    refused(&delegated(&namesake), "ocsp-responder-not-authorised");
}

#[test]
fn an_answer_under_another_key_or_by_nobody_known_counts_for_nothing() {
    refused(&Ocsp { key: 9, ..good() }, "ocsp-signature-invalid");
    refused(&Ocsp { certificates: Vec::new(), ..delegated(&responder()) }, "ocsp-responder-not-found");
}

#[test]
fn rfc6960_4_2_2_2_1_nocheck_needs_no_answer_about_the_responder_itself() {
    let points = extension("2.5.29.31", false, &{
        let url = encode::implicit_primitive(6, b"http://ca.test/crl");
        let name = encode::implicit_constructed(0, &encode::implicit_constructed(0, &url));
        encode::sequence(&[&encode::sequence(&[&name])])
    });
    // It says where its status is to be had, and nothing is at hand from there.
    refused(&delegated(&responder().with(points.clone())), "ocsp-responder-not-valid");
    let nocheck = extension("1.3.6.1.5.5.7.48.1.5", false, &encode::null());
    let answer = ask(&delegated(&responder().with(points).with(nocheck)));
    assert_eq!(answer.status, RevocationStatus::Good, "{answer:?}");
}

#[test]
fn an_expired_responder_counts_for_nothing() {
    let expired = responder().valid("2025-01-01T00:00:00Z", "2025-06-01T00:00:00Z");
    refused(&delegated(&expired), "ocsp-responder-not-valid");
}

#[test]
fn the_certificates_hash_in_the_answer_must_be_this_certificates() {
    let hash_of = |bytes: &[u8]| {
        let algorithm = encode::sequence(&[&encode::oid("2.16.840.1.101.3.4.2.1").unwrap()]);
        let value = encode::sequence(&[&algorithm, &encode::octet_string(&sha256(bytes))]);
        vec![extension("1.3.36.8.3.13", false, &value)]
    };
    let answer = ask(&Ocsp { extensions: hash_of(person().der()), ..good() });
    assert_eq!(answer.status, RevocationStatus::Good);
    refused(&Ocsp { extensions: hash_of(b"another one"), ..good() }, "ocsp-certificate-hash-differs");
}

#[test]
fn rfc6960_4_4_4_an_answer_after_the_end_needs_an_archive_cutoff_before_it() {
    let short =
        Forge::new("Person", EE, "CA", CA).valid("2025-01-01T00:00:00Z", "2026-05-01T00:00:00Z").make();
    let answer = |cutoff: Option<&str>| {
        let extensions =
            cutoff.map(|cutoff| extension("1.3.6.1.5.5.7.48.1.6", false, &forge::generalized(time(cutoff))));
        let response = Ocsp { extensions: extensions.into_iter().collect(), ..Ocsp::good(&short, &ca(), CA) };
        ask_about(&short, &[response]).status
    };
    assert_eq!(answer(None), RevocationStatus::Unknown);
    assert_eq!(answer(Some("2026-05-02T00:00:00Z")), RevocationStatus::Unknown);
    assert_eq!(answer(Some("2020-01-01T00:00:00Z")), RevocationStatus::Good);
}

#[test]
fn revoked_and_unknown_are_told_apart() {
    let info =
        [forge::generalized(time("2026-05-01T00:00:00Z")), encode::explicit(0, &encode::enumerated(1))];
    let answer = ask(&Ocsp { status: encode::implicit_constructed(1, &info.concat()), ..good() });
    let (since, reason) = (time("2026-05-01T00:00:00Z"), Some(CrlReason::KeyCompromise));
    assert_eq!(answer.status, RevocationStatus::Revoked { time: since, reason, invalid_since: None });
    refused(&Ocsp { status: encode::implicit_primitive(2, &[]), ..good() }, "ocsp-status-unknown");
}

#[test]
fn an_answer_from_the_future_or_about_another_certificate_counts_for_nothing() {
    let late = Ocsp { this_update: time("2026-07-01T00:00:00Z"), ..good() };
    refused(&late, "revocation-data-from-future");
    let mut other = Forge::new("Person", EE, "CA", CA);
    other.serial = 77;
    let about_another = Ocsp { about: (other.make(), ca()), ..good() };
    assert_eq!(ask(&about_another).status, RevocationStatus::Unknown);
}

#[test]
fn an_answer_from_before_the_certificate_counts_for_nothing() {
    let begin = person().not_before();
    let at = |this_update| Ocsp { this_update, ..good() };
    refused(&at(begin.plus_seconds(-1)), "revocation-data-before-certificate");
    assert_eq!(ask(&at(begin)).status, RevocationStatus::Good);
}

#[test]
fn a_revocation_outweighs_a_later_good() {
    let info = forge::generalized(time("2026-05-01T00:00:00Z"));
    let revoked = Ocsp { status: encode::implicit_constructed(1, &info), ..good() };
    let later = Ocsp { this_update: time("2026-06-01T12:00:00Z"), ..good() };
    let answer = ask_about(&person(), &[later, revoked]);
    assert!(matches!(answer.status, RevocationStatus::Revoked { .. }));
}

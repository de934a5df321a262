//! Each of the twenty-five sub-indications of EN 319 102-1 is reached by the state of things it stands for.

use hsign_core::DigestAlgorithm::{Sha256, Sha384};
use hsign_core::facts::{Covered, Reference, SignaturePolicyFacts, TimestampKind};
use hsign_core::{ClaimedSigningTime, Finding};
use hsign_validation::{CheckKind, Conclusion, GivenProof, SubIndication as Sub};

use crate::archive::{Archive, PASSED, SIGNATURE, YEAR, failed, open, time};
use crate::synthetic::sha256_digest;

/// Signed with fresh data on everything, judged soon after; "tsa 1" is at hand.
fn fresh() -> Archive {
    let mut archive = Archive::new();
    archive.unit("tsa 1", -10, 10 * YEAR).sign(Sha256).embed_certificates(&["ca"]);
    data(&mut archive, 19);
    archive
}

/// Revocation data of a day on everything.
fn data(archive: &mut Archive, day: i64) {
    let crls = ["root", "ca", "tsa root"].map(|issuer| archive.crl(issuer, day, 30, &[]));
    archive.given(&crls);
}

#[test]
fn the_words_of_the_standard() {
    let conclusions =
        [Conclusion::Passed, Conclusion::Failed(Sub::HashFailure), Conclusion::Indeterminate(Sub::NoPoe)];
    assert_eq!(conclusions.map(Conclusion::name), ["PASSED", "FAILED", "INDETERMINATE"]);
}

#[test]
fn everything_in_order_passes() {
    fresh().expect(20, PASSED);
}

#[test]
fn format_failure() {
    let mut archive = fresh();
    archive.facts.signatures[0].findings.push(Finding::error("cms-attribute-missing"));
    archive.expect(20, failed(Sub::FormatFailure));
}

#[test]
fn hash_failure() {
    let mut archive = fresh();
    archive.facts.signatures[0].signed.as_mut().unwrap().references[0].actual = Some(sha256_digest(b"other"));
    archive.expect(20, failed(Sub::HashFailure));
}

#[test]
fn sig_crypto_failure() {
    let mut archive = fresh();
    archive.facts.signatures[0].signed.as_mut().unwrap().value.0[0] ^= 1;
    archive.expect(20, failed(Sub::SigCryptoFailure));
}

fn with_content_stamp(day: i64) -> Archive {
    let mut archive = fresh();
    let covers = vec![Covered::SignedData { signature: SIGNATURE.to_owned() }];
    let stamp = archive.timestamp("tsa 1", day, TimestampKind::Content, covers, Sha256);
    archive.facts.signatures[0].timestamps.push(stamp);
    archive
}

#[test]
fn revoked() {
    let mut archive = with_content_stamp(15);
    let crl = archive.crl("ca", 19, 30, &[("signer", 12, 1)]);
    archive.given(&[crl]);
    archive.expect(20, failed(Sub::Revoked));
}

#[test]
fn expired() {
    let mut archive = with_content_stamp(3 * YEAR + 2);
    data(&mut archive, 3 * YEAR + 5);
    archive.expect(3 * YEAR + 6, failed(Sub::Expired));
}

#[test]
fn crypto_constraints_failure() {
    let mut archive = Archive::new();
    archive.unit("tsa 1", -10, 10 * YEAR).sign(Sha384).embed_certificates(&["ca"]);
    data(&mut archive, 19);
    let covers = vec![Covered::SignedData { signature: SIGNATURE.to_owned() }];
    let stamp = archive.timestamp("tsa 1", 15, TimestampKind::Content, covers, Sha256);
    archive.facts.signatures[0].timestamps.push(stamp);
    archive.end_of("SHA-384", 12);
    archive.expect(20, open(Sub::CryptoConstraintsFailure));
}

#[test]
fn not_yet_valid() {
    let mut archive = fresh();
    archive.issue("signer", "ca", 15, 3 * YEAR, Sha256);
    archive.facts.signatures.clear();
    archive.sign(Sha256).stamp_signature("tsa 1", 10);
    archive.expect(20, failed(Sub::NotYetValid));
}

#[test]
fn sig_constraints_failure() {
    let mut archive = fresh();
    archive.policy_with("certificate_reference = \"reported\"", "certificate_reference = \"required\"");
    archive.facts.signatures[0].signed.as_mut().unwrap().certificate_references.clear();
    archive.expect(20, open(Sub::SigConstraintsFailure));
}

#[test]
fn chain_constraints_failure() {
    let mut archive = fresh();
    archive.policy_with("certificate_policies = []", "certificate_policies = [\"1.2.3\"]");
    archive.expect(20, open(Sub::ChainConstraintsFailure));
}

#[test]
fn certificate_chain_general_failure() {
    let mut archive = fresh();
    archive.evidence = hsign_validation::Evidence::new();
    archive.expect(20, open(Sub::CertificateChainGeneralFailure));
}

fn with_policy(identifier: &str, actual: Option<&[u8]>) -> Archive {
    let mut archive = fresh();
    archive.policy_with("signature_policy = \"reported\"", "signature_policy = \"required\"");
    archive.facts.signatures[0].policy = Some(SignaturePolicyFacts {
        identifier: Some(identifier.to_owned()),
        reference: Some(Reference {
            name: "signature-policy".to_owned(),
            expected: sha256_digest(b"the policy"),
            actual: actual.map(sha256_digest),
        }),
        findings: Vec::new(),
    });
    archive
}

#[test]
fn policy_processing_error() {
    with_policy("1.2.3", Some(b"another policy")).expect(20, open(Sub::PolicyProcessingError));
    with_policy("1.2.3", Some(b"the policy")).expect(20, PASSED);
}

#[test]
fn signature_policy_not_available() {
    with_policy("1.2.3", None).expect(20, open(Sub::SignaturePolicyNotAvailable));
}

#[test]
fn a_signature_policy_that_is_only_to_be_told_decides_nothing() {
    let mut archive = with_policy("1.2.3", None);
    archive.policy_with("signature_policy = \"required\"", "signature_policy = \"reported\"");
    let verdict = archive.expect(20, PASSED);
    assert!(verdict.findings().iter().any(|finding| finding.code == "signature-policy-missing"));
}

#[test]
fn timestamp_order_failure() {
    let mut archive = fresh();
    archive.stamp_signature("tsa 1", 15).stamp_document("tsa 1", 12);
    archive.expect(20, open(Sub::TimestampOrderFailure));
}

#[test]
fn no_signing_certificate_found() {
    let mut archive = fresh();
    archive.facts.signatures[0].signed.as_mut().unwrap().certificate_references[0].digest =
        sha256_digest(b"who");
    archive.expect(20, open(Sub::NoSigningCertificateFound));
}

#[test]
fn no_certificate_chain_found() {
    let mut archive = fresh();
    archive.trust.clear();
    archive.expect(20, open(Sub::NoCertificateChainFound));
}

/// The root is trusted until day 30.
fn with_sunset() -> Archive {
    let mut archive = fresh();
    let until =
        format!("sha256 = \"{}\"\n", crate::synthetic::hex(&sha256_digest(archive.der("root")).value.0));
    assert!(archive.trust.contains(&until));
    archive.trust = archive
        .trust
        .replace(&until, &format!("{until}from = \"{}\"\nto = \"{}\"\n", time(-5 * YEAR), time(30)));
    archive
}

#[test]
fn no_certificate_chain_found_no_poe() {
    let mut archive = with_sunset();
    data(&mut archive, 39);
    archive.expect(40, open(Sub::NoCertificateChainFoundNoPoe));
}

#[test]
fn what_is_proven_before_an_anchors_end_is_still_trusted() {
    let mut archive = with_sunset();
    let crls = [archive.crl("root", 1, YEAR, &[]), archive.crl("ca", 9, 90, &[])];
    archive.embed(&crls).stamp_signature("tsa 1", 10).stamp_document("tsa 1", 11);
    data(&mut archive, 39);
    archive.expect(40, PASSED);
}

/// Control-time sliding looks at data issued before the control time: here the anchor's end.
#[test]
fn data_count_that_were_issued_before_the_control_time() {
    for by_responder in [false, true] {
        for (issued, expected) in [(29, PASSED), (30, open(Sub::NoCertificateChainFoundNoPoe))] {
            let mut archive = with_sunset();
            archive.issue("responder", "ca", 8, 3 * YEAR, Sha256).embed_certificates(&["responder"]);
            let of_root = archive.crl("root", 1, YEAR, &[]);
            archive.embed(&[of_root]);
            if by_responder {
                let answer = archive.ocsp("signer", "responder", issued, 9);
                archive.embed_ocsp(answer);
            } else {
                let list = archive.crl("ca", issued, 9, &[]);
                archive.embed(&[list]);
            }
            let given = |object| GivenProof { object, time: time(30), source: "registry".to_owned() };
            archive.proofs = archive.all_there_is().into_iter().map(given).collect();
            archive.expect(40, expected);
        }
    }
}

/// That the anchor was trusted then doesn't help a signature that came after its signer's revocation.
#[test]
fn what_is_proven_before_an_anchors_end_is_revoked_all_the_same() {
    let mut archive = with_sunset();
    let crls = [archive.crl("root", 1, YEAR, &[]), archive.crl("ca", 9, 90, &[])];
    archive.embed(&crls).stamp_signature("tsa 1", 10).stamp_document("tsa 1", 11);
    let crls = [archive.crl("ca", 39, 30, &[("signer", 5, 1)]), archive.crl("tsa root", 39, 30, &[])];
    archive.given(&crls);
    archive.expect(40, open(Sub::NoCertificateChainFoundNoPoe));
}

#[test]
fn revoked_no_poe() {
    let mut archive = fresh();
    let crl = archive.crl("ca", 19, 30, &[("signer", 12, 1)]);
    archive.given(&[crl]);
    archive.expect(20, open(Sub::RevokedNoPoe));
}

#[test]
fn revoked_ca_no_poe() {
    let mut archive = fresh();
    let crl = archive.crl("root", 19, 30, &[("ca", 12, 2)]);
    archive.given(&[crl]);
    archive.expect(20, open(Sub::RevokedCaNoPoe));
}

#[test]
fn out_of_bounds_not_revoked() {
    let mut archive = fresh();
    data(&mut archive, 3 * YEAR + 5);
    archive.expect(3 * YEAR + 6, open(Sub::OutOfBoundsNotRevoked));
}

/// Nothing tells the status: that comes before the signer's own validity.
#[test]
fn an_expired_signer_of_unknown_status_is_a_failure_of_the_chain() {
    let mut archive = fresh();
    archive.evidence = hsign_validation::Evidence::new();
    let crls = [archive.crl("root", 3 * YEAR + 5, 30, &[])];
    archive.given(&crls);
    archive.expect(3 * YEAR + 6, open(Sub::CertificateChainGeneralFailure));
}

#[test]
fn out_of_bounds_no_poe() {
    // The signer has ended, and so has whoever told his status.
    let mut archive = with_short_lived_responder();
    archive.expect(3 * YEAR + 6, open(Sub::OutOfBoundsNoPoe));
}

/// A responder of the CA with a certificate of three days answers for the signer.
fn with_short_lived_responder() -> Archive {
    let mut archive = Archive::new();
    archive.unit("tsa 1", -10, 10 * YEAR).issue("responder", "ca", 8, 12, Sha256);
    archive.sign(Sha256).embed_certificates(&["ca", "responder"]);
    let answer = archive.ocsp("signer", "responder", 9, 30);
    let crls = [archive.crl("root", 9, 90, &[])];
    archive.embed_ocsp(answer).embed(&crls);
    let crl = archive.crl("tsa root", 19, 30, &[]);
    archive.given(&[crl]);
    archive
}

#[test]
fn revocation_out_of_bounds_no_poe() {
    with_short_lived_responder().expect(20, open(Sub::RevocationOutOfBoundsNoPoe));
}

#[test]
fn a_responder_that_ended_counts_where_its_certificate_is_proven_in_its_time() {
    let mut archive = with_short_lived_responder();
    archive.stamp_signature("tsa 1", 10).stamp_document("tsa 1", 11);
    archive.expect(20, PASSED);
}

/// §3.7 of past signature validation asks for some data by somebody who is proven in his time, not for the latest.
#[test]
fn a_responder_that_is_not_proven_in_its_time_is_believed_where_an_older_list_of_the_ca_agrees() {
    let judged = |revoked: &[(&str, i64, u8)], with_list: bool| {
        let mut archive = Archive::new();
        archive.unit("tsa 1", -10, 10 * YEAR).issue("responder", "ca", 8, 12, Sha256);
        archive.sign(Sha256).embed_certificates(&["ca", "responder"]);
        let answer = archive.ocsp("signer", "responder", 9, 60);
        let mut crls = vec![archive.crl("root", 9, 90, &[])];
        // Too old to be the only word on the time of the stamp.
        if with_list {
            crls.push(archive.crl("ca", 8, 4, revoked));
        }
        archive.embed_ocsp(answer).embed(&crls).stamp_signature("tsa 1", 15).stamp_document("tsa 1", 16);
        let crl = archive.crl("tsa root", 49, 30, &[]);
        archive.given(&[crl]);
        archive.judge_at(50).signatures()[0].sub_indication()
    };
    assert_eq!(judged(&[], true), None);
    assert_eq!(judged(&[], false), Some(Sub::RevocationOutOfBoundsNoPoe));
    assert_ne!(judged(&[("signer", 7, 1)], true), None);
}

#[test]
fn crypto_constraints_failure_no_poe() {
    let mut archive = Archive::new();
    archive.sign(Sha384).embed_certificates(&["ca"]).end_of("SHA-384", 12);
    data(&mut archive, 19);
    archive.expect(20, open(Sub::CryptoConstraintsFailureNoPoe));
}

/// It ends past certificate validation; the signature keeps what stands against it today.
#[test]
fn no_poe() {
    let mut archive = fresh();
    archive.stamp_signature("tsa 1", 10);
    archive.evidence = hsign_validation::Evidence::new();
    let crls =
        [archive.crl("root", 1, 30, &[]), archive.crl("ca", 9, 4, &[]), archive.crl("tsa root", 99, 30, &[])];
    archive.given(&crls);
    let policy =
        archive.policy.replace("older_than_stamp = \"accepted\"", "older_than_stamp = \"try-later\"");
    archive.policy = policy;
    let verdict = archive.judge_at(100);
    let checks = verdict.signatures()[0].checks();
    let past = checks.iter().find(|check| check.check == CheckKind::PastCertificateValidation);
    assert_eq!(past.unwrap().conclusion, Conclusion::Indeterminate(Sub::NoPoe));
}

#[test]
fn try_later() {
    let mut archive = fresh();
    archive.expect(60, open(Sub::TryLater));
}

/// Of a hold in the very second of the proof nobody knows which came first.
#[test]
fn a_signature_is_older_than_a_hold_where_its_proof_is() {
    const HOLD: u8 = 6;
    for (since, expected) in [(11, PASSED), (10, open(Sub::TryLater))] {
        let mut archive = fresh();
        let crl = archive.crl("ca", 20, 30, &[("signer", since, HOLD)]);
        archive.stamp_signature("tsa 1", 10).given(&[crl]);
        archive.expect(21, expected);
    }
}

#[test]
fn signed_data_not_found() {
    let mut archive = fresh();
    archive.facts.signatures[0].signed.as_mut().unwrap().references[0].actual = None;
    archive.expect(20, open(Sub::SignedDataNotFound));
}

#[test]
fn a_claim_later_than_the_proof_is_told_and_decides_nothing() {
    let mut archive = fresh();
    archive.facts.signatures[0].claimed_signing_time = Some(ClaimedSigningTime(time(12)));
    archive.stamp_signature("tsa 1", 10);
    let verdict = archive.expect(20, PASSED);
    assert!(verdict.findings().iter().any(|finding| finding.code == "claimed-time-after-proof"));
}

//! Proofs of existence, control-time sliding, past signature validation, from the first stamp to the second renewal.

use hsign_core::DigestAlgorithm::{Sha256, Sha384};
use hsign_core::facts::{Covered, TimestampKind};
use hsign_validation::{
    CheckKind, Conclusion, GivenProof, Indication, ProofSource, ProvenObject, SubIndication,
};

use crate::archive::{Archive, PASSED, SIGNATURE, YEAR, open, time, value};

/// Signed on day 10 with a signature stamp, the evidence of day 9 embedded, a document stamp on day 11. "tsa 1" ends
/// with year 10.
fn b_lta() -> Archive {
    let mut archive = Archive::new();
    archive.unit("tsa 1", -10, 10 * YEAR).sign(Sha256).stamp_signature("tsa 1", 10);
    let crls = [
        archive.crl("root", 1, YEAR, &[]),
        archive.crl("ca", 9, 4, &[]),
        archive.crl("tsa root", 9, 30, &[]),
    ];
    archive.embed_certificates(&["ca"]).embed(&crls).stamp_document("tsa 1", 11);
    archive
}

/// The same after two renewals, in years 9 and 17, each with the revocation data of the stamp before it.
fn renewed_twice() -> Archive {
    let mut archive = b_lta();
    archive.unit("tsa 2", 8 * YEAR, 18 * YEAR);
    archive.unit("tsa 3", 16 * YEAR, 26 * YEAR);
    let first = archive.crl("tsa root", 9 * YEAR - 1, 30, &[]);
    archive.embed(&[first]).stamp_document("tsa 2", 9 * YEAR);
    let second = archive.crl("tsa root", 17 * YEAR - 1, 30, &[]);
    archive.embed(&[second]).stamp_document("tsa 3", 17 * YEAR);
    archive
}

/// Only the newest stamp needs fresh data.
fn current(archive: &mut Archive, day: i64) {
    let crl = archive.crl("tsa root", day - 1, 30, &[]);
    archive.given(&[crl]);
}

#[test]
fn a_document_renewed_twice_is_valid_when_every_certificate_but_the_last_has_ended() {
    let mut archive = renewed_twice();
    current(&mut archive, 20 * YEAR);
    let verdict = archive.expect(20 * YEAR, PASSED);
    assert_eq!(verdict.best_signature_time().unwrap().0, time(10));
    assert_eq!(verdict.protected_by().unwrap(), &format!("Document {}", 17 * YEAR));
    assert!(verdict.control_time().is_some());
    assert!(verdict.timestamps().iter().all(|stamp| stamp.indication() == Indication::TotalPassed));
    let ran = verdict.checks().iter().find(|check| check.check == CheckKind::PastSignatureValidation);
    assert_eq!(ran.unwrap().conclusion, Conclusion::Passed);
}

#[test]
fn every_proof_tells_on_whose_word_it_rests() {
    let mut archive = renewed_twice();
    current(&mut archive, 20 * YEAR);
    let verdict = archive.judge_at(20 * YEAR);
    let proof = |object: &ProvenObject| {
        verdict
            .proofs()
            .iter()
            .find(|proof| proof.object() == object)
            .map(|proof| (proof.time(), proof.source().clone()))
    };
    let stamp = |id: &str| ProofSource::Timestamp(id.to_owned());
    assert_eq!(
        proof(&ProvenObject::Signature(SIGNATURE.to_owned())),
        Some((time(10), stamp("Signature 10")))
    );
    assert_eq!(
        proof(&ProvenObject::Timestamp("Signature 10".to_owned())),
        Some((time(11), stamp("Document 11")))
    );
    assert_eq!(ProvenObject::Timestamp("Signature 10".to_owned()).to_string(), "Signature 10");
    assert_eq!(ProvenObject::Evidence([0xa5; 32]).to_string(), "a5".repeat(32));
    let renewal = format!("Document {}", 9 * YEAR);
    assert_eq!(
        proof(&ProvenObject::Timestamp("Document 11".to_owned())),
        Some((time(9 * YEAR), stamp(&renewal)))
    );
}

#[test]
fn without_data_on_the_newest_authority_nothing_older_is_proven() {
    let mut archive = renewed_twice();
    let verdict = archive.judge_at(20 * YEAR);
    assert_eq!(verdict.indication(), Indication::Indeterminate);
    assert!(verdict.proofs().is_empty());
}

#[test]
fn a_renewal_after_the_previous_authority_ended_comes_too_late() {
    let mut archive = b_lta();
    archive.unit("tsa 2", 8 * YEAR, 18 * YEAR);
    let late = archive.crl("tsa root", 11 * YEAR - 1, 30, &[]);
    archive.embed(&[late]).stamp_document("tsa 2", 11 * YEAR);
    current(&mut archive, 12 * YEAR);
    let verdict = archive.judge_at(12 * YEAR);
    assert_eq!(verdict.signatures()[0].indication(), Indication::Indeterminate);
    let first = &verdict.timestamps()[0];
    assert_eq!(first.indication(), Indication::Indeterminate, "{:?}", first.findings());
}

#[test]
fn an_authority_revoked_before_the_renewal_proves_nothing() {
    let mut archive = b_lta();
    archive.unit("tsa 2", 8 * YEAR, 18 * YEAR);
    let crl = archive.crl("tsa root", 9 * YEAR - 1, 30, &[("tsa 1", 8 * YEAR, 1)]);
    archive.embed(&[crl]).stamp_document("tsa 2", 9 * YEAR);
    current(&mut archive, 9 * YEAR + 20);
    let verdict = archive.judge_at(9 * YEAR + 20);
    assert_eq!(verdict.signatures()[0].indication(), Indication::Indeterminate);
    assert_eq!(verdict.timestamps()[0].sub_indication(), Some(SubIndication::RevokedNoPoe));
}

#[test]
fn an_authority_revoked_after_the_renewal_does_no_harm() {
    let mut archive = b_lta();
    archive.unit("tsa 2", 8 * YEAR, 18 * YEAR);
    let crl = archive.crl("tsa root", 9 * YEAR - 1, 30, &[]);
    archive.embed(&[crl]).stamp_document("tsa 2", 9 * YEAR);
    let crl = archive.crl("tsa root", 9 * YEAR + 50, 30, &[("tsa 1", 9 * YEAR + 10, 1)]);
    archive.given(&[crl]);
    archive.expect(9 * YEAR + 60, PASSED);
}

#[test]
fn a_stamp_that_holds_by_a_renewal_is_not_called_invalid_beside_a_signature_that_holds_today() {
    let mut archive = Archive::new();
    archive.unit("tsa 1", -10, YEAR).unit("tsa 2", 0, 10 * YEAR).sign(Sha256).stamp_signature("tsa 1", 10);
    let crl = archive.crl("tsa root", 299, 30, &[]);
    archive.embed_certificates(&["ca"]).embed(&[crl]).stamp_document("tsa 2", 300);
    let crls = ["root", "ca"].map(|issuer| archive.crl(issuer, 2 * YEAR - 1, 4, &[]));
    archive.given(&crls);
    current(&mut archive, 2 * YEAR);
    let verdict = archive.expect(2 * YEAR, PASSED);
    assert!(verdict.checks().iter().all(|check| check.check != CheckKind::PastSignatureValidation));
    assert_eq!(verdict.best_signature_time().unwrap().0, time(10));
    assert!(verdict.findings().iter().all(|finding| finding.code != "time-stamp-not-valid"));
}

#[test]
fn past_certificate_validation_finds_the_path_of_an_expired_ca() {
    let mut archive = Archive::new();
    archive.issue("ca", "root", -YEAR, 4 * YEAR, Sha256).issue("signer", "ca", 0, 3 * YEAR, Sha256);
    archive.unit("tsa 1", -10, 10 * YEAR).sign(Sha256).stamp_signature("tsa 1", 10);
    let crls = [archive.crl("root", 1, YEAR, &[]), archive.crl("ca", 9, 4, &[])];
    archive.embed_certificates(&["ca"]).embed(&crls).stamp_document("tsa 1", 11);
    current(&mut archive, 5 * YEAR);
    let verdict = archive.expect(5 * YEAR, PASSED);
    assert_eq!(verdict.path().len(), 3);
}

#[test]
fn control_time_slides_to_the_end_of_what_stale_data_promise_or_to_when_they_were_issued() {
    let mut archive = renewed_twice();
    current(&mut archive, 20 * YEAR);
    let verdict = archive.expect(20 * YEAR, PASSED);
    // The signer's CRL of day 9 lives four days.
    assert_eq!(verdict.control_time(), Some(time(13)));
    archive.policy_with("control_time = \"next-update\"", "control_time = \"this-update\"");
    let verdict = archive.judge_at(20 * YEAR).signatures()[0].clone();
    assert_eq!(verdict.indication(), Indication::Indeterminate);
    let past = verdict.checks().iter().find(|check| check.check == CheckKind::PastCertificateValidation);
    assert_eq!(past.unwrap().conclusion, Conclusion::Indeterminate(SubIndication::NoPoe));
}

#[test]
fn past_signature_validation_needs_the_signature_before_the_signers_revocation() {
    for (revoked, expected) in [(12, PASSED), (5, open(SubIndication::RevokedNoPoe))] {
        let mut archive = b_lta();
        let crl = archive.crl("ca", 30, 4, &[("signer", revoked, 1)]);
        let arl = archive.crl("root", 29, YEAR, &[]);
        archive.given(&[crl, arl]);
        current(&mut archive, 31);
        archive.expect(31, expected);
    }
}

#[test]
fn an_archive_stamp_over_a_proven_signature_may_come_after_the_signer_ended() {
    let mut archive = b_lta();
    archive.unit("tsa 2", 3 * YEAR, 14 * YEAR);
    let crl = archive.crl("tsa root", 5 * YEAR - 1, 30, &[]);
    archive.embed(&[crl]).stamp_document("tsa 2", 5 * YEAR);
    current(&mut archive, 12 * YEAR);
    archive.expect(12 * YEAR, PASSED);
}

#[test]
fn a_first_stamp_after_the_signer_ended_never_passes() {
    let mut archive = Archive::new();
    archive.unit("tsa 1", -10, 10 * YEAR).sign(Sha256);
    let crls = [archive.crl("root", 1, 4 * YEAR, &[]), archive.crl("ca", 9, 4 * YEAR, &[])];
    archive.embed_certificates(&["ca"]).embed(&crls).stamp_document("tsa 1", 3 * YEAR + 1);
    current(&mut archive, 5 * YEAR);
    let verdict = archive.judge_at(5 * YEAR);
    assert_eq!(verdict.indication(), Indication::Indeterminate);
}

#[test]
fn an_algorithm_that_ended_does_no_harm_to_what_is_proven_before_its_end() {
    let mut archive = Archive::new();
    archive.issue("signer", "ca", 0, 3 * YEAR, Sha384).unit("tsa 1", -10, 10 * YEAR);
    archive.sign(Sha384).stamp_signature("tsa 1", 10);
    let crls = [archive.crl("root", 1, YEAR, &[]), archive.crl("ca", 9, 4, &[])];
    archive.embed_certificates(&["ca"]).embed(&crls).stamp_document("tsa 1", 11).end_of("SHA-384", 2 * YEAR);
    current(&mut archive, 5 * YEAR);
    archive.expect(5 * YEAR, PASSED);
}

#[test]
fn newer_data_under_an_ended_algorithm_leave_those_that_were_sealed_in_time_their_word() {
    let mut archive = Archive::new();
    archive.unit("tsa 1", -10, 10 * YEAR).sign(Sha256).stamp_signature("tsa 1", 10);
    let with = |issuer, at, life, digest| archive.crl_with(issuer, at, life, &[], digest);
    let crls = [with("root", 1, YEAR, Sha256), with("ca", 9, 4, Sha384)];
    let newer = with("ca", 5 * YEAR - 1, 4, Sha384);
    // Without one on the CA of that age the control time would come to lie before the newer list.
    let of_ca = with("root", 5 * YEAR - 1, 4, Sha256);
    archive.embed_certificates(&["ca"]).embed(&crls).stamp_document("tsa 1", 11);
    archive.end_of("SHA-384", 2 * YEAR).given(&[newer, of_ca]);
    current(&mut archive, 5 * YEAR);
    archive.expect(5 * YEAR, PASSED);
}

#[test]
fn newer_lists_under_an_ended_algorithm_leave_a_responder_its_word() {
    let mut archive = Archive::new();
    archive.issue("tsa 1", "tsa root", -10, 10 * YEAR, Sha256).issue("responder", "ca", 8, 3 * YEAR, Sha256);
    archive.sign(Sha256).stamp_signature("tsa 1", 10);
    let answer = archive.ocsp("signer", "responder", 9, 4);
    let crl = archive.crl("root", 1, YEAR, &[]);
    // Both of one age: by data on the CA that are old the control time would come to lie before the newer list.
    let newer =
        [archive.crl("root", 5 * YEAR - 1, 4, &[]), archive.crl_with("ca", 5 * YEAR - 1, 4, &[], Sha384)];
    archive.embed_certificates(&["ca", "responder"]).embed(&[crl]).embed_ocsp(answer);
    // Were the list believed, the control time would slide to before the signature.
    archive.stamp_document("tsa 1", 11).end_of("SHA-384", 5).given(&newer);
    current(&mut archive, 5 * YEAR);
    let verdict = archive.expect(5 * YEAR, PASSED);
    let ran = verdict.checks().iter().find(|check| check.check == CheckKind::PastSignatureValidation);
    assert_eq!(ran.unwrap().conclusion, Conclusion::Passed);
}

/// As references of older formats name what an archive time stamp covers.
#[test]
fn evidence_named_by_a_digest_that_had_ended_before_the_stamp_is_not_proven_by_it() {
    for (end, proven) in [(2 * YEAR, true), (5, false)] {
        let mut archive = Archive::new();
        archive.issue("tsa 1", "tsa root", -10, 10 * YEAR, Sha256).sign(Sha256).stamp_signature("tsa 1", 10);
        let crls = [archive.crl("root", 1, YEAR, &[]), archive.crl("ca", 9, 4, &[])];
        archive.embed_certificates(&["ca"]).embed(&crls).end_of("SHA-384", end);
        let evidence = &archive.facts.evidence;
        let named = evidence.certificates.iter().chain(&evidence.crls).map(|piece| Covered::Evidence {
            digest: hsign_crypto::digest(Sha384, piece.as_slice()).unwrap(),
        });
        let stamped = Covered::Timestamp { timestamp: archive.facts.signatures[0].timestamps[0].id.clone() };
        let covers = named.chain([value(), stamped]).collect();
        let stamp = archive.timestamp("tsa 1", 11, TimestampKind::Document, covers, Sha256);
        archive.facts.timestamps.push(stamp);
        current(&mut archive, 5 * YEAR);
        let verdict = archive.judge_at(5 * YEAR);
        let list = ProvenObject::Evidence(hsign_crypto::sha256(archive.facts.evidence.crls[1].as_slice()));
        let at = verdict.proofs().iter().find(|proof| *proof.object() == list).map(|proof| proof.time());
        assert_eq!(at, proven.then_some(time(11)), "{end}");
    }
}

#[test]
fn an_imprint_whose_hash_had_ended_before_the_token_is_proven_proves_nothing() {
    let mut archive = Archive::new();
    archive.unit("tsa 1", -10, 10 * YEAR).unit("tsa 2", 3 * YEAR, 9 * YEAR);
    archive.sign(Sha256);
    let crls = [archive.crl("root", 1, YEAR, &[]), archive.crl("ca", 9, 4, &[])];
    archive.embed_certificates(&["ca"]).embed(&crls).stamp_document_with("tsa 1", 11, Sha384);
    let crl = archive.crl("tsa root", 4 * YEAR - 1, 30, &[]);
    archive.embed(&[crl]).stamp_document("tsa 2", 4 * YEAR);
    current(&mut archive, 5 * YEAR);
    // Renewed in time, and too late.
    archive.end_of("SHA-384", 4 * YEAR + 1);
    archive.expect(5 * YEAR, PASSED);
    archive
        .end_of("SHA-512", 0)
        .policy_with(&time(4 * YEAR + 1).to_string(), &time(4 * YEAR - 1).to_string());
    let verdict = archive.judge_at(5 * YEAR);
    assert_eq!(verdict.indication(), Indication::Indeterminate);
}

#[test]
fn a_time_on_the_callers_word_counts_like_a_stamp() {
    let mut archive = Archive::new();
    archive.sign(Sha256);
    let crls = [archive.crl("root", 1, YEAR, &[]), archive.crl("ca", 9, 4, &[])];
    archive.embed_certificates(&["ca"]).embed(&crls);
    let covered = archive.all_there_is();
    let given = |object| GivenProof { object, time: time(11), source: "registry".to_owned() };
    archive.proofs = covered.into_iter().map(given).collect();
    let verdict = archive.expect(5 * YEAR, PASSED);
    assert_eq!(verdict.best_signature_time().unwrap().0, time(11));
    assert_eq!(verdict.proofs()[0].source(), &ProofSource::Given("registry".to_owned()));
    assert!(verdict.findings().iter().all(|finding| finding.code != "no-time-stamp"));
    archive.proofs.retain(|proof| proof.object == value());
    assert_eq!(archive.judge_at(5 * YEAR).indication(), Indication::Indeterminate);
}

#[test]
fn the_callers_word_stays_where_a_stamp_says_the_same_second() {
    let mut archive = b_lta();
    archive.proofs = vec![GivenProof { object: value(), time: time(10), source: "registry".to_owned() }];
    let verdict = archive.judge_at(12);
    let signature = ProvenObject::Signature(SIGNATURE.to_owned());
    let proof = verdict.proofs().iter().find(|proof| *proof.object() == signature).unwrap();
    assert_eq!((proof.time(), proof.source()), (time(10), &ProofSource::Given("registry".to_owned())));
}

#[test]
fn a_stamp_over_the_evidence_alone_proves_no_signature() {
    let mut archive = Archive::new();
    archive.unit("tsa 1", -10, 10 * YEAR).sign(Sha256);
    let crls = [archive.crl("root", 1, YEAR, &[]), archive.crl("ca", 9, 4, &[])];
    archive.embed_certificates(&["ca"]).embed(&crls);
    let evidence =
        archive.all_there_is().into_iter().filter(|covered| matches!(covered, Covered::Evidence { .. }));
    let stamp = archive.timestamp("tsa 1", 11, TimestampKind::Document, evidence.collect(), Sha256);
    archive.facts.timestamps.push(stamp);
    current(&mut archive, 5 * YEAR);
    assert_eq!(archive.judge_at(5 * YEAR).indication(), Indication::Indeterminate);
}

#[test]
fn the_same_facts_through_json_give_the_same_verdict() {
    let mut archive = renewed_twice();
    current(&mut archive, 20 * YEAR);
    let first = archive.judge_at(20 * YEAR);
    let json = serde_json::to_string(&archive.facts).unwrap();
    archive.facts = serde_json::from_str(&json).unwrap();
    assert_eq!(archive.judge_at(20 * YEAR), first);
}

#[test]
fn facts_written_before_there_were_evidence_records_still_read() {
    let mut archive = b_lta();
    let mut json = serde_json::to_value(&archive.facts).unwrap();
    let document = json.as_object_mut().unwrap();
    assert!(!document.contains_key("evidence_records"), "left out where there are none");
    archive.facts = serde_json::from_value(json).unwrap();
    current(&mut archive, 5 * YEAR);
    archive.expect(5 * YEAR, PASSED);
}

#[test]
fn in_the_chain_model_a_ca_that_was_revoked_later_leaves_what_it_issued_unless_its_key_is_lost() {
    const CESSATION: u8 = 5;
    const KEY_COMPROMISE: u8 = 1;
    let judged = |model: &str, reason: u8| {
        let mut archive = Archive::new();
        archive.issue("tsa 1", "tsa root", -10, 10 * YEAR, Sha256).embed_certificates(&["ca"]);
        // What the CA said of the signer is proven before its end.
        let of_ca = archive.crl("ca", 3, 90, &[]);
        archive.embed(&[of_ca]).stamp_document("tsa 1", 4);
        let of_root = archive.crl("root", 9, 90, &[("ca", 5, reason)]);
        archive.sign(Sha256).stamp_signature("tsa 1", 10).embed(&[of_root]).stamp_document("tsa 1", 11);
        archive.policy_with("validity_model = \"shell\"", &format!("validity_model = \"{model}\""));
        current(&mut archive, 5 * YEAR);
        archive.judge_at(5 * YEAR).signatures()[0].indication()
    };
    assert_eq!(judged("chain", CESSATION), Indication::TotalPassed);
    assert_eq!(judged("chain", KEY_COMPROMISE), Indication::Indeterminate);
    assert_eq!(judged("shell", CESSATION), Indication::Indeterminate);
}

#[test]
fn in_the_chain_model_a_ca_counts_as_of_what_it_issued_and_in_the_shell_as_of_today() {
    let ended = |model: &str| {
        let mut archive = Archive::new();
        archive
            .issue("ca", "root", -YEAR, 10, Sha256)
            .issue("signer", "ca", 0, 3 * YEAR, Sha256)
            .sign(Sha256);
        archive.embed_certificates(&["ca"]);
        let crls = [archive.crl("root", 19, 30, &[]), archive.crl("ca", 19, 30, &[])];
        archive
            .given(&crls)
            .policy_with("validity_model = \"shell\"", &format!("validity_model = \"{model}\""));
        archive.judge_at(20).signatures()[0].clone()
    };
    assert_eq!(ended("chain").indication(), Indication::TotalPassed);
    assert_eq!(ended("hybrid").indication(), Indication::TotalPassed);
    // The path was good once, but that the CA made its list in its time is proven by nobody.
    assert_eq!(ended("shell").sub_indication(), Some(SubIndication::RevocationOutOfBoundsNoPoe));
}

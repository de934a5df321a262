//! The oracle itself, on lives whose verdict anybody can tell.

use crate::oracle::{Answer, PASSED, verdicts};
use crate::timeline::{
    Anchor, Authority, Certificate, Entry, Instant, Object, Policy, Revocation, Signature, Stamp, StampKind,
    Timeline,
};

const SIGNER: usize = 0;
const FIRST_TSA: usize = 1;
const SECOND_TSA: usize = 2;

/// Signed at 100 by a certificate of 0..1000 under the one anchor, with a CRL of `made` lasting 10.
fn life(now: Instant, made: &[Instant]) -> Timeline {
    let certificate = |not_before, not_after| Certificate {
        issuer: Authority::Anchor(0),
        not_before,
        not_after,
        algorithm: 0,
    };
    Timeline {
        now,
        algorithm_ends: vec![None, Some(3000)],
        anchors: vec![Anchor { sunset: None }],
        certificates: vec![certificate(0, 1000), certificate(0, 2000), certificate(0, 4000)],
        revocation: made.iter().map(|at| crl(*at)).collect(),
        signature: Signature {
            signer: SIGNER,
            claimed: Some(100),
            algorithm: 0,
            data_intact: true,
            value_intact: true,
        },
        stamps: vec![],
        policy: Policy::default(),
    }
}

fn crl(this_update: Instant) -> Revocation {
    Revocation {
        about: Authority::Anchor(0),
        only: None,
        signer: Authority::Anchor(0),
        this_update,
        next_update: this_update + 10,
        keeps_expired: false,
        entries: vec![],
        algorithm: 0,
    }
}

fn stamp(kind: StampKind, authority: usize, time: Instant, covers: &[Object]) -> Stamp {
    Stamp { kind, authority, time, algorithm: 0, imprint: 0, intact: true, covers: covers.to_vec() }
}

fn revoke(timeline: &mut Timeline, certificate: usize, at: Instant) {
    for data in &mut timeline.revocation {
        if data.this_update >= at {
            data.entries.push(Entry { certificate, at, hold: false });
        }
    }
}

fn assert_answer(timeline: &Timeline, answer: Answer) {
    assert_eq!(verdicts(timeline).into_iter().collect::<Vec<_>>(), vec![answer], "{timeline:#?}");
}

#[test]
fn a_signature_under_a_good_fresh_certificate_passes() {
    assert_answer(&life(105, &[100]), PASSED);
}

#[test]
fn stale_revocation_data_ask_to_try_later() {
    assert_answer(&life(115, &[100]), ("INDETERMINATE", "TRY_LATER"));
}

#[test]
fn a_revoked_signer_passes_only_with_a_stamp_from_before() {
    let mut timeline = life(205, &[200]);
    revoke(&mut timeline, SIGNER, 150);
    assert_answer(&timeline, ("INDETERMINATE", "REVOKED_NO_POE"));
    timeline.stamps = vec![stamp(StampKind::Signature, FIRST_TSA, 160, &[])];
    assert_answer(&timeline, ("INDETERMINATE", "REVOKED_NO_POE"));
    timeline.stamps = vec![stamp(StampKind::Signature, FIRST_TSA, 140, &[])];
    assert_answer(&timeline, PASSED);
    timeline.stamps = vec![stamp(StampKind::Content, FIRST_TSA, 160, &[])];
    assert_answer(&timeline, ("TOTAL-FAILED", "REVOKED"));
}

/// Signed and stamped at 101, both chains' CRL of 102 and the first archive stamp at 110, when all was still good.
fn archived(now: Instant, made: &[Instant]) -> Timeline {
    let mut timeline = life(now, made);
    let first = Object::Stamp(0);
    let all = [Object::Signature, first, Object::Revocation(0), Object::Certificate(SIGNER)];
    timeline.stamps = vec![
        stamp(StampKind::Signature, FIRST_TSA, 101, &[]),
        stamp(StampKind::Archive, FIRST_TSA, 110, &all),
    ];
    timeline
}

#[test]
fn an_archive_stamp_carries_the_signature_past_the_signers_end() {
    assert_answer(&archived(1505, &[102, 1500]), PASSED);
}

#[test]
fn nothing_carries_it_past_the_end_of_the_authority_of_the_last_stamp() {
    let answers = verdicts(&archived(2505, &[102, 1500, 2500]));
    assert!(!answers.contains(&PASSED), "{answers:?}");
}

#[test]
fn a_renewal_in_time_carries_it_on_and_one_too_late_does_not() {
    let renewed = |at, count_while_fresh| {
        let mut timeline = archived(2505, &[102, 111, 2500]);
        timeline.policy.count_while_fresh = count_while_fresh;
        let mut covers = timeline.stamps[1].covers.clone();
        // Only over the earlier stamps, so that all hangs on them.
        covers.retain(|object| *object != Object::Signature);
        covers.extend([Object::Stamp(1), Object::Revocation(1), Object::Certificate(FIRST_TSA)]);
        timeline.stamps.push(stamp(StampKind::Archive, SECOND_TSA, at, &covers));
        verdicts(&timeline)
    };
    assert!(renewed(115, true).contains(&PASSED));
    assert!(!renewed(115, false).contains(&PASSED), "the authority may have been revoked at 112");
    assert!(!renewed(2100, true).contains(&PASSED));
}

#[test]
fn an_ended_algorithm_needs_a_proof_from_before_its_end() {
    let mut timeline = life(3105, &[3100]);
    timeline.certificates[SIGNER].not_after = 4000;
    timeline.signature.algorithm = 1;
    assert_answer(&timeline, ("INDETERMINATE", "CRYPTO_CONSTRAINTS_FAILURE_NO_POE"));
    timeline.stamps = vec![stamp(StampKind::Signature, SECOND_TSA, 2900, &[])];
    assert_answer(&timeline, PASSED);
}

//! Certificates and CRLs of the observed HPKI shape.
#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used
)]

use hsign_core::Time;
use hsign_core::ports::Need;
use hsign_crypto::OpensslVerifier;
use hsign_pki::{
    ANY_POLICY, Anchor, Freshness, FreshnessPolicy, PathFailureKind, PathParameters, Provenance, Provided,
    Purpose, RevocationAnswer, RevocationEvidence, RevocationParameters, RevocationStatus, TrustRegistry,
    ValidatedPath, build_and_validate, missing_revocation, revocation_of_path,
};
use hsign_testkit::{Ca, CrlName, DAY, Person, Pki, Unit, oid};
use hsign_x509::{Certificate, Crl, OcspResponse};

const NOW: i64 = 1_790_000_000;
const ALLOWED: FreshnessPolicy = FreshnessPolicy::CrlOlderThanStampAllowed;

struct Bench {
    pki: Pki,
    verifier: OpensslVerifier,
}

fn moment(seconds: i64) -> Time {
    Time::from_unix_seconds(seconds).unwrap()
}

impl Bench {
    fn new() -> Self {
        Self { pki: Pki::new("http://127.0.0.1:9", NOW).unwrap(), verifier: OpensslVerifier::new() }
    }

    fn ca(&self, ca: Ca) -> Certificate {
        Certificate::from_der(self.pki.authority(ca).certificate_der()).unwrap()
    }

    fn person(&self, person: Person) -> Certificate {
        Certificate::from_der(self.pki.person(person).certificate_der()).unwrap()
    }

    /// The HPKI root alone, with the policy that its entry asks for.
    fn anchors(&self) -> Vec<Anchor> {
        let root = self.ca(Ca::HpkiRoot);
        let text = format!(
            "[[anchor]]\nkind = \"hpki-root\"\nsubject = \"Test root\"\nsha256 = \"{}\"\npolicies = [\"{}\"]\n",
            root.sha256_hex(),
            oid::SIGNATURE_POLICY
        );
        TrustRegistry::parse_toml(&text, &|_| None).unwrap().anchors(Purpose::Signer, &[root])
    }

    fn pool(&self) -> Vec<Certificate> {
        [Ca::HpkiSignature, Ca::HpkiAuthentication, Ca::Tsa].map(|ca| self.ca(ca)).to_vec()
    }

    fn path(
        &self,
        target: &Certificate,
        parameters: &PathParameters,
    ) -> Result<ValidatedPath, hsign_pki::PathFailures> {
        build_and_validate(target, &self.pool(), &self.anchors(), parameters, &self.verifier)
    }

    fn doctor(&self) -> ValidatedPath {
        self.path(&self.person(Person::Doctor), &PathParameters::at(moment(NOW))).unwrap()
    }

    fn crls(&self, lists: &[(CrlName, i64)]) -> RevocationEvidence {
        let crls = lists
            .iter()
            .map(|(list, time)| {
                Provided::new(Crl::from_der(&self.pki.crl(*list, *time).unwrap()).unwrap(), Provenance::Given)
            })
            .collect();
        RevocationEvidence { crls, ..RevocationEvidence::default() }
    }

    fn answers(
        &self,
        path: &ValidatedPath,
        evidence: &RevocationEvidence,
        at: i64,
        now: i64,
    ) -> Vec<RevocationAnswer> {
        let parameters = RevocationParameters { at: moment(at), now: moment(now), freshness: ALLOWED };
        revocation_of_path(path, evidence, &parameters, &self.verifier)
    }
}

#[test]
fn hpki_signature_certificates_validate_with_an_explicit_policy() {
    let bench = Bench::new();
    for person in
        [Person::Doctor, Person::Pharmacist, Person::Nurse, Person::DoctorP384, Person::DoctorRsa3072]
    {
        let path = bench.path(&bench.person(person), &PathParameters::at(moment(NOW))).unwrap();
        assert_eq!(path.certificates().len(), 3, "{person:?}");
        assert!(path.policies().iter().eq([oid::SIGNATURE_POLICY]), "{person:?}");
    }
}

#[test]
fn a_test_card_hangs_on_the_same_root_and_fails_the_explicit_policy_only() {
    let bench = Bench::new();
    let card = bench.person(Person::TestCard);
    let failures = bench.path(&card, &PathParameters::at(moment(NOW))).expect_err("explicit policy");
    assert_eq!(failures.kind(), PathFailureKind::Constraints);
    assert_eq!(failures.best().unwrap().findings[0].code, "no-valid-policy");
    let plain = PathParameters {
        initial_policies: Some(vec![ANY_POLICY.to_owned()]),
        ..PathParameters::at(moment(NOW))
    };
    assert!(bench.path(&card, &plain).is_ok());
}

#[test]
fn an_expired_person_fails_by_the_targets_validity_alone() {
    let bench = Bench::new();
    let failures =
        bench.path(&bench.person(Person::Expired), &PathParameters::at(moment(NOW))).expect_err("expired");
    assert_eq!(failures.kind(), PathFailureKind::TargetValidity);
}

#[test]
fn rfc5280_6_3_3_every_distribution_point_is_tried_for_the_arl_with_its_critical_name() {
    let bench = Bench::new();
    let path = bench.doctor();
    let evidence = bench.crls(&[(CrlName::Signature, NOW), (CrlName::Sarl, NOW)]);
    let answers = bench.answers(&path, &evidence, NOW, NOW);
    assert_eq!(answers.len(), 2);
    for answer in &answers {
        assert_eq!(answer.status, RevocationStatus::Good, "{answer:?}");
        assert_eq!(answer.source.as_ref().unwrap().origin.provenance, Provenance::Given);
    }
}

#[test]
fn the_roots_list_about_itself_says_nothing_about_cas_below() {
    let bench = Bench::new();
    let path = bench.doctor();
    let answers = bench.answers(&path, &bench.crls(&[(CrlName::Rarl, NOW)]), NOW, NOW);
    assert_eq!(answers[1].status, RevocationStatus::Unknown);
    assert!(answers[1].findings.iter().any(|finding| finding.code == "revocation-data-missing"));
}

#[test]
fn a_list_of_ca_certificates_says_nothing_about_people() {
    let bench = Bench::new();
    let answers = bench.answers(&bench.doctor(), &bench.crls(&[(CrlName::Sarl, NOW)]), NOW, NOW);
    assert_eq!(answers[0].status, RevocationStatus::Unknown);
}

#[test]
fn a_revocation_is_told_with_its_date_also_from_a_later_list() {
    let bench = Bench::new();
    let path = bench.path(&bench.person(Person::Revoked), &PathParameters::at(moment(NOW))).unwrap();
    let evidence = bench.crls(&[(CrlName::Signature, NOW)]);
    let answers = bench.answers(&path, &evidence, NOW - 20 * DAY, NOW);
    let RevocationStatus::Revoked { time, .. } = answers[0].status else { panic!("{answers:?}") };
    assert_eq!(time, moment(NOW - 10 * DAY));
}

#[test]
fn a_list_from_before_the_stamp_is_allowed_inside_its_next_update_and_strictly_not() {
    let bench = Bench::new();
    let path = bench.doctor();
    let evidence = bench.crls(&[(CrlName::Signature, NOW - DAY)]);
    let answer = &bench.answers(&path, &evidence, NOW, NOW)[0];
    assert_eq!(answer.freshness_at(moment(NOW), ALLOWED), Freshness::OlderAllowed);
    assert_eq!(answer.freshness_at(moment(NOW), FreshnessPolicy::IssuedAfter), Freshness::Stale);
    assert_eq!(answer.age_finding(moment(NOW)).unwrap().code, "crl-older-than-stamp");
    let week_old = bench.crls(&[(CrlName::Signature, NOW - 7 * DAY)]);
    let answer = &bench.answers(&path, &week_old, NOW, NOW)[0];
    assert_eq!(answer.freshness_at(moment(NOW), ALLOWED), Freshness::Stale);
}

#[test]
fn a_list_from_after_the_end_of_a_certificate_does_not_silence_an_earlier_one() {
    let bench = Bench::new();
    let later = NOW + 10 * 365 * DAY;
    let evidence = bench.crls(&[(CrlName::Signature, NOW + DAY), (CrlName::Signature, later)]);
    let answer = &bench.answers(&bench.doctor(), &evidence, NOW, later)[0];
    assert_eq!(answer.status, RevocationStatus::Good);
    assert!(answer.this_update.unwrap() < moment(NOW + 2 * DAY));
    let late_only = bench.crls(&[(CrlName::Signature, later)]);
    let answer = &bench.answers(&bench.doctor(), &late_only, NOW, later)[0];
    assert_eq!(answer.status, RevocationStatus::Unknown);
}

#[test]
fn a_list_from_a_clock_that_is_a_little_ahead_is_used() {
    let bench = Bench::new();
    let published = NOW + DAY;
    let evidence = bench.crls(&[(CrlName::Signature, published)]);
    let this_update =
        bench.answers(&bench.doctor(), &evidence, NOW, published)[0].this_update.unwrap().unix_seconds();
    let status = |now| bench.answers(&bench.doctor(), &evidence, NOW, now)[0].status.clone();
    assert_eq!(status(this_update - 300), RevocationStatus::Good);
    assert_eq!(status(this_update - 301), RevocationStatus::Unknown);
}

#[test]
fn a_list_from_the_future_is_not_used() {
    let bench = Bench::new();
    let evidence = bench.crls(&[(CrlName::Signature, NOW + 5 * DAY)]);
    let answer = &bench.answers(&bench.doctor(), &evidence, NOW, NOW)[0];
    assert_eq!(answer.status, RevocationStatus::Unknown);
    assert!(answer.findings.iter().any(|finding| finding.code == "revocation-data-from-future"));
    let later = &bench.answers(&bench.doctor(), &evidence, NOW, NOW + 6 * DAY)[0];
    assert_eq!(later.status, RevocationStatus::Good);
    assert_eq!(later.freshness_at(moment(NOW), FreshnessPolicy::IssuedAfter), Freshness::Fresh);
}

#[test]
fn a_changed_list_is_nobodys_word() {
    let bench = Bench::new();
    let mut bytes = bench.pki.crl(CrlName::Signature, NOW).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    let evidence = RevocationEvidence {
        crls: vec![Provided::new(Crl::from_der(&bytes).unwrap(), Provenance::Embedded)],
        ..RevocationEvidence::default()
    };
    let answer = &bench.answers(&bench.doctor(), &evidence, NOW, NOW)[0];
    assert_eq!(answer.status, RevocationStatus::Unknown);
    assert!(answer.findings.iter().any(|finding| finding.code == "crl-signer-not-found"));
}

#[test]
fn what_is_missing_is_named_by_the_certificates() {
    let bench = Bench::new();
    let path = bench.doctor();
    let needs = missing_revocation(&path, &[], moment(NOW), ALLOWED);
    let urls: Vec<&str> = needs
        .iter()
        .map(|need| match need {
            Need::Crl { url, .. } => url.as_str(),
            other => panic!("{other:?}"),
        })
        .collect();
    assert!(urls.contains(&CrlName::Signature.url(bench.pki.base_url()).as_str()), "{urls:?}");
    assert!(urls.contains(&CrlName::Sarl.url(bench.pki.base_url()).as_str()), "{urls:?}");
    let evidence = bench.crls(&[(CrlName::Signature, NOW), (CrlName::Sarl, NOW)]);
    let answers = bench.answers(&path, &evidence, NOW, NOW);
    assert!(missing_revocation(&path, &answers, moment(NOW), ALLOWED).is_empty());
}

#[test]
fn a_time_stamping_unit_validates_and_its_responder_answers() {
    let bench = Bench::new();
    let unit = Certificate::from_der(bench.pki.unit(Unit::Tsa).certificate_der()).unwrap();
    let registry = TrustRegistry::from_tsa_certificates(bench.ca(Ca::TsaRoot).der()).unwrap();
    let anchors = registry.anchors(Purpose::Tsa, &[]);
    let parameters = PathParameters::time_stamping_at(moment(NOW));
    let path = build_and_validate(&unit, &bench.pool(), &anchors, &parameters, &bench.verifier).unwrap();
    let needs = missing_revocation(&path, &[], moment(NOW), ALLOWED);
    let mut evidence = RevocationEvidence::default();
    for need in &needs {
        if let Need::Ocsp { request, .. } = need {
            let response = bench.pki.ocsp(Unit::TsaOcsp, request, NOW).unwrap();
            let value = OcspResponse::from_der(&response).unwrap();
            evidence.ocsp_responses.push(Provided::new(value, Provenance::Fetched));
        }
    }
    assert!(!evidence.ocsp_responses.is_empty(), "{needs:?}");
    let answer = &bench.answers(&path, &evidence, NOW, NOW)[0];
    assert_eq!(answer.status, RevocationStatus::Good, "{answer:?}");
    let doctor = build_and_validate(
        &bench.person(Person::Doctor),
        &bench.pool(),
        &anchors,
        &parameters,
        &bench.verifier,
    );
    assert!(doctor.is_err());
}

//! `verify_certificate` over NIST PKITS and over the people of the test PKI.
#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used
)]

use std::collections::BTreeSet;

use hsign::pki::Provenance;
use hsign::x509::Certificate;
use hsign::{
    CertificateRequest, CertificateVerdict, Conclusion, Evidence, RevocationDemand, StatusThen,
    SubIndication, Time, ValidationTime, verify_certificate,
};
use hsign_core::ErrorKind;
use hsign_core::ports::{Fetched, Fetcher, Need, NoNetwork, PortError};
use hsign_corpora::{Comparison, Corpus, Row};
use hsign_testkit::{Ca, CrlName, DAY, Person, Pki, Seconds, Unit};

const NOW: Seconds = 1_790_000_000;

fn list(text: &str) -> Vec<String> {
    let items = text.split([';', ',']).map(str::trim);
    items.filter(|item| !item.is_empty() && *item != "(empty)").map(str::to_owned).collect()
}

fn pkits_verdict(
    corpus: &Corpus,
    row: &Row,
    certificates: &Evidence,
    anchor: &Certificate,
) -> CertificateVerdict {
    let target = Certificate::from_der(corpus.file(&format!("certs/{}", row.get("ee_cert")))).unwrap();
    let mut evidence = certificates.clone();
    for name in list(row.get("crls")) {
        // What can't be read proves nothing.
        let _ = evidence.add(corpus.file(&format!("crls/{name}")), Provenance::Given);
    }
    let set = |column: &str| row.get(column) == "true";
    let request = CertificateRequest {
        anchors: vec![anchor.clone()],
        initial_policies: list(row.get("initial_policy_set_oids")),
        require_explicit_policy: set("initial_explicit_policy"),
        inhibit_policy_mapping: set("initial_policy_mapping_inhibit"),
        inhibit_any_policy: set("initial_inhibit_any_policy"),
        ..CertificateRequest::default()
    };
    let time: Time = row.get("validation_time").parse().unwrap();
    verify_certificate(&target, &request, &evidence, ValidationTime(time), &NoNetwork)
}

#[test]
fn conformance_pkits_certificate_verify() {
    let Some(corpus) = Corpus::open("pkits") else { return };
    let mut certificates = Evidence::new();
    for (_, bytes) in corpus.files().iter().filter(|(path, _)| path.ends_with(".crt")) {
        let _ = certificates.add(bytes, Provenance::Given);
    }
    let anchor = Certificate::from_der(corpus.file("certs/TrustAnchorRootCertificate.crt")).unwrap();
    let mut comparison = Comparison::new("pkits-certificate-verify");
    for row in corpus.rows() {
        let case = row.get("test_id");
        let verdict = pkits_verdict(&corpus, row, &certificates, &anchor);
        let expected = row.get("expected") == "valid";
        let valid = verdict.conclusion.is_passed();
        let policies: BTreeSet<String> =
            list(row.get("expected_user_constrained_policy_set_oids")).into_iter().collect();
        if valid && !expected {
            comparison.false_accept(case, row.get("name"));
        } else if valid != expected {
            comparison.differ(case, format!("{:?} {:?}", verdict.conclusion, verdict.findings));
        } else if expected && verdict.policies != policies {
            comparison.differ(case, format!("policies {:?}, expected {policies:?}", verdict.policies));
        } else {
            comparison.agree(case);
        }
    }
    comparison.finish();
}

struct World {
    pki: Pki,
    evidence: Evidence,
    request: CertificateRequest,
    time: Seconds,
}

impl World {
    fn new() -> Self {
        let pki = Pki::new("http://pki.test", NOW).unwrap();
        let root = Certificate::from_der(pki.authority(Ca::HpkiRoot).certificate_der()).unwrap();
        let request = CertificateRequest { anchors: vec![root], ..CertificateRequest::default() };
        let mut world = Self { pki, evidence: Evidence::new(), request, time: NOW };
        world.lists_of(&CrlName::ALL, NOW);
        world
    }

    /// The CAs' certificates and these lists, as of `at`.
    fn lists_of(&mut self, lists: &[CrlName], at: Seconds) {
        self.evidence = Evidence::new();
        for ca in [Ca::HpkiSignature, Ca::HpkiAuthentication] {
            let issuer = Certificate::from_der(self.pki.authority(ca).certificate_der()).unwrap();
            self.evidence.add_certificate(issuer);
        }
        for list in lists {
            self.evidence.add(&self.pki.crl(*list, at).unwrap(), Provenance::Given).unwrap();
        }
    }

    fn verify(&self, person: Person) -> CertificateVerdict {
        self.verify_with(person, &NoNetwork)
    }

    fn verify_with(&self, person: Person, fetcher: &dyn Fetcher) -> CertificateVerdict {
        let target = Certificate::from_der(self.pki.person(person).certificate_der()).unwrap();
        let time = ValidationTime(Time::from_unix_seconds(self.time).unwrap());
        verify_certificate(&target, &self.request, &self.evidence, time, fetcher)
    }
}

fn statuses(verdict: &CertificateVerdict) -> Vec<StatusThen> {
    verdict.revocation.iter().map(|row| row.status).collect()
}

fn codes(verdict: &CertificateVerdict) -> Vec<&str> {
    verdict.findings.iter().map(|finding| finding.code.as_str()).collect()
}

#[test]
fn a_doctors_certificate_is_valid_and_the_anchor_comes_last() {
    let verdict = World::new().verify(Person::Doctor);
    assert_eq!(verdict.conclusion, Conclusion::Passed, "{:?}", verdict.findings);
    assert_eq!(verdict.path.len(), 3);
    assert_eq!(statuses(&verdict), [StatusThen::Good, StatusThen::Good]);
    assert!(!verdict.policies.is_empty());
}

#[test]
fn a_revoked_certificate_is_invalid_whether_a_status_is_required_or_not() {
    let mut world = World::new();
    for demand in [RevocationDemand::Required, RevocationDemand::IfPresent] {
        world.request.revocation = demand;
        let verdict = world.verify(Person::Revoked);
        assert_eq!(verdict.conclusion, Conclusion::Failed(SubIndication::Revoked));
        assert_eq!(verdict.revocation[0].status, StatusThen::Revoked);
        assert!(codes(&verdict).contains(&"certificate-revoked"));
    }
    world.request.revocation = RevocationDemand::Off;
    let verdict = world.verify(Person::Revoked);
    assert_eq!(verdict.conclusion, Conclusion::Passed);
    assert_eq!(statuses(&verdict), [StatusThen::NotChecked, StatusThen::NotChecked]);
}

#[test]
fn before_its_revocation_the_certificate_was_valid() {
    let mut world = World::new();
    world.time = NOW - 20 * DAY;
    world.lists_of(&CrlName::ALL, world.time);
    assert_eq!(world.verify(Person::Revoked).conclusion, Conclusion::Passed);
}

#[test]
fn an_expired_certificate_is_invalid() {
    let verdict = World::new().verify(Person::Expired);
    assert_eq!(verdict.conclusion, Conclusion::Failed(SubIndication::Expired));
}

#[test]
fn without_the_list_the_answer_is_open_unless_it_isnt_required() {
    let mut world = World::new();
    world.lists_of(&[CrlName::Sarl], NOW);
    let verdict = world.verify(Person::Doctor);
    let open = Conclusion::Indeterminate(SubIndication::CertificateChainGeneralFailure);
    assert_eq!(verdict.conclusion, open);
    assert_eq!(statuses(&verdict), [StatusThen::Unknown, StatusThen::Good]);
    let missing = verdict.findings.iter().find(|finding| finding.code == "revocation-data-missing").unwrap();
    assert!(missing.values["url"].starts_with("http://pki.test/"));
    world.request.revocation = RevocationDemand::IfPresent;
    assert_eq!(world.verify(Person::Doctor).conclusion, Conclusion::Passed);
}

#[test]
fn a_list_past_its_next_update_or_older_than_asked_leaves_the_status_open() {
    let mut world = World::new();
    world.lists_of(&CrlName::ALL, NOW - 30 * DAY);
    let verdict = world.verify(Person::Doctor);
    assert_eq!(verdict.conclusion, Conclusion::Indeterminate(SubIndication::TryLater));
    assert_eq!(verdict.revocation[0].status, StatusThen::Unknown);
    assert!(verdict.revocation[0].this_update.is_some());
    assert!(codes(&verdict).contains(&"revocation-data-not-fresh"));

    world.lists_of(&CrlName::ALL, NOW - DAY);
    assert_eq!(world.verify(Person::Doctor).conclusion, Conclusion::Passed);
    world.request.max_age_seconds = Some(3_600);
    let verdict = world.verify(Person::Doctor);
    assert_eq!(verdict.conclusion, Conclusion::Indeterminate(SubIndication::TryLater));
}

#[test]
fn without_a_path_nothing_is_decided() {
    let mut world = World::new();
    let other = world.pki.authority(Ca::CommercialRoot).certificate_der();
    world.request.anchors = vec![Certificate::from_der(other).unwrap()];
    let verdict = world.verify(Person::Doctor);
    let no_chain = Conclusion::Indeterminate(SubIndication::NoCertificateChainFound);
    assert_eq!(verdict.conclusion, no_chain);
    assert!(!verdict.findings.is_empty());
    world.request.anchors.clear();
    assert_eq!(world.verify(Person::Doctor).conclusion, no_chain);
}

#[test]
fn a_policy_or_purpose_the_certificate_lacks_makes_it_invalid() {
    let mut world = World::new();
    world.request.initial_policies = vec!["1.2.3.4".to_owned()];
    world.request.require_explicit_policy = true;
    let forbidden = Conclusion::Failed(SubIndication::ChainConstraintsFailure);
    assert_eq!(world.verify(Person::Doctor).conclusion, forbidden);

    let mut world = World::new();
    let unit = Certificate::from_der(world.pki.unit(Unit::Tsa).certificate_der()).unwrap();
    let root = world.pki.authority(Ca::TsaRoot).certificate_der();
    world.request.anchors = vec![Certificate::from_der(root).unwrap()];
    let issuer = Certificate::from_der(world.pki.authority(Ca::Tsa).certificate_der()).unwrap();
    world.evidence.add_certificate(issuer);
    let time = ValidationTime(Time::from_unix_seconds(NOW).unwrap());
    let mut conclusion = |purpose: &str| {
        world.request.extended_key_usages = vec![purpose.to_owned()];
        verify_certificate(&unit, &world.request, &world.evidence, time, &NoNetwork).conclusion
    };
    assert_eq!(conclusion("1.3.6.1.5.5.7.3.8"), Conclusion::Passed);
    assert_eq!(conclusion("1.3.6.1.5.5.7.3.4"), forbidden);
}

#[test]
fn the_anchors_own_dates_count_only_on_request() {
    let mut world = World::new();
    world.request.revocation = RevocationDemand::Off;
    let root = &world.request.anchors[0];
    let end = root.not_after();
    let time = ValidationTime(Time::from_unix_seconds(NOW).unwrap());
    assert!(end > time.0);
    let before = Time::from_unix_seconds(0).unwrap();
    assert!(root.not_before() > before);
    // The root itself, judged before its own beginning: as an anchor it is its name and key.
    let target = root.clone();
    let conclusion = |constraints: bool, at: Time| {
        let request = CertificateRequest { anchor_constraints: constraints, ..world.request.clone() };
        verify_certificate(&target, &request, &world.evidence, ValidationTime(at), &NoNetwork).conclusion
    };
    assert_eq!(conclusion(true, time.0), Conclusion::Passed);
    assert_ne!(conclusion(true, before), Conclusion::Passed);
}

fn now() -> Time {
    Time::from_unix_seconds(NOW).unwrap()
}

/// Answers from the test PKI, and counts.
struct Server<'a> {
    pki: &'a Pki,
    asked: std::cell::Cell<usize>,
}

impl Fetcher for Server<'_> {
    fn fetch(&self, need: &Need) -> Result<Fetched, PortError> {
        self.asked.set(self.asked.get() + 1);
        let Need::Crl { url, .. } = need else {
            return Err(PortError::new(ErrorKind::Remote, "nothing here"));
        };
        let list = CrlName::ALL.into_iter().find(|list| list.url("http://pki.test") == *url);
        match list {
            Some(list) => Ok(Fetched { bytes: self.pki.crl(list, NOW).unwrap(), at: Some(now()) }),
            None => Err(PortError::new(ErrorKind::Remote, "nothing here")),
        }
    }
}

#[test]
fn what_is_missing_is_fetched_where_that_is_allowed() {
    let mut world = World::new();
    world.lists_of(&[], NOW);
    let server = Server { pki: &world.pki, asked: std::cell::Cell::new(0) };
    let verdict = world.verify_with(Person::Doctor, &server);
    assert_eq!(verdict.conclusion, Conclusion::Passed, "{:?}", verdict.findings);
    assert!(server.asked.get() >= 2);
    for row in &verdict.revocation {
        let origin = &row.source.as_ref().unwrap().origin;
        assert_eq!((origin.provenance, origin.fetched_at), (Provenance::Fetched, Some(now())));
        assert!(origin.place.as_ref().unwrap().starts_with("http://pki.test/"), "{origin:?}");
    }
}

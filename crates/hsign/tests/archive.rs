//! What the archive makes of bundles is judged by the engine: records after renewals, when the first tokens hold no
//! longer by themselves.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::disallowed_methods)]

use std::process::Command;
use std::sync::Arc;

use hsign::pki::algorithms::{AlgorithmTable, Resistance, Use};
use hsign::{Indication, Policy, Settings, SubIndication, Time, TrustRegistry, ValidationTime};
use hsign_archive::{
    ActionKind, AlgorithmEnds, Batch, BatchKey, Bundle, BundleState, Document, LastStamp, NewStep,
    PlanPolicy, Reason, Recorder, Sealed, TimestampRenewal, ToRenew, Track, TrackState, TreeRenewal, plan,
    seal,
};
use hsign_core::facts::EvidenceFacts;
use hsign_core::ports::NoNetwork;
use hsign_core::{Digest, DigestAlgorithm, Octets};
use hsign_testkit::{Ca, Clock, CrlName, DAY, Pki, Seconds, Tsa, YEAR};
use hsign_tsp::{TimestampRequest, TimestampResponse};

/// September 2016: the test authorities' RSA-2048 keys end with 2030, and the last judgement is made before.
const NOW: Seconds = 1_790_000_000 - 10 * YEAR;
const SHA256: DigestAlgorithm = DigestAlgorithm::Sha256;
const SHA512: DigestAlgorithm = DigestAlgorithm::Sha512;

fn digest(algorithm: DigestAlgorithm, data: &[u8]) -> Digest {
    hsign_crypto::digest(algorithm, data).unwrap()
}

fn data(number: usize) -> Vec<u8> {
    format!("document {number}").into_bytes()
}

/// Time-stamp authorities of several generations, each with units that last ten years.
struct Authorities(Vec<(Seconds, Arc<Pki>)>);

impl Authorities {
    fn new() -> Self {
        let of = |from| (from, Arc::new(Pki::new("http://pki.test", from).unwrap()));
        Self([NOW, NOW + 8 * YEAR, NOW + 12 * YEAR].map(of).into())
    }

    fn at(&self, when: Seconds) -> &Arc<Pki> {
        &self.0.iter().rfind(|(from, _)| *from <= when).unwrap().1
    }

    /// A token with the authority's revocation lists of that moment inside.
    fn stamp(&self, root: &Digest, when: Seconds) -> Vec<u8> {
        let pki = self.at(when);
        let request = TimestampRequest {
            imprint: root.clone(),
            nonce: None,
            policy: None,
            certificate_requested: true,
        };
        let tsa = Tsa::new(Arc::clone(pki), Clock::fixed(when));
        let response = tsa.respond(&request.to_der().unwrap(), &[]).unwrap();
        let token = TimestampResponse::parse(&response).unwrap().granted().unwrap().to_vec();
        let evidence = EvidenceFacts { crls: self.lists(when), ..EvidenceFacts::default() };
        hsign_cades::add_evidence(&token, &evidence).unwrap().unwrap()
    }

    /// With the lists of that moment in the last token.
    fn to_renew<'b>(&self, bundle: &'b Bundle, when: Seconds) -> ToRenew<'b> {
        let evidence = EvidenceFacts { crls: self.lists(when), ..EvidenceFacts::default() };
        let token = bundle.last_step("a").unwrap().token();
        let more = hsign_cades::add_evidence(token, &evidence).unwrap();
        ToRenew { bundle, token: more.unwrap_or_else(|| token.to_vec()) }
    }

    fn lists(&self, when: Seconds) -> Vec<Octets> {
        [CrlName::Tsa, CrlName::TsaRoot]
            .map(|list| Octets::from(self.at(when).crl(list, when).unwrap()))
            .into()
    }

    fn settings(&self, policy: &str) -> Settings {
        let mut text = String::new();
        let roots: Vec<Vec<u8>> =
            self.0.iter().map(|(_, pki)| pki.authority(Ca::TsaRoot).certificate_der().to_vec()).collect();
        for (number, root) in roots.iter().enumerate() {
            text += &format!(
                "[[service]]\nkind = \"tsa\"\nsubject = \"tsa\"\naccreditation = \"mic\"\ncertificate = \"{number}\"\nsha256 = \"{}\"\n",
                digest(SHA256, root).hex()
            );
        }
        let certificate = |name: &str| roots.get(name.parse::<usize>().ok()?).cloned();
        let trust = TrustRegistry::parse_toml(&text, &certificate).unwrap();
        Settings::new(Policy::preset(policy).unwrap(), trust)
    }

    /// The engine's answer about a record and a document, with the lists of the day about the newest authority.
    fn says(&self, record: &[u8], data: &[u8], when: Seconds) -> (Indication, Option<SubIndication>) {
        let mut settings = self.settings("hpki");
        for list in self.lists(when) {
            settings.evidence.add(list.as_slice(), hsign::pki::Provenance::Given).unwrap();
        }
        let time = ValidationTime(Time::from_unix_seconds(when).unwrap());
        let answer =
            hsign::verify_evidence_record(record, &[&data.to_vec()], &settings, &NoNetwork, time).unwrap();
        (answer.verdict.indication(), answer.verdict.sub_indication())
    }
}

fn bundle(first: usize, count: usize) -> Bundle {
    sealed(first, count).bundle
}

fn sealed(first: usize, count: usize) -> Sealed {
    let tracks = [Track { name: "a".to_owned(), algorithm: SHA256 }];
    let document = |number: usize| {
        let data = data(number);
        let digests = [digest(SHA256, &data), digest(SHA512, &data)];
        let end = "2046-04-30".parse().unwrap();
        Document::new(&format!("{number:03}"), data.len() as u64, &digests, "chart", end).unwrap()
    };
    let documents: Vec<_> = (first..first + count).map(document).collect();
    seal(&Batch { key: BatchKey::of(&documents[0], &tracks).unwrap(), documents }).unwrap()
}

fn renew(bundles: &mut [Bundle], authorities: &Authorities, when: Seconds) {
    let renewal =
        TimestampRenewal::over(bundles.iter().map(|bundle| authorities.to_renew(bundle, when)), "a").unwrap();
    let token = authorities.stamp(&renewal.root(), when);
    for bundle in bundles {
        let step = renewal.step(authorities.to_renew(bundle, when), &token).unwrap();
        bundle.add(&step).unwrap();
    }
}

fn every_document(bundles: &[Bundle], mut check: impl FnMut(&[u8], &[u8])) {
    for bundle in bundles {
        let recorder = Recorder::new(bundle, "a").unwrap();
        for (place, document) in bundle.documents().iter().enumerate() {
            let data = data(document.key().parse().unwrap());
            check(&recorder.record(place).unwrap(), &data);
        }
    }
}

#[test]
fn rfc4998_5_3_records_hold_for_years_after_the_first_token_while_they_are_renewed_in_time() {
    let authorities = Authorities::new();
    let passed = (Indication::TotalPassed, None);
    let mut bundles = [bundle(0, 5), bundle(100, 1), bundle(200, 2)];
    for bundle in &mut bundles {
        let token = authorities.stamp(&bundle.root("a").unwrap(), NOW);
        let step = bundle.first_step("a", &token).unwrap();
        bundle.add(&step).unwrap();
    }
    every_document(&bundles, |record, data| {
        assert_eq!(authorities.says(record, data, NOW + DAY), passed);
        assert_ne!(authorities.says(record, data, NOW + 11 * YEAR).0, Indication::TotalPassed, "not renewed");
    });

    renew(&mut bundles, &authorities, NOW + 8 * YEAR + DAY);
    every_document(&bundles, |record, data| {
        assert_eq!(authorities.says(record, data, NOW + 11 * YEAR), passed);
    });

    for bundle in &mut bundles {
        let renewal = TreeRenewal::over(
            authorities.to_renew(bundle, NOW + 12 * YEAR + DAY),
            "a",
            hsign_archive::known_digests(bundle, SHA512),
        )
        .unwrap();
        let step = renewal.step(bundle, &authorities.stamp(&renewal.root(), NOW + 12 * YEAR + DAY)).unwrap();
        bundle.add(&step).unwrap();
    }
    every_document(&bundles, |record, data| {
        assert_eq!(authorities.says(record, data, NOW + 13 * YEAR), passed);
        let failed = (Indication::TotalFailed, Some(SubIndication::HashFailure));
        assert_eq!(authorities.says(record, b"another", NOW + 13 * YEAR), failed);
    });
}

#[test]
fn rfc4998_5_3_a_renewal_that_came_too_late_is_seen() {
    let authorities = Authorities::new();
    let mut bundles = [bundle(0, 3)];
    let token = authorities.stamp(&bundles[0].root("a").unwrap(), NOW);
    let step = bundles[0].first_step("a", &token).unwrap();
    bundles[0].add(&step).unwrap();
    // The unit that made the first token ended after ten years.
    renew(&mut bundles, &authorities, NOW + 11 * YEAR);
    every_document(&bundles, |record, data| {
        assert_eq!(authorities.says(record, data, NOW + 11 * YEAR + DAY).0, Indication::Indeterminate);
    });
}

#[test]
fn the_script_in_a_bundle_takes_tokens_with_revocation_data_inside() {
    let authorities = Authorities::new();
    let room = tempfile::tempdir().unwrap();
    let path = |name: &str| room.path().join(name);
    let sealed = sealed(0, 3);
    let (mut bundle, mut files) = (sealed.bundle, sealed.files);
    let mut put = |bundle: &mut Bundle, step: &NewStep| {
        bundle.add(step).unwrap();
        files.extend(step.files().iter().cloned());
    };
    let first = bundle.first_step("a", &authorities.stamp(&bundle.root("a").unwrap(), NOW)).unwrap();
    put(&mut bundle, &first);
    for when in [NOW + 4 * YEAR, NOW + 8 * YEAR + DAY] {
        let renewal = TimestampRenewal::over([authorities.to_renew(&bundle, when)], "a").unwrap();
        let stamp = authorities.stamp(&renewal.root(), when);
        let step = renewal.step(authorities.to_renew(&bundle, when), &stamp).unwrap();
        put(&mut bundle, &step);
    }
    for file in files {
        std::fs::write(path(&file.name), file.bytes).unwrap();
    }
    let anchors: Vec<_> = authorities
        .0
        .iter()
        .map(|(_, pki)| openssl::x509::X509::from_der(pki.authority(Ca::TsaRoot).certificate_der()).unwrap())
        .map(|root| root.to_pem().unwrap())
        .collect();
    std::fs::write(path("anchors.pem"), anchors.concat()).unwrap();
    std::fs::write(path("document"), data(1)).unwrap();
    let script = Command::new("python3")
        .args(["-B", "verify.py", "anchors.pem", "document"])
        .current_dir(room.path())
        .output()
        .unwrap();
    let text = String::from_utf8(script.stdout).unwrap();
    assert!(script.status.success() && text.matches("ok    ").count() == 5, "{text}");
}

/// The dated table of a policy as the planner's port.
struct Table(AlgorithmTable);

impl AlgorithmEnds for Table {
    fn digest_end(&self, algorithm: DigestAlgorithm) -> Option<Time> {
        self.0.limit(&Use::Digest { algorithm, resistance: Resistance::Collision }).last_good()
    }
}

#[test]
fn the_planner_asks_for_new_trees_where_the_policy_s_table_ends_a_digest() {
    let table = Table(Policy::preset("hpki").unwrap().algorithms().clone());
    let end = table.digest_end(DigestAlgorithm::Sha224).unwrap();
    let state = BundleState {
        id: "b".to_owned(),
        documents: 3,
        unread: 0,
        kept_until: None,
        whole_since: Some(end),
        tracks: vec![TrackState {
            name: "a".to_owned(),
            algorithm: DigestAlgorithm::Sha224,
            chain: 1,
            last: Some(LastStamp { certificate_end: end.plus_seconds(DAY), signature_end: None }),
            stamped: None,
        }],
    };
    let policy = PlanPolicy { lead: DAY, newest_scrub: DAY, yen: [].into() };
    let made = plan(&[state], &policy, &table, end);
    assert_eq!((made.due[0].kind, made.due[0].reason), (ActionKind::RenewTree, Reason::DigestAlgorithmEnds));
    assert_eq!((made.due[0].last_day, made.due[0].blocked), (end, None));
}

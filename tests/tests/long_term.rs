//! From the first stamp to the fifth renewal: decades on the testkit's clock, judged at the end by a new process without
//! a network, after every server is gone.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::cell::Cell;
use std::path::PathBuf;

use hsign::credential::{Credential, Options, open};
use hsign::net::{FetcherOptions, HttpFetcher, HttpTimestamper, Ports, TsaEndpoint};
use hsign::{
    Content, ExtendRequest, Form, Indication, Metadata, Policy, Purpose, Settings, SignRequest, Stamps, Time,
    ToSign, load,
};
use hsign_core::facts::Level;
use hsign_core::ports::{Fetcher as _, Need};
use hsign_core::{DigestAlgorithm, Secret, SecretReference, Source};
use hsign_testkit::{Clock, CrlName, Person, Seconds, Testbed, TsaOptions, Unit, YEAR, documents};
use hsign_tests::Session;

/// 2026-09-21.
const START: Seconds = 1_790_000_000;

thread_local! {
    static NOW: Cell<Seconds> = const { Cell::new(START) };
}

fn now() -> Time {
    Time::from_unix_seconds(NOW.get()).unwrap()
}

/// One generation of time-stamp authorities.
struct Generation {
    testbed: Testbed,
    timestamper: HttpTimestamper,
    /// Whom it adds to those trusted before.
    registry: PathBuf,
}

impl Generation {
    /// The first one, with the HPKI whose doctor signs.
    fn first() -> Self {
        let testbed = Testbed::start_at(Clock::fixed(START)).unwrap();
        let registry = testbed.registry_path();
        Self::of(testbed, registry)
    }

    /// A later one: only its time-stamp authorities are trusted, not its HPKI, which has nothing to do with the first.
    fn later(at: Seconds) -> Self {
        let testbed = Testbed::start_at(Clock::fixed(at)).unwrap();
        let mut registry: toml::Table =
            toml::from_str(&std::fs::read_to_string(testbed.registry_path()).unwrap()).unwrap();
        for (_, entries) in registry.iter_mut() {
            if let Some(entries) = entries.as_array_mut() {
                entries.retain(|entry| entry["kind"].as_str() == Some("tsa"));
            }
        }
        let path = testbed.folder().join("tsa-only.toml");
        std::fs::write(&path, toml::to_string(&registry).unwrap()).unwrap();
        Self::of(testbed, path)
    }

    fn of(testbed: Testbed, registry: PathBuf) -> Self {
        // RSA-2048 ends in 2030 by the tables; a time-stamping unit is to outlive that.
        testbed.set_tsa_options(TsaOptions { unit: Unit::TsaP256, ..TsaOptions::default() });
        let ports = Ports {
            randomness: Box::new(hsign::crypto::SystemRandom),
            verifier: Box::new(hsign::crypto::OpensslVerifier::new()),
            now: Box::new(now),
            secrets: Box::new(|_| Ok(Secret::new(Vec::new()))),
        };
        let timestamper = HttpTimestamper::new(vec![TsaEndpoint::at(&testbed.tsa_url())], ports).unwrap();
        Self { testbed, timestamper, registry }
    }
}

fn settings(generations: &[&Generation]) -> Settings {
    let policy = Policy::preset_text("hpki").unwrap().replace("\"except-hpki\"", "\"allowed\"");
    let registries: Vec<_> = generations.iter().map(|one| one.registry.clone()).collect();
    let mut settings =
        Settings::new(Policy::parse(&policy).unwrap(), load::trust(&registries, Purpose::Signer).unwrap());
    settings.required_roles = vec!["Medical Doctor".to_owned()];
    settings
}

fn doctor(testbed: &Testbed) -> Box<dyn Credential> {
    let specification = format!("pkcs12:{}", testbed.person(Person::Doctor).pkcs12_path().display());
    let passphrase: &'static SecretReference =
        Box::leak(Box::new(SecretReference::File(testbed.passphrase_path())));
    open(&specification.parse().unwrap(), passphrase, &Options::default()).unwrap()
}

fn set_clock(generations: &[&Generation], at: Seconds) {
    NOW.set(at);
    generations.iter().for_each(|one| one.testbed.clock().set(at));
}

fn fetcher() -> HttpFetcher {
    HttpFetcher::new(FetcherOptions::default())
}

fn assert_passed(verdict: &hsign::DocumentVerdict) {
    let signature = &verdict.signatures()[0];
    let stamps: Vec<_> = verdict
        .timestamps()
        .iter()
        .map(|stamp| (stamp.gen_time(), stamp.indication(), stamp.sub_indication()))
        .collect();
    assert_eq!(
        verdict.indication(),
        Indication::TotalPassed,
        "{:?} {:#?} {:#?} {stamps:#?}",
        verdict.sub_indication(),
        signature.checks(),
        signature.findings(),
    );
}

fn signed(generation: &Generation, level: Option<Level>, stamps: Stamps) -> Vec<u8> {
    let document = documents::referral_letter().unwrap();
    let credential = doctor(&generation.testbed);
    let request = SignRequest {
        level,
        stamps,
        digest: DigestAlgorithm::Sha256,
        key: credential.protection(),
        metadata: Metadata::default(),
        statement: Default::default(),
        allow_pending: false,
    };
    let settings = settings(&[generation]);
    let files = [Content { name: "letter.pdf", source: &document }];
    let made = hsign::sign(
        &ToSign::new(&files, Form::Pades),
        credential.as_ref(),
        Some(&generation.timestamper),
        &request,
        &settings,
        &fetcher(),
        &now,
    )
    .unwrap();
    assert_passed(&made.verdict);
    made.output.over(&document).unwrap()
}

fn extended(document: Vec<u8>, by: &Generation, trusted: &[&Generation], due: Option<Time>) -> Vec<u8> {
    let request = ExtendRequest { level: None, signatures: Vec::new(), due, digest: DigestAlgorithm::Sha256 };
    let made =
        hsign::extend(&document, &[], Some(&by.timestamper), &request, &settings(trusted), &fetcher(), &now)
            .unwrap();
    assert_passed(&made.verdict);
    assert!(made.stamped);
    made.output.unwrap().over(&document).unwrap()
}

#[test]
fn five_renewals_over_two_decades_verify_in_a_new_process_offline() {
    let first = Generation::first();
    set_clock(&[&first], START);
    let mut document = signed(&first, None, Stamps::Two);
    set_clock(&[&first], START + 4 * YEAR);
    document = extended(document, &first, &[&first], None);
    let second = Generation::later(START + 8 * YEAR);
    set_clock(&[&first, &second], START + 8 * YEAR);
    document = extended(document, &second, &[&first, &second], None);
    set_clock(&[&first, &second], START + 12 * YEAR);
    document = extended(document, &second, &[&first, &second], None);
    let third = Generation::later(START + 16 * YEAR);
    set_clock(&[&first, &second, &third], START + 16 * YEAR);
    document = extended(document, &third, &[&first, &second, &third], None);
    set_clock(&[&first, &second, &third], START + 20 * YEAR);
    document = extended(document, &third, &[&first, &second, &third], None);

    let session = Session::shared();
    session.write("renewed.pdf", &document);
    // The newest stamp is the one that nothing later vouches for: its authority's lists have to be of the day.
    set_clock(&[&first, &second, &third], START + 22 * YEAR);
    for list in [CrlName::Tsa, CrlName::TsaRoot] {
        let need = Need::Crl { url: list.url(third.testbed.base_url()), certificate: [0; 32] };
        session.write(&format!("lists/{}", list.file_name()), fetcher().fetch(&need).unwrap().bytes);
    }
    let registries: Vec<String> =
        [&first, &second, &third].iter().map(|one| format!("--trust {}", one.registry.display())).collect();
    [&first, &second, &third].iter().for_each(|one| one.testbed.stop_serving());
    let at = Time::from_unix_seconds(START + 22 * YEAR).unwrap();
    let line = format!(
        "verify renewed.pdf --output json --policy {{soft}} --evidence lists --at {at} {}",
        registries.join(" ")
    );
    let answer = session.run(&line).exits(0);
    let signature = answer.signature();
    assert_eq!(signature["indication"], "TOTAL-PASSED");
    assert_eq!(signature["level"], "B-LTA");
    assert_eq!(signature["modifications"]["verdict"], "permitted");
}

#[test]
fn one_stamp_serves_as_the_first_and_the_archive_stamp() {
    let only = Generation::first();
    set_clock(&[&only], START);
    let document = signed(&only, Some(Level::BLta), Stamps::One);
    assert_eq!(only.testbed.tsa().issued(), 1);
    let facts = hsign_pades::read_facts(&document).unwrap();
    assert_eq!(facts.signatures[0].level, Level::BLta);
    set_clock(&[&only], START + 4 * YEAR);
    extended(document, &only, &[&only], None);
}

#[test]
fn due_completes_what_lacks_and_then_does_nothing() {
    let only = Generation::first();
    set_clock(&[&only], START);
    let document = signed(&only, Some(Level::BT), Stamps::Two);
    let soon = now().plus_seconds(90 * 86_400);
    let document = extended(document, &only, &[&only], Some(soon));
    let request = ExtendRequest {
        level: None,
        signatures: Vec::new(),
        due: Some(soon),
        digest: DigestAlgorithm::Sha256,
    };
    let again =
        hsign::extend(&document, &[], Some(&only.timestamper), &request, &settings(&[&only]), &fetcher(), &now)
            .unwrap();
    assert!(again.output.is_none() && !again.stamped && !again.evidence_added);
}

#[test]
fn a_first_stamp_after_the_certificate_is_refused_and_a_further_one_is_not() {
    let only = Generation::first();
    set_clock(&[&only], START);
    let unstamped = signed(&only, Some(Level::BB), Stamps::Two);
    let protected = signed(&only, Some(Level::BLta), Stamps::Two);
    set_clock(&[&only], START + 5 * YEAR);
    let request =
        ExtendRequest { level: None, signatures: Vec::new(), due: None, digest: DigestAlgorithm::Sha256 };
    let settings = settings(&[&only]);
    let fetcher = fetcher();
    let extend = |document| {
        hsign::extend(document, &[], Some(&only.timestamper), &request, &settings, &fetcher, &now)
    };
    let refused = extend(&unstamped as &dyn Source).unwrap_err();
    assert_eq!(refused.findings()[0].code, "signer-expired-before-stamp");
    let made = extend(&protected).unwrap();
    assert!(made.findings.iter().any(|finding| finding.code == "archive-stamp-after-signer-expiry"));
}

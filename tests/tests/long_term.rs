//! From the first stamp to the fifth renewal: decades on the testkit's clock, judged at the end by a new process without
//! a network, after every server is gone.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![allow(clippy::ptr_arg, reason = "a source is a vector, not a slice")]

use std::cell::Cell;
use std::path::PathBuf;

use hsign::credential::{Credential, Options, open};
use hsign::net::{FetcherOptions, HttpFetcher, HttpTimestamper, Ports, TsaEndpoint};
use hsign::{
    ContainerSignature, ContainerType, Content, ExtendRequest, Form, Indication, Metadata, Policy, Purpose,
    Settings, SignRequest, Stamps, SubIndication, Time, ToSign, ValidationTime, load,
};
use hsign_core::facts::Level;
use hsign_core::ports::{Fetcher as _, Need};
use hsign_core::{DigestAlgorithm, Secret, SecretReference};
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

/// A form of signature, and the file that is signed.
#[derive(Clone, Copy)]
struct Kind {
    form: Form,
    input: &'static str,
    /// What the signed file is called.
    name: &'static str,
}

const PADES: Kind = Kind { form: Form::Pades, input: "letter.pdf", name: "renewed.pdf" };

const KINDS: [Kind; 6] = [
    PADES,
    Kind { form: Form::CadesDetached, input: "cda.xml", name: "renewed.p7s" },
    Kind { form: Form::CadesEnveloping, input: "cda.xml", name: "renewed.p7m" },
    Kind { form: Form::XadesEnveloped, input: "cda.xml", name: "renewed.signed.xml" },
    Kind {
        form: Form::Asic(ContainerType::AsicE, ContainerSignature::Cades),
        input: "cda.xml",
        name: "renewed.asice",
    },
    Kind {
        form: Form::Asic(ContainerType::AsicE, ContainerSignature::Xades),
        input: "cda.xml",
        name: "renewed-xades.asice",
    },
];

impl Kind {
    fn content(self) -> Vec<u8> {
        match self.form {
            Form::Pades => documents::referral_letter().unwrap(),
            _ => b"<ClinicalDocument xmlns=\"urn:hl7-org:v3\"><text>5 mg</text></ClinicalDocument>".to_vec(),
        }
    }

    /// Whether the content stays beside the signature.
    fn is_detached(self) -> bool {
        self.form == Form::CadesDetached
    }

    fn signed(self, generation: &Generation, level: Option<Level>, stamps: Stamps) -> Vec<u8> {
        self.signed_under(DigestAlgorithm::Sha256, generation, level, stamps)
    }

    fn signed_under(
        self,
        digest: DigestAlgorithm,
        generation: &Generation,
        level: Option<Level>,
        stamps: Stamps,
    ) -> Vec<u8> {
        let document = self.content();
        let credential = doctor(&generation.testbed);
        let request = SignRequest {
            level,
            stamps,
            digest,
            key: credential.protection(),
            metadata: Metadata::default(),
            statement: Default::default(),
            allow_pending: false,
        };
        let settings = settings(&[generation]);
        let files = [Content { name: self.input, source: &document }];
        let made = hsign::sign(
            &ToSign::new(&files, self.form),
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

    /// What `extend` makes of it; `None` where nothing was due.
    fn extension(
        self,
        document: &Vec<u8>,
        by: &Generation,
        trusted: &[&Generation],
        due: Option<Time>,
    ) -> Result<Option<Vec<u8>>, Box<hsign::Error>> {
        let request =
            ExtendRequest { level: None, signatures: Vec::new(), due, digest: DigestAlgorithm::Sha256 };
        let content = self.content();
        let beside = [Content { name: self.input, source: &content }];
        let beside = if self.is_detached() { &beside[..] } else { &[] };
        let settings = settings(trusted);
        let made =
            hsign::extend(document, beside, Some(&by.timestamper), &request, &settings, &fetcher(), &now)?;
        assert_passed(&made.verdict);
        assert_eq!(made.stamped, made.output.is_some());
        if NOW.get() > START + 4 * YEAR {
            assert!(made.findings.iter().any(|finding| finding.code == "archive-stamp-after-signer-expiry"));
        }
        Ok(made.output.map(|output| output.over(document).unwrap()))
    }

    fn extended(
        self,
        document: &Vec<u8>,
        by: &Generation,
        trusted: &[&Generation],
        due: Option<Time>,
    ) -> Vec<u8> {
        self.extension(document, by, trusted, due).unwrap().unwrap()
    }
}

#[test]
fn five_renewals_over_two_decades_verify_in_a_new_process_offline() {
    let first = Generation::first();
    set_clock(&[&first], START);
    let mut documents: Vec<Vec<u8>> =
        KINDS.iter().map(|kind| kind.signed(&first, None, Stamps::Two)).collect();
    let mut renew = |by: &Generation, trusted: &[&Generation]| {
        for (kind, document) in KINDS.iter().zip(&mut documents) {
            *document = kind.extended(document, by, trusted, None);
        }
    };
    set_clock(&[&first], START + 4 * YEAR);
    renew(&first, &[&first]);
    let second = Generation::later(START + 8 * YEAR);
    set_clock(&[&first, &second], START + 8 * YEAR);
    renew(&second, &[&first, &second]);
    set_clock(&[&first, &second], START + 12 * YEAR);
    renew(&second, &[&first, &second]);
    let third = Generation::later(START + 16 * YEAR);
    set_clock(&[&first, &second, &third], START + 16 * YEAR);
    renew(&third, &[&first, &second, &third]);
    set_clock(&[&first, &second, &third], START + 20 * YEAR);
    renew(&third, &[&first, &second, &third]);

    let session = Session::shared();
    for (kind, document) in KINDS.iter().zip(&documents) {
        session.write(kind.name, document);
        session.write(kind.input, kind.content());
    }
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
    for kind in KINDS {
        let content = if kind.is_detached() { format!("--content {}", kind.input) } else { String::new() };
        let line = format!(
            "verify {} {content} --output json --policy {{soft}} --evidence lists --at {at} {}",
            kind.name,
            registries.join(" ")
        );
        let signature = session.run(&line).exits(0).signature();
        assert_eq!(signature["indication"], "TOTAL-PASSED");
        assert_eq!(signature["level"], "B-LTA");
        if kind.form == Form::Pades {
            assert_eq!(signature["modifications"]["verdict"], "permitted");
        }
    }
}

#[test]
fn a_hash_function_that_ends_breaks_what_no_stamp_under_another_covers_and_nothing_else() {
    let only = Generation::first();
    let mut later = settings(&[&only]);
    let row = "[[algorithms.digest]]\nname = \"SHA-384\"\ncollision = \"2026-09-22\"\nsecond_pre_image = \"no-end\"\n\
               certificate_identifier = \"no-end\"\nsource = \"a test\"\nconfidence = \"certain\"\n";
    later.policy = Policy::parse(&format!("{}\n{row}", Policy::preset_text("hpki").unwrap())).unwrap();
    for kind in KINDS {
        set_clock(&[&only], START);
        let under = |level| kind.signed_under(DigestAlgorithm::Sha384, &only, Some(level), Stamps::Two);
        let (bare, stamped) = (under(Level::BB), under(Level::BLta));
        let covered = kind.extended(&stamped, &only, &[&only], None);
        set_clock(&[&only], START + 3 * 86_400);
        let content = kind.content();
        let beside = [Content { name: kind.input, source: &content }];
        let beside = if kind.is_detached() { &beside[..] } else { &[] };
        let judged = |document: &Vec<u8>| {
            hsign::verify_with(document, beside, &later, &fetcher(), ValidationTime(now())).unwrap().verdict
        };
        assert_passed(&judged(&covered));
        for document in [bare, stamped] {
            let verdict = judged(&document);
            let why = Some(SubIndication::CryptoConstraintsFailureNoPoe);
            assert_eq!((verdict.indication(), verdict.sub_indication()), (Indication::Indeterminate, why));
        }
    }
}

#[test]
fn one_stamp_serves_as_the_first_and_the_archive_stamp() {
    let only = Generation::first();
    set_clock(&[&only], START);
    let document = PADES.signed(&only, Some(Level::BLta), Stamps::One);
    assert_eq!(only.testbed.tsa().issued(), 1);
    let facts = hsign_pades::read_facts(&document).unwrap();
    assert_eq!(facts.signatures[0].level, Level::BLta);
    set_clock(&[&only], START + 4 * YEAR);
    PADES.extended(&document, &only, &[&only], None);
}

#[test]
fn due_completes_what_lacks_and_then_does_nothing() {
    let only = Generation::first();
    set_clock(&[&only], START);
    for kind in KINDS {
        let document = kind.signed(&only, Some(Level::BT), Stamps::Two);
        let soon = now().plus_seconds(90 * 86_400);
        let document = kind.extended(&document, &only, &[&only], Some(soon));
        assert!(kind.extension(&document, &only, &[&only], Some(soon)).unwrap().is_none());
    }
}

#[test]
fn a_first_stamp_after_the_certificate_is_refused_and_a_further_one_is_not() {
    let only = Generation::first();
    set_clock(&[&only], START);
    let unstamped = KINDS.map(|kind| kind.signed(&only, Some(Level::BB), Stamps::Two));
    let protected = KINDS.map(|kind| kind.signed(&only, Some(Level::BLta), Stamps::Two));
    set_clock(&[&only], START + 5 * YEAR);
    for (kind, (unstamped, protected)) in KINDS.iter().zip(unstamped.iter().zip(&protected)) {
        let refused = kind.extension(unstamped, &only, &[&only], None).unwrap_err();
        assert_eq!(refused.findings()[0].code, "signer-expired-before-stamp");
        kind.extended(protected, &only, &[&only], None);
    }
}
